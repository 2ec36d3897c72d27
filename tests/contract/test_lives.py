"""What `why` is told by the tables, on both databases: every key leads home, and every kind of waiting has its words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from tests.doubles import ListSink, ScriptedWeb, host_down
from tests.harness import Desk, outlet
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.page import Moved, Page
from worker.news.reason import Reason
from worker.news.work import Call, Purpose
from worker.store.database import open_database
from worker.store.lives import Life, lives_named, of_nothing, why
from worker.store.manual import ingest
from worker.store.schema import articles, deliveries, feeds, groups, outlets, polls, sinks, splits, work
from worker.store.unknown import day_in
from worker.store.waiting import Cause

FEED = "https://paper.example/feed"
SITE = "https://paper.example"
FERRY = f"{SITE}/news/12345-ferry"
TEXT = "O texto do artigo {0} é longo o bastante para ser uma identidade, com palavras que só ele tem. " * 5
ELSEWHERE = "https://elsewhere.example/b"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine whose web has one feed and one article."""
    database = open_database(database_url, new_id=new_id)
    made = Desk(database, ScriptedWeb(), sinks={"files": ListSink()})
    made.open(outlet(FEED))
    yield made
    database.close()


def web(desk: Desk) -> ScriptedWeb:
    assert isinstance(desk.web, ScriptedWeb)
    return desk.web


def publish(desk: Desk, *urls: str) -> None:
    web(desk).feed(FEED, *(Entry(url=url, guid=f"g-{url[-9:]}", title=url[-9:]) for url in urls))
    for url in urls:
        if url not in web(desk).answers:
            web(desk).page(url, TEXT.format(url))


def life(desk: Desk, word: str) -> Life:
    found = why(desk.database, word, now=desk.clock.now())
    assert found is not None
    return found


def until(desk: Desk, stage: str) -> Call:
    """The first message of a stage, which nobody takes."""
    for _ in range(50):
        desk.dispatch()
        while desk.bell.calls:
            call = desk.bell.calls.pop(0)
            if call.stage == stage:
                return call
            desk.answer(call)
        desk.clock.move(desk.lease.tick)
    raise AssertionError(stage)


@pytest.mark.parametrize(
    ("word", "witness"),
    [
        ("https://go.paper.example/x1", "feed"),
        ("https://go.paper.example/x1?utm_source=rss#top", "feed"),
        (f"{FERRY}?from=go", "final"),
        (FERRY, "canonical"),
        (f"{FERRY}/amp", "canonical"),
        ("http://www.paper.example/news/12345-ferry/", "canonical"),
        ("go-77123", "guid"),
    ],
)
def test_every_key_leads_to_the_article_and_says_whose_word_it_is(desk: Desk, word: str, witness: str) -> None:
    announced = "https://go.paper.example/x1"
    web(desk).feed(FEED, Entry(url=announced, guid="go-77123", title="Ferry"))
    web(desk).answers[announced] = Moved(url=f"{FERRY}?from=go", status=301, hops=1)
    web(desk).page(f"{FERRY}?from=go", TEXT.format("ferry"), canonical=FERRY)
    desk.settle()
    found = life(desk, word)
    assert (found.outcome, found.url) == ("stored", announced)
    assert found.asked_as is not None
    assert (found.asked_as.witness, found.asked_as.came_with) == (witness, None)
    assert all(key.text is not None for key in found.known_as), "what a key was made of is found again"


def test_an_id_a_feed_an_outlet_and_nothing(desk: Desk) -> None:
    publish(desk, FERRY)
    desk.settle()
    now = desk.clock.now()
    first = life(desk, FERRY)
    assert [each.id for each in lives_named(desk.database, first.id, now=now)] == [first.id]
    feed = life(desk, FEED)
    assert (feed.kind, [line.new for line in feed.polls], [day.new for day in feed.days]) == ("feed", [1], [1])
    assert lives_named(desk.database, feed.id, now=now) == [feed]
    assert [each.kind for each in lives_named(desk.database, "paper", now=now)] == ["outlet", "feed"]
    assert lives_named(desk.database, str(UUID(int=7)), now=now) == []


def test_an_entry_without_a_link_is_found_by_its_id_and_told_by_its_title(desk: Desk) -> None:
    web(desk).feed(FEED, Entry(title="Nowhere to go", guid="nowhere"))
    desk.settle()
    with desk.database.read() as c:
        id_ = c.execute(select(articles.c.id)).scalar_one()
    found = life(desk, str(id_))
    assert [(key.witness, key.text) for key in found.known_as] == [("bare", "Nowhere to go")]
    assert found.now == "dropped: the entry has no link"


def test_what_was_asked_for_by_hand_says_so(desk: Desk) -> None:
    ingest(desk.database, ELSEWHERE, now=desk.clock.now())
    found = life(desk, ELSEWHERE)
    assert [key.words for key in found.known_as] == ["asked for by hand"]
    assert found.waits is not None
    assert (found.waits.purpose, found.waits.cause) == ("manual", Cause.TICK)


