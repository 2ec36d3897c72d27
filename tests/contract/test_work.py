"""The life of a row of `work`, line by line as docs/lifecycle.md tells it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.doubles import ListSink, ScriptedWeb, host_down
from tests.harness import Desk, outlet
from tests.invariants import check, check_quiet
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.errors import HostDown
from worker.news.outcome import NothingNew, Stale
from worker.news.page import Held, Moved, Page
from worker.news.policy import ArticlePolicy, HostPolicy, LeasePolicy
from worker.news.reason import Reason
from worker.news.work import Call, Kind, Lane, Purpose, Stage, Ticket
from worker.store.database import Database, open_database
from worker.store.hosts import wake
from worker.store.manual import feeds_of, ingest, poll_now
from worker.store.schema import articles, deliveries, feeds, hosts, work

FEED = "https://paper.example/feed"
TEXT = "O texto do artigo {0} é longo o bastante para ser uma identidade, com palavras que só ele tem. " * 5
LEASE = LeasePolicy()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of either kind."""
    opened = open_database(database_url, new_id=new_id)
    yield opened
    opened.close()


@pytest.fixture
def web() -> ScriptedWeb:
    """A web with one feed and three articles."""
    scripted = ScriptedWeb()
    publish(scripted, "abc")
    return scripted


@pytest.fixture
def desk(database: Database, web: ScriptedWeb) -> Desk:
    """A desk that is about to poll for the first time."""
    made = Desk(database, web)
    made.open(outlet(FEED))
    return made


def publish(web: ScriptedWeb, names: str) -> None:
    """Announce articles, and put their pages up."""
    web.feed(FEED, *(Entry(url=f"https://paper.example/{name}", guid=name, title=name) for name in names))
    for name in names:
        web.page(f"https://paper.example/{name}", TEXT.format(name))


def claimed(desk: Desk, lane: Lane = Lane.WEB) -> list[Call]:
    """What a claim gives now."""
    return list(desk.queue.claim(lane, now=desk.clock.now()))


def row_of(desk: Desk, ticket: Ticket) -> Any:
    """A row of `work` as it is."""
    with desk.database.read() as c:
        return c.execute(select(work).where(work.c.id == ticket.work)).one()


def through(desk: Desk, upto: Stage) -> Call:
    """Run until a message of a stage is on its way, and take it."""
    for _ in range(20):
        desk.dispatch()
        while desk.bell.calls:
            call = desk.bell.calls.pop(0)
            if call.stage is upto:
                return call
            desk.answer(call)
        desk.clock.move(desk.lease.tick)
    message = f"no message for {upto}"
    raise AssertionError(message)


# --- claim ----------------------------------------------------------------------------------------------------------
def test_a_claim_is_a_lease_and_a_fence(desk: Desk) -> None:
    (call,) = claimed(desk)
    (ticket,) = call.tickets
    assert (call.stage, ticket.claim) == (Stage.POLL, 1)
    row = row_of(desk, ticket)
    assert row.claimed_at == desk.clock.now()
    assert row.begun_at is None
    assert row.wake_at == desk.clock.now() + timedelta(seconds=300)


def test_what_is_claimed_is_not_claimed_again_before_its_lease_ends(desk: Desk) -> None:
    assert claimed(desk)
    desk.clock.move(LEASE.queue - timedelta(seconds=1))
    assert claimed(desk) == []


def test_a_lease_that_was_never_begun_is_claimed_again_and_counts_nothing(desk: Desk) -> None:
    (first,) = claimed(desk)
    desk.clock.move(LEASE.queue)
    (again,) = claimed(desk)
    assert again.tickets == (Ticket(first.tickets[0].work, 2),)
    assert (row_of(desk, again.tickets[0]).crashes, row_of(desk, again.tickets[0]).tries) == (0, 0)


def test_a_send_that_fails_frees_the_row_at_once(desk: Desk) -> None:
    (call,) = claimed(desk)
    desk.queue.release([call], now=desk.clock.now())
    (again,) = claimed(desk)
    assert again.tickets == (Ticket(call.tickets[0].work, 2),)


def test_a_release_that_comes_late_frees_nothing(desk: Desk) -> None:
    (call,) = claimed(desk)
    assert desk.poll.polls.begin(call.tickets[0], now=desk.clock.now()) is not None
    desk.queue.release([call], now=desk.clock.now())
    assert row_of(desk, call.tickets[0]).begun_at is not None


