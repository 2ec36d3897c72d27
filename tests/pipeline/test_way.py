"""The way to a page: robots.txt, the gates of hosts, redirects; over a real database and a scripted web."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.doubles import ScriptedWeb, host_down
from tests.harness import START, Desk, FakeClock, outlet, sqlite_database
from tests.invariants import check
from worker.news.entry import Entry
from worker.news.errors import HostDown, Refused
from worker.news.outcome import PollFailed, Postponed, Visited
from worker.news.page import Accept, Moved, Page, PageMeta, Request, host_of
from worker.news.policy import ArticlePolicy, HostPolicy, RightsPolicy, RobotsPolicy
from worker.news.reason import Reason
from worker.news.robots import RobotsFile
from worker.pipeline.way import MOST_REQUESTS
from worker.store.outlets import sync_outlets
from worker.store.schema import article_keys, articles, feeds, hosts, robots, work
from worker.store.values import load

SITE = "https://paper.example"
FEED = f"{SITE}/feed"
PAGE = f"{SITE}/story"
ROBOTS = f"{SITE}/robots.txt"
OTHER = "https://other.example"
TEXT = "Um texto bastante longo para ser uma identidade, com palavras que só este artigo tem. " * 5
NO = "User-agent: *\nDisallow: /story"
SPACED = HostPolicy(spacing=timedelta(seconds=2))


@dataclass
class TimedWeb(ScriptedWeb):
    """A scripted web that notes when it was asked for what."""

    clock: FakeClock = field(default_factory=FakeClock)
    log: list[tuple[datetime, str]] = field(default_factory=list)

    def fetch(self, request: Request) -> Page | Moved:
        """Note it, and answer."""
        self.log.append((self.clock.now(), request.url))
        return super().fetch(request)

    def urls(self) -> list[str]:
        """What was asked for, in order."""
        return [url for _, url in self.log]

    def least_gap(self, host: str) -> timedelta:
        """The shortest time between two requests to a host."""
        times = [at for at, url in self.log if host_of(url) == host]
        return min(after - before for before, after in pairwise(times))


Made = Callable[..., Desk]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Makes an engine with one outlet and one article in its feed."""
    opened: list[Desk] = []

    def make(*, content: str = "", **policies: Any) -> Desk:
        clock = FakeClock()
        desk = Desk(sqlite_database(tmp_path), TimedWeb(clock=clock), clock, **policies)
        desk.open(outlet(FEED))
        web(desk).feed(FEED, Entry(url=PAGE, guid="guid-1", title="Story", content=content))
        web(desk).page(PAGE, TEXT)
        opened.append(desk)
        return desk

    yield make
    for desk in opened:
        check(desk.database)
        desk.database.close()


def web(desk: Desk) -> TimedWeb:
    """The web of an engine."""
    assert isinstance(desk.web, TimedWeb)
    return desk.web


def article(desk: Desk) -> Any:
    """The one article."""
    with desk.database.read() as c:
        return c.execute(select(articles)).one()


def ended(desk: Desk) -> tuple[str | None, str | None]:
    """(outcome, reason) of the one article."""
    row = article(desk)
    return row.outcome, row.reason


def feed(desk: Desk) -> Any:
    """The one feed."""
    with desk.database.read() as c:
        return c.execute(select(feeds)).one()


# --- robots.txt -----------------------------------------------------------------------------------------------------
def test_robots_txt_is_asked_for_before_the_first_page_and_then_no_more(made: Made) -> None:
    desk = made()
    desk.settle()
    assert web(desk).urls() == [FEED, ROBOTS, PAGE]
    assert ended(desk) == ("stored", None)
    web(desk).feed(FEED, Entry(url=PAGE), Entry(url=f"{SITE}/second"))
    web(desk).page(f"{SITE}/second", TEXT + "second")
    desk.settle(timedelta(hours=1))
    assert web(desk).urls().count(ROBOTS) == 1
    desk.settle(timedelta(hours=24))
    assert web(desk).urls().count(ROBOTS) <= 2, "once a day"


def test_the_ruling_is_kept_with_the_page(made: Made) -> None:
    desk = made()
    web(desk).rules(SITE, "User-agent: *\nDisallow: /other")
    desk.settle()
    page = load(PageMeta, article(desk).page)
    assert page.robots == "robots.txt allows it, as of 2026-11-24 12:00 UTC"


