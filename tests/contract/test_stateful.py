"""Any order of ticks, messages, deaths, late finishers, outages, clock steps, copies, redirects, splits and withdrawals: the
invariants hold at every step, and all is filed at last.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.doubles import ListSink, PlainFeeds, PlainPages, ScriptedWeb, host_down
from tests.harness import Desk, FakeClock, outlet
from tests.invariants import check, check_quiet
from worker.clock import new_id
from worker.news.entry import Entry, FeedDocument
from worker.news.identity import normalize_url
from worker.news.outlet import FeedKind
from worker.news.page import Moved, Page, Request
from worker.news.policy import ArticlePolicy, DeliveryPolicy, HostPolicy, LeasePolicy
from worker.news.record import Reading
from worker.news.work import Call
from worker.pipeline.ports import PageInput, Parcel, Returned
from worker.store.apart import NotApartError, split
from worker.store.database import Database, open_database
from worker.store.lives import find_article
from worker.store.migrate import migrate
from worker.store.schema import articles, feeds, sightings, work
from worker.store.withdrawals import forget

FEED = "https://paper.example/feed"
TEXT = "O texto do artigo {0} é longo o bastante para ser uma identidade, com palavras que só ele tem. " * 5
LEASE = LeasePolicy(queue=timedelta(seconds=40), work=timedelta(seconds=20), crash_wait=timedelta(seconds=5), extract=3)
HOST = HostPolicy(spacing=timedelta(seconds=1), pause=timedelta(seconds=20), longest_pause=timedelta(minutes=2))
DELIVERY = DeliveryPolicy(batch=3, max_tries=1000, first_wait=timedelta(seconds=5), longest_wait=timedelta(minutes=1))
ARTICLE = ArticlePolicy(visits=(timedelta(minutes=10), timedelta(minutes=20)), crashes=1000)


class Died(BaseException):
    """The process is gone; nothing after this happens."""


@dataclass
class Interruptions:
    """What happens, once, while a worker is between begin and finish."""

    happen: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Let it happen."""
        happen, self.happen = self.happen, None
        if happen is not None:
            happen()


@dataclass
class InterruptedWeb:
    """A scripted web in whose requests something can happen."""

    interrupt: Interruptions
    web: ScriptedWeb = field(default_factory=ScriptedWeb)
    down: bool = False

    def fetch(self, request: Request) -> Page | Moved:
        """Answer, late."""
        self.interrupt()
        if self.down:
            raise host_down()
        return self.web.fetch(request)


@dataclass
class InterruptedFeeds(PlainFeeds):
    """A feed reader during which something can happen."""

    interrupt: Interruptions = field(default_factory=Interruptions)

    def read(self, body: bytes, *, url: str, content_type: str, kind: FeedKind, now: datetime) -> FeedDocument:
        """Read, late."""
        self.interrupt()
        return super().read(body, url=url, content_type=content_type, kind=kind, now=now)


@dataclass
class InterruptedPages(PlainPages):
    """A page reader during which something can happen."""

    interrupt: Interruptions = field(default_factory=Interruptions)

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read, late."""
        self.interrupt()
        return super().read(page, now=now)


@dataclass
class InterruptedSink(ListSink):
    """A sink during whose delivery something can happen, before or after it stored."""

    interrupt: Interruptions = field(default_factory=Interruptions)
    stored_first: bool = False

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Store, late."""
        if not self.stored_first:
            self.interrupt()
        returned = super().deliver(batch, parcels)
        self.interrupt()
        return returned


