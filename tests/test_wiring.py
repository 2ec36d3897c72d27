"""The graph of a process: what it refuses, and how its outer wrapper ends a run that no stage planned."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from tests.doubles import ScriptedWeb
from tests.harness import FakeClock, ListBell, outlet
from worker.archive import BlobArchive
from worker.clock import SystemClock, new_id
from worker.configure import configure, secrets_of
from worker.news.errors import ArchiveDown, SinkDown
from worker.news.outcome import Stale
from worker.news.page import Held, Page
from worker.news.work import Call, Stage
from worker.pipeline.ports import PageFetcher
from worker.settings import ConfigurationError, Settings, read_settings
from worker.store.database import Database, open_database
from worker.store.migrate import migrate
from worker.store.outlets import sync_outlets
from worker.store.schema import articles, deliveries, feeds, work
from worker.store.subscribers import NamedSink, sync_sinks
from worker.watch import ClockWatch, NotFitError
from worker.wiring import ARCHIVE_WAIT, HeldBell, RunFailed, Service

FEED = "https://paper.example/feed"
STORY = "https://paper.example/2026/11/24/story"
RSS = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>
<item><title>A story</title><link>{STORY}</link></item></channel></rss>""".encode()
LINE = "The council met on Monday to decide about the old bridge over the river, and agreed after {} hours. "
HTML = f"<html lang=en><head><title>A story</title></head><body><article><h1>A story</h1>{''.join(f'<p>{LINE.format(n) * 3}</p>' for n in range(4))}</article></body></html>".encode()


@dataclass
class OneProcess:
    """A process over a scripted web, with a clock that the test moves; what it rings for is answered by the test."""

    service: Service
    web: ScriptedWeb
    bell: ListBell
    clock: FakeClock

    def until(self, stage: Stage) -> Call:
        """Work until a message of a stage is there, and take it."""
        for _ in range(10):
            self.service.dispatch()
            while self.bell.calls:
                call = self.bell.calls.pop(0)
                if call.stage is stage:
                    return call
                self.service.run(call.stage, call.tickets)
            self.clock.move(timedelta(seconds=2))
        raise AssertionError(stage)

    def row(self, call: Call) -> Any:
        """The row of a message's first ticket."""
        with self.service.database.read() as c:
            return c.execute(select(work).where(work.c.id == call.tickets[0].work)).one()

    def article(self) -> Any:
        """The one article."""
        with self.service.database.read() as c:
            return c.execute(select(articles)).one()


def settings_for(folder: Path, database_url: str) -> Settings:
    """The settings of a test."""
    (folder / "config" / "outlets").mkdir(parents=True, exist_ok=True)
    return read_settings(
        {
            "COPYDESK_CONFIG": str(folder / "config"),
            "COPYDESK_DATA": str(folder / "data"),
            "COPYDESK_DATABASE_URL": database_url,
        }
    )


class NoWatch:
    """Compares no clocks."""

    def check(self) -> None:
        """All is well."""


@pytest.fixture
def process(database_url: str, tmp_path: Path) -> Iterator[OneProcess]:
    """A process that is about to poll one feed, on either database."""
    settings = settings_for(tmp_path, database_url)
    database = open_database(database_url, new_id=new_id)
    migrate(database)
    clock, bell, web = FakeClock(), ListBell(), ScriptedWeb()
    sync_outlets(database, [outlet(FEED)], now=clock.now())
    sync_sinks(database, {"files": NamedSink(kind="files")}, now=clock.now())
    BlobArchive(settings.archive_url).write_probe()
    web.answers[FEED] = Page(url=FEED, status=200, body=Held(RSS), content_type="text/xml")
    web.answers[STORY] = Page(url=STORY, status=200, body=Held(HTML), content_type="text/html")
    service = Service(settings=settings, bell=bell, clock=clock)
    # The clock that the test moves is never the database's.
    service.__dict__.update(database=database, web=web, clock_watch=NoWatch())
    yield OneProcess(service, web, bell, clock)
    database.close()


@dataclass
class Failing:
    """Raises what it is told, whatever is asked of it."""

    error: BaseException
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return self._raise

    def _raise(self, *arguments: Any, **more: Any) -> Any:
        raise self.error


