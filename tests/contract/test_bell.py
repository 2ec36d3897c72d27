"""The `Bell` port: the fake, and Celery with a real Redis; then what is particular to Celery and to a held bell."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.harness import ListBell
from tests.servers import RedisServer
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.ports import Bell
from worker.wiring import HeldBell

EXPIRES_S = 300
CALLS = (
    Call(Stage.POLL, (Ticket(1, 1), Ticket(2, 7))),
    Call(Stage.PARSE, (Ticket(3, 1),)),
    Call(Stage.POLL, (Ticket(1 << 40, 2),)),
    Call(Stage.DELIVER, tuple(Ticket(n, 1) for n in range(100, 110))),
)
# Celery reads its settings once, when it is first used: each broker needs a process of its own.
_CHILD = f"""
import json, sys
from worker.celery import CeleryBell
from worker.news.work import Call, Stage, Ticket
for line in sys.stdin:
    calls = [Call(Stage(stage), tuple(Ticket(*pair) for pair in pairs)) for stage, pairs in json.loads(line)]
    unsent = CeleryBell({EXPIRES_S}).ring(calls)
    print(json.dumps([[call.stage, [[t.work, t.claim] for t in call.tickets]] for call in unsent]), flush=True)
"""


@dataclass
class Ringer:
    """`CeleryBell` in a process of its own."""

    process: subprocess.Popen[str]

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        told = [[call.stage, [[ticket.work, ticket.claim] for ticket in call.tickets]] for call in calls]
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the bell raised"
        return [Call(Stage(stage), tuple(Ticket(*pair) for pair in pairs)) for stage, pairs in json.loads(answer)]


class Tower(Protocol):
    """A bell, and who hears it."""

    @property
    def bell(self) -> Bell:
        """The bell."""

    def heard(self) -> Sequence[Call]:
        """The calls that came, the stages in their order."""


@dataclass
class Here:
    """The fake."""

    bell: ListBell = field(default_factory=ListBell)

    def heard(self) -> Sequence[Call]:
        return in_order(self.bell.calls)


@dataclass
class Broker:
    """Celery's side, and the Redis that its messages lie in."""

    bell: Ringer
    redis: RedisServer

    def messages(self, stage: Stage) -> list[Mapping[str, Any]]:
        """What lies in a stage's queue, the oldest first."""
        with self.redis.client() as client:
            return [json.loads(raw) for raw in reversed(client.lrange(f"copydesk:{stage}", 0, -1))]

    def heard(self) -> Sequence[Call]:
        return in_order(
            [Call(stage, tickets_in(message)) for stage in Stage for message in self.messages(stage)],
        )


def in_order(calls: Sequence[Call]) -> Sequence[Call]:
    """Calls by stage; the order within a stage is kept."""
    return sorted(calls, key=lambda call: list(Stage).index(call.stage))


def tickets_in(message: Mapping[str, Any]) -> tuple[Ticket, ...]:
    """The tickets in a message as a worker reads them."""
    arguments, named, _ = json.loads(base64.b64decode(message["body"]))
    assert arguments == []
    assert named.keys() == {"tickets"}
    return tuple(Ticket(*pair) for pair in named["tickets"])


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[RedisServer]:
    """The Redis, empty before and after."""
    redis_server.start()
    redis_server.flushall()
    yield redis_server
    redis_server.start()
    redis_server.flushall()


@contextmanager
def new_ringer(redis: RedisServer, folder: Path) -> Iterator[Ringer]:
    """A process that rings, not yet connected."""
    (folder / "copydesk.toml").write_bytes(b"")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
    own = {"COPYDESK_CONFIG": str(folder), "COPYDESK_DATA": str(folder), "COPYDESK_BROKER_URL": redis.url}
    command, pipe = [sys.executable, "-c", _CHILD], subprocess.PIPE
    with subprocess.Popen(command, env=kept | own, stdin=pipe, stdout=pipe, text=True) as process:
        yield Ringer(process)
        process.kill()


@pytest.fixture(scope="module")
def ringer(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ringer]:
    """One process for all tests: to start it takes longer than to ring it."""
    redis_server.start()
    with new_ringer(redis_server, tmp_path_factory.mktemp("config")) as started:
        yield started


@pytest.fixture
def broker(redis: RedisServer, ringer: Ringer) -> Broker:
    """Celery and an empty Redis."""
    return Broker(ringer, redis)


@pytest.fixture(params=["list", "celery"])
def tower(request: pytest.FixtureRequest) -> Tower:
    """A tower of either kind."""
    if request.param == "list":
        return Here()
    found: Broker = request.getfixturevalue("broker")
    return found