def test_live_goes_before_manual_before_backfill_before_visit_before_reprocess(desk: Desk) -> None:
    with desk.database.write() as c:
        c.execute(update(work).values(wake_at=None))
        for purpose in reversed(Purpose):
            c.execute(
                insert(work).values(
                    kind=Kind.ARTICLE,
                    subject=new_id(),
                    stage=Stage.EXTRACT,
                    purpose=purpose,
                    wake_at=desk.clock.now() - timedelta(minutes=purpose),
                )
            )
    tight = Desk(desk.database, desk.web, lease=LeasePolicy(extract=1))
    served = []
    for _ in Purpose:
        ((ticket,),) = (call.tickets for call in claimed(tight, Lane.EXTRACT))
        served.append(Purpose(row_of(desk, ticket).purpose))
        with desk.database.write() as c:
            c.execute(update(work).where(work.c.id == ticket.work).values(wake_at=None, claimed_at=None))
    assert served == list(Purpose)


@pytest.mark.parametrize("bound", [1, 3])
def test_no_more_rows_of_a_stage_are_leased_than_its_bound(database: Database, web: ScriptedWeb, bound: int) -> None:
    publish(web, "abcdef")
    desk = Desk(database, web, lease=LeasePolicy(extract=bound), host=HostPolicy(spacing=timedelta(0), per_host=6))
    desk.open(outlet(FEED))
    through(desk, Stage.EXTRACT)
    for _ in range(10):
        desk.dispatch()
        waiting = [call for call in desk.bell.calls if call.stage is not Stage.EXTRACT]
        desk.bell.calls = [call for call in desk.bell.calls if call.stage is Stage.EXTRACT]
        for call in waiting:
            desk.answer(call)
        desk.clock.move(desk.lease.tick)
    with database.read() as c:
        leased = select(work).where(work.c.stage == Stage.EXTRACT, work.c.claimed_at.is_not(None))
        assert len(c.execute(leased).all()) == bound
        assert len(c.execute(select(work).where(work.c.stage == Stage.EXTRACT)).all()) == 6


def test_messages_stay_short(database: Database) -> None:
    desk = Desk(database, ScriptedWeb())
    desk.open(*(outlet(f"https://paper{n}.example/feed", id_=f"paper{n}") for n in range(40)))
    calls = claimed(desk)
    assert sum(len(call.tickets) for call in calls) == 40
    assert max(len(call.tickets) for call in calls) <= LEASE.batch


# --- begin ----------------------------------------------------------------------------------------------------------
def test_a_message_that_comes_twice_works_once(desk: Desk, web: ScriptedWeb) -> None:
    (call,) = claimed(desk)
    desk.answer(call)
    assert desk.answer(call) == [Stale()]
    assert len(web.asked) == 1


def test_a_message_of_an_earlier_claim_is_stale(desk: Desk) -> None:
    (first,) = claimed(desk)
    desk.clock.move(LEASE.queue)
    (second,) = claimed(desk)
    assert desk.answer(first) == [Stale()]
    assert desk.answer(second) != [Stale()]


def test_a_message_of_another_stage_is_stale(desk: Desk) -> None:
    (call,) = claimed(desk)
    assert desk.answer(Call(Stage.FETCH, call.tickets)) == [Stale()]


# --- finish ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", [Stage.POLL, Stage.PARSE, Stage.FETCH, Stage.EXTRACT])
def test_a_late_finisher_overwrites_nothing(desk: Desk, stage: Stage) -> None:
    call = through(desk, stage)
    ticket = call.tickets[0]
    port: Any = {
        Stage.POLL: desk.poll.polls,
        Stage.PARSE: desk.parse.parses,
        Stage.FETCH: desk.fetch.fetches,
        Stage.EXTRACT: desk.extract.extracts,
    }[stage]
    assert port.begin(ticket, now=desk.clock.now()) is not None
    # The worker hangs; its lease ends, the row is taken back and done by another one.
    desk.clock.move(LEASE.work + timedelta(seconds=1))
    desk.settle(timedelta(minutes=2))
    before = _everything(desk)
    with desk.database.write() as c:
        stale = update(work).where(work.c.id == ticket.work, work.c.claim == ticket.claim).values(stage=work.c.stage)
        assert c.execute(stale).rowcount == 0
    assert desk.answer(Call(stage, (ticket,))) == [Stale()]
    assert _everything(desk) == before


