"""Every outcome of every stage is reached, over a real database, a scripted web and plain readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.doubles import ListSink, ScriptedWeb, host_down
from tests.harness import START, Desk, outlet, sqlite_database
from tests.invariants import check
from worker.news.entry import Entry
from worker.news.errors import HostDown, Refused
from worker.news.outcome import (
    BodyChanged,
    Delivered,
    Dropped,
    Duplicate,
    FeedTextOnly,
    Fetched,
    NothingNew,
    Outcome,
    Parsed,
    PollFailed,
    Postponed,
    Quarantined,
    Revised,
    Stale,
    Stored,
    Visited,
)
from worker.news.page import Held, Moved, Page, Validators
from worker.news.policy import DeliveryPolicy
from worker.news.reason import Reason
from worker.news.record import Change
from worker.news.work import Call, Lane, Stage, Ticket
from worker.store.schema import articles, deliveries, feeds, hosts, sightings, work

FEED = "https://paper.example/feed"
PAGE = "https://paper.example/story"
TEXT = "Um texto bastante longo para ser uma identidade, com palavras que só este artigo tem. " * 5


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An engine with one outlet and an empty feed."""
    database = sqlite_database(tmp_path)
    made = Desk(database, ScriptedWeb())
    made.open(outlet(FEED))
    yield made
    check(database)
    database.close()


def web(desk: Desk) -> ScriptedWeb:
    """The scripted web of an engine."""
    assert isinstance(desk.web, ScriptedWeb)
    return desk.web


def one_article(desk: Desk, text: str = TEXT, *, content: str = "") -> list[Outcome]:
    """Announce and file one article."""
    web(desk).feed(FEED, Entry(url=PAGE, guid="guid-1", title="Story", content=content))
    if PAGE not in web(desk).answers:
        web(desk).page(PAGE, text)
    return desk.settle()


def article(desk: Desk) -> tuple[str | None, str | None]:
    """(outcome, reason) of the one article."""
    with desk.database.read() as c:
        row = c.execute(select(articles.c.outcome, articles.c.reason)).one()
    return row.outcome, row.reason


def test_an_announced_article_is_stored_and_delivered(desk: Desk) -> None:
    assert one_article(desk)[:5] == [BodyChanged(), Parsed(1, 0), Fetched(), Stored(), Delivered("memory", 1)]


def test_a_feed_that_did_not_change_ends_with_nothing_new(desk: Desk) -> None:
    one_article(desk)
    assert NothingNew() in desk.settle(timedelta(minutes=6))


def test_a_feed_that_answers_304_is_asked_with_its_validators(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE), etag='"1"')
    desk.settle(timedelta(minutes=6))
    asked = [request for request in web(desk).asked if request.url == FEED]
    assert [request.validators.etag for request in asked] == [None, '"1"']


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Page(url=FEED, status=404), Reason.NOT_FOUND),
        (Page(url=FEED, status=410), Reason.GONE),
        (Page(url=FEED, status=403), Reason.FORBIDDEN),
        (Page(url=FEED, status=418), Reason.CLIENT_ERROR),
        (Page(url=FEED, status=200, body=Held(b"no feed")), Reason.UNPARSABLE),
        (HostDown(Reason.TIMEOUT), Reason.TIMEOUT),
        (Refused(Reason.TOO_LARGE), Reason.TOO_LARGE),
        (Moved(url=FEED, status=302, hops=6), Reason.TOO_MANY_REDIRECTS),
    ],
)
def test_a_feed_that_fails_says_why_and_is_polled_again(desk: Desk, answer: Page, reason: Reason) -> None:
    web(desk).answers[FEED] = answer
    outcomes = desk.settle(timedelta(seconds=1))
    assert [o.reason for o in outcomes if isinstance(o, PollFailed)] == [reason]
    with desk.database.read() as c:
        row = c.execute(select(feeds.c.error, work.c.wake_at).join(work, work.c.subject == feeds.c.id)).one()
    assert row.error == reason
    assert row.wake_at > desk.clock.now()