def test_all_stages_bring_an_article_to_its_sink(process: OneProcess) -> None:
    call = process.until(Stage.DELIVER)
    assert [type(outcome).__name__ for outcome in process.service.run(call.stage, call.tickets)] == ["Delivered"]
    assert process.article().outcome == "stored"
    assert len(list((process.service.settings.data / "records").rglob("*.jsonl"))) == 1


def test_a_bug_sets_the_article_aside_with_its_traceback_and_fails_the_run(process: OneProcess) -> None:
    call = process.until(Stage.EXTRACT)
    process.service.__dict__["extract"] = replace(process.service.extract, reader=Failing(ZeroDivisionError("oh")))
    with pytest.raises(RunFailed, match="extract: ZeroDivisionError: oh"):
        process.service.run(call.stage, call.tickets)
    article = process.article()
    assert (article.outcome, article.reason) == ("quarantined", "bug")
    assert "Traceback" in article.detail
    assert "ZeroDivisionError: oh" in article.detail
    assert process.row(call).wake_at is None


def test_a_page_that_takes_too_much_memory_is_set_aside_and_the_worker_lives(process: OneProcess) -> None:
    call = process.until(Stage.EXTRACT)
    process.service.__dict__["extract"] = replace(process.service.extract, reader=Failing(MemoryError()))
    with pytest.raises(RunFailed, match="extract: memory"):
        process.service.run(call.stage, call.tickets)
    assert (process.article().outcome, process.article().reason) == ("quarantined", "memory")


@pytest.mark.parametrize("stage", [Stage.POLL, Stage.PARSE, Stage.FETCH, Stage.EXTRACT])
def test_an_archive_that_fails_puts_the_run_back_and_counts_for_nothing(process: OneProcess, stage: Stage) -> None:
    for _ in range(5):
        call = process.until(stage)
        part = getattr(process.service, stage.value)
        process.service.__dict__[stage.value] = replace(part, archive=Failing(ArchiveDown("its disk is full")))
        with pytest.raises(RunFailed, match="the archive its disk is full"):
            process.service.run(call.stage, call.tickets)
        row = process.row(call)
        assert (row.begun_at, row.claimed_at, row.crashes, row.tries) == (None, None, 0, 0)
        assert row.wake_at == process.clock.now() + ARCHIVE_WAIT
        process.clock.move(ARCHIVE_WAIT)
        process.service.__dict__[stage.value] = part
    call = process.until(stage)
    process.service.run(call.stage, call.tickets)
    process.until(Stage.DELIVER)
    assert process.article().outcome == "stored"