def test_a_page_that_robots_txt_forbids_is_never_asked_for(made: Made) -> None:
    desk = made()
    web(desk).rules(SITE, NO)
    desk.settle(timedelta(days=3))
    assert PAGE not in web(desk).urls()
    assert ended(desk) == ("dropped", Reason.ROBOTS)


def test_the_feeds_own_text_of_a_forbidden_page_is_taken(made: Made) -> None:
    desk = made(content=TEXT)
    web(desk).rules(SITE, NO)
    desk.settle()
    assert ended(desk) == ("stored", None)
    assert PAGE not in web(desk).urls()


def test_a_visit_that_robots_txt_forbids_meanwhile_leaves_the_article(made: Made) -> None:
    desk = made(robots=RobotsPolicy(keep=timedelta(minutes=10)))
    desk.settle()
    web(desk).rules(SITE, NO)
    assert Visited("blocked", Reason.ROBOTS) in desk.settle(timedelta(hours=1))
    assert ended(desk) == ("stored", None)


def test_an_outlet_that_agreed_is_not_asked_for_its_robots_txt(made: Made) -> None:
    desk = made()
    agreed = replace(outlet(FEED), ignore_robots="agreed with the editors")
    sync_outlets(desk.database, [agreed], now=START)
    web(desk).rules(SITE, NO)
    desk.settle()
    assert web(desk).urls() == [FEED, PAGE]
    assert load(PageMeta, article(desk).page).robots == "not asked: agreed with the editors"


def test_a_robots_txt_that_fails_is_a_no_until_it_can_be_had(made: Made) -> None:
    desk = made()
    web(desk).answers[ROBOTS] = HostDown(Reason.SERVER_ERROR, "HTTP 500")
    desk.settle(timedelta(hours=2))
    assert PAGE not in web(desk).urls()
    row = article(desk)
    assert (row.outcome, row.reason, row.detail) == (None, Reason.NO_ROBOTS, "robots.txt: server_error")
    del web(desk).answers[ROBOTS]
    desk.settle(timedelta(hours=7))
    assert ended(desk) == ("stored", None)


def test_after_a_week_without_a_robots_txt_the_article_is_given_up_for_that_reason(made: Made) -> None:
    desk = made()
    web(desk).answers[ROBOTS] = HostDown(Reason.SERVER_ERROR, "HTTP 500")
    desk.settle(timedelta(days=8))
    assert PAGE not in web(desk).urls()
    outcome, reason = ended(desk)
    assert outcome == "dropped"
    assert reason in {Reason.NO_ROBOTS, Reason.UNREACHABLE}


def test_a_host_that_is_down_for_robots_txt_is_left_alone_as_a_whole(made: Made) -> None:
    desk = made()
    web(desk).answers[ROBOTS] = HostDown(Reason.RATE_LIMITED, "HTTP 429", retry_after=3600.0)
    desk.settle(timedelta(minutes=50))
    assert web(desk).urls() == [FEED, ROBOTS]


def test_a_visit_without_a_robots_txt_fails_and_the_article_stays(made: Made) -> None:
    desk = made(robots=RobotsPolicy(keep=timedelta(minutes=10), believe_old=timedelta(0)))
    desk.settle()
    web(desk).answers[ROBOTS] = host_down()
    visits = [outcome for outcome in desk.settle(timedelta(hours=3)) if isinstance(outcome, Visited)]
    assert {visit.result for visit in visits} == {"failed"}
    assert ended(desk) == ("stored", None)


def close(desk: Desk, how_long: timedelta) -> None:
    """Robots.txt could not be had a moment ago."""
    until = desk.clock.now() + how_long
    file = RobotsFile(origin=SITE, failures=1, why="timeout", expires_at=until)
    desk.fetch.way.files.keep(file, delay=None, now=desk.clock.now())


def test_while_robots_txt_is_a_no_nothing_is_asked_and_no_try_is_counted(made: Made) -> None:
    desk = made()
    close(desk, timedelta(hours=1))
    assert Postponed(Reason.NO_ROBOTS, "robots.txt: timeout") in desk.settle(timedelta(minutes=59))
    assert set(web(desk).urls()) == {FEED}
    desk.settle(timedelta(hours=2))
    assert ended(desk) == ("stored", None)


