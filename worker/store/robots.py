"""The state side of robots.txt: one row an origin, remembered by every process until it expires."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cachetools import LRUCache
from sqlalchemy import select, update

from worker.news.page import host_of
from worker.news.robots import RobotsFile
from worker.store.database import Database
from worker.store.schema import hosts, robots
from worker.store.upsert import insert_into

MOST_REMEMBERED_BYTES = 4_000_000


def _size(file: RobotsFile) -> int:
    # An empty one takes a place as well.
    return 1000 + len(file.body or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRobots:
    """The `RobotsFiles` port on SQL."""

    database: Database
    remembered: LRUCache[str, RobotsFile] = field(
        default_factory=lambda: LRUCache(MOST_REMEMBERED_BYTES, getsizeof=_size)
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, origin: str, *, now: datetime) -> RobotsFile:
        """What is known of an origin's file. One that has not expired is not looked up again: nobody asks for it before."""
        with self.lock:
            known = self.remembered.get(origin)
        if known is not None and known.expires_at is not None and now < known.expires_at:
            return known
        with self.database.read() as c:
            row = c.execute(select(robots).where(robots.c.origin == origin)).one_or_none()
        return RobotsFile(origin=origin) if row is None else self._remember(RobotsFile(**row._asdict()))

    def keep(self, file: RobotsFile, *, delay: timedelta | None, now: datetime) -> None:
        """Keep what was learnt. The delay is the host's wish, and goes to its gate."""
        values = {
            name: getattr(file, name)
            for name in ("status", "body", "fetched_at", "expires_at", "failures", "why", "ask_at", "hops")
        }
        with self.database.write() as c:
            insert = insert_into(c, robots).values(origin=file.origin, **values)
            c.execute(insert.on_conflict_do_update(index_elements=["origin"], set_=values))
            if file.fetched_at == now:
                spacing_s = delay.total_seconds() if delay is not None else None
                c.execute(update(hosts).where(hosts.c.host == host_of(file.origin)).values(spacing_s=spacing_s))
        self._remember(file)

    def _remember(self, file: RobotsFile) -> RobotsFile:
        with self.lock:
            if _size(file) <= self.remembered.maxsize:
                self.remembered[file.origin] = file
        return file
