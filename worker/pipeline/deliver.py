"""Deliver: hand one batch of revisions to one sink. At least once, under keys that stay the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from worker.news.backoff import wait_after
from worker.news.errors import SinkDown
from worker.news.outcome import Delivered, DeliveredBatch, Postponed, Stale
from worker.news.policy import DeliveryPolicy
from worker.news.work import Ticket
from worker.pipeline.ports import Bell, Clock, Returned, Sink
from worker.pipeline.state.deliveries import BatchDone, DeliverEffect, Deliveries, DeliverJob, Retry, SinkUnreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """One batch for one sink. `sink_of` opens a sink by its id; it raises `SinkDown` when it is not configured."""

    deliveries: Deliveries
    sink_of: Callable[[str], Sink]
    bell: Bell
    clock: Clock
    policy: DeliveryPolicy = DeliveryPolicy()

    def __call__(self, tickets: Sequence[Ticket]) -> DeliveredBatch:
        """Deliver the batch of some claimed rows."""
        job = self.deliveries.begin(tickets, now=self.clock.now())
        if job is None:
            return Stale()
        effect, outcome = self._hand_in(job)
        calls = self.deliveries.finish(job, effect, outcome, now=self.clock.now())
        if calls is None:
            return Stale()
        self.bell.ring(calls)
        return outcome

    def _hand_in(self, job: DeliverJob) -> tuple[DeliverEffect, DeliveredBatch]:
        try:
            returned = self.sink_of(job.sink).deliver(job.batch, job.parcels)
        except SinkDown as error:
            until = self.clock.now() + self._wait(job.sink_failures)
            return SinkUnreachable(until=until, detail=str(error)), Postponed(error.reason, error.detail)
        retries = tuple(self._retry(job, parcel) for parcel in returned)
        return BatchDone(retries=retries), Delivered(job.sink, len(job.parcels), len(retries))

    def _retry(self, job: DeliverJob, parcel: Returned) -> Retry:
        tries = job.tries[parcel.key] + 1
        if tries >= self.policy.max_tries:
            return Retry(parcel=parcel, wake_at=None)
        return Retry(parcel=parcel, wake_at=self.clock.now() + self._wait(tries - 1))

    def _wait(self, failures: int) -> timedelta:
        return wait_after(
            failures, first=self.policy.first_wait, longest=self.policy.longest_wait, roll=self.clock.roll()
        )