def test_an_article_that_is_closed_for_too_long_has_the_feeds_own_text(made: Made) -> None:
    desk = made(content=TEXT, article=ArticlePolicy(unreachable_after=timedelta(0)))
    close(desk, timedelta(hours=1))
    desk.settle(timedelta(minutes=1))
    assert ended(desk) == ("stored", None)
    assert set(web(desk).urls()) == {FEED}


def test_a_visit_while_robots_txt_is_a_no_fails(made: Made) -> None:
    desk = made()
    desk.settle()
    close(desk, timedelta(hours=1))
    assert Visited("failed", Reason.NO_ROBOTS) in desk.settle(timedelta(minutes=40))
    assert ended(desk) == ("stored", None)


def test_a_feed_that_is_looked_up_waits_while_robots_txt_is_a_no(made: Made) -> None:
    desk = made(robots=RobotsPolicy(feeds=True))
    close(desk, timedelta(hours=1))
    assert PollFailed(Reason.NO_ROBOTS, "robots.txt: timeout") in desk.settle(timedelta(minutes=50))
    assert web(desk).urls() == []
    desk.settle(timedelta(hours=6))
    assert ended(desk) == ("stored", None)


def test_a_robots_txt_is_followed_where_it_moved(made: Made) -> None:
    desk = made()
    web(desk).answers[ROBOTS] = Moved(url=f"{OTHER}/robots.txt", status=301, hops=1)
    web(desk).rules(OTHER, NO)
    desk.settle()
    assert web(desk).urls() == [FEED, ROBOTS, f"{OTHER}/robots.txt"]
    assert ended(desk) == ("dropped", Reason.ROBOTS)


def test_a_robots_txt_that_redirects_for_ever_is_none(made: Made) -> None:
    desk = made()
    loop: list[Moved | Exception] = [Moved(url=ROBOTS, status=302, hops=hop) for hop in range(1, 6)]
    web(desk).answers[ROBOTS] = [*loop, Refused(Reason.TOO_MANY_REDIRECTS, ROBOTS)]
    desk.settle()
    assert web(desk).urls().count(ROBOTS) == 6
    assert ended(desk) == ("stored", None)


def test_a_way_without_an_end_is_left(made: Made) -> None:
    desk = made()
    web(desk).answers[ROBOTS] = Moved(url=ROBOTS, status=302, hops=1)
    desk.settle()
    assert ended(desk) == ("dropped", Reason.TOO_MANY_REDIRECTS)
    assert web(desk).urls().count(ROBOTS) == MOST_REQUESTS


def test_a_robots_txt_that_is_not_to_be_kept_is_kept_for_the_run_that_asked(made: Made) -> None:
    desk = made(robots=RobotsPolicy(keep=timedelta(0)))
    desk.settle()
    assert web(desk).urls() == [FEED, ROBOTS, PAGE]


def test_crawl_delay_becomes_the_spacing_of_the_host_up_to_a_minute(made: Made) -> None:
    desk = made()
    web(desk).rules(SITE, "User-agent: *\nCrawl-delay: 900")
    web(desk).feed(FEED, *(Entry(url=f"{SITE}/{n}") for n in range(3)))
    for n in range(3):
        web(desk).page(f"{SITE}/{n}", f"{TEXT} {n}")
    desk.settle(timedelta(minutes=4))
    times = [at for at, url in web(desk).log if url != FEED]
    gaps = [after - before for before, after in pairwise(times[1:])]
    assert len(gaps) == 2
    assert min(gaps) >= timedelta(seconds=60)
    with desk.database.read() as c:
        assert c.execute(select(hosts.c.spacing_s)).scalar_one() == 60


def test_feeds_are_polled_whatever_robots_txt_says(made: Made) -> None:
    desk = made()
    web(desk).rules(SITE, "User-agent: *\nDisallow: /feed")
    desk.settle()
    assert web(desk).urls() == [FEED, ROBOTS, PAGE]