def test_a_disk_that_is_full_is_no_bug_of_the_page(process: OneProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    call = process.until(Stage.FETCH)

    def full(path: Path, body: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("worker.archive.write_durably", full)
    with pytest.raises(RunFailed, match="can't be written: No space left on device"):
        process.service.run(call.stage, call.tickets)
    assert process.article().outcome is None


def test_a_database_that_is_away_counts_nothing_and_the_lease_ends(process: OneProcess) -> None:
    call = process.until(Stage.FETCH)
    away = OperationalError("SELECT 1", {}, Exception("server closed the connection"))
    process.service.__dict__["fetch"] = replace(process.service.fetch, fetches=Failing(away))
    with pytest.raises(RunFailed, match="the database can't be reached: server closed the connection"):
        process.service.run(call.stage, call.tickets)
    row = process.row(call)
    assert (row.begun_at, row.crashes, row.tries) == (None, 0, 0)


def test_one_row_that_fails_does_not_hold_back_the_others_of_its_message(process: OneProcess) -> None:
    call = process.until(Stage.EXTRACT)
    lost = replace(call.tickets[0], claim=99)
    outcomes = process.service.run(call.stage, (lost, *call.tickets))
    assert [type(outcome).__name__ for outcome in outcomes] == [Stale.__name__, "Stored"]


def test_a_bug_in_a_delivery_is_tried_again(process: OneProcess) -> None:
    call = process.until(Stage.DELIVER)
    process.service.sinks["files"] = Failing(ValueError("oh"))
    with pytest.raises(RunFailed, match="deliver: ValueError: oh"):
        process.service.run(call.stage, call.tickets)
    with process.service.database.read() as c:
        delivery = c.execute(select(deliveries)).one()
    assert delivery.outcome is None
    assert delivery.error.startswith("bug: Traceback")
    assert process.row(call).wake_at > process.clock.now()


def test_a_bug_in_a_poll_leaves_the_feed_for_later(process: OneProcess) -> None:
    call = process.until(Stage.POLL)
    broken: PageFetcher = Failing(KeyError("oh"))
    process.service.__dict__["poll"] = replace(process.service.poll, way=replace(process.service.way, web=broken))
    with pytest.raises(RunFailed):
        process.service.run(call.stage, call.tickets)
    with process.service.database.read() as c:
        assert c.execute(select(feeds.c.error)).scalar_one() == "bug"
    assert process.row(call).wake_at > process.clock.now()


def test_what_a_task_rings_for_is_sent_when_all_of_it_is_done(process: OneProcess) -> None:
    call = process.until(Stage.POLL)
    held = HeldBell(process.bell, most=2)
    held.ring([Call(Stage.FETCH, call.tickets), Call(Stage.FETCH, call.tickets)])
    held.ring([Call(Stage.FETCH, call.tickets)])
    assert process.bell.calls == []
    assert held.flush() == ()
    assert [len(sent.tickets) for sent in process.bell.calls] == [2, 1]


def test_what_can_t_be_sent_after_a_task_is_due_again(process: OneProcess) -> None:
    class Deaf:
        def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
            return calls

    call = process.until(Stage.FETCH)
    service = replace(process.service, bell=Deaf())
    service.__dict__.update(database=process.service.database, web=process.web, clock_watch=NoWatch())
    service.run(call.stage, call.tickets)
    row = process.row(call)
    assert (row.stage, row.claimed_at) == (Stage.EXTRACT, None)
    assert row.wake_at == process.clock.now()


def test_a_sink_without_settings_is_down(process: OneProcess) -> None:
    with pytest.raises(SinkDown, match="no settings for the sink nowhere"):
        process.service.sink_of("nowhere")


def fit(process: OneProcess) -> Service:
    """The same process by the real clock."""
    service = replace(process.service, clock=SystemClock())
    service.__dict__["database"] = process.service.database
    return service


def test_a_process_that_shares_everything_is_fit(process: OneProcess) -> None:
    fit(process).check_fit()


@pytest.mark.parametrize(
    ("schema", "words"),
    [("0001", r"schema 0001, this version needs \d+: run `copydesk migrate`"), ("9999", "a newer Copydesk made it")],
)
def test_a_process_refuses_a_schema_that_is_not_its_own(process: OneProcess, schema: str, words: str) -> None:
    with process.service.database.write() as c:
        c.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
    with pytest.raises(NotFitError, match=words):
        fit(process).check_fit()


def test_a_process_refuses_an_archive_that_is_not_the_shared_one(process: OneProcess, tmp_path: Path) -> None:
    service = fit(process)
    elsewhere = replace(service, settings=replace(service.settings, archive_url=str(tmp_path / "own")))
    elsewhere.__dict__["database"] = service.database
    with pytest.raises(NotFitError, match="is not the shared one, it has no mark"):
        elsewhere.check_fit()


class OffClock(SystemClock):
    """The real clock, half a minute fast until it is set."""

    off = timedelta(seconds=30)

    def now(self) -> datetime:
        """The wrong time."""
        return super().now() + self.off


def test_a_process_whose_clock_is_off_does_nothing_until_it_is_set(process: OneProcess) -> None:
    call = process.until(Stage.POLL)
    clock = OffClock()
    service = replace(process.service, clock=clock)
    service.__dict__.update(database=process.service.database, web=process.web)
    if not process.service.database.is_postgres:
        # SQLite has no clock but ours.
        service.clock_watch.check()
        return
    for _ in range(2):
        with pytest.raises(RunFailed, match=r"clock is (29|30)\.\d s off the database's"):
            service.run(call.stage, call.tickets)
    assert process.row(call).begun_at is None
    with pytest.raises(NotFitError, match="set it and start again"):
        service.check_fit()
    clock.off = timedelta(0)
    assert [type(outcome).__name__ for outcome in service.run(call.stage, call.tickets)] == ["BodyChanged"]


def test_the_clock_is_compared_once_a_minute(process: OneProcess) -> None:
    clock = FakeClock()
    asked: Any = Failing(AssertionError("asked again"))
    watch = ClockWatch(asked, clock, checked_at=clock.now())
    watch.check()
    clock.move(timedelta(seconds=59))
    watch.check()
    clock.move(timedelta(seconds=2))
    with pytest.raises(AssertionError, match="asked again"):
        watch.check()
    # A clock that was set back is compared at once.
    clock.move(timedelta(hours=-1))
    with pytest.raises(AssertionError, match="asked again"):
        watch.check()


def test_a_process_refuses_a_database_that_it_can_t_reach(process: OneProcess) -> None:
    away = Database(open_database("postgresql+psycopg://nobody@127.0.0.1:9/none", new_id=new_id).engine, new_id)
    service = replace(process.service, clock=SystemClock())
    service.__dict__["database"] = away
    with pytest.raises(NotFitError, match="the database can't be reached: "):
        service.check_fit()


def test_settings_and_catalog_are_refused_with_all_their_mistakes(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    (folder / "outlets").mkdir(parents=True)
    (folder / "copydesk.toml").write_text('[poll]\njitter = "much"\n', encoding="utf-8")
    (folder / "outlets" / "pt.yaml").write_text("- id: a\n  nam: A\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        configure({"COPYDESK_CONFIG": str(folder)})
    assert any("poll.jitter" in mistake for mistake in caught.value.mistakes)
    assert any("pt.yaml: a: nam" in mistake for mistake in caught.value.mistakes)


def test_a_sink_that_would_get_nothing_for_ever_is_a_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    (folder / "outlets").mkdir(parents=True)
    (folder / "copydesk.toml").write_text(
        "[delivery]\nin_flight = -1\n"
        '[sinks.out]\nkind = "files"\npath = "records"\noutlets = ["nobody"]\nbatch = 0\nmax_tries = 0\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        configure({"COPYDESK_CONFIG": str(folder)})
    assert caught.value.mistakes == [
        f"sinks.out.outlets: there is no outlet 'nobody' in {folder / 'outlets'}",
        "sinks.out.batch: should be 1 or more (found 0)",
        "sinks.out.max_tries: should be 1 or more (found 0)",
        "delivery.in_flight: should be 1 or more (found -1)",
    ]


def write_secretive(folder: Path) -> dict[str, str]:
    """A configuration with an outlet that needs a login and a key."""
    (folder / "outlets").mkdir(parents=True)
    (folder / "outlets" / "pt.yaml").write_text(
        "- {id: a, name: A, country: PT, language: pt, homepage: 'https://a.example/', login: a_login, "
        "headers: {X-Key: a_key}, feeds: [{url: 'https://feeds.a.example/rss'}]}\n",
        encoding="utf-8",
    )
    return {"COPYDESK_CONFIG": str(folder)}


def test_a_secret_that_is_named_and_not_set_is_a_mistake(tmp_path: Path) -> None:
    environment = write_secretive(tmp_path / "config")
    with pytest.raises(ConfigurationError) as caught:
        configure(environment | {"COPYDESK_SECRET_A_KEY": "k"})
    (mistake,) = caught.value.mistakes
    assert "a: there is no secret 'a_login'; set COPYDESK_SECRET_A_LOGIN or its _FILE" in mistake


def test_secrets_go_to_the_origins_of_their_outlet_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYDESK_SECRET_A_LOGIN", "user:pass")
    monkeypatch.setenv("COPYDESK_SECRET_A_KEY", "k")
    environment = write_secretive(tmp_path / "config")
    _, outlets = configure(environment | {"COPYDESK_SECRET_A_LOGIN": "user:pass", "COPYDESK_SECRET_A_KEY": "k"})
    headers = {"X-Key": "k", "Authorization": "Basic dXNlcjpwYXNz"}
    assert secrets_of(outlets) == {"https://a.example": headers, "https://feeds.a.example": headers}