# --- the promise ----------------------------------------------------------------------------------------------------
def test_each_call_is_one_message_with_its_tickets(tower: Tower) -> None:
    assert list(tower.bell.ring(CALLS)) == []
    assert tower.heard() == in_order(CALLS)


def test_no_call_is_no_message(tower: Tower) -> None:
    assert list(tower.bell.ring([])) == []
    assert tower.heard() == []


def test_calls_come_behind_those_that_came_before(tower: Tower) -> None:
    first, second = Call(Stage.FETCH, (Ticket(1, 1),)), Call(Stage.FETCH, (Ticket(2, 1),))
    assert list(tower.bell.ring([first])) == list(tower.bell.ring([second])) == []
    assert tower.heard() == [first, second]


# --- Celery ---------------------------------------------------------------------------------------------------------
def test_a_message_names_its_task_and_drops_itself_when_its_lease_is_over(broker: Broker) -> None:
    before = datetime.now(UTC)
    broker.bell.ring(CALLS)
    after = datetime.now(UTC)
    for stage in {call.stage for call in CALLS}:
        for message in broker.messages(stage):
            assert message["headers"]["task"] == f"copydesk.stage.{stage}"
            expires = datetime.fromisoformat(message["headers"]["expires"]) - timedelta(seconds=EXPIRES_S)
            assert before <= expires <= after
            assert message["content-type"] == "application/json"


def test_nothing_is_left_in_redis_but_queues_and_their_names(broker: Broker) -> None:
    broker.bell.ring(CALLS)
    with broker.redis.client() as client:
        kinds = {key.decode(): client.type(key) for key in client.scan_iter()}
    queues = {name for name, kind in kinds.items() if kind == b"list"}
    assert queues == {f"copydesk:{call.stage}" for call in CALLS}
    assert all(name.startswith("copydesk:_kombu.binding") for name in kinds.keys() - queues)


def test_calls_come_back_from_the_first_failure_on(broker: Broker) -> None:
    with broker.redis.client() as client:
        client.set("copydesk:parse", "no queue")
    assert list(broker.bell.ring(CALLS)) == list(CALLS[1:])
    with broker.redis.client() as client:
        client.delete("copydesk:parse")
    assert broker.heard() == [CALLS[0]]
    assert list(broker.bell.ring(CALLS[1:])) == []
    assert broker.heard() == in_order(CALLS)


def test_all_calls_come_back_while_the_broker_is_away_and_none_when_it_is_back(
    redis: RedisServer, tmp_path: Path
) -> None:
    redis.stop()
    with new_ringer(redis, tmp_path) as never_connected:
        broker = Broker(never_connected, redis)
        assert list(broker.bell.ring(CALLS)) == list(CALLS)
        redis.start()
        assert list(broker.bell.ring(CALLS)) == []
    assert broker.heard() == in_order(CALLS)


def test_a_broker_that_crashed_is_found_again(broker: Broker) -> None:
    assert list(broker.bell.ring(CALLS[:1])) == []
    broker.redis.kill()
    assert list(broker.bell.ring(CALLS)) == list(CALLS)
    broker.redis.start()
    assert list(broker.bell.ring(CALLS)) == []
    assert broker.heard() == in_order(CALLS)


def test_calls_come_back_from_a_broker_that_is_full(broker: Broker) -> None:
    broker.bell.ring(CALLS[:1])
    with broker.redis.client() as client:
        client.config_set("maxmemory", "1")
        assert list(broker.bell.ring(CALLS)) == list(CALLS)
        client.config_set("maxmemory", "0")
    assert broker.heard() == [CALLS[0]]


# --- a held bell ----------------------------------------------------------------------------------------------------
@dataclass
class Dumb:
    """A bell that can't be rung."""

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        return calls


def test_a_held_bell_rings_when_it_is_let_go_a_few_tickets_a_message() -> None:
    under = ListBell()
    held = HeldBell(under, most=2)
    for n in range(5):
        assert list(held.ring([Call(Stage.FETCH, (Ticket(n, 1),)), Call(Stage.POLL, ())])) == []
    assert under.calls == []
    assert list(held.flush()) == []
    assert [call.tickets for call in under.calls] == [
        (Ticket(0, 1), Ticket(1, 1)),
        (Ticket(2, 1), Ticket(3, 1)),
        (Ticket(4, 1),),
    ]
    assert {call.stage for call in under.calls} == {Stage.FETCH}


def test_a_held_bell_gives_back_what_could_not_be_sent_and_holds_it_no_longer() -> None:
    held = HeldBell(Dumb(), most=8)
    held.ring(CALLS)
    unsent = held.flush()
    assert {ticket for call in unsent for ticket in call.tickets} == {t for call in CALLS for t in call.tickets}
    assert list(held.flush()) == []