class Newsroom(RuleBasedStateMachine):
    """One outlet, one sink, and workers that do everything a worker can do wrong."""

    fresh: ClassVar[Callable[[], str]]
    gone: ClassVar[Callable[[str], None]]

    def __init__(self) -> None:
        """Open an empty desk."""
        super().__init__()
        self.url = type(self).fresh()
        self.database: Database = open_database(self.url, new_id=new_id)
        self.clock = FakeClock()
        self.latest = self.clock.at
        self.interrupt = Interruptions()
        self.web = InterruptedWeb(self.interrupt)
        self.sink = InterruptedSink(interrupt=self.interrupt)
        self.desk = Desk(
            self.database,
            self.web,
            clock=self.clock,
            sinks={"memory": self.sink},
            feed_reader=InterruptedFeeds(self.interrupt),
            page_reader=InterruptedPages(self.interrupt),
            lease=LEASE,
            host=HOST,
            article=ARTICLE,
            delivery=DELIVERY,
        )
        self.entries: list[Entry] = []
        self.texts: dict[str, str] = {}
        # What a person said, or what leads elsewhere: how these end is not known beforehand.
        self.touched: set[str] = set()
        self.web.web.feed(FEED)
        self.desk.open(outlet(FEED))

    @property
    def calls(self) -> list[Call]:
        """The messages on their way."""
        return self.desk.bell.calls

    @rule(version=st.integers(0, 3), dropped=st.booleans())
    def publish(self, version: int, dropped: bool) -> None:
        name = f"a{len(self.texts)}"
        url = f"https://{'paper' if version % 2 else 'other'}.example/{name}"
        self.texts[url] = "" if dropped else TEXT.format(name)
        self.web.web.page(url, self.texts[url])
        self.entries.append(Entry(url=url, guid=f"guid-{name}", title=name))
        self.web.web.feed(FEED, *self.entries)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def announce_again(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.entries))
        self.entries.append(Entry(url=f"{entry.url}?utm_source=again", title=f"{entry.title}, retitled"))
        self.web.web.feed(FEED, *self.entries)

    @precondition(lambda self: any(self.texts.values()))
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        url = data.draw(st.sampled_from(sorted(url for url, text in self.texts.items() if text)))
        self.texts[url] += "Uma correção. "
        self.web.web.page(url, self.texts[url])

    @precondition(lambda self: any(self.texts.values()))
    @rule(data=st.data(), how=st.sampled_from(["text", "near", "canonical", "redirect"]))
    def copy(self, data: st.DataObject, how: str) -> None:
        """Announce one of the articles at another address as well: with its text or nearly so, naming it, or leading to it."""
        url = data.draw(st.sampled_from(sorted(url for url, text in self.texts.items() if text)))
        name = f"c{len(self.texts)}"
        copied = f"https://paper.example/{name}"
        self.touched |= {url, copied}
        self.texts[copied] = self.texts[url] + ("Uma linha mais." if how in {"near", "canonical"} else "")
        if how == "redirect":
            self.web.web.answers[copied] = Moved(url=url, status=301, hops=1)
        else:
            self.web.web.page(copied, self.texts[copied], canonical=url if how == "canonical" else None)
        self.entries.append(Entry(url=copied, guid=f"guid-{name}", title=name))
        self.web.web.feed(FEED, *self.entries)

    @precondition(lambda self: self.touched)
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        url = data.draw(st.sampled_from(sorted(self.touched)))
        with self.database.read() as c:
            article = find_article(c, url)
        if article is not None:
            with suppress(NotApartError):
                split(self.database, article, url, now=self.clock.now())

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        url = data.draw(st.sampled_from(sorted(self.texts)))
        with self.database.read() as c:
            article = find_article(c, url)
        if article is not None:
            forget(self.database, self.desk.archive, article, now=self.clock.now())
            # What has the same text goes with it.
            self.touched |= {other for other, text in self.texts.items() if text == self.texts[url]} | {url}

    @rule()
    def poll_now(self) -> None:
        with self.database.write() as c:
            feed = select(feeds.c.id)
            c.execute(
                work.update()
                .where(work.c.subject.in_(feed), work.c.stage == "poll", work.c.claimed_at.is_(None))
                .values(wake_at=self.clock.now())
            )
            c.exec_driver_sql("UPDATE hosts SET wake_at = (SELECT min(wake_at) FROM work WHERE work.host = hosts.host)")

    @rule()
    def tick(self) -> None:
        self.desk.dispatch()

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), doubled=st.booleans())
    def answer(self, data: st.DataObject, doubled: bool) -> None:
        at = data.draw(st.integers(0, len(self.calls) - 1))
        call = self.calls[at] if doubled else self.calls.pop(at)
        self.desk.answer(call)

    @precondition(lambda self: self.calls)
    @rule()
    def lose_all_messages(self) -> None:
        self.calls.clear()

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), stored_first=st.booleans())
    def die(self, data: st.DataObject, stored_first: bool) -> None:
        call = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        self.sink.stored_first = stored_first
        self.interrupt.happen = _die
        with suppress(Died):
            self.desk.answer(call)
        self.interrupt.happen = None

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), slept_s=st.sampled_from([5, 21, 300]), others=st.booleans())
    def sleep_between_begin_and_finish(self, data: st.DataObject, slept_s: int, others: bool) -> None:
        call = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))

        def meanwhile() -> None:
            self.clock.move(timedelta(seconds=slept_s))
            self.desk.dispatch()
            if others:
                for waiting in list(self.calls):
                    self.calls.remove(waiting)
                    self.desk.answer(waiting)

        self.interrupt.happen = meanwhile
        self.desk.answer(call)
        self.interrupt.happen = None

    @rule(seconds=st.sampled_from([1, 2, 5, 30, 300, 1800]))
    def pass_time(self, seconds: int) -> None:
        self.clock.move(timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from([1, 60, 3600]))
    def step_the_clock_back(self, seconds: int) -> None:
        self.latest = max(self.latest, self.clock.at)
        self.clock.move(-timedelta(seconds=seconds))

    @rule(web=st.booleans(), sink=st.booleans())
    def outage(self, web: bool, sink: bool) -> None:
        self.web.down, self.sink.down = web, sink

    @invariant()
    def all_holds(self) -> None:
        check(self.database)

    def teardown(self) -> None:
        """Let everything work again: what was published is filed and delivered, once."""
        try:
            self.web.down = self.sink.down = False
            self.clock.at = max(self.clock.at, self.latest)
            for _ in range(3):
                # Past all pauses of hosts; the feed alone would wait longer after many failures.
                self.clock.move(HOST.longest_pause)
                self.poll_now()
                self.desk.settle(timedelta(minutes=10))
            check_quiet(self.database, {"memory": dict.fromkeys(self.sink.stored, 1)})
            with self.database.read() as c:
                ends = dict(c.execute(select(articles.c.url, articles.c.outcome)).all())
                seen = {normalize_url(url) for url in c.execute(select(sightings.c.url)).scalars() if url}
            assert set(ends) == set(self.texts), "what was announced is an article"
            assert seen == {normalize_url(url) for url in self.texts}, "and each of its sightings is kept"
            assert all(ends.values()), "with an end"
            told = {url: end for url, end in ends.items() if url not in self.touched}
            assert told == {url: "stored" if self.texts[url] else "dropped" for url in told}
        finally:
            self.database.close()
            type(self).gone(self.url)


def _die() -> None:
    raise Died


@pytest.fixture(params=["sqlite", "postgresql"])
def newsroom(request: pytest.FixtureRequest, tmp_path: Path) -> type[Newsroom]:
    """The machine over one kind of database."""
    if request.param == "sqlite":
        first = tmp_path / "first.db"
        _migrated(f"sqlite:///{first}")

        def fresh() -> str:
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            shutil.copy(first, folder / "desk.db")
            return f"sqlite:///{folder / 'desk.db'}"

        def gone(url: str) -> None:
            shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)
    else:
        server = request.getfixturevalue("postgres_server")
        server.start()
        template: str = server.create_database()
        _migrated(template)

        def fresh() -> str:
            made: str = server.create_database(template=template)
            return made

        gone = server.drop_database

    return type("Newsroom", (Newsroom,), {"fresh": staticmethod(fresh), "gone": staticmethod(gone)})


def _migrated(url: str) -> None:
    database = open_database(url, new_id=new_id)
    migrate(database)
    database.close()


@pytest.mark.faults
def test_whatever_happens_in_whatever_order(newsroom: type[Newsroom]) -> None:
    run_state_machine_as_test(
        newsroom,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
