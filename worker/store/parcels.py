"""Deliveries as parcels: what goes out of each, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, func, select

from worker.news.subscription import Copies
from worker.news.work import Again, Purpose
from worker.pipeline.ports import Parcel
from worker.store.outbox import arrived
from worker.store.schema import deliveries

# What a reference to a copy leaves out of its record, and what stands there instead.
_LEFT_OUT: dict[str, Any] = {"text": "", "blocks": [], "links": [], "related": [], "images": []}


def key_of(row: Row[Any]) -> str:
    """The idempotency key of a delivery."""
    return f"{row.article_id}:{row.revision}"


def parcels_of(c: Connection, rows: Sequence[Row[Any]], copies: Copies) -> tuple[Parcel, ...]:
    """The parcels of some deliveries of one sink; each row has its `record` and `purpose`."""
    newer = _newer(c, [row for row in rows if row.again != Again.FIRST or row.purpose == Purpose.BACKFILL])
    return tuple(_parcel(row, copies, newer) for row in rows)


def _parcel(row: Row[Any], copies: Copies, newer: dict[UUID, int]) -> Parcel:
    n: int = row.revision
    return Parcel(
        key=key_of(row),
        article=str(row.article_id),
        revision=n,
        body=_referred(row.record) if copies is Copies.REFERENCE else row.record.encode(),
        replay=row.again == Again.REPLAY,
        superseded_by=newer[row.article_id] if newer.get(row.article_id, n) > n else None,
    )


def _newer(c: Connection, late: Sequence[Row[Any]]) -> dict[UUID, int]:
    """The newest revision that the sink has of the articles of deliveries that may come after it."""
    if not late:
        return {}
    there = select(deliveries.c.article_id, func.max(deliveries.c.revision)).where(
        deliveries.c.article_id.in_(sorted({row.article_id for row in late})),
        deliveries.c.sink_id == late[0].sink_id,
        arrived(),
    )
    return dict(c.execute(there.group_by(deliveries.c.article_id)).all())


def _referred(record: str) -> bytes:
    """A record, without its text when it is a copy."""
    found = orjson.loads(record)
    if not found["group"] or found["group"]["id"] == found["id"]:
        return record.encode()
    return orjson.dumps(found | _LEFT_OUT)
