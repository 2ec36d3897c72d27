"""Deliver: hand one batch of revisions to one sink. At least once, under keys that stay the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from worker.news.backoff import wait_after
from worker.news.errors import SinkDown
from worker.news.outcome import Delivered, DeliveredBatch, Postponed, Stale
from worker.news.policy import DeliveryPolicy
from worker.news.reason import Reason
from worker.news.work import Ticket
from worker.pipeline.ports import Bell, Clock, Returned, Sink
from worker.pipeline.state.deliveries import (
    BatchDone,
    BatchHalved,
    DeliverEffect,
    Deliveries,
    DeliverJob,
    Retry,
    SinkPaused,
    SinkUnreachable,
)

# A batch that a sink was down for so often, while it takes others, is to blame itself.
BLAMED_AFTER = 3
# A longer Retry-After is not believed.
LONGEST_ASKED = timedelta(days=1)


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
        policy = job.subscription.policy(self.policy)
        try:
            returned = self.sink_of(job.sink).deliver(job.batch, job.parcels)
        except SinkDown as error:
            return self._failed(job, error, policy), Postponed(error.reason, error.detail)
        tried = tuple(self._retry(job, parcel, policy) for parcel in returned if parcel.tried)
        rest = tuple(parcel.key for parcel in returned if not parcel.tried)
        done = BatchDone(retries=tried, rest=rest, rest_at=self.clock.now() + policy.first_wait)
        return done, Delivered(job.sink, len(job.parcels), len(returned))

    def _failed(self, job: DeliverJob, error: SinkDown, policy: DeliveryPolicy) -> DeliverEffect:
        """What a sink that can't say means for the batch: mostly that the sink is down, but it may be this batch that it fails at."""
        if error.reason is Reason.SINK_GONE:
            return SinkPaused(detail=str(error))
        if job.failed < BLAMED_AFTER or job.sink_failures:
            asked = timedelta(seconds=min(error.retry_after or 0.0, LONGEST_ASKED.total_seconds()))
            wait = max(self._wait(job.sink_failures, policy), asked)
            return SinkUnreachable(until=self.clock.now() + wait, detail=str(error))
        if len(job.parcels) > 1:
            return BatchHalved(until=self.clock.now() + self._wait(0, policy), detail=str(error))
        returned = Returned(key=job.parcels[0].key, reason=error.reason, detail=error.detail)
        return BatchDone(retries=(replace(self._retry(job, returned, policy), alone=True),))

    def _retry(self, job: DeliverJob, parcel: Returned, policy: DeliveryPolicy) -> Retry:
        tries = job.tries[parcel.key] + 1
        if tries >= policy.max_tries:
            return Retry(parcel=parcel, wake_at=None)
        return Retry(parcel=parcel, wake_at=self.clock.now() + self._wait(tries - 1, policy))

    def _wait(self, failures: int, policy: DeliveryPolicy) -> timedelta:
        return wait_after(failures, first=policy.first_wait, longest=policy.longest_wait, roll=self.clock.roll())
