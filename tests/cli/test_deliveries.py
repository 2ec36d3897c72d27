"""`deliveries`: how each sink stands, what was given up and where each revision is; and what is sent again, over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.contract.outbound import Outbound
from worker import tasks
from worker.cli.dryrun import delivered_to
from worker.clock import SystemClock, new_id
from worker.news.policy import DeliveryPolicy
from worker.news.subscription import Subscription
from worker.settings import read_settings
from worker.store.database import open_database
from worker.store.values import dump
from worker.wiring import RunFailed, Service

SPAIN = Subscription(countries=("ES",))
FEW = DeliveryPolicy(batch=10, max_tries=2)


@dataclass
class Served:
    """The command over a database behind which an engine delivers to `files`, `hook` and `spain`."""

    command: Command
    outbound: Outbound
    refused: str  # an article of two revisions: `hook` refused the first one until it was dead
    taken: str

    def settle(self) -> None:
        """Let the engine do what the command marked, a moment later."""
        clock = self.outbound.desk.clock
        clock.at = max(clock.at, SystemClock().now()) + timedelta(seconds=1)
        self.outbound.desk.tick()


@pytest.fixture
def served(command: Command, tmp_path: Path) -> Iterator[Served]:
    """Two articles, one of which was refused at first."""
    (tmp_path / "data").mkdir()
    database = open_database(command.database_url, new_id=new_id)
    outbound = Outbound(database, names=("files", "hook", "spain"), subscriptions={"spain": SPAIN}, delivery=FEW)
    outbound.desk.clock.at = SystemClock().now() - timedelta(hours=3)
    refused, taken = outbound.file(2)
    outbound.sink("hook").refuse = {refused}
    outbound.settle(timedelta(minutes=2))
    outbound.sink("hook").refuse = set()
    outbound.revise([refused])
    outbound.settle()
    yield Served(command, outbound, refused, taken)
    database.close()


def test_the_sinks_are_listed_each_with_how_it_stands(served: Served) -> None:
    lines = served.command("deliveries").out.splitlines()
    assert lines[0].split() == [
        "sink",
        "kind",
        "state",
        "waiting",
        "oldest",
        "a",
        "minute",
        "dead",
        "delivered",
        "last",
        "(UTC)",
    ]
    assert [line.split()[0] for line in lines[1:4]] == ["files", "hook", "spain"]
    assert lines[2].split()[:5] == ["hook", "memory", "idle", "0", "0"]
    assert lines[4] == "`copydesk deliveries list --dead` tells what was given up, and why"
    assert served.command("deliveries", "list").out.splitlines() == lines
    (one,) = served.command("deliveries", "list", "hook", "--json").json
    assert (one["sink"], one["state"], one["dead"], one["delivered"], one["waiting"]) == ("hook", "idle", 1, 2, 0)
    assert [sink["sink"] for sink in served.command("deliveries", "--json").json] == ["files", "hook", "spain"]
    assert served.command.fails("deliveries", "list", "hok") == "there is no sink 'hok'; there are files, hook, spain"


def test_status_says_of_each_sink_what_is_wrong_with_it(served: Served) -> None:
    served.outbound.sink("hook").down = True
    served.outbound.file(1)
    served.outbound.desk.tick()
    lines = served.command("status").out.splitlines()
    (down,) = (line for line in lines if line.startswith("sink hook (memory): down, since "))
    assert "the sink can't be reached (as scripted)" in down
    assert down.endswith("2 delivered, 1 waiting, the oldest for 2 h, 1 dead")
    assert any(line.startswith("sink spain (memory): idle, nothing to send; 0 delivered, 0 waiting") for line in lines)
    served.outbound.switch("hook", "spain")
    lines = served.command("status").out.splitlines()
    assert any(line.startswith("sink hook (memory): off, ") for line in lines)
    assert not any(line.startswith("sink spain") for line in lines), "it holds nothing"
    states = {sink["sink"]: sink["state"] for sink in served.command("status", "--json").json["sinks"]}
    assert states == {"files": "idle", "hook": "off", "spain": "off"}


def test_what_was_given_up_is_listed_with_the_sink_s_words(served: Served) -> None:
    said = served.command("deliveries", "list", "--dead").out.splitlines()
    assert f"{served.refused}:1  hook  paper: " in said[0]
    assert said[1] == "    after 2 tries: the sink refused the record (as scripted)"
    assert served.command("deliveries", "list", "files", "--dead").out == "nothing was given up\n"
    (dead,) = served.command("deliveries", "list", "hook", "--dead", "--outlet", "pt", "--json").json
    assert (dead["key"], dead["sink"], dead["tries"]) == (f"{served.refused}:1", "hook", 2)
    assert served.command("deliveries", "list", "--dead", "--outlet", "other", "--json").json == []
    assert "the newest 1; --limit shows more" in served.command("deliveries", "list", "--dead", "--limit", "1").out
    assert served.command.fails("deliveries", "list", "--outlet", "paper") == "--outlet goes with --dead"


def test_each_revision_at_each_sink_is_explained_by_any_name(served: Served) -> None:
    told = served.command("deliveries", "explain", served.refused).out.splitlines()
    assert told[0] == f"article {served.refused} of paper"
    lines = [line.strip() for line in told if line.startswith("  ") and not line.startswith("      ")]
    assert lines[1].startswith("files: revision 1: delivered, ")
    assert lines[3].startswith("hook: revision 1: given up after 2 tries: the sink refused the record (as scripted), ")
    assert lines[5] == "spain: nothing was sent: it takes nothing of outlets of the country PT"
    (found,) = served.command("deliveries", "explain", served.refused, "--json").json
    sent = {(each["sink"], each["revision"]): each for each in found["sent"]}
    dead, fine = sent["hook", 1], sent["hook", 2]
    assert (dead["state"], dead["tries"], dead["again"], fine["state"]) == ("dead", 2, "first", "delivered")
    by_url = served.command("deliveries", "explain", f"{served.refused}:1", "--json").json[0]["sent"]
    assert [(each["sink"], each["revision"]) for each in by_url] == [("files", 1), ("hook", 1), ("spain", None)]
    for id_ in (dead["delivery"], fine["delivery"]):
        (one,) = served.command("deliveries", "explain", id_, "--json").json
        assert [each["delivery"] for each in one["sent"]] == [id_]
    batch = sent["files", 1]["batch"]
    both = served.command("deliveries", "explain", batch, "--json").json
    assert {one["article"] for one in both} == {served.refused, served.taken}
    assert {each["batch"] for one in both for each in one["sent"]} == {batch}


def test_what_is_not_known_can_t_be_explained(served: Served) -> None:
    for word in ("https://paper.example/never", str(new_id()), f"{new_id()}:1"):
        said = served.command.fails("deliveries", "explain", word)
        assert said == f"{word} names no article, delivery or batch; `copydesk why {word}` tells more"


def test_the_dead_of_a_sink_are_tried_again_and_who_comes_late_says_so(served: Served) -> None:
    served.outbound.desk.clock.move(timedelta(seconds=1))
    said = served.command("deliveries", "retry", "--sink", "hook", "--dead").out.splitlines()
    assert said == [
        "1 delivery that had been given up is due again",
        "1 of them: a newer revision of its article arrived meanwhile; marked `superseded_by`",
    ]
    explained = served.command("deliveries", "explain", f"{served.refused}:1").out
    assert "hook: revision 1: due since" in explained
    assert "marked as superseded by revision 2" in explained
    served.settle()
    assert served.outbound.sink("hook").sent[-1].superseded_by == 2
    explained = served.command("deliveries", "explain", f"{served.refused}:1").out
    assert "hook: revision 1: delivered (it had been dead), marked as superseded by revision 2, " in explained
    again = served.command("deliveries", "retry", "--sink", "hook", "--dead", "--outlet", "paper")
    assert again.out == "nothing is dead at hook\n"


def test_single_deliveries_are_tried_again_by_key(served: Served) -> None:
    key = f"{served.refused}:1"
    assert served.command("deliveries", "retry", key, "--json").json == {"opened": 1, "superseded": 1}
    said = served.command.fails("deliveries", "retry", key)
    assert said == f"nothing of {key} is dead; `copydesk deliveries explain {key}` tells where it is"
    assert served.command.fails("deliveries", "retry", "this").startswith("there is no delivery this; ")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--dead",), ("--sink", "hook"), ("a:1", "--sink", "hook", "--dead"), ("a:1", "--outlet", "paper")],
)
def test_who_does_not_say_what_is_tried_again_is_told_how(served: Served, arguments: tuple[str, ...]) -> None:
    said = served.command.fails("deliveries", "retry", *arguments)
    assert said == "say what is tried again: keys or ids, or --sink SINK --dead, which --outlet may narrow"


def test_a_replay_is_ordered_listed_done_and_can_be_stopped(served: Served) -> None:
    assert served.command("deliveries", "replay", "--list").out == "nothing was ever replayed\n"
    first, second = served.command("deliveries", "replay", "--sink", "files", "--all").out.splitlines()
    assert first.startswith("3 revisions filed from the beginning until ")
    assert first.endswith(" UTC: those of them that files takes are sent once more")
    id_ = second.split()[4].rstrip(";")
    (row,) = served.command("deliveries", "replay", "--list").out.splitlines()[1:]
    assert row.split()[:3] == [id_, "files", "open"]
    assert "not begun" in row
    assert served.command("deliveries", "list", "files", "--json").json[0]["state"] == "replaying"
    served.outbound.desk.clock.at = SystemClock().now() + timedelta(seconds=1)
    served.outbound.claim()
    (begun,) = served.command("deliveries", "replay", "--list", "--json").json
    assert (begun["state"], begun["waiting"]) == ("done", 3), "all of it is on its way"
    served.outbound.desk.clock.move(served.outbound.desk.lease.queue)
    served.settle()
    again = served.outbound.sink("files").sent[3:]
    assert sorted(parcel.key for parcel in again if parcel.replay) == sorted(served.outbound.sink("files").order[:3])
    (done,) = served.command("deliveries", "replay", "--list", "--json").json
    assert (done["state"], done["order"]["id"]) == ("done", id_)
    said = served.command.fails("deliveries", "replay", "--stop", id_)
    assert said == f"the replay {id_} is done, and nothing of it waits any more"


def test_a_replay_that_has_not_begun_is_stopped_and_sends_nothing(served: Served) -> None:
    since = "2020-01-01"
    found = served.command("deliveries", "replay", "--sink", "hook", "--since", since, "--outlet", "pt", "--json").json
    assert (found["since"], found["outlets"], found["revisions"]) == ("2020-01-01T00:00:00Z", ["other", "paper"], 3)
    said = served.command("deliveries", "replay", "--stop", found["id"]).out
    nothing = "0 revisions that waited to be sent to hook once more are not"
    assert said == f"the replay {found['id']} was stopped, and {nothing}\n"
    before = len(served.outbound.sink("hook").sent)
    served.settle()
    assert len(served.outbound.sink("hook").sent) == before


def test_who_does_not_say_what_is_replayed_is_told_how(served: Served) -> None:
    fails = served.command.fails
    assert fails("deliveries", "replay").startswith("say to which sink with --sink; ")
    assert fails("deliveries", "replay", "--sink", "hook").startswith("say what is sent once more: since when, ")
    assert fails("deliveries", "replay", "--sink", "hok", "--all").startswith("there is no sink 'hok'; ")
    assert fails("deliveries", "replay", "--sink", "hook", "--since", "2099-01-01").startswith("no time lies between ")
    assert "no outlet and no country 'xx'" in fails("deliveries", "replay", "--sink", "hook", "--outlet", "xx")
    assert fails("deliveries", "replay", "--stop", "it").startswith("it is no id; ")


def test_a_sink_is_paused_with_a_reason_and_resumed(served: Served) -> None:
    said = served.command("deliveries", "pause", "hook", "--because", "moving").out
    goes_on = "`copydesk deliveries resume hook` goes on"
    assert said == f"hook is paused; nothing waits for it, and nothing is given up. {goes_on}\n"
    (article, _) = served.outbound.file(2)
    served.settle()
    assert "moving" in served.command("deliveries", "list", "hook").out
    assert "hook: revision 1 waits: the sink is paused: moving" in served.command("why", article).out
    again = served.command("deliveries", "pause", "hook", "--json").json
    assert (again["was_paused"], again["waiting"]) == (True, 2)
    said = served.command("deliveries", "resume", "hook").out
    assert said == "hook was paused; 2 deliveries wait for it, the next tick tries it\n"
    served.settle()
    assert len(served.outbound.sink("hook").order) == 4
    said = served.command("deliveries", "resume", "hook").out
    assert said == "hook was neither paused nor down; nothing waits for it, the next tick tries it\n"
    assert served.command.fails("deliveries", "pause", "hok").startswith("there is no sink 'hok'; ")


def test_a_dry_run_says_which_sinks_would_take_a_record_and_why_the_others_would_not(served: Served) -> None:
    folder = served.command.folder
    lines = [
        '[sinks.all]\nkind = "files"\npath = "a"',
        '[sinks.spain]\nkind = "files"\npath = "b"\ncountries = ["ES"]',
        '[sinks.no]\nkind = "files"\npath = "c"\nenabled = false',
    ]
    (folder / "config" / "copydesk.toml").write_text("\n".join(lines), encoding="utf-8")
    record = dump(served.outbound.filing.records[served.taken])
    assert list(delivered_to(read_settings(), record)) == [
        ("deliver", "to all"),
        ("deliver", "not to no: it is switched off"),
        ("deliver", "not to spain: it takes nothing of outlets of the country PT"),
    ]
    assert list(delivered_to(read_settings(), None)) == []


@pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")
def test_flower_orders_the_same_replays(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Service.__new__(Service)
    graph.__dict__.update(database=served.outbound.database, clock=SystemClock())
    monkeypatch.setattr(tasks, "service", lambda: graph)
    replay = tasks.replay_manually.run
    said = replay("hook", since="2020-01-01", until="2099-01-01T00:00:00+02:00", outlet="paper")
    (found,) = served.command("deliveries", "replay", "--list", "--json").json
    assert said == f"3 revisions are sent to hook once more, replay {found['order']['id']}"
    assert found["order"]["outlets"] == ["paper"]
    for wrong, words in (
        ({"sink": "hok", "outlet": "paper"}, "there is no sink 'hok'"),
        ({"sink": "hook"}, "say what is sent once more"),
        ({"sink": "hook", "since": "yesterday"}, "'yesterday' is no time; write it as 2026-11-01"),
        ({"sink": "hook", "outlet": "nobody"}, "there is no outlet and no country 'nobody'"),
    ):
        with pytest.raises(RunFailed, match=words):
            replay(**wrong)
