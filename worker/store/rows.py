"""The life of a row of `work`: begin, finish, rest, hand over. Every statement repeats the claim: it is the fence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, Update, bindparam, select, text, update

from worker.news.policy import LeasePolicy
from worker.news.work import Call, Kind, Purpose, Stage, Ticket
from worker.store.schema import work


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The row waits in a stage until `wake_at`, or is final when that is None."""

    stage: Stage
    wake_at: datetime | None
    host: str | None = None
    purpose: Purpose | None = None
    tries: int | None = None


@dataclass(slots=True)
class Calls:
    """Messages to send once the transaction is committed."""

    tickets: dict[Stage, list[Ticket]] = field(default_factory=dict)

    def add(self, stage: Stage, ticket: Ticket) -> None:
        """Note a claimed row."""
        self.tickets.setdefault(stage, []).append(ticket)

    def messages(self) -> tuple[Call, ...]:
        """One message a stage."""
        return tuple(Call(stage, tuple(tickets)) for stage, tickets in self.tickets.items())


_HELD = (
    work.c.id == bindparam("row"),
    work.c.stage == bindparam("at"),
    work.c.claim == bindparam("fence"),
)
_BEGIN = (
    update(work)
    .where(*_HELD, work.c.begun_at.is_(None), work.c.claimed_at.is_not(None))
    .values(begun_at=bindparam("now"), wake_at=bindparam("until"))
    .returning(work.c.subject, work.c.purpose, work.c.host, work.c.tries)
)
_PUT_BACK = (
    update(work)
    .where(*_HELD, work.c.begun_at.is_not(None))
    .values(claimed_at=None, begun_at=None, wake_at=bindparam("until"))
    .returning(work.c.host)
)


def begin_row(c: Connection, ticket: Ticket, stage: Stage, *, now: datetime, lease: LeasePolicy) -> Row[Any] | None:
    """The worker's first statement; None when somebody else has the row."""
    return c.execute(_BEGIN, {**_held(ticket, stage), "now": now, "until": now + lease.work}).one_or_none()


def _held(ticket: Ticket, stage: Stage) -> dict[str, Any]:
    return {"row": ticket.work, "at": stage, "fence": ticket.claim}


def lock_batch(c: Connection, tickets: Sequence[Ticket], stage: Stage, *, begun: bool) -> dict[UUID, Ticket] | None:
    """Lock the rows of a batch and give their subjects; None when one of them is somebody else's."""
    claims = {ticket.work: ticket for ticket in tickets}
    query = select(work.c.id, work.c.subject, work.c.claim, work.c.begun_at).where(
        work.c.id.in_(list(claims)), work.c.stage == stage, work.c.claimed_at.is_not(None)
    )
    rows = c.execute(query.order_by(work.c.id).with_for_update()).all()
    ours = [row for row in rows if row.claim == claims[row.id].claim and (row.begun_at is not None) is begun]
    return {row.subject: claims[row.id] for row in ours} if len(ours) == len(claims) else None


def hold_row(c: Connection, ticket: Ticket, stage: Stage, *, now: datetime, lease: LeasePolicy) -> bool:
    """Hold a begun row a while longer; False when the claim is over."""
    return _fenced(c, ticket, stage, {"wake_at": now + lease.work})


def rest_row(c: Connection, ticket: Ticket, stage: Stage, rest: Rest) -> bool:
    """Finish a begun row: it waits, or is final; False when the claim is over."""
    values: dict[str, Any] = {
        "stage": rest.stage,
        "wake_at": rest.wake_at,
        "host": rest.host,
        "claimed_at": None,
        "begun_at": None,
        "crashes": 0,
    }
    if rest.purpose is not None:
        values["purpose"] = rest.purpose
    if rest.tries is not None:
        values["tries"] = rest.tries
    return _fenced(c, ticket, stage, values)


def put_back_row(c: Connection, ticket: Ticket, stage: Stage, *, until: datetime) -> str | None:
    """Let a begun row wait as if it had not begun; gives its host, if it is still ours and has one."""
    return c.execute(_PUT_BACK, {**_held(ticket, stage), "until": until}).scalar_one_or_none()


def hand_over(
    c: Connection, ticket: Ticket, stage: Stage, to: Stage, calls: Calls, *, now: datetime, lease: LeasePolicy
) -> bool:
    """Finish a begun row by claiming its next stage, while that is open; when it is full the tick takes the row later."""
    open_for_more = room_left(c, to, lease=lease, now=now)[to] > 0
    values: dict[str, Any] = {
        "stage": to,
        "host": None,
        "begun_at": None,
        "crashes": 0,
        "tries": 0,
        "claim": ticket.claim + open_for_more,
        "claimed_at": now if open_for_more else None,
        "wake_at": now + lease.queue if open_for_more else now,
    }
    if not _fenced(c, ticket, stage, values):
        return False
    if open_for_more:
        calls.add(to, Ticket(ticket.work, ticket.claim + 1))
    return True


def add_row(c: Connection, kind: Kind, subject: UUID, rest: Rest) -> None:
    """Put something new on the list of what is to be done."""
    c.execute(
        work.insert().values(
            kind=kind,
            subject=subject,
            stage=rest.stage,
            purpose=rest.purpose or Purpose.LIVE,
            host=rest.host,
            wake_at=rest.wake_at,
        )
    )


def room_of(stage: Stage, lease: LeasePolicy) -> int:
    """How many rows of a stage may be leased at a time."""
    bound: int = getattr(lease, stage.value)
    return bound


_LEASED = (
    "(SELECT count(*) FROM (SELECT 1 FROM work{hint} WHERE stage = '{stage}' AND claimed_at IS NOT NULL AND wake_at > :now "
    "LIMIT :{stage}) AS held) AS {stage}"
)
# SQLite would walk all that waits in the stage to find the few that are leased.
_HINTS = {"sqlite": " INDEXED BY ix_work_claimed", "postgresql": ""}


@cache
def _leased_query(dialect: str, stages: tuple[Stage, ...]) -> TextClause:
    counts = ", ".join(_LEASED.format(hint=_HINTS[dialect], stage=stage.value) for stage in stages)
    return text(f"SELECT {counts}").bindparams(bindparam("now", type_=work.c.wake_at.type))


def room_left(c: Connection, *stages: Stage, lease: LeasePolicy, now: datetime) -> dict[Stage, int]:
    """How many more rows of each stage may be leased now; a lease that is over holds no room."""
    bounds = {stage: room_of(stage, lease) for stage in stages}
    query = _leased_query(c.dialect.name, stages)
    leased = c.execute(query, {"now": now, **{stage.value: bound for stage, bound in bounds.items()}}).one()
    return {stage: bounds[stage] - held for stage, held in zip(stages, leased, strict=True)}


@cache
def _fenced_update(names: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(work).where(*_HELD, work.c.begun_at.is_not(None)).values(values)


def _fenced(c: Connection, ticket: Ticket, stage: Stage, values: dict[str, Any]) -> bool:
    new = {f"new_{name}": value for name, value in values.items()}
    return c.execute(_fenced_update(tuple(values)), _held(ticket, stage) | new).rowcount == 1
