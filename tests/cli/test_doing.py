"""`poll`, `ingest`: the row is marked before anybody is told; a dry run keeps nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Command
from worker.clock import SystemClock
from worker.embedded.service import data_lock
from worker.sample.server import SampleServer
from worker.sample.site import SampleSite


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The sample outlet, served in this process."""
    clock = SystemClock()
    server = SampleServer(SampleSite("http://127.0.0.1:0", clock.now()), clock.now)
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    server.site = SampleSite(origin, clock.now())
    monkeypatch.setenv("COPYDESK_SAMPLE__URL", origin)
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield origin
        server.shutdown()
        thread.join()


def test_a_poll_makes_the_feeds_due_and_says_who_sees_to_it(filled: Command) -> None:
    assert filled("poll", "paper").out == "paper: 1 feed due now; nothing runs here: `copydesk up` sees to it\n"
    assert filled("poll", "PT", "--json").json == {"paper": 1, "other": 1}
    with data_lock(filled.folder / "data"):
        assert filled("poll", "paper").out == "paper: 1 feed due now; the running service sees to it\n"


def test_with_a_broker_elsewhere_nobody_knows_what_runs(filled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_BROKER_URL", "redis://127.0.0.1:9/0")
    assert filled("poll", "paper").out == "paper: 1 feed due now\n"


def test_an_outlet_that_is_switched_off_is_not_polled_in_secret(filled: Command) -> None:
    filled("outlets", "disable", "paper")
    said = filled.fails("poll", "paper")
    assert said == "the outlet paper is not enabled; `copydesk outlets enable paper` has it polled"
    assert filled("poll", "pt", "--json").json == {"other": 1}


def test_an_address_is_taken_in_once(filled: Command) -> None:
    new = "https://paper.example/by-hand"
    assert f"{new} is new and is due now" in filled("ingest", new).out
    assert filled("why", new, "--json").json["now"].startswith("waiting: due for fetch since ")
    again = filled("ingest", new, "https://paper.example/ferry", "--json").json
    assert [mark["known"] for mark in again.values()] == [True, True]
    assert "is known and is looked at again" in filled("ingest", "https://paper.example/ferry").out


@pytest.mark.parametrize("url", ["paper.example/x", "ftp://paper.example/x", "http://", "javascript:alert(1)"])
def test_what_is_no_web_address_is_refused(filled: Command, url: str) -> None:
    assert filled.fails("ingest", url) == f"{url} is no web address; write it with http:// or https://"


def test_a_dry_run_shows_every_stage_and_keeps_nothing(command: Command, sample: str) -> None:
    command("migrate")
    url = f"{sample}/harbour-ferry-returns"
    lines = command("ingest", "--dry-run", url).out.splitlines()
    stages = [line.split()[0] for line in lines[1:8]]
    assert stages[:4] == ["robots", "fetch", "extract", "language"]
    assert "robots.txt allows it" in lines[1]
    assert {"date", "access", "identity", "deliver", "would"} <= {
        line.split()[0] for line in lines[1:14] if line.strip()
    }
    assert "  deliver   to files" in lines
    assert "The ferry returns to Oster harbour after eleven years" in lines
    assert lines[-1] == "nothing was kept"
    assert "was never met" in command.fails("why", url)
    assert list((command.folder / "data" / "pages").rglob("*.zst")) == []


def test_an_explained_dry_run_says_where_each_field_is_from(command: Command, sample: str) -> None:
    command("migrate")
    url = f"{sample}/harbour-ferry-returns"
    lines = command("ingest", "--dry-run", "--explain", url).out.splitlines()
    explained = [line.split(maxsplit=1) for line in lines[lines.index("") + 1 : -1]]
    fields = [field for field, _ in explained]
    assert fields[:3] == ["title", "authors", "published_at"]
    assert {"text", "access", "published"} <= set(fields)
    assert all(rest for _, rest in explained)
    said = dict(explained)
    assert said["title"].endswith("The ferry returns to Oster harbour after eleven years")
    assert said["text"].startswith("trafilatura")
    assert "→" in said["published"]
    assert "goes with --dry-run" in command.fails("ingest", "--explain", url)


def test_a_dry_run_for_programs_has_stages_and_record(command: Command, sample: str) -> None:
    command("migrate")
    wall, none = f"{sample}/energy-report", f"{sample}/none"
    found = command("ingest", "--dry-run", "--json", wall, none, f"{sample}/letter-to-the-clock").json
    assert found[wall]["record"] is None
    assert found[wall]["life"]["outcome"] == "dropped"
    assert {step["stage"] for step in found[wall]["stages"]} == {"robots", "fetch", "extract"}
    assert found[none]["life"]["outcome"] is None
    assert found[f"{sample}/letter-to-the-clock"]["record"]["title"] == "Leave the town clock five minutes slow"


def test_a_dry_run_says_what_is_known_already(filled: Command) -> None:
    (said,) = filled("ingest", "--dry-run", "--json", "https://paper.example/ferry").json.values()
    assert said["known_as"] == filled("why", "https://paper.example/ferry", "--json").json["id"]
