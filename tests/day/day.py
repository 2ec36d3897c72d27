"""A simulated day: three processes of the service over one database, killed now and then, and a time that moves when they wait for it.

One loop is the outlets' server, the wire between the processes, and the clock. The time stands while anybody works. It moves on to the
next moment for which somebody waits: a sleeper, an answer of the server, or a tick that has something to claim.
"""

from __future__ import annotations

import multiprocessing
import random
import selectors
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

from sqlalchemy import func, or_, select

from tests.day.guest import Asleep, Done, Rang, Ready, Run, Wake, configured, work
from tests.day.outlets import HOUR
from tests.day.server import Site, Visitor
from tests.day.shared_time import BEGAN, SharedTime, moment, seconds_of
from worker.archive import BlobArchive
from worker.cli.desk import named_sinks
from worker.clock import new_id
from worker.news.work import Call, Stage
from worker.store.database import Database, open_database
from worker.store.migrate import migrate
from worker.store.outlets import sync_outlets
from worker.store.schema import hosts
from worker.store.schema import work as rows
from worker.store.subscribers import sync_sinks

GUESTS = 3
# How many messages of some stages one process does at a time.
HANDS = {Stage.POLL: 8, Stage.FETCH: 8, Stage.PARSE: 2, Stage.EXTRACT: 2, Stage.DELIVER: 1}
TICK_S = 2.0
# Where little is due Beat is slow: most ticks would find nothing.
SLOW_TICK_S = 120.0
LONGEST_STEP_S = 300.0
# Real seconds without a word from anybody.
STALLED_S = 30.0
LONGEST_DAY_S = 300.0
# How often a tick comes every two seconds for some minutes, as it does in the beginning and after the long stop.
BRISK_EVERY_S, BRISK_S = 4 * HOUR, 240.0
AMID_REQUESTS = -1


@dataclass(eq=False, slots=True)
class Guest:
    """One process of the service, and what is in its hands."""

    process: ForkServerProcess
    link: Connection
    ready: bool = False
    jobs: dict[int, Call | None] = field(default_factory=dict)
    asleep: dict[int, float] = field(default_factory=dict)

    def is_free_for(self, stage: Stage) -> bool:
        """Whether it takes one more message of a stage."""
        return sum(call is not None and call.stage is stage for call in self.jobs.values()) < HANDS[stage]


@dataclass(slots=True)
class Toll:
    """What was done to the processes."""

    kills: list[float] = field(default_factory=list)
    amid_requests: int = 0
    doubled: int = 0
    ticks: int = 0
    steps: int = 0