def _everything(desk: Desk) -> list[Any]:
    with desk.database.read() as c:
        return [c.execute(select(table).order_by(*table.primary_key)).all() for table in (work, articles, feeds)]


# --- leases that end ------------------------------------------------------------------------------------------------
def test_in_extract_the_third_death_sets_the_page_aside(desk: Desk, web: ScriptedWeb) -> None:
    publish(web, "a")
    call = through(desk, Stage.EXTRACT)
    ticket = call.tickets[0]
    for death in (1, 2, 3):
        assert desk.extract.extracts.begin(ticket, now=desk.clock.now()) is not None
        desk.clock.move(LEASE.work)
        assert desk.queue.sweep(now=desk.clock.now(), roll=0.5) == 1
        if death < ArticlePolicy().crashes:
            assert row_of(desk, ticket).crashes == death
            ((ticket,),) = (call.tickets for call in claimed(desk, Lane.EXTRACT))
    with desk.database.read() as c:
        (article,) = c.execute(select(articles)).all()
    assert (article.outcome, article.reason) == ("quarantined", Reason.KILLED)
    assert article.body_key is not None
    assert row_of(desk, ticket).wake_at is None
    check(desk.database)


def test_in_fetch_a_death_only_waits_longer_each_time(desk: Desk, web: ScriptedWeb) -> None:
    publish(web, "a")
    ticket = through(desk, Stage.FETCH).tickets[0]
    waits = []
    for _ in range(4):
        assert desk.fetch.fetches.begin(ticket, now=desk.clock.now()) is not None
        desk.clock.move(LEASE.work)
        desk.queue.sweep(now=desk.clock.now(), roll=0.5)
        row = row_of(desk, ticket)
        waits.append(row.wake_at - desk.clock.now())
        desk.clock.at = row.wake_at
        (ticket,) = (t for call in claimed(desk) for t in call.tickets if t.work == ticket.work)
    assert waits == [LEASE.crash_wait * n for n in (1, 2, 3, 4)]
    with desk.database.read() as c:
        assert c.execute(select(articles.c.outcome)).scalar_one() is None


def test_dead_leases_of_a_host_hold_no_room(desk: Desk) -> None:
    through(desk, Stage.FETCH)
    # All messages are lost, again and again: nobody begins, and the host is still claimed for.
    for _ in range(5):
        desk.bell.calls.clear()
        desk.clock.move(LEASE.queue)
        assert any(call.stage is Stage.FETCH for call in claimed(desk))


def test_a_success_resets_what_was_counted(desk: Desk, web: ScriptedWeb) -> None:
    publish(web, "a")
    ticket = through(desk, Stage.FETCH).tickets[0]
    assert desk.fetch.fetches.begin(ticket, now=desk.clock.now()) is not None
    desk.clock.move(LEASE.work)
    desk.settle(timedelta(minutes=3))
    row = row_of(desk, ticket)
    assert (row.crashes, row.tries) == (0, 0)


# --- the host's gate ------------------------------------------------------------------------------------------------
def test_a_host_gets_one_request_per_spacing(database: Database, web: ScriptedWeb) -> None:
    desk = Desk(database, web, host=HostPolicy(spacing=timedelta(seconds=10)))
    desk.open(outlet(FEED))
    asked: list[datetime] = []
    for _ in range(30):
        before = len(web.asked)
        desk.tick()
        asked += [desk.clock.now()] * (len(web.asked) - before)
        desk.clock.move(timedelta(seconds=2))
    assert len(asked) == 4
    assert all(later - earlier >= timedelta(seconds=10) for earlier, later in pairwise(asked))


def test_a_host_has_two_requests_in_flight_at_most(database: Database, web: ScriptedWeb) -> None:
    publish(web, "abcdefgh")
    desk = Desk(database, web, host=HostPolicy(spacing=timedelta(0), per_host=2))
    desk.open(outlet(FEED))
    flying = list(through(desk, Stage.FETCH).tickets)
    for _ in range(5):
        desk.dispatch()
        desk.clock.move(desk.lease.tick)
    flying += [t for call in desk.bell.calls if call.stage is Stage.FETCH for t in call.tickets]
    assert len(set(flying)) == 2
    desk.bell.calls.clear()
    # Who is done claims the host's next row itself, without a tick.
    desk.answer(Call(Stage.FETCH, (flying[0],)))
    assert [len(call.tickets) for call in desk.bell.calls if call.stage is Stage.FETCH] == [1]


