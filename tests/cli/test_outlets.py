"""`copydesk outlets …`: the catalog by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from tests.cli.conftest import Command
from worker.catalog.opml import read_opml

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Loop</title>
<item><title>a</title><link>http://127.0.0.1/a</link><pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
HOME = b"""<!DOCTYPE html><html lang="pt"><head><title>x</title><meta property="og:site_name" content="The Loop">
<link rel="alternate" type="application/rss+xml" href="/rss"></head><body>news</body></html>"""


class _Site(BaseHTTPRequestHandler):
    pages: ClassVar = {"/": (HOME, "text/html"), "/rss": (RSS, "application/rss+xml")}

    def do_GET(self) -> None:
        """Answer."""
        body, kind = self.pages.get(self.path, (b"", "text/plain"))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site with one feed, which may be asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        allowed = json.dumps([f"127.0.0.1:{server.server_address[1]}"])
        monkeypatch.setenv("COPYDESK_NET__ALLOW_ADDRESSES", allowed)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def states(command: Command) -> dict[str, str]:
    """Each outlet and whether it is polled."""
    return {outlet["id"]: outlet["state"] for outlet in command("outlets", "list", "--json").json}


def test_outlets_are_listed_by_country_with_how_they_do(filled: Command) -> None:
    filled("outlets", "sync")
    lines = filled("outlets", "list").out.splitlines()
    assert lines[1].split() == ["PT", "other", "Other", "enabled", "1,", "1", "failing", "0"]
    assert lines[2].split() == ["PT", "paper", "Paper", "enabled", "1", "3"]
    assert lines[3].split()[:2] == ["ZZ", "sample"]
    assert len(filled("outlets", "list", "other", "--json").json) == 1


def test_outlets_are_switched_by_id_by_country_and_all_at_once(command: Command) -> None:
    command("migrate")
    assert states(command) == {"paper": "enabled", "other": "enabled", "sample": "disabled"}
    assert command("outlets", "disable", "PT").out == "disabled: other, paper\n"
    assert states(command) == {"paper": "disabled", "other": "disabled", "sample": "disabled"}
    command("outlets", "enable", "all")
    command("outlets", "pause", "paper")
    assert states(command) == {"paper": "paused", "other": "enabled", "sample": "enabled"}


def test_the_sample_outlet_is_switched_on_at_first_and_not_again(command: Command) -> None:
    command("migrate", "--sample")
    assert states(command)["sample"] == "enabled"
    command("outlets", "disable", "sample")
    command("migrate", "--sample")
    assert states(command)["sample"] == "disabled"


def test_a_switch_holds_whatever_the_files_say(command: Command) -> None:
    command("migrate")
    command("outlets", "disable", "paper")
    assert command("outlets", "sync", "--json").json == {"outlets": 3, "enabled": 1}
    assert states(command)["paper"] == "disabled"


def test_a_word_that_names_nothing_changes_nothing(command: Command) -> None:
    command("migrate")
    said = command.fails("outlets", "disable", "paper", "xx")
    assert said == "there is no outlet and no country 'xx'; `copydesk outlets list` names those that there are"
    assert states(command)["paper"] == "enabled"


def test_a_site_is_added_with_the_feeds_that_it_links_to(command: Command, site: str) -> None:
    shown = command("outlets", "add", site, "--dry-run", "--country", "pt", "--id", "loop")
    assert "would be added to" in shown.out
    assert not (command.folder / "config" / "outlets" / "zz.yaml").exists()
    command("outlets", "add", site, "--id", "loop", "--json")
    assert states(command)["loop"] == "enabled"
    (entry,) = yaml.safe_load((command.folder / "config" / "outlets" / "zz.yaml").read_text(encoding="utf-8"))
    assert (entry["name"], entry["language"], entry["enabled"]) == ("The Loop", "pt", True)
    assert entry["feeds"] == [{"url": f"{site}/rss", "known_from": f"linked on {site}"}]


def test_an_outlet_is_not_added_twice(command: Command, site: str) -> None:
    command("outlets", "add", site, "--id", "loop")
    assert "there is an outlet loop already; name this one with --id" in command.fails(
        "outlets", "add", site, "--id", "loop"
    )


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("paper.example", "is no web address"),
        ("http://127.0.0.1:9/", "the address is not on the public web"),
        ("{}/none", "no feed was found at"),
    ],
)
def test_what_can_t_be_added_is_one_line(command: Command, site: str, address: str, words: str) -> None:
    assert words in command.fails("outlets", "add", address.format(site))


def test_a_check_asks_every_feed_notes_the_day_and_reports(command: Command, site: str, tmp_path: Path) -> None:
    feeds = [{"url": f"{site}/rss"}, {"url": f"{site}/none"}]
    file = command.write_catalog(
        [{"id": "loop", "name": "Loop", "country": "PT", "language": "pt", "homepage": site, "feeds": feeds}]
    )
    report = tmp_path / "report.json"
    said = command("outlets", "check", "loop", "--report", str(report), expect=1)
    assert "2 feeds asked, 1 did not answer as feeds" in said.out
    assert [how["problem"] for how in json.loads(report.read_bytes())] == ["", "HTTP 404"]
    (entry,) = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert "verified" in entry["feeds"][0]
    assert "verified" not in entry["feeds"][1]


def test_a_check_can_leave_the_files_alone(command: Command, site: str) -> None:
    feeds = [{"url": f"{site}/rss"}]
    file = command.write_catalog(
        [{"id": "loop", "name": "Loop", "country": "PT", "language": "pt", "homepage": site, "feeds": feeds}]
    )
    before = file.read_bytes()
    assert command("outlets", "check", "all", "--no-write", "--json", expect=1).json[0]["entries"] == 1
    assert file.read_bytes() == before
    assert "there is no outlet and no country 'xx'" in command.fails("outlets", "check", "xx")


def test_subscriptions_come_in_switched_off_and_only_once(command: Command, tmp_path: Path) -> None:
    listed = tmp_path / "mine.opml"
    listed.write_text(
        '<opml version="2.0"><body><outline text="New" xmlUrl="https://new.example/rss" htmlUrl="https://new.example/"/>'
        '<outline text="Paper" xmlUrl="https://paper.example/feed"/></body></opml>',
        encoding="utf-8",
    )
    assert command("outlets", "import", str(listed), "--country", "pt", "--json").json == {"added": ["new"], "known": 1}
    assert states(command)["new"] == "disabled"
    assert command("outlets", "import", str(listed)).out.startswith("0 outlets with 0 feeds were added, 2 were known")


def test_what_is_no_subscription_list_is_one_line(command: Command, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.opml"
    wrong.write_text("<html></html>", encoding="utf-8")
    assert command.fails("outlets", "import", str(wrong)) == f"{wrong} is no OPML: it has no <opml> element"


def test_the_catalog_goes_out_as_a_subscription_list_without_the_sample(command: Command) -> None:
    found = read_opml(command("outlets", "export").out.encode(), country="PT", language="pt", known_from="")
    assert {outlet.id for outlet in found} == {"paper", "other"}
    only = read_opml(command("outlets", "export", "other").out.encode(), country="PT", language="pt", known_from="")
    assert [outlet.id for outlet in only] == ["other"]