def test_a_broken_body_is_remembered_and_its_validators_are_not_adopted(desk: Desk) -> None:
    broken = Page(url=FEED, status=200, body=Held(b"no feed"), validators=Validators(etag='"bad"'))
    web(desk).answers[FEED] = broken
    desk.settle(timedelta(minutes=20))
    asked = [request for request in web(desk).asked if request.url == FEED]
    assert len(asked) > 1
    assert {request.validators.etag for request in asked} == {None}
    assert len(desk.archive.bodies) == 1  # type: ignore[attr-defined]


def test_a_feed_that_moved_for_good_is_followed_at_once_and_adopted_after_a_week(desk: Desk) -> None:
    there = "https://paper.example/rss"
    web(desk).feed(there, Entry(url=PAGE))
    web(desk).answers[FEED] = moved(desk, there)
    desk.settle(timedelta(minutes=1))
    with desk.database.read() as c:
        assert c.execute(select(feeds.c.url, feeds.c.redirect_to)).one() == (FEED, there)
    desk.clock.move(timedelta(days=8))
    web(desk).feed(there, Entry(url=PAGE), Entry(url=PAGE + "2"))
    web(desk).answers[FEED] = moved(desk, there)
    desk.settle(timedelta(minutes=1))
    with desk.database.read() as c:
        assert c.execute(select(feeds.c.url, feeds.c.redirect_to)).one() == (there, None)


def moved(desk: Desk, there: str) -> Moved:
    """What a feed answers that moved for good."""
    del desk
    return Moved(url=there, status=301, hops=1)


def test_a_poll_with_nothing_known_is_a_gap(desk: Desk) -> None:
    web(desk).feed(FEED, *(Entry(url=f"{PAGE}-{n}") for n in range(3)))
    desk.settle(timedelta(minutes=1))
    web(desk).feed(FEED, *(Entry(url=f"{PAGE}-{n}") for n in range(10, 13)))
    desk.settle(timedelta(minutes=6))
    with desk.database.read() as c:
        assert "gap" in c.execute(select(feeds.c.next_why)).scalar_one()


def test_entries_without_a_usable_link_are_dropped_and_nothing_else_is_lost(desk: Desk) -> None:
    odd = [
        Entry(url=None, guid="same", title="one"),
        Entry(url=None, guid="same", title="two"),
        Entry(url=None, guid="same", title="two"),
        Entry(url=None, raw_link="javascript:alert(1)", title="three"),
    ]
    web(desk).feed(FEED, *odd, Entry(url=PAGE, title="good"))
    web(desk).page(PAGE, TEXT)
    desk.settle()
    with desk.database.read() as c:
        found = sorted(c.execute(select(articles.c.outcome, articles.c.reason)).all(), key=str)
    assert [tuple(row) for row in found] == [("dropped", "no_link")] * 3 + [("stored", None)]


def test_a_lost_body_sends_the_feed_back_to_poll(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE))
    web(desk).page(PAGE, TEXT)
    desk.dispatch()
    desk.answer(desk.bell.calls.pop(0))
    desk.archive.bodies.clear()  # type: ignore[attr-defined]
    [lost] = desk.answer(desk.bell.calls.pop(0))
    assert isinstance(lost, PollFailed)
    assert lost.reason is Reason.NO_BODY
    desk.settle()
    assert article(desk) == ("stored", None)