def test_a_row_waits_for_a_message_a_worker_and_a_sweep(desk: Desk) -> None:
    publish(desk, FERRY)
    call = until(desk, "fetch")
    queued = life(desk, FERRY).waits
    desk.fetch.fetches.begin(call.tickets[0], now=desk.clock.now())
    held = life(desk, FERRY).waits
    desk.clock.move(desk.lease.work + timedelta(seconds=1))
    lost = life(desk, FERRY).waits
    desk.dispatch()
    after = life(desk, FERRY).waits
    assert [waits.cause for waits in (queued, held, lost, after) if waits] == [
        Cause.MESSAGE,
        Cause.WORKER,
        Cause.LOST_WORKER,
        Cause.TIME,
    ]
    assert after is not None
    assert after.crashes == 1
    assert after.words.endswith("1 worker died with it")


def test_a_row_that_no_tick_takes_says_so(desk: Desk) -> None:
    ingest(desk.database, ELSEWHERE, now=desk.clock.now())
    assert life(desk, ELSEWHERE).now == "waiting: due for fetch since 12:00:00 UTC: the next tick takes it"
    ingest(desk.database, FERRY, now=desk.clock.now())
    assert life(desk, FERRY).now.endswith("1 of paper.example goes first")
    desk.clock.move(timedelta(minutes=5))
    for url in (ELSEWHERE, FERRY):
        assert "no tick took it; `copydesk status` tells whether workers run" in life(desk, url).now


def test_a_row_that_is_behind_others_of_its_host_counts_them(desk: Desk) -> None:
    urls = [f"{SITE}/a-{n}-story" for n in range(4)]
    for url in urls:
        ingest(desk.database, url, now=desk.clock.now())
    ingest(desk.database, ELSEWHERE, now=desk.clock.now())
    with desk.database.write() as c:
        first = select(articles.c.id).where(articles.c.url == urls[3]).scalar_subquery()
        c.execute(update(work).where(work.c.subject == first).values(purpose=Purpose.LIVE))
    # The feed is due too, and live as the last article is now.
    assert [waits.before for url in urls if (waits := life(desk, url).waits)] == [2, 3, 4, 1]


def test_a_host_that_is_paused_is_told_once(desk: Desk) -> None:
    publish(desk, FERRY)
    web(desk).answers[FERRY] = host_down(Reason.RATE_LIMITED)
    desk.settle(timedelta(seconds=10))
    found = life(desk, FERRY)
    assert found.waits is not None
    assert (found.waits.cause, found.waits.reason, found.waits.host) == (Cause.PAUSE, "rate_limited", "paper.example")
    assert found.now.count("the host asked for fewer requests") == 1


def _sink(desk: Desk) -> ListSink:
    sink = desk.sinks["files"]
    assert isinstance(sink, ListSink)
    return sink


def _states(desk: Desk) -> list[tuple[str, int | None, str]]:
    return [(sent.sink, sent.revision, sent.state) for sent in life(desk, FERRY).sent]


def test_a_sink_that_is_paused_switched_off_down_or_new_says_why_it_got_nothing(desk: Desk) -> None:
    publish(desk, FERRY)
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=True))
    desk.settle()
    assert _states(desk) == [("files", 1, "paused")]
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=False, enabled=False))
    assert _states(desk) == [("files", 1, "off")]
    with desk.database.write() as c:
        c.execute(update(sinks).values(enabled=True))
        c.execute(insert(sinks).values(id="later", kind="memory", enabled=True))
    assert _states(desk) == [("files", 1, "due"), ("later", None, "never")]
    _sink(desk).down = True
    desk.settle(timedelta(seconds=4))
    assert _states(desk)[0] == ("files", 1, "down")


def test_a_revision_waits_behind_an_earlier_one_and_a_dead_one_says_what_the_sink_said(desk: Desk) -> None:
    publish(desk, FERRY)
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=True))
    desk.settle(timedelta(minutes=4))
    web(desk).page(FERRY, TEXT.format(FERRY), title="Another title")
    desk.settle(timedelta(minutes=40))
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=False))
    assert _states(desk) == [("files", 1, "due"), ("files", 2, "behind")]
    with desk.database.write() as c:
        dead = {"outcome": "dead", "tries": 12, "error": "sink_refused: no such column", "settled_at": NOW}
        c.execute(update(deliveries).where(deliveries.c.revision == 1).values(**dead))
        c.execute(update(deliveries).where(deliveries.c.revision == 2).values(outcome="superseded", settled_at=NOW))
    first, second = life(desk, FERRY).sent
    assert first.words == "given up after 12 tries: the sink refused the record (no such column)"
    assert second.state == "superseded"


