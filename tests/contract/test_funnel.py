"""The funnel on both databases: it adds up after all kinds of outcomes, and what was tampered with is found."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from tests.doubles import ScriptedWeb, host_down
from tests.harness import Desk, FakeClock, outlet
from worker import tasks
from worker.celery import configuration
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.page import Page
from worker.news.policy import DeliveryPolicy
from worker.news.reason import Reason
from worker.news.recount import NIGHT
from worker.settings import Settings, read_settings
from worker.store.database import Database, open_database
from worker.store.funnel import Cohort, funnel_of
from worker.store.manual import ingest
from worker.store.outcomes import settle
from worker.store.recount import DayCounted, recount, recount_when_due
from worker.store.schema import articles, funnel, funnel_checks
from worker.store.standing import standing

FEED = "https://paper.example/feed"
SITE = "https://paper.example"
TODAY = date(2026, 11, 24)
TEXT = "O texto do artigo {0} é longo o bastante para ser uma identidade, com palavras que só ele tem. " * 5


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine that has brought an article to every kind of end: stored twice, a duplicate, dropped twice, set aside, waiting."""
    database = open_database(database_url, new_id=new_id)
    web = ScriptedWeb()
    names = ("bridge", "ferry", "twin", "tower", "mill", "bug", "away")
    web.feed(FEED, *(Entry(url=f"{SITE}/{name}", title=name) for name in names), Entry(title="no link"))
    for name in ("bridge", "ferry"):
        web.page(f"{SITE}/{name}", TEXT.format(name))
    web.page(f"{SITE}/twin", TEXT.format("ferry"))
    web.page(f"{SITE}/tower", "")
    web.page(f"{SITE}/bug", "broken")
    web.answers[f"{SITE}/mill"] = Page(url=f"{SITE}/mill", status=451)
    web.answers[f"{SITE}/away"] = [Page(url=f"{SITE}/away", status=404), host_down()]
    made = Desk(database, web)
    made.open(outlet(FEED))
    made.settle()
    yield made
    database.close()


def _recount(desk: Desk) -> list[DayCounted]:
    return recount(desk.database, now=desk.clock.now())


def _wrong(desk: Desk) -> list[tuple[str, date, str, str, int, int]]:
    return [
        (cell.outlet, cell.day, cell.outcome, cell.reason, cell.counted, cell.real)
        for day in _recount(desk)
        for cell in day.wrong
    ]


def _tamper(database: Database, n: int) -> None:
    with database.write() as c:
        c.execute(update(funnel).where(funnel.c.outcome == "stored", funnel.c.day == TODAY).values(n=n))


def test_it_adds_up_after_all_kinds_of_outcomes(desk: Desk) -> None:
    assert _wrong(desk) == []
    (cohort,) = funnel_of(desk.database, days=1, now=desk.clock.now()).cohorts
    assert cohort == Cohort(
        name="paper",
        discovered=8,
        stored=2,
        duplicate={"same_text": 1},
        dropped={"legal": 1, "no_link": 1, "no_text": 1},
        quarantined={"unparsable": 1},
        waiting=1,
    )


def test_it_adds_up_after_an_article_is_tried_anew_and_after_one_is_taken_down(desk: Desk) -> None:
    ingest(desk.database, f"{SITE}/tower", now=desk.clock.now())
    with desk.database.write() as c:
        stored = c.execute(select(articles.c.id).where(articles.c.url == f"{SITE}/bridge")).scalar_one()
        settle(c, stored, "dropped", reason=Reason.WITHDRAWN, now=desk.clock.now())
    assert _wrong(desk) == []
    (cohort,) = funnel_of(desk.database, days=1, now=desk.clock.now()).cohorts
    assert (cohort.stored, cohort.dropped["withdrawn"], cohort.waiting) == (1, 1, 2)


def test_a_number_that_was_tampered_with_is_told_with_outlet_day_outcome_and_both_numbers(desk: Desk) -> None:
    _tamper(desk.database, 7)
    assert _wrong(desk) == [("paper", TODAY, "stored", "", 7, 2)]
    (told,) = (day.words for day in _recount(desk) if day.wrong)
    assert told == (
        "a bug in Copydesk: the funnel of 2026-11-24 does not add up: paper, stored: the funnel says 7, the articles say 2"
    )


def test_a_row_that_is_missing_and_one_of_nobody_are_told(desk: Desk) -> None:
    with desk.database.write() as c:
        c.execute(delete(funnel).where(funnel.c.reason == "legal"))
        c.execute(insert(funnel).values(outlet_id="nobody", day=TODAY, outcome="stored", reason="", n=3))
    assert _wrong(desk) == [
        ("nobody", TODAY, "stored", "", 3, 0),
        ("paper", TODAY, "dropped", "legal", 0, 1),
    ]