def test_a_lost_page_sends_the_article_back_to_fetch(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE))
    web(desk).page(PAGE, TEXT)
    for _ in range(2):
        desk.dispatch()
        while desk.bell.calls and desk.bell.calls[0].stage is not Stage.EXTRACT:
            desk.answer(desk.bell.calls.pop(0))
    desk.archive.bodies.clear()  # type: ignore[attr-defined]
    assert isinstance(desk.answer(desk.bell.calls.pop(0))[0], Postponed)
    desk.settle()
    assert article(desk) == ("stored", None)


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (Page(url=PAGE, status=404), ("dropped", Reason.NOT_FOUND)),
        (Page(url=PAGE, status=410), ("dropped", Reason.GONE)),
        (Page(url=PAGE, status=401), ("dropped", Reason.UNAUTHORIZED)),
        (Page(url=PAGE, status=403), ("dropped", Reason.FORBIDDEN)),
        (Page(url=PAGE, status=451), ("dropped", Reason.LEGAL)),
        (Page(url=PAGE, status=418), ("dropped", Reason.CLIENT_ERROR)),
        (
            Page(url=PAGE, status=200, body=Held(b"%PDF-1.4"), content_type="application/pdf"),
            ("dropped", Reason.NOT_HTML),
        ),
        (Refused(Reason.TOO_LARGE), ("dropped", Reason.TOO_LARGE)),
        (Refused(Reason.BLOCKED_ADDRESS), ("dropped", Reason.BLOCKED_ADDRESS)),
    ],
)
def test_an_answer_about_the_page_ends_the_article(desk: Desk, answer: Page, ends: tuple[str, Reason]) -> None:
    web(desk).answers[PAGE] = answer
    one_article(desk)
    desk.settle(timedelta(hours=2))
    assert article(desk) == ends


def test_one_404_proves_nothing(desk: Desk) -> None:
    web(desk).answers[PAGE] = [Page(url=PAGE, status=404), _page(TEXT)]
    one_article(desk)
    assert article(desk) == (None, Reason.NOT_FOUND)
    desk.settle(timedelta(hours=2))
    assert article(desk) == ("stored", None)


def test_the_feeds_own_text_stands_for_a_page_that_is_closed(desk: Desk) -> None:
    web(desk).answers[PAGE] = Page(url=PAGE, status=403)
    assert FeedTextOnly(Reason.FORBIDDEN) in one_article(desk, content=TEXT)
    assert article(desk) == ("stored", None)


def test_a_host_that_is_down_costs_its_articles_no_try_until_a_week_has_passed(desk: Desk) -> None:
    web(desk).answers[PAGE] = host_down()
    one_article(desk)
    desk.settle(timedelta(days=6))
    assert article(desk) == (None, Reason.CONNECT)
    with desk.database.read() as c:
        assert c.execute(select(work.c.tries).where(work.c.kind == "article")).scalar_one() == 0
        assert c.execute(select(hosts.c.failures)).scalar_one() > 3
    desk.settle(timedelta(days=2))
    assert article(desk) == ("dropped", Reason.UNREACHABLE)


def test_a_redirect_to_another_host_passes_that_hosts_gate(desk: Desk) -> None:
    there = "https://other.example/story"
    web(desk).answers[PAGE] = Moved(url=there, status=301, hops=1)
    web(desk).page(there, TEXT)
    one_article(desk)
    assert article(desk) == ("stored", None)


def test_a_redirect_to_a_busy_host_waits_as_data_and_resumes_there(desk: Desk) -> None:
    there = "https://other.example/story"
    web(desk).answers[PAGE] = Moved(url=there, status=301, hops=1)
    web(desk).page(there, TEXT)
    with desk.database.write() as c:
        c.execute(hosts.insert().values(host="other.example", blocked_until=START + timedelta(minutes=1)))
    outcomes = one_article(desk)
    assert Postponed(detail="https://other.example/robots.txt waits for its host") in outcomes
    assert [request.url for request in web(desk).asked].count(PAGE) == 1
    assert article(desk) == ("stored", None)


@pytest.mark.parametrize(
    ("text", "ends"),
    [("", ("dropped", Reason.NO_TEXT)), ("broken", ("quarantined", Reason.UNPARSABLE))],
)
def test_a_page_that_is_no_article_is_named(desk: Desk, text: str, ends: tuple[str, Reason]) -> None:
    one_article(desk, text)
    assert article(desk) == ends