def test_a_twin_is_told_from_both_sides(desk: Desk) -> None:
    publish(desk, FERRY)
    desk.settle()
    again = f"{SITE}/news/98765-again"
    web(desk).page(again, TEXT.format(FERRY))
    publish(desk, FERRY, again)
    desk.settle(timedelta(minutes=10))
    won = life(desk, FERRY)
    (merged,) = won.merged
    assert (merged.url, merged.reason) == (again, "same_text")
    assert {key.text for key in won.known_as if key.came_with == merged.article} == {
        again,
        "g-765-again (guid at paper)",
    }
    by_other = life(desk, again)
    assert by_other.id == won.id
    assert by_other.asked_as is not None
    assert by_other.asked_as.came_with == merged.article
    lost = life(desk, merged.article)
    assert lost.twin is not None
    assert (lost.outcome, lost.twin.article, lost.known_as) == ("duplicate", won.id, ())


def test_a_group_is_told_with_five_others_and_who_was_split_off(desk: Desk) -> None:
    urls = [f"{SITE}/news/1000{n}-wire" for n in range(8)]
    publish(desk, *urls)
    desk.settle()
    with desk.database.write() as c:
        ids = sorted(c.execute(select(articles.c.id)).scalars())
        c.execute(insert(groups).values(id=ids[0], created_at=NOW))
        c.execute(update(articles).where(articles.c.id != ids[7]).values(group_id=ids[0]))
        c.execute(insert(splits).values(article_id=ids[1], other_id=ids[7]))
    found = life(desk, str(ids[1]))
    assert found.group is not None
    assert (found.group.id, found.group.size) == (str(ids[0]), 7)
    assert [other.article for other in found.group.others] == [str(id_) for id_ in (ids[0], *ids[2:6])]
    assert [other.article for other in found.apart] == [str(ids[7])]
    assert life(desk, str(ids[7])).group is None


def test_of_a_bug_the_last_line_of_the_traceback_is_told(desk: Desk) -> None:
    publish(desk, FERRY)
    desk.settle()
    with desk.database.write() as c:
        detail = "Traceback (most recent call last):\n  File …\nValueError: odd\n"
        c.execute(update(articles).values(outcome="quarantined", reason=Reason.BUG, detail=detail))
    assert life(desk, FERRY).now == "quarantined: an error in Copydesk itself (ValueError: odd)"


def test_an_address_of_a_day_before_the_feed_was_known_can_t_have_been_seen(desk: Desk) -> None:
    publish(desk, FERRY)
    desk.settle()
    found = of_nothing(desk.database, f"{SITE}/2026/08/01/old-story", now=desk.clock.now())
    (cover,) = found.feeds
    assert (found.outlet, found.day, cover.entries) == ("paper", date(2026, 8, 1), 1)
    assert cover.verdict == "no: what it showed begins on 2026-11-24"


def test_gaps_and_truncations_count_about_the_day_of_the_address_only(desk: Desk) -> None:
    publish(desk, FERRY)
    desk.settle()
    with desk.database.write() as c:
        feed = c.execute(select(feeds.c.id)).scalar_one()
        for day, gap, cut in ((1, True, 0), (20, False, 7)):
            at = datetime(2026, 11, day, 9, tzinfo=UTC)
            c.execute(insert(polls).values(feed_id=feed, at=at, outcome="parsed", gap=gap, truncated=cut))
    now = desk.clock.now()
    (early,) = of_nothing(desk.database, f"{SITE}/2026/11/02/x", now=now).feeds
    assert [(loss.gap, loss.truncated) for loss in early.losses] == [(True, 0)]
    (late,) = of_nothing(desk.database, f"{SITE}/story-20261121", now=now).feeds
    assert [(loss.gap, loss.truncated, loss.since) for loss in late.losses] == [
        (False, 7, datetime(2026, 11, 1, 9, tzinfo=UTC))
    ]
    (undated,) = of_nothing(desk.database, f"{SITE}/story", now=now).feeds
    assert len(undated.losses) == 1, "without a day the last week is looked at"


def test_an_outlet_is_known_by_the_site_of_its_feeds_too(desk: Desk) -> None:
    with desk.database.write() as c:
        c.execute(update(outlets).values(homepage="https://www.gazette.example/"))
    found = of_nothing(desk.database, f"{SITE}/story", now=desk.clock.now())
    assert (found.outlet, found.because) == ("paper", f"the site of its feed {FEED}")
    assert found.verdict == "its feeds were not read yet"


@pytest.mark.parametrize(
    ("url", "day"),
    [
        (f"{SITE}/2026/11/24/story", date(2026, 11, 24)),
        (f"{SITE}/2026-1-4-story", date(2026, 1, 4)),
        (f"{SITE}/story-20261124", date(2026, 11, 24)),
        (f"{SITE}/2026/13/24/story", None),
        (f"{SITE}/2027/01/01/story", None),
        (f"{SITE}/story-120261124999", None),
    ],
)
def test_the_day_of_an_address(url: str, day: date | None) -> None:
    assert day_in(url, now=NOW) == day


def test_a_page_that_is_gone_for_visits_leaves_the_article_stored(desk: Desk) -> None:
    publish(desk, FERRY)
    desk.settle()
    web(desk).answers[FERRY] = Page(url=FERRY, status=410)
    desk.settle(timedelta(minutes=100))
    found = life(desk, FERRY)
    assert (found.outcome, found.visit_result) == ("stored", "gone")
    assert "last visit: gone" in found.now