class Day:
    """The day. Use it as a context, so that its processes end with it."""

    def __init__(self, folder: Path, database_url: str, seed: int) -> None:
        self.dice = random.Random(seed)
        self.toll = Toll()
        self.selector = selectors.DefaultSelector()
        self.time = SharedTime(folder / "time")
        self.site = Site(self.selector, self.time, seed)
        self.settings, self.environment = configured(folder, database_url, self.site.outlets.hosts)
        self.time_file = folder / "time"
        self.database: Database = open_database(database_url, new_id=new_id)
        self.guests: list[Guest] = []
        self.wire: deque[Call] = deque()
        self.kills: list[float] = []
        self.brisk_until = BRISK_S
        # After how many more events somebody who is at work is killed.
        self.doom: int | None = None
        self.began = time.monotonic()
        self._job = 0
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.day.guest"])

    def __enter__(self) -> Self:
        migrate(self.database)
        sync_outlets(self.database, self.site.outlets.catalog(), now=BEGAN)
        sync_sinks(self.database, named_sinks(self.settings), now=BEGAN)
        BlobArchive(self.settings.archive_url).write_probe()
        return self

    def __exit__(self, *_: object) -> None:
        for guest in list(self.guests):
            self._end(guest)
        self.site.close()
        self.selector.close()
        self.database.close()

    def open(self) -> None:
        """Start the processes that are missing; the time stands until they are ready."""
        while len(self.guests) < GUESTS:
            ours, theirs = self._context.Pipe()
            seed = self.dice.randrange(10**9)
            process = self._context.Process(
                target=work, args=(theirs, self.environment, self.time_file, seed), daemon=True
            )
            process.start()
            theirs.close()
            guest = Guest(process, ours)
            self.guests.append(guest)
            self.selector.register(ours, selectors.EVENT_READ, guest)

    def stop(self, until: float) -> None:
        """Kill everybody, and let the time pass without them; the wire forgets what it held."""
        for guest in list(self.guests):
            self._kill(guest, again=False)
        self.wire.clear()
        self.time.set(moment(until))
        self.brisk_until = until + 2 * BRISK_S

    def run(self, until: float, done: Callable[[], bool] = lambda: False) -> None:
        """Let the time pass until a moment, or until all is done."""
        while self.time.seconds < until:
            assert time.monotonic() - self.began < LONGEST_DAY_S, self._state()
            self._settle()
            ticks = self._move(until)
            self._pass()
            if ticks:
                if done():
                    return
                self._tick()
        self._settle()

    # --- time -------------------------------------------------------------------------------------------------------
    def _move(self, until: float) -> bool:
        """Move the time on to the next moment for which somebody waits; whether it is one for a tick."""
        self.toll.steps += 1
        now = self.time.seconds
        awaited = [until, now + LONGEST_STEP_S, *(at for guest in self.guests for at in guest.asleep.values())]
        if self.site.next_answer is not None:
            awaited.append(self.site.next_answer)
        at, beat = min(awaited), self._beat(now)
        if beat <= at:
            # Only a tick that finds something is worth its time.
            due = self._next_due()
            beat = max(beat, self._beat(due - 1e-6) if due is not None else until)
        ticks = beat <= at
        self.time.set(max(moment(min(beat, at)), self.time.now()))
        return ticks

    def _beat(self, after: float) -> float:
        """The first moment of a tick after another moment."""
        is_brisk = after < self.brisk_until or after % BRISK_EVERY_S < BRISK_S
        step = TICK_S if is_brisk else SLOW_TICK_S
        return (after // step + 1) * step

    def _next_due(self) -> float | None:
        """When something may be claimed or taken back next."""
        wake_at = rows.c.wake_at.type
        anywhere = select(func.min(rows.c.wake_at, type_=wake_at)).where(
            or_(rows.c.stage.not_in([Stage.POLL, Stage.FETCH]), rows.c.begun_at.is_not(None))
        )
        with self.database.read() as c:
            times = [
                c.execute(anywhere).scalar_one(),
                c.execute(select(func.min(hosts.c.wake_at, type_=wake_at))).scalar_one(),
            ]
        return min((seconds_of(at) for at in times if at is not None), default=None)

    def _pass(self) -> None:
        """Wake the sleepers and send the answers whose moment has come."""
        self.site.release()
        for guest in self.guests:
            for sleeper, at in sorted(guest.asleep.items()):
                if at <= self.time.seconds:
                    del guest.asleep[sleeper]
                    self._say(guest, Wake(sleeper))

    def _tick(self) -> None:
        """One tick, now and then two at once."""
        for guest in self.dice.sample(self.guests, 2 if self.dice.random() < 0.1 else 1):
            self.toll.ticks += 1
            self._start(guest, None)

    # --- work -------------------------------------------------------------------------------------------------------
    def _settle(self) -> None:
        """Return when everybody waits for the time."""
        heard_at = time.monotonic()
        while True:
            self._hand_out()
            if self._strike():
                continue
            if not self._is_working():
                return
            if self._listen(1.0):
                heard_at = time.monotonic()
            assert time.monotonic() - heard_at < STALLED_S, self._state()

    def _is_working(self) -> bool:
        if not all(guest.ready for guest in self.guests):
            return True
        jobs = sum(len(guest.jobs) for guest in self.guests)
        return jobs != sum(len(guest.asleep) for guest in self.guests) + self.site.held

    def _listen(self, patience_s: float) -> bool:
        """Take what has come; whether there was anything."""
        events = self.selector.select(patience_s)
        for key, _ in events:
            who = key.data
            if isinstance(who, Guest):
                self._hear(who)
            elif isinstance(who, int | Visitor):
                self.site.serve(who)
            if self.doom is not None and self.doom > 0:
                self.doom -= 1
        return bool(events)

    def _hear(self, guest: Guest) -> None:
        try:
            word = guest.link.recv()
        except (EOFError, OSError) as error:
            raise AssertionError("a process ended by itself") from error
        match word:
            case Ready():
                guest.ready = True
            case Asleep(sleeper=sleeper, until=until):
                guest.asleep[sleeper] = seconds_of(until)
            case Rang(calls=calls):
                self.wire.extend(calls)
                if self.dice.random() < 0.02:
                    self.toll.doubled += 1
                    self.wire.append(self.dice.choice(calls))
            case Done(job=job, failed=failed):
                assert not failed, failed
                del guest.jobs[job]

    def _hand_out(self) -> None:
        """Give the messages on the wire to who has a hand free, in their order but for those that must wait."""
        waiting: deque[Call] = deque()
        while self.wire:
            call = self.wire.popleft()
            free = [guest for guest in self.guests if guest.ready and guest.is_free_for(call.stage)]
            if free:
                self._start(self.dice.choice(free), call)
            else:
                waiting.append(call)
        self.wire = waiting

    def _start(self, guest: Guest, call: Call | None) -> None:
        self._job += 1
        guest.jobs[self._job] = call
        self._say(guest, Run(self._job, call))

    def _say(self, guest: Guest, word: Run | Wake) -> None:
        guest.link.send(word)

    def _state(self) -> str:
        hands = [(guest.ready, guest.jobs, guest.asleep) for guest in self.guests]
        return f"nothing moves at {self.time.seconds}: {hands}, {self.site.held} held, {len(self.wire)} on the wire"

    # --- death ------------------------------------------------------------------------------------------------------
    def _strike(self) -> bool:
        """Kill somebody at work when his time has come; whether it was so."""
        if self.doom is None and self.kills and self.kills[0] <= self.time.seconds:
            self.kills.pop(0)
            self.doom = AMID_REQUESTS if len(self.kills) % 2 else self.dice.randint(1, 30)
        at_work = [guest for guest in self.guests if len(guest.jobs) > len(guest.asleep)]
        if not at_work or not (self.doom == 0 or (self.doom == AMID_REQUESTS and self.site.held)):
            return False
        self.doom = None
        self._kill(self.dice.choice(at_work), again=True)
        self.open()
        return True

    def _kill(self, guest: Guest, *, again: bool) -> None:
        """Kill -9; what it had in its hands comes to somebody else, or is lost."""
        held = self.site.held
        self._end(guest)
        while self._listen(0.0):
            pass
        self.toll.kills.append(self.time.seconds)
        self.toll.amid_requests += self.site.held < held
        for call in guest.jobs.values():
            if again and call is not None and self.dice.random() < 0.5:
                self.wire.append(call)

    def _end(self, guest: Guest) -> None:
        guest.process.kill()
        guest.process.join(10)
        assert guest.process.exitcode is not None
        self.guests.remove(guest)
        self.selector.unregister(guest.link)
        guest.link.close()