def test_feeds_are_looked_up_in_robots_txt_where_the_settings_say_so(made: Made) -> None:
    desk = made(robots=RobotsPolicy(feeds=True))
    web(desk).rules(SITE, "User-agent: *\nDisallow: /feed")
    desk.settle(timedelta(hours=3))
    assert set(web(desk).urls()) == {ROBOTS}
    assert feed(desk).error == Reason.ROBOTS


def test_a_feed_whose_robots_txt_cannot_be_had_waits_for_it(made: Made) -> None:
    desk = made(robots=RobotsPolicy(feeds=True))
    web(desk).answers[ROBOTS] = host_down(Reason.SERVER_ERROR)
    desk.settle(timedelta(hours=2))
    assert set(web(desk).urls()) == {ROBOTS}
    assert feed(desk).error in {Reason.SERVER_ERROR, Reason.NO_ROBOTS}
    del web(desk).answers[ROBOTS]
    desk.settle(timedelta(days=2))
    assert ended(desk) == ("stored", None)


def test_two_schemes_of_a_host_have_a_robots_txt_each(made: Made) -> None:
    desk = made()
    web(desk).answers[PAGE] = Moved(url="http://paper.example/story", status=302, hops=1)
    web(desk).page("http://paper.example/story", TEXT)
    desk.settle()
    with desk.database.read() as c:
        assert set(c.execute(select(robots.c.origin)).scalars()) == {SITE, "http://paper.example"}


# --- gates ----------------------------------------------------------------------------------------------------------
def test_every_request_to_a_host_keeps_its_spacing_redirects_and_robots_txt_among_them(made: Made) -> None:
    desk = made(host=SPACED)
    web(desk).answers[PAGE] = Moved(url=f"{SITE}/a", status=301, hops=1)
    web(desk).answers[f"{SITE}/a"] = Moved(url=f"{SITE}/b", status=301, hops=2)
    web(desk).page(f"{SITE}/b", TEXT)
    desk.settle()
    assert web(desk).urls() == [FEED, ROBOTS, PAGE, f"{SITE}/a", f"{SITE}/b"]
    assert web(desk).least_gap("paper.example") >= timedelta(seconds=2)
    assert ended(desk) == ("stored", None)


def test_a_way_over_many_redirects_is_told_whole_though_it_was_gone_in_parts(made: Made) -> None:
    desk = made(host=HostPolicy(spacing=timedelta(seconds=30)))
    web(desk).answers[PAGE] = Moved(url=f"{SITE}/a", status=301, hops=1)
    web(desk).answers[f"{SITE}/a"] = Moved(url=f"{OTHER}/b", status=302, hops=2)
    web(desk).page(f"{OTHER}/b", TEXT)
    desk.settle(timedelta(minutes=10))
    page = load(PageMeta, article(desk).page)
    assert page.redirects == ((301, f"{SITE}/a"), (302, f"{OTHER}/b"))
    assert web(desk).urls().count(PAGE) == 1
    with desk.database.read() as c:
        witnesses = set(c.execute(select(article_keys.c.witness)).scalars())
    assert "redirect" in witnesses


def test_a_row_that_stood_in_the_queue_for_long_still_keeps_the_spacing(made: Made) -> None:
    desk = made(host=SPACED)
    web(desk).feed(FEED, *(Entry(url=f"{SITE}/{n}") for n in range(2)))
    for n in range(2):
        web(desk).page(f"{SITE}/{n}", f"{TEXT} {n}")
    desk.settle(timedelta(seconds=3))
    held = []
    for _ in range(4):
        desk.clock.move(timedelta(seconds=2))
        desk.dispatch()
        held += [desk.bell.calls.pop() for _ in desk.bell.calls[:]]
    for call in held:
        desk.answer(call)
    desk.settle()
    assert web(desk).least_gap("paper.example") >= timedelta(seconds=2)


def test_a_row_whose_host_was_paused_while_it_stood_in_the_queue_waits_and_counts_nothing(made: Made) -> None:
    desk = made()
    desk.dispatch()
    (call,) = desk.bell.calls
    desk.bell.calls.clear()
    with desk.database.write() as c:
        c.execute(update(hosts).values(blocked_until=START + timedelta(minutes=5)))
    desk.answer(call)
    assert web(desk).urls() == []
    with desk.database.read() as c:
        row = c.execute(select(work)).one()
    assert (row.wake_at, row.claimed_at, row.crashes, row.tries) == (START + timedelta(minutes=5), None, 0, 0)
    desk.settle(timedelta(minutes=6))
    assert ended(desk) == ("stored", None)


