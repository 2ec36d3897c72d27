"""What deliver asks of the state of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.news.outcome import Outcome
from worker.news.subscription import Subscription
from worker.news.work import Call, Ticket
from worker.pipeline.ports import Parcel, Returned


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverJob:
    """One batch for one sink, in order; `tries` counts refusals of a parcel by its key.

    `failed` counts how often the sink was down for this very batch, `sink_failures` how often it was down for any since it
    last took one.
    """

    tickets: tuple[Ticket, ...]
    began_at: datetime
    sink: str
    batch: str
    deliveries: tuple[str, ...]
    parcels: tuple[Parcel, ...]
    tries: dict[str, int]
    failed: int
    sink_failures: int
    subscription: Subscription = Subscription()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A parcel that came back: again at `wake_at`, or dead when that is None. `alone`: never with others in one batch."""

    parcel: Returned
    wake_at: datetime | None
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDone:
    """The sink took the batch, but for those that came back. Those that it did not get to are due at `rest_at`."""

    retries: tuple[Retry, ...] = ()
    rest: tuple[str, ...] = ()  # keys
    rest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkUnreachable:
    """Nothing is known to have arrived: the batch stays whole and waits, and so does the sink."""

    until: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkPaused:
    """The sink wants nothing any more, until somebody resumes it: the batch stays whole."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHalved:
    """The sink takes other batches and fails at this one: it goes on as two, until the record that does it is found."""

    until: datetime
    detail: str


DeliverEffect = BatchDone | SinkUnreachable | SinkPaused | BatchHalved


class Deliveries(Protocol):
    """The state side of deliver. A batch is begun and finished as a whole."""

    def begin(self, tickets: Sequence[Ticket], *, now: datetime) -> DeliverJob | None:
        """Take a batch, whole."""

    def finish(
        self, job: DeliverJob, effect: DeliverEffect, outcome: Outcome, *, now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""