def test_a_pause_of_the_host_holds_for_all_its_rows(desk: Desk, web: ScriptedWeb) -> None:
    through(desk, Stage.FETCH)
    desk.bell.calls.clear()
    with desk.database.write() as c:
        until = desk.clock.now() + timedelta(hours=1)
        c.execute(update(hosts).values(blocked_until=until, blocked_why=Reason.RATE_LIMITED))
    desk.clock.move(timedelta(minutes=30))
    assert claimed(desk) == []
    desk.clock.move(timedelta(minutes=31))
    assert claimed(desk) != []
    assert len(web.asked) == 1


def test_one_outlet_does_not_starve_the_others(database: Database) -> None:
    desk = Desk(database, ScriptedWeb(), lease=LeasePolicy(fetch=4), host=HostPolicy(spacing=timedelta(0), per_host=2))
    desk.open(outlet(FEED))
    with database.write() as c:
        c.execute(update(work).values(wake_at=None))
        early, late = desk.clock.now() - timedelta(hours=2), desk.clock.now() - timedelta(hours=1)
        for host, at, rows in (("big.example", early, 500), ("small.example", late, 2)):
            added = [
                {"kind": Kind.ARTICLE, "subject": new_id(), "stage": Stage.FETCH, "host": host, "wake_at": at}
                for _ in range(rows)
            ]
            c.execute(insert(work), added)
            wake(c, {host: at})
    tickets = [ticket for call in claimed(desk) for ticket in call.tickets]
    assert sorted(row_of(desk, ticket).host for ticket in tickets) == ["big.example"] * 2 + ["small.example"] * 2


def test_a_redirect_to_a_closed_host_waits_as_data(database: Database, web: ScriptedWeb) -> None:
    web.feed(FEED, Entry(url="https://short.example/r", guid="r", title="r"))
    web.answers["https://short.example/r"] = Moved(url="https://paper.example/a", status=301, hops=1)
    desk = Desk(database, web)
    desk.open(outlet(FEED))
    call = through(desk, Stage.FETCH)
    with database.write() as c:
        until = desk.clock.now() + timedelta(minutes=10)
        c.execute(update(hosts).where(hosts.c.host == "paper.example").values(blocked_until=until))
    desk.answer(call)
    row = row_of(desk, call.tickets[0])
    assert (row.host, row.stage, row.claimed_at) == ("paper.example", Stage.FETCH, None)
    assert [request.url for request in web.asked].count("https://paper.example/a") == 0
    desk.clock.move(timedelta(minutes=11))
    desk.settle()
    assert [request.url for request in web.asked].count("https://short.example/r") == 1
    check_quiet(database, {name: dict.fromkeys(_stored(sink), 1) for name, sink in desk.sinks.items()})


def _stored(sink: object) -> list[str]:
    assert isinstance(sink, ListSink)
    return list(sink.stored)


def test_a_host_that_is_down_costs_its_articles_no_try(desk: Desk, web: ScriptedWeb) -> None:
    publish(web, "a")
    web.answers["https://paper.example/a"] = host_down()
    ticket = through(desk, Stage.FETCH).tickets[0]
    desk.answer(Call(Stage.FETCH, (ticket,)))
    desk.settle(timedelta(days=2))
    row = row_of(desk, ticket)
    assert row.tries == 0
    with desk.database.read() as c:
        assert c.execute(select(articles.c.outcome)).scalar_one() is None
        assert c.execute(select(hosts.c.failures)).scalar_one() > 3
    desk.settle(timedelta(days=6))
    with desk.database.read() as c:
        assert c.execute(select(articles.c.outcome, articles.c.reason)).one() == ("dropped", Reason.UNREACHABLE)


# --- feeds ----------------------------------------------------------------------------------------------------------
def test_validators_are_adopted_when_the_entries_are_in_and_not_before(desk: Desk, web: ScriptedWeb) -> None:
    web.feed(FEED, Entry(url="https://paper.example/a", guid="a", title="a"), etag='"1"')
    call = through(desk, Stage.PARSE)
    with desk.database.read() as c:
        feed = c.execute(select(feeds)).one()
    assert feed.etag is None
    assert feed.pending_body is not None
    desk.answer(call)
    with desk.database.read() as c:
        feed = c.execute(select(feeds)).one()
    assert (feed.etag, feed.pending_body) == ('"1"', None)