def test_a_host_that_is_paused_while_a_run_sleeps_is_not_asked(made: Made) -> None:
    desk = made(host=SPACED)
    desk.settle(timedelta(seconds=1))

    def pause_then(until: datetime) -> None:
        desk.clock.at = max(desk.clock.at, until)
        with desk.database.write() as c:
            c.execute(update(hosts).values(blocked_until=desk.clock.now() + timedelta(minutes=1)))

    desk.clock.sleep = pause_then  # type: ignore[method-assign]
    outcomes = desk.settle(timedelta(seconds=4))
    assert any(isinstance(outcome, Postponed) for outcome in outcomes)
    assert web(desk).urls() == [FEED, ROBOTS], "the gate was closed while the run slept"


def test_hosts_at_one_address_share_a_bound(made: Made) -> None:
    desk = made(host=HostPolicy(spacing=timedelta(0), per_address=3))
    urls = [f"https://h{n}.example/story" for n in range(6)]
    with desk.database.write() as c:
        c.execute(hosts.insert(), [{"host": host_of(url), "address": "192.0.2.7"} for url in urls])
    web(desk).feed(FEED, *(Entry(url=url) for url in urls))
    desk.dispatch()
    for _ in range(2):
        desk.answer(desk.bell.calls.pop(0))
    desk.dispatch()
    assert sum(len(call.tickets) for call in desk.bell.calls) == 3
    while desk.bell.calls:
        desk.answer(desk.bell.calls.pop(0))
    desk.settle()
    assert set(urls) <= set(web(desk).urls())


def test_the_address_of_a_host_is_learnt_from_its_answers(made: Made) -> None:
    desk = made()
    web(desk).answers[FEED] = replace(web(desk).answers[FEED], address="192.0.2.7")  # type: ignore[type-var]
    desk.settle(timedelta(seconds=1))
    with desk.database.read() as c:
        assert c.execute(select(hosts.c.address)).scalar_one() == "192.0.2.7"


# --- feeds that moved -----------------------------------------------------------------------------------------------
def test_a_feed_that_moved_to_a_busy_host_waits_for_its_gate_and_goes_on_there(made: Made) -> None:
    desk = made()
    there = f"{OTHER}/feed"
    web(desk).answers[there] = web(desk).answers[FEED]
    web(desk).answers[FEED] = Moved(url=there, status=301, hops=1)
    with desk.database.write() as c:
        c.execute(hosts.insert().values(host="other.example", blocked_until=START + timedelta(minutes=1)))
    assert Postponed(detail=f"{there} waits for its host") in desk.settle(timedelta(seconds=30))
    assert load_resume(desk) is not None
    desk.settle(timedelta(minutes=2))
    assert web(desk).urls()[:2] == [FEED, there]
    assert (feed(desk).redirect_to, feed(desk).resume) == (there, None)
    assert ended(desk) == ("stored", None)


def load_resume(desk: Desk) -> str | None:
    """Where the feed's poll goes on."""
    found: str | None = feed(desk).resume
    return found


# --- rights ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["header", "page"])
def test_a_page_whose_publisher_reserves_it_is_dropped_where_the_settings_say_so(made: Made, where: str) -> None:
    desk = made(rights=RightsPolicy(drop=("noarchive",)))
    headers = {"x-robots-tag": "noarchive"} if where == "header" else {}
    web(desk).page(PAGE, TEXT, directives="noarchive" if where == "page" else "", headers=headers)
    desk.settle()
    assert ended(desk) == ("dropped", Reason.RESERVED)
    assert article(desk).detail == "noarchive"


def test_a_page_that_is_reserved_by_its_header_is_not_even_archived(made: Made) -> None:
    desk = made(rights=RightsPolicy(drop=("tdm",)))
    web(desk).page(PAGE, TEXT, headers={"tdm-reservation": "1"})
    desk.settle()
    assert article(desk).body_key is None


def test_robots_txt_is_asked_for_as_what_it_is(made: Made) -> None:
    desk = made()
    desk.settle()
    assert [request.accept for request in web(desk).robots] == [Accept.ROBOTS]
