"""A simulated day at two hundred outlets, judged by their server's log alone; and what the service made of it."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select

from tests.day.checker import Line, complaints
from tests.day.day import Day
from tests.day.outlets import DAY, HOUR
from tests.invariants import check_quiet
from tests.servers import PostgresServer
from worker.store.schema import articles, deliveries, hosts, sightings, work

pytestmark = pytest.mark.faults
KILLS = 8
STOP, GO = 12 * HOUR, 15 * HOUR
# The time that may pass until all that was announced has its outcome.
EVENING = 6 * HOUR


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """A new PostgreSQL database."""
    postgres_server.start()
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


def test_no_outlet_has_reason_to_complain_of_a_day(
    tmp_path: Path, database: str, report: Callable[[str], None]
) -> None:
    """Kill -9 at moments of the seed, amid requests as well; all processes are off for three hours."""
    seed = int(os.environ.get("COPYDESK_DAY_SEED") or random.randrange(10**6))
    report(f"a day: seed {seed}; again with COPYDESK_DAY_SEED={seed}")
    began = time.monotonic()
    with Day(tmp_path, database, seed) as day:
        day.kills = _moments(seed)
        day.open()
        day.run(STOP)
        day.stop(GO)
        waiting = _waiting_hosts(day)
        day.open()
        day.run(DAY)
        day.run(DAY + EVENING, done=lambda: _is_quiet(day))
        report(f"{_summary(day)}; {len(waiting)} hosts waited after the stop; {time.monotonic() - began:.0f} s")
        found = list(complaints(day.site.log, day.site.outlets.rules, kills=day.toll.kills))
        assert not found, "\n".join([f"{len(found)} complaints", *found[:20]])
        _no_host_starved(day, waiting)
        _everything_ended_once(day, tmp_path)
        _the_day_was_no_easy_one(day)


def _moments(seed: int) -> list[float]:
    dice = random.Random(seed)
    return sorted(dice.uniform(*(10, STOP - HOUR) if i % 2 else (GO, DAY - HOUR)) for i in range(KILLS))


def _is_quiet(day: Day) -> bool:
    """Whether every article has its outcome, every delivery is done, and no row is in anybody's hands."""
    unsettled = select(func.count()).select_from(articles).where(articles.c.outcome.is_(None))
    undelivered = select(func.count()).select_from(deliveries).where(deliveries.c.outcome.is_(None))
    claimed = select(func.count()).select_from(work).where(work.c.claimed_at.is_not(None))
    with day.database.read() as c:
        return not any(c.execute(query).scalar_one() for query in (unsettled, undelivered, claimed))


def _waiting_hosts(day: Day) -> set[str]:
    """The hosts for which something is due, and which may be asked."""
    now = day.time.now()
    query = select(work.c.host).join(hosts, hosts.c.host == work.c.host)
    due = query.where(work.c.stage.in_(["poll", "fetch"]), work.c.wake_at <= now, work.c.begun_at.is_(None))
    with day.database.read() as c:
        return set(c.execute(due.where(hosts.c.blocked_until.is_(None) | (hosts.c.blocked_until <= now))).scalars())


def _no_host_starved(day: Day, waiting: set[str]) -> None:
    """Every host that waited during the stop is asked within minutes; the checker has seen that it was not all at once."""
    soon = {line.host for line in day.site.log if GO <= line.at < GO + 300}
    assert len(waiting) > 100
    assert waiting <= soon


def _everything_ended_once(day: Day, folder: Path) -> None:
    check_quiet(day.database, {"files": _filed(folder / "records")})
    outlets, kills = day.site.outlets, set(day.toll.kills)
    announced = [outlets.announced(line) for line in day.site.log if not line.broken and line.until not in kills]
    with day.database.read() as c:
        query = select(sightings.c.url, articles.c.outcome, articles.c.reason)
        ended = c.execute(query.join(articles, articles.c.id == sightings.c.article_id)).all()
    outcomes = {row.url: row.outcome for row in ended}
    assert set().union(*announced) <= outcomes.keys(), "what was announced and read has an outcome"
    assert outcomes == {url: outlets.outcome(url) for url in outcomes}
    assert {row.reason for row in ended if row.outcome == "dropped"} == {"robots"}


def _filed(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in folder.rglob("part-*.jsonl"):
        records = map(orjson.loads, part.read_bytes().splitlines())
        found.update(f"{record['id']}:{record['revision']}" for record in records)
    return found


def _the_day_was_no_easy_one(day: Day) -> None:
    """The guest met with everything that it was judged by."""
    log, rules = day.site.log, day.site.outlets.rules
    assert len(day.toll.kills) >= 6 + 3
    assert day.toll.amid_requests
    assert {line.status for line in log} == {200, 301, 302, 304, 404, 429, 500, 503}
    assert sum(line.retry_after is not None for line in log) > 10
    assert max(line.in_flight for line in log if rules[line.host].at_once == 2) == 2
    assert len(_unmodified(log)) > 0.3 * len(_polls(day))


def _polls(day: Day) -> list[Line]:
    return [line for line in day.site.log if line.path in day.site.outlets.rules[line.host].feeds]


def _unmodified(log: list[Line]) -> list[Line]:
    return [line for line in log if line.status == 304]


def _summary(day: Day) -> str:
    log, toll, rules = day.site.log, day.toll, day.site.outlets.rules
    polls = _polls(day)
    by_host: dict[str, list[float]] = {}
    for line in sorted(log, key=lambda line: line.at):
        if rules[line.host].spacing == 2:
            by_host.setdefault(line.host, []).append(line.at)
    least = min(later - earlier for times in by_host.values() for earlier, later in pairwise(times))
    return (
        f"{len(rules)} hosts, {len(log)} requests, {len(polls)} of them polls, {len(_unmodified(log)) / len(polls):.0%} of these 304; "
        f"least spacing {least:.3f} s; {len(toll.kills)} kill -9, {toll.amid_requests} amid requests; "
        f"{day.time.seconds / HOUR:.1f} simulated hours in {toll.steps} steps"
    )
