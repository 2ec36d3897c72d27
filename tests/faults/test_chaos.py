"""The same chaos on both databases: a minute of kills, flushes and restarts, and nothing is lost or doubled."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.chaos import Chaos
from tests.servers import PostgresServer, RedisServer

pytestmark = pytest.mark.faults
SECONDS = 60


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_or_doubled_under_chaos(
    kind: str, tmp_path: Path, postgres_server: PostgresServer, report: Callable[[str], None]
) -> None:
    """≥ 10 kill -9 over all kinds of processes, ≥ 3 FLUSHALL, a killed Redis, a crashed PostgreSQL."""
    seed = int(os.environ.get("COPYDESK_CHAOS_SEED") or random.randrange(10**6))
    report(f"chaos on {kind}: seed {seed}; again with COPYDESK_CHAOS_SEED={seed}")
    postgres_server.start()
    with RedisServer() as redis:
        chaos = Chaos(tmp_path, redis, postgres_server, on_postgres=kind == "postgresql", seed=seed, seconds=SECONDS)
        toll, (stored, duplicate, dropped) = chaos.run()
    report(
        f"chaos on {kind}, seed {seed}: {toll.killed.total()} kill -9 {dict(toll.killed)}, {toll.flushed} FLUSHALL, "
        f"{toll.redis_killed} Redis and {toll.postgres_restarted} PostgreSQL crashes; {stored} stored, {duplicate} duplicate, "
        f"{dropped} dropped, 0 lost, 0 doubled; quiet after {toll.recovery_s} s"
    )
    assert toll.killed.total() == chaos.kills >= 10
    assert toll.flushed >= 3
    assert toll.redis_killed == toll.postgres_restarted == 1
    assert stored > 0
    assert duplicate > 0
    assert dropped > 0
