"""The claim of a lane without gates (parse, extract): one statement finds what is due, purpose by purpose, and leases it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, TextClause, bindparam, text

from worker.news.policy import LeasePolicy
from worker.news.work import Purpose, Stage, Ticket
from worker.store.rows import room_left
from worker.store.schema import work

_DUE = "stage = :stage AND wake_at <= :now AND begun_at IS NULL AND host IS NULL"
# One look at the index for each purpose; SQLite has no LATERAL, PostgreSQL's goes through the list in its order.
_LOOKS = {
    "postgresql": f"SELECT w.id FROM (VALUES {', '.join(f'({purpose.value})' for purpose in Purpose)}) AS p (purpose), "
    f"LATERAL (SELECT id FROM work WHERE {_DUE} AND purpose = p.purpose ORDER BY wake_at LIMIT :room FOR UPDATE SKIP LOCKED) w "
    "LIMIT :room",
    "sqlite": "SELECT id FROM ("
    + " UNION ALL ".join(
        f"SELECT * FROM (SELECT id, purpose, wake_at FROM work WHERE {_DUE} AND purpose = {purpose.value} ORDER BY wake_at LIMIT :room)"
        for purpose in Purpose
    )
    + ") ORDER BY purpose, wake_at LIMIT :room",
}
_TAKE = "UPDATE work SET claim = claim + 1, claimed_at = :now, wake_at = :until WHERE id IN (SELECT id FROM due) RETURNING id, claim"
_WITH = {"postgresql": "WITH due AS MATERIALIZED", "sqlite": "WITH due AS"}


def _claim(dialect: str) -> TextClause:
    time = work.c.wake_at.type
    query = text(f"{_WITH[dialect]} ({_LOOKS[dialect]}) {_TAKE}")
    return query.bindparams(bindparam("now", type_=time), bindparam("until", type_=time))


_CLAIMS = {dialect: _claim(dialect) for dialect in _LOOKS}


def claim_lane(c: Connection, stage: Stage, *, lease: LeasePolicy, now: datetime) -> list[tuple[Stage, Ticket]]:
    """Claim what is due in a stage, as far as it has room; in order of id."""
    room = room_left(c, stage, lease=lease, now=now)[stage]
    if room <= 0:
        return []
    arguments = {"stage": stage.value, "room": room, "now": now, "until": now + lease.queue}
    return sorted((stage, Ticket(id_, claim)) for id_, claim in c.execute(_CLAIMS[c.dialect.name], arguments))