def test_a_feed_in_parse_is_not_polled(desk: Desk) -> None:
    through(desk, Stage.PARSE)
    assert poll_now(desk.database, feeds_of(desk.database), purpose=Purpose.MANUAL, now=desk.clock.now()) == 0
    assert claimed(desk) == []


def test_a_broken_body_is_remembered_and_its_validators_are_not_adopted(desk: Desk, web: ScriptedWeb) -> None:
    broken = Page(url=FEED, status=200, body=Held(b"<html>"), content_type="text/html")
    web.answers[FEED] = broken
    desk.settle(timedelta(seconds=30))
    with desk.database.read() as c:
        feed = c.execute(select(feeds)).one()
    assert (feed.etag, feed.body_hash) == (None, None)
    assert feed.broken_hash is not None
    assert feed.error == Reason.UNPARSABLE


def test_an_unchanged_body_ends_at_the_poll(desk: Desk) -> None:
    desk.settle(timedelta(seconds=30))
    poll_now(desk.database, feeds_of(desk.database), purpose=Purpose.MANUAL, now=desk.clock.now())
    (call,) = (call for call in claimed(desk) if call.stage is Stage.POLL)
    assert desk.answer(call) == [NothingNew()]


# --- visits, sinks, the clock ---------------------------------------------------------------------------------------
def test_a_later_404_takes_nothing_back(desk: Desk, web: ScriptedWeb) -> None:
    publish(web, "a")
    desk.settle(timedelta(seconds=30))
    del web.answers["https://paper.example/a"]
    desk.settle(timedelta(days=2))
    with desk.database.read() as c:
        article = c.execute(select(articles)).one()
    assert (article.outcome, article.revision) == ("stored", 1)
    assert article.visit_result == "gone"


def test_a_sink_that_is_down_does_not_hold_the_other(database: Database, web: ScriptedWeb) -> None:
    down, up = ListSink(down=True), ListSink()
    desk = Desk(database, web, sinks={"down": down, "up": up})
    desk.open(outlet(FEED))
    desk.settle(timedelta(minutes=5))
    assert (len(down.stored), len(up.stored)) == (0, 3)
    down.down = False
    desk.settle(timedelta(hours=2))
    assert len(down.stored) == 3
    check_quiet(database, {"down": dict.fromkeys(down.stored, 1), "up": dict.fromkeys(up.stored, 1)})


def test_a_refused_record_holds_nothing_else(desk: Desk, web: ScriptedWeb) -> None:
    desk.settle(timedelta(seconds=20))
    (sink,) = desk.sinks.values()
    assert isinstance(sink, ListSink)
    first = next(iter(sink.stored)).partition(":")[0]
    sink.refuse.add(first)
    web.page("https://paper.example/d", TEXT.format("d"))
    ingest(desk.database, "https://paper.example/d", now=desk.clock.now())
    desk.settle(timedelta(minutes=5))
    assert len(sink.stored) == 4
    with desk.database.read() as c:
        assert c.execute(select(deliveries).where(deliveries.c.outcome.is_(None))).all() == []


def test_a_lease_that_a_step_of_the_clock_put_far_away_is_capped(desk: Desk) -> None:
    (call,) = claimed(desk)
    desk.clock.move(-timedelta(days=1))
    desk.queue.sweep(now=desk.clock.now(), roll=0.5)
    assert row_of(desk, call.tickets[0]).wake_at == desk.clock.now() + LEASE.queue
    check(desk.database)


def test_a_host_error_is_written_with_its_reason(desk: Desk, web: ScriptedWeb) -> None:
    web.answers[FEED] = HostDown(Reason.RATE_LIMITED, "HTTP 429", retry_after=3600.0)
    desk.settle(timedelta(seconds=10))
    with desk.database.read() as c:
        host = c.execute(select(hosts)).one()
        feed = c.execute(select(feeds)).one()
    assert host.blocked_why == feed.error == Reason.RATE_LIMITED
    assert host.blocked_until >= desk.clock.now() + timedelta(minutes=59)
