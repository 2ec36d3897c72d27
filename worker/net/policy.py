"""The limits of requests to the web."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class NetPolicy:
    """How requests are sent and how much of an answer is taken. Sizes are bytes."""

    user_agent: str = "Copydesk/0.1 (+https://github.com/copydesk/copydesk)"
    proxy: str | None = None
    # Hosts that the guard lets through though they are not public, as they stand in addresses, such as 10.1.2.3:8080.
    allow_addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443)
    dns: timedelta = timedelta(seconds=5)
    connect: timedelta = timedelta(seconds=5)
    read: timedelta = timedelta(seconds=10)
    feed_total: timedelta = timedelta(seconds=20)
    page_total: timedelta = timedelta(seconds=30)
    feed_wire: int = 5_000_000
    page_wire: int = 3_000_000
    feed_decoded: int = 10_000_000
    page_decoded: int = 5_000_000
    robots_bytes: int = 512_000  # what lies behind is not read (RFC 9309 §2.5)
    # Bodies in memory, all together; a single one that is larger, or has no room there, is kept on disk.
    bodies_in_memory: int = 200_000_000
    body_in_memory: int = 1_000_000
    redirects: int = 5
    connections: int = 64
