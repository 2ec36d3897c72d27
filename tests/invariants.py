"""What must hold of the state of record whatever happened to the processes, asked by SQL; and what must hold of the sinks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, select

from worker.news.policy import FurniturePolicy
from worker.store.database import Database
from worker.store.schema import (
    article_keys,
    articles,
    deliveries,
    funnel,
    furniture_counts,
    hosts,
    revisions,
    sightings,
    sinks,
    texts,
    work,
)


def check(database: Database) -> None:
    """Everything that holds at every moment between two transactions."""
    _one_outcome_each(database)
    _the_funnel_adds_up(database)
    _one_delivery_per_revision_and_sink(database)
    _keys_and_texts_have_living_owners(database)
    _no_host_sleeps_over_its_work(database)


def check_quiet(database: Database, stored: Mapping[str, Mapping[str, int]]) -> None:
    """Everything that holds when all work is done. `stored` is how often each sink holds each key."""
    check(database)
    with database.read() as c:
        claimed = c.execute(select(work).where(work.c.claimed_at.is_not(None))).all()
        assert not claimed, "nothing is in anybody's hands"
        open_articles = c.execute(select(articles.c.id, articles.c.reason).where(articles.c.outcome.is_(None))).all()
        waiting = set(c.execute(select(work.c.subject).where(work.c.wake_at.is_not(None))).scalars())
        assert all(id_ in waiting for id_, _ in open_articles), "what has no outcome waits"
        assert not c.execute(select(deliveries).where(deliveries.c.outcome.is_(None))).all(), "all is delivered"
        sent = c.execute(select(deliveries).where(deliveries.c.outcome != "superseded")).all()
        ends = dict(c.execute(select(articles.c.id, articles.c.outcome)).all())
        changes = {(row.article_id, row.n): row.change for row in c.execute(select(revisions))}
    _furniture_is_counted_once_an_article(database)
    for sink, held in stored.items():
        keys = {f"{row.article_id}:{row.revision}": row for row in sent if row.sink_id == sink}
        assert set(held) == set(keys), f"{sink} has every revision that was not superseded, and nothing else"
        assert set(held.values()) <= {1}, f"{sink} has every revision once"
        latest = {row.article_id: row.revision for row in sorted(keys.values(), key=lambda row: row.revision)}
        for article, n in latest.items():
            told = {"duplicate": "merged", "dropped": "withdrawn"}.get(ends[article])
            assert told is None or changes[article, n] in {told, "withdrawn"}, f"{sink} knows what became of {article}"
        assert all(id_ in latest for id_, outcome in ends.items() if outcome == "stored"), f"{sink} has all that stands"


def _one_outcome_each(database: Database) -> None:
    with database.read() as c:
        rows = c.execute(
            select(articles.c.id, articles.c.outcome, articles.c.reason, articles.c.revision, articles.c.duplicate_of)
        ).all()
        revised = Counter(c.execute(select(revisions.c.article_id)).scalars())
        busy = {row.subject: row for row in c.execute(select(work).where(work.c.kind == "article"))}
        for row in rows:
            assert row.outcome in {None, "stored", "duplicate", "dropped", "quarantined"}
            if row.outcome in {"stored", None}:
                assert (row.outcome == "stored") == (row.revision > 0), "what is stored has a revision"
            if row.outcome in {"dropped", "quarantined"} and row.reason != "withdrawn":
                assert row.revision == 0, "what has a revision is stored, or was merged or taken down"
            assert revised[row.id] == row.revision, "revisions are numbered without gaps"
            assert (row.outcome == "duplicate") == (row.duplicate_of is not None)
            if row.outcome is None:
                assert busy[row.id].wake_at is not None, "an article without an outcome is on the list"
            elif row.outcome != "stored" and row.id in busy:
                assert busy[row.id].wake_at is None, "an article with an outcome is off the list"
        assert all(id_ in {row.id for row in rows} for id_ in revised)


def _the_funnel_adds_up(database: Database) -> None:
    with database.read() as c:
        counted = {
            (row.outlet_id, row.day, row.outcome, row.reason): row.n for row in c.execute(select(funnel)) if row.n
        }
        real: Counter[tuple[object, ...]] = Counter()
        for row in c.execute(select(articles)):
            day = row.discovered_at.date()
            real[row.outlet_id, day, "discovered", ""] += 1
            if row.outcome is not None:
                real[row.outlet_id, day, row.outcome, row.reason or ""] += 1
    assert counted == dict(real)


def _one_delivery_per_revision_and_sink(database: Database) -> None:
    with database.read() as c:
        targets = c.execute(select(sinks.c.id).where(sinks.c.enabled)).scalars().all()
        filed = c.execute(select(revisions.c.article_id, revisions.c.n, revisions.c.change)).all()
        everyone = [(id_, n) for id_, n, change in filed if change not in {"merged", "withdrawn"}]
        expected = {(id_, n, sink) for id_, n in everyone for sink in targets}
        allowed = {(id_, n, sink) for id_, n, _ in filed for sink in targets}
        rows = c.execute(select(deliveries.c.article_id, deliveries.c.revision, deliveries.c.sink_id)).all()
        assert len(rows) == len(set(rows))
        # Of a merge, and of what is taken down, only those are told that may have met the article.
        assert expected <= {tuple(row) for row in rows} <= allowed
        orphans = select(func.count()).select_from(deliveries).where(deliveries.c.id.not_in(select(work.c.subject)))
        assert c.execute(orphans).scalar_one() == 0, "every delivery is on the list"


def _keys_and_texts_have_living_owners(database: Database) -> None:
    with database.read() as c:
        known = dict(c.execute(select(articles.c.id, articles.c.outcome)).all())
        for owner in c.execute(select(article_keys.c.article_id)).scalars():
            assert known.get(owner, "missing") not in {"missing", "duplicate"}, "a key leads to an article that stands"
        for owner in c.execute(select(texts.c.article_id)).scalars():
            assert known[owner] in {"stored", "dropped"}, "a text leads to an article that is stored, or was taken down"
        for owner in c.execute(select(sightings.c.article_id)).scalars():
            assert known.get(owner, "missing") not in {"missing", "duplicate"}


def _furniture_is_counted_once_an_article(database: Database) -> None:
    """Until the counts of an outlet are halved."""
    query = (
        select(articles.c.outlet_id, func.count())
        .join(revisions, revisions.c.article_id == articles.c.id)
        .where(revisions.c.n == 1, revisions.c.engine != "feed")
        .group_by(articles.c.outlet_id)
    )
    with database.read() as c:
        filed = {outlet: n for outlet, n in c.execute(query)}  # noqa: C416 - rows are no pairs to mypy
        counted = {row.outlet_id: row.articles for row in c.execute(select(furniture_counts))}
    for outlet, n in filed.items():
        assert n >= FurniturePolicy().window or counted.get(outlet, 0) == n, (
            f"{outlet}'s articles are counted once each"
        )


def _no_host_sleeps_over_its_work(database: Database) -> None:
    """`hosts.wake_at` is never later than the gate and the first row of the host."""
    with database.read() as c:
        gates = {row.host: row for row in c.execute(select(hosts))}
        for row in c.execute(select(work).where(work.c.stage.in_(["poll", "fetch"]), work.c.wake_at.is_not(None))):
            host = gates[row.host]
            assert host.wake_at is not None, f"{row.host} sleeps for ever over {row.kind} {row.subject}"
            if row.begun_at is None:
                latest = max(filter(None, (row.wake_at, host.next_at, host.blocked_until)))
                # A claim that could not take a due row looks again a tick later.
                assert (host.wake_at - latest).total_seconds() <= 2 or host.wake_at <= row.wake_at, (
                    f"{host} sleeps over {row}"
                )
