"""The sinks as the settings name them, and what each takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, select, update

from worker.news.subscription import Subscription
from worker.store.cursors import LATEST, Cursor
from worker.store.database import Database
from worker.store.schema import sinks
from worker.store.upsert import insert_into
from worker.store.values import dump, load


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSink:
    """A sink as the settings name it. `since`: a new one also gets what was filed from then on (None: nothing)."""

    kind: str
    enabled: bool = True
    subscription: Subscription = Subscription()
    since: datetime | None = None


def sync_sinks(database: Database, named: Mapping[str, NamedSink], *, now: datetime) -> None:
    """Make the database name the sinks of the settings; others are disabled, with what they still hold."""
    with database.write() as c:
        for sink, said in sorted(named.items()):
            values = {"kind": said.kind, "enabled": said.enabled, "subscription": dump(said.subscription)}
            cursor = dump(Cursor(since=said.since, until=now + LATEST)) if said.since is not None else None
            insert = insert_into(c, sinks).values(id=sink, added_at=now, cursor=cursor, **values)
            c.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))
        c.execute(update(sinks).where(sinks.c.id.not_in(list(named))).values(enabled=False))


def enabled_sinks(c: Connection) -> Sequence[Row[Any]]:
    """The sinks that are switched on, in the order of their names."""
    return c.execute(select(sinks).where(sinks.c.enabled).order_by(sinks.c.id)).all()


@lru_cache(maxsize=256)
def subscription_of(text: str) -> Subscription:
    """What a sink takes, as its row says."""
    return load(Subscription, text)
