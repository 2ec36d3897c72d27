"""What deliver asks of the state of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.news.outcome import Outcome
from worker.news.work import Call, Ticket
from worker.pipeline.ports import Parcel, Returned


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverJob:
    """One batch for one sink, in order; `tries` counts refusals of a parcel by its key."""

    tickets: tuple[Ticket, ...]
    began_at: datetime
    sink: str
    batch: str
    deliveries: tuple[str, ...]
    parcels: tuple[Parcel, ...]
    tries: dict[str, int]
    sink_failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A parcel that came back: again at `wake_at`, or dead when that is None."""

    parcel: Returned
    wake_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDone:
    """The sink took the batch, but for those that came back."""

    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkUnreachable:
    """Nothing is known to have arrived: the batch stays whole and waits."""

    until: datetime
    detail: str


DeliverEffect = BatchDone | SinkUnreachable


class Deliveries(Protocol):
    """The state side of deliver. A batch is begun and finished as a whole."""

    def begin(self, tickets: Sequence[Ticket], *, now: datetime) -> DeliverJob | None:
        """Take a batch, whole."""

    def finish(
        self, job: DeliverJob, effect: DeliverEffect, outcome: Outcome, *, now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""
