"""Dispatch: what a tick does. It claims what is due in SQL and rings the bell; missing a tick, or two at once, loses nothing."""

from __future__ import annotations

from dataclasses import dataclass

from worker.news.work import Lane
from worker.pipeline.ports import Bell, Clock
from worker.pipeline.state.queue import WorkQueue


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one tick did: rows taken back from dead workers, rows claimed, rows whose message could not be sent."""

    swept: int
    claimed: int
    unsent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """The tick."""

    queue: WorkQueue
    bell: Bell
    clock: Clock

    def __call__(self) -> Dispatched:
        """Sweep, then claim lane by lane; what can't be sent is due again at once."""
        swept = self.queue.sweep(now=self.clock.now(), roll=self.clock.roll())
        claimed = unsent = 0
        for lane in Lane:
            calls = self.queue.claim(lane, now=self.clock.now())
            claimed += sum(len(call.tickets) for call in calls)
            failed = self.bell.ring(calls) if calls else ()
            if failed:
                self.queue.release(failed, now=self.clock.now())
                unsent += sum(len(call.tickets) for call in failed)
        return Dispatched(swept, claimed, unsent)