def test_a_page_that_only_says_later_is_asked_for_again(desk: Desk) -> None:
    outcomes = one_article(desk, "later")
    assert Postponed(Reason.MAINTENANCE, "as scripted") in outcomes
    assert article(desk) == (None, None)
    asked = [request.url for request in web(desk).asked].count(PAGE)
    web(desk).page(PAGE, TEXT)
    desk.settle(within=timedelta(minutes=50))
    assert [request.url for request in web(desk).asked].count(PAGE) == asked == 1
    desk.settle(within=timedelta(minutes=30))
    assert article(desk) == ("stored", None)


def test_a_page_that_says_later_for_a_week_is_dropped_and_was_not_asked_for_often(desk: Desk) -> None:
    one_article(desk, "later")
    desk.settle(within=timedelta(days=12))
    assert article(desk) == ("dropped", Reason.MAINTENANCE)
    assert 10 <= [request.url for request in web(desk).asked].count(PAGE) <= 18


def test_the_same_text_at_another_address_is_a_duplicate(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE, guid="guid-1"), Entry(url=PAGE + "-copy", guid="guid-2"))
    web(desk).page(PAGE, TEXT)
    web(desk).page(PAGE + "-copy", TEXT)
    outcomes = desk.settle()
    assert [o.reason for o in outcomes if isinstance(o, Duplicate)] == [Reason.SAME_TEXT]
    with desk.database.read() as c:
        assert len(set(c.execute(select(sightings.c.article_id)).scalars())) == 1


def test_short_texts_do_not_tell_articles_apart(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE, guid="guid-1"), Entry(url=PAGE + "-copy", guid="guid-2"))
    web(desk).page(PAGE, "Sem sorteio.")
    web(desk).page(PAGE + "-copy", "Sem sorteio.")
    assert [type(o) for o in desk.settle()].count(Stored) == 2


def test_the_canonical_address_of_a_stored_article_makes_a_duplicate(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE, guid="guid-1"), Entry(url=PAGE + "-print", guid="guid-2"))
    web(desk).page(PAGE, TEXT)
    web(desk).page(PAGE + "-print", TEXT + " Uma linha a mais.", canonical=PAGE)
    outcomes = desk.settle()
    assert [o.reason for o in outcomes if isinstance(o, Duplicate)] == [Reason.SAME_URL]


def test_a_changed_page_is_a_new_revision_and_is_delivered(desk: Desk) -> None:
    one_article(desk)
    web(desk).page(PAGE, TEXT + "\nCorreção: eram 12 e não 10.")
    outcomes = desk.settle(timedelta(hours=1))
    assert Revised(2, Change.CORRECTION) in outcomes
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    assert [key.split(":")[1] for key in sink.order] == ["1", "2"]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Page(url=PAGE, status=404), "gone"),
        (Page(url=PAGE, status=403), "blocked"),
        (host_down(), "failed"),
        (Page(url=PAGE, status=304), "unchanged"),
    ],
)
def test_a_visit_never_changes_an_outcome(desk: Desk, answer: Page, result: str) -> None:
    one_article(desk)
    web(desk).answers[PAGE] = answer
    outcomes = desk.settle(timedelta(hours=30))
    assert result in {o.result for o in outcomes if isinstance(o, Visited)}
    assert article(desk) == ("stored", None)


@pytest.mark.parametrize(("text", "result"), [("", "blocked"), ("broken", "failed"), (TEXT, "unchanged")])
def test_a_visit_that_reads_nothing_new_says_so(desk: Desk, text: str, result: str) -> None:
    one_article(desk)
    web(desk).page(PAGE, text)
    outcomes = desk.settle(timedelta(hours=1))
    assert result in {o.result for o in outcomes if isinstance(o, Visited)}
    assert article(desk) == ("stored", None)


def test_a_sink_that_is_down_gets_the_same_batch_later(desk: Desk) -> None:
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    sink.down = True
    outcomes = one_article(desk)
    assert any(isinstance(o, Postponed) and o.reason is Reason.SINK_DOWN for o in outcomes)
    sink.down = False
    assert Delivered("memory", 1) in desk.settle(timedelta(hours=2))


