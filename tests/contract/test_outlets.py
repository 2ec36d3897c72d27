"""What the catalog names and what people switch, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.doubles import ScriptedWeb
from tests.harness import Desk, outlet
from tests.invariants import check
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.outlet import FeedSource, Outlet, Switch
from worker.news.work import Lane
from worker.store.choosing import UnknownOutletError, chosen, listed
from worker.store.database import Database, open_database
from worker.store.outlets import switch_of, switch_outlets, sync_outlets
from worker.store.schema import feeds

PAPER = outlet("https://paper.example/feed", "https://paper.example/sport")
OTHER = replace(outlet("https://other.example/feed", id_="other"), country="ES", enabled=False)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A desk over two outlets, one of them enabled."""
    database = open_database(database_url, new_id=new_id)
    made = Desk(database, ScriptedWeb())
    made.open(PAPER, OTHER)
    yield made
    database.close()


def sync(desk: Desk, *catalog: Outlet) -> None:
    sync_outlets(desk.database, catalog, now=desk.clock.now())


def due(desk: Desk) -> set[str]:
    """The feeds that would be polled now."""
    calls = desk.queue.claim(Lane.WEB, now=desk.clock.now())
    claimed = [ticket for call in calls for ticket in call.tickets]
    with desk.database.read() as c:
        urls = {job.url for ticket in claimed if (job := desk.poll.polls.begin(ticket, now=desk.clock.now()))}
        known = set(c.execute(select(feeds.c.url)).scalars())
    assert urls <= known
    return urls


def states(database: Database) -> dict[str, str]:
    return {found.id: found.state for found in listed(database)}


def test_the_feeds_of_enabled_outlets_are_due_and_no_others(desk: Desk) -> None:
    assert due(desk) == {"https://paper.example/feed", "https://paper.example/sport"}
    assert states(desk.database) == {"paper": "enabled", "other": "disabled"}


def test_syncing_again_changes_nothing(desk: Desk) -> None:
    before = listed(desk.database)
    sync(desk, PAPER, OTHER)
    assert listed(desk.database) == before
    check(desk.database)


def test_a_switch_holds_whatever_the_catalog_says(desk: Desk) -> None:
    switch_outlets(desk.database, ["other"], Switch.ENABLED, now=desk.clock.now())
    switch_outlets(desk.database, ["paper"], Switch.PAUSED, now=desk.clock.now())
    sync(desk, PAPER, OTHER)
    assert states(desk.database) == {"paper": "paused", "other": "enabled"}
    assert due(desk) == {"https://other.example/feed"}
    assert switch_of(desk.database, "paper") is Switch.PAUSED


def test_an_outlet_that_is_switched_on_again_is_due_at_once(desk: Desk) -> None:
    switch_outlets(desk.database, ["paper"], Switch.DISABLED, now=desk.clock.now())
    assert due(desk) == set()
    desk.clock.move(timedelta(days=3))
    switch_outlets(desk.database, ["paper"], Switch.ENABLED, now=desk.clock.now())
    assert due(desk) == {"https://paper.example/feed", "https://paper.example/sport"}
    check(desk.database)


def test_what_was_announced_before_the_switch_is_brought_home(desk: Desk) -> None:
    assert isinstance(desk.web, ScriptedWeb)
    desk.web.feed("https://paper.example/feed", Entry(url="https://paper.example/a", title="a"))
    desk.web.feed("https://paper.example/sport")
    desk.web.page("https://paper.example/a", "Um texto que é longo o bastante para ser um artigo. " * 10)
    for _ in range(2):
        desk.dispatch()
        while desk.bell.calls and desk.bell.calls[0].stage in {"poll", "parse"}:
            desk.answer(desk.bell.calls.pop(0))
    switch_outlets(desk.database, ["paper"], Switch.DISABLED, now=desk.clock.now())
    desk.settle(timedelta(minutes=10))
    assert [found.stored for found in listed(desk.database, ["paper"])] == [1]
    polls = [request.url for request in desk.web.asked if "feed" in request.url or "sport" in request.url]
    assert len(polls) == 2


def test_a_feed_that_the_catalog_no_longer_names_is_not_polled(desk: Desk) -> None:
    sync(desk, replace(PAPER, feeds=(FeedSource(url="https://paper.example/sport"),)), OTHER)
    assert due(desk) == {"https://paper.example/sport"}
    sync(desk, PAPER, OTHER)
    assert due(desk) == {"https://paper.example/feed"}


def test_an_outlet_that_the_catalog_no_longer_names_is_switched_off(desk: Desk) -> None:
    sync(desk, OTHER)
    assert due(desk) == set()
    assert states(desk.database)["paper"] == "disabled"


def test_outlets_are_chosen_by_id_by_country_or_all(desk: Desk) -> None:
    assert chosen(desk.database, ["es"]) == ["other"]
    assert chosen(desk.database, ["paper", "ES", "paper"]) == ["paper", "other"]
    assert chosen(desk.database, ["all"]) == ["other", "paper"]
    with pytest.raises(UnknownOutletError, match="'nowhere'"):
        chosen(desk.database, ["paper", "nowhere"])