def test_what_is_wrong_is_a_problem_of_the_service_until_a_later_count_is_clean(desk: Desk) -> None:
    _tamper(desk.database, 7)
    _recount(desk)
    (problem,) = standing(desk.database, now=desk.clock.now(), delivery=DeliveryPolicy()).miscounted
    assert problem.startswith("a bug in Copydesk: the funnel of 2026-11-24")
    _tamper(desk.database, 2)
    # Long after: a day that did not add up is looked at until it does.
    desk.clock.move(timedelta(days=90))
    _recount(desk)
    assert standing(desk.database, now=desk.clock.now(), delivery=DeliveryPolicy()).miscounted == ()


def test_a_day_is_the_utc_day_of_discovery_and_stays_so(desk: Desk) -> None:
    desk.clock.move(timedelta(days=1))
    desk.web.page(f"{SITE}/away", TEXT.format("away"))  # type: ignore[attr-defined]
    desk.settle(timedelta(hours=8))
    found = funnel_of(desk.database, days=2, outlet="paper", now=desk.clock.now())
    assert (found.by, [cohort.name for cohort in found.cohorts]) == ("day", ["2026-11-24"])
    assert (found.total.stored, found.total.waiting) == (3, 0)
    assert _wrong(desk) == []


def test_only_days_that_can_have_changed_are_counted_again(desk: Desk) -> None:
    desk.web.page(f"{SITE}/away", TEXT.format("away"))  # type: ignore[attr-defined]
    desk.settle(timedelta(hours=8))
    desk.clock.at = datetime(2026, 11, 26, 3, 30, tzinfo=UTC)
    assert TODAY in {day.day for day in _recount(desk)}
    desk.clock.move(timedelta(days=1))
    assert [day.day for day in _recount(desk)] == [date(2026, 11, 26), date(2026, 11, 27)]
    with desk.database.write() as c:
        stored = c.execute(select(articles.c.id).where(articles.c.url == f"{SITE}/bridge")).scalar_one()
        settle(c, stored, "dropped", reason=Reason.WITHDRAWN, now=desk.clock.now())
    assert [day.day for day in _recount(desk)] == [TODAY, date(2026, 11, 27)]


def test_a_count_is_done_once_a_night_and_made_up_for_after_an_outage(desk: Desk) -> None:
    assert recount_when_due(desk.database, now=desk.clock.now()) is not None
    assert recount_when_due(desk.database, now=desk.clock.now() + timedelta(hours=15)) is None
    desk.clock.move(timedelta(days=3))
    assert recount_when_due(desk.database, now=desk.clock.now()) is not None
    assert recount_when_due(desk.database, now=desk.clock.now()) is None


def test_a_count_that_was_broken_off_is_not_taken_for_done(desk: Desk) -> None:
    _recount(desk)
    with desk.database.write() as c:
        c.execute(delete(funnel_checks).where(funnel_checks.c.day == TODAY))
        c.execute(update(funnel_checks).values(checked_at=desk.clock.now() - timedelta(days=2)))
    assert recount_when_due(desk.database, now=desk.clock.now()) is not None


def test_both_sides_are_read_at_one_moment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outcome that is written between the two reads is in neither."""
    from worker.store import recount as module  # noqa: PLC0415 - what is put between its two reads

    kept = module._kept

    def between(c: object, day: date) -> object:
        found = kept(c, day)  # type: ignore[arg-type]
        if day == TODAY:
            with desk.database.write() as other:
                waiting = other.execute(select(articles.c.id).where(articles.c.outcome.is_(None))).scalar_one_or_none()
                if waiting is not None:
                    settle(other, waiting, "dropped", reason=Reason.GONE, now=desk.clock.now())
        return found

    monkeypatch.setattr(module, "_kept", between)
    assert _wrong(desk) == []


@dataclass(frozen=True)
class _Graph:
    """What the task asks of the object graph."""

    database: Database
    clock: FakeClock
    settings: Settings


def test_the_task_counts_when_it_is_due_and_logs_what_is_wrong_as_an_error(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for said_a_moment_ago in logging.getLogger("copydesk").filters:
        monkeypatch.setattr(said_a_moment_ago, "said", {})
    monkeypatch.setattr("worker.tasks.service", lambda: _Graph(desk.database, desk.clock, read_settings()))
    assert tasks.recount.run() == "35 days counted, 0 wrong"
    assert tasks.recount.run() == "not due"
    _tamper(desk.database, 7)
    desk.clock.move(timedelta(days=1))
    assert tasks.recount.run() == "2 days counted, 1 wrong"
    (logged,) = (record for record in caplog.records if record.name == "copydesk")
    assert logged.levelname == "ERROR"
    assert logged.getMessage().startswith("a bug in Copydesk: the funnel of 2026-11-24 does not add up: paper, stored")


def test_beat_asks_by_the_clock_and_at_half_past_three() -> None:
    planned = configuration()["beat_schedule"]["recount"]
    assert planned["task"] == tasks.recount.name
    assert NIGHT.minute in planned["schedule"].minute
    assert planned["schedule"].hour == set(range(24)), "a night that was missed is made up for soon"