def test_a_refused_record_is_tried_again_and_then_dead_and_holds_back_nobody(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path)
    desk = Desk(database, ScriptedWeb(), delivery=DeliveryPolicy(max_tries=3))
    desk.open(outlet(FEED))
    one_article(desk)
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    sink.refuse.update(key.split(":")[0] for key in sink.stored)
    web(desk).page(PAGE, TEXT + "\nMais 33 pessoas.")
    desk.settle(timedelta(hours=2))
    with database.read() as c:
        row = c.execute(select(deliveries).where(deliveries.c.revision == 2)).one()
    assert (row.outcome, row.tries) == ("dead", 3)
    sink.refuse.clear()
    web(desk).page(PAGE, TEXT + "\nMais 44 pessoas.")
    desk.settle(timedelta(hours=12))
    assert [key.split(":")[1] for key in sink.order] == ["1", "3"]
    database.close()


def test_who_comes_second_finds_the_row_taken(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(url=PAGE))
    web(desk).page(PAGE, TEXT)
    for _ in range(3):
        desk.dispatch()
        while desk.bell.calls:
            call = desk.bell.calls.pop(0)
            desk.answer(call)
            assert desk.answer(call) == [Stale()] * (1 if call.stage is Stage.DELIVER else len(call.tickets))
        desk.clock.move(timedelta(seconds=2))
    assert article(desk) == ("stored", None)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_worker_that_lost_its_claim_writes_nothing(desk: Desk, stage: Stage) -> None:
    """Every stage finishes as stale when the row was claimed anew meanwhile."""
    web(desk).feed(FEED, Entry(url=PAGE))
    web(desk).page(PAGE, TEXT)
    call = _run_until(desk, stage)
    steal = _Steal(desk, call.tickets[0])
    desk.clock = steal  # type: ignore[assignment]
    for name in ("poll", "parse", "fetch", "extract", "deliver"):
        object.__setattr__(getattr(desk, name), "clock", steal)
    assert desk.answer(call) == [Stale()]


class _Steal:
    """A clock by which the row is claimed by somebody else as soon as the time is asked for the second time."""

    def __init__(self, desk: Desk, ticket: Ticket) -> None:
        self.desk, self.ticket, self.inner, self.asked = desk, ticket, desk.clock, 0

    def now(self) -> datetime:
        self.asked += 1
        if self.asked == 2:
            with self.desk.database.write() as c:
                c.execute(update(work).where(work.c.id == self.ticket.work).values(claim=work.c.claim + 1))
        return self.inner.now()

    def roll(self) -> float:
        return 0.5


def _run_until(desk: Desk, stage: Stage) -> Call:
    for _ in range(6):
        desk.dispatch()
        while desk.bell.calls:
            if desk.bell.calls[0].stage is stage:
                return desk.bell.calls.pop(0)
            desk.answer(desk.bell.calls.pop(0))
        desk.clock.move(timedelta(seconds=2))
    raise AssertionError(stage)


def test_what_could_not_be_sent_is_due_again(desk: Desk) -> None:
    class DeafBell:
        def ring(self, calls: list[Call]) -> list[Call]:
            return list(calls)

    object.__setattr__(desk.dispatch, "bell", DeafBell())
    done = desk.dispatch()
    assert (done.claimed, done.unsent) == (1, 1)
    assert desk.queue.claim(Lane.WEB, now=desk.clock.now() + timedelta(seconds=2))


def _page(text: str) -> Page:
    script = ScriptedWeb()
    script.page(PAGE, text)
    page = script.answers[PAGE]
    assert isinstance(page, Page)
    return page


def test_a_quarantined_page_keeps_its_body(desk: Desk) -> None:
    outcomes = one_article(desk, "broken")
    assert any(isinstance(o, Quarantined) for o in outcomes)
    assert not any(isinstance(o, Dropped) for o in outcomes)
    with desk.database.read() as c:
        key = c.execute(select(articles.c.body_key)).scalar_one()
    assert desk.archive.get(key)
