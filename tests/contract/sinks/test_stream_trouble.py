"""What becomes of a batch when the server of the redis-stream sink, or the process that delivers, is in trouble."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

import worker.sinks.redis_stream
from tests.architecture.source import ROOT
from tests.contract.sinks.parcels import new_article, new_batch, parcel, records
from tests.contract.sinks.places import tools
from tests.contract.sinks.stream import STREAM, Stream, wait_until
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.sinks.build import open_sink

DOCUMENT = ROOT / "docs" / "sinks" / "redis-stream.md"


@pytest.mark.faults
def test_a_frozen_server_is_down_and_adds_what_it_was_sent_once(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.sinks.redis_stream, "ANSWER_S", 0.5)
    sink, batch, parcels = stream.open(), new_batch(), [parcel(new_article()) for _ in range(3)]
    fresh = stream.open()
    sink.deliver(new_batch(), [parcels[0]])
    os.kill(stream.server.pid, signal.SIGSTOP)
    try:
        for one in (sink, fresh):
            with pytest.raises(SinkDown, match="Timeout"):
                one.deliver(batch, parcels)
    finally:
        os.kill(stream.server.pid, signal.SIGCONT)
    # What it was sent is in its hands still, and comes in now.
    wait_until(lambda: len(stream.keys()) == 3)
    assert list(sink.deliver(batch, parcels)) == []
    assert sorted(stream.keys()) == sorted(one.key for one in parcels)


@pytest.mark.faults
def test_a_frozen_server_that_a_large_batch_is_sent_to_is_down(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.sinks.redis_stream, "ANSWER_S", 0.5)
    sink, batch, parcels = stream.open(), new_batch(), [parcel(new_article(), text="x" * 3_000_000) for _ in range(2)]
    os.kill(stream.server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(SinkDown, match="Timeout"):
            sink.deliver(batch, parcels)
    finally:
        os.kill(stream.server.pid, signal.SIGCONT)
    assert list(sink.deliver(batch, parcels)) == []
    assert stream.stored() == records(*parcels)
    assert len(stream.keys()) == 2


def _full(client: redis.Redis) -> Callable[[], object]:
    client.config_set("maxmemory", 1)
    return lambda: client.config_set("maxmemory", 0)


def _replica(client: redis.Redis) -> Callable[[], object]:
    client.replicaof("127.0.0.1", 1)
    return lambda: client.replicaof("NO", "ONE")


def _with_password(client: redis.Redis) -> Callable[[], object]:
    client.config_set("requirepass", "sesame")
    client.client_kill_filter(_type="normal", skipme=True)
    return lambda: client.config_set("requirepass", "")


def _another_type(client: redis.Redis) -> Callable[[], object]:
    client.set(STREAM, "a text")
    return lambda: client.delete(STREAM)


def _no_replicas(client: redis.Redis) -> Callable[[], object]:
    client.config_set("min-replicas-to-write", 1)
    return lambda: client.config_set("min-replicas-to-write", 0)


def _used_up(client: redis.Redis) -> Callable[[], object]:
    client.xadd(STREAM, {"key": "last"}, id=f"{2**64 - 1}-{2**64 - 1}")
    return lambda: client.delete(STREAM)


_TROUBLES: Mapping[str, tuple[Callable[[redis.Redis], Callable[[], object]], str]] = {
    "its memory is full": (_full, "maxmemory"),
    "it is a replica": (_replica, "read only replica"),
    "it wants a password": (_with_password, "Authentication required"),
    "the key holds something else": (_another_type, f"the key {STREAM} holds a string, no stream"),
    "it wants replicas": (_no_replicas, "NOREPLICAS|Not enough good replicas"),
    "it has no ids left": (_used_up, "exhausted"),
}


@pytest.mark.parametrize("trouble", list(_TROUBLES))
def test_a_server_that_cannot_add_is_down_in_words_and_takes_the_same_batch_when_it_can(
    stream: Stream, trouble: str
) -> None:
    make, words = _TROUBLES[trouble]
    sink, batch, parcels = stream.open(), new_batch(), [parcel(new_article()) for _ in range(3)]
    with stream.client as client:
        mend = make(client)
        for _ in range(2):
            with pytest.raises(SinkDown, match=words) as caught:
                sink.deliver(batch, parcels)
            assert caught.value.reason is Reason.SINK_DOWN
            assert "\n" not in str(caught.value)
        mend()
    assert list(sink.deliver(batch, parcels)) == []
    assert stream.keys() == [one.key for one in parcels]


def test_a_wrong_password_is_down_in_words_without_it(stream: Stream) -> None:
    with stream.client as client:
        client.config_set("requirepass", "open")
    sink = stream.open(url=f"unix://:sesame@{stream.server.socket}")
    with pytest.raises(SinkDown, match="invalid username-password pair") as caught:
        sink.deliver(new_batch(), [parcel(new_article())])
    assert "sesame" not in str(caught.value)
    right = stream.open(url=f"unix://:open@{stream.server.socket}")
    assert list(right.deliver(new_batch(), [parcel(new_article())])) == []


@pytest.mark.parametrize("host", ["127.0.0.1:1", f"{'a' * 70}:6379"])
def test_a_server_that_is_not_there_is_down_in_words_without_the_password(host: str) -> None:
    sink = open_sink("redis-stream", {"url": f"redis://reader:sesame@{host}/0"}, tools())
    with pytest.raises(SinkDown, match=r"\w+ \w+") as caught:
        sink.deliver(new_batch(), [parcel(new_article())])
    assert "sesame" not in str(caught.value)


def _rules() -> list[str]:
    """The rights that the documentation names."""
    (line,) = re.findall(r"^ACL SETUSER desk on >PASSWORD (.*)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return str(line).split()


def test_the_rights_that_are_documented_are_enough_and_without_that_to_add_nothing_is_left_behind(
    stream: Stream,
) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(2)]
    sink = stream.open(url=f"unix://desk:sesame@{stream.server.socket}")
    with stream.client as client:
        client.execute_command("ACL", "SETUSER", "desk", "on", ">sesame", *_rules(), "-xadd")
        with pytest.raises(SinkDown, match="can't run this command"):
            sink.deliver(batch, parcels)
        wait_until(lambda: stream.markers() == [])
        client.execute_command("ACL", "SETUSER", "desk", "+xadd")
    assert list(sink.deliver(batch, parcels)) == []
    assert stream.stored() == records(*parcels)


# Where a child is killed: after some chunks, or with the next one half on the wire.
_DEATHS = {
    "between two chunks": """
real, left = Redis.eval, 2
def eval(self, *arguments):
    global left
    left -= 1
    return real(self, *arguments) if left >= 0 else os.kill(os.getpid(), signal.SIGKILL)
Redis.eval = eval
""",
    "in the middle of a chunk": """
real, sent = Connection.send_packed_command, 0
def send(self, command, **more):
    global sent
    whole = b"".join([command] if isinstance(command, bytes) else command)
    if b"EVAL" in whole:
        sent += 1
        if sent == 3:
            self._sock.sendall(whole[:len(whole) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
    return real(self, command, **more)
Connection.send_packed_command = send
""",
}
_CHILD = """
import json, os, signal, sys
from redis import Redis
from redis.connection import AbstractConnection as Connection
from worker.clock import SystemClock
from worker.pipeline.ports import Parcel
from worker.sinks.redis_stream import RedisStreamOptions, RedisStreamSink
url, batch, parcels = json.loads(sys.stdin.read())
{death}
sink = RedisStreamSink(RedisStreamOptions(url=url), SystemClock())
sink.deliver(batch, [Parcel(key=f"{{id}}:1", article=id, revision=1, body=body.encode()) for id, body in parcels])
"""


@pytest.mark.faults
@pytest.mark.parametrize("death", list(_DEATHS))
def test_a_process_that_is_killed_leaves_whole_chunks_and_the_batch_is_completed_by_another(
    stream: Stream, death: str
) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(900)]
    told = json.dumps([stream.url, batch, [[one.article, one.body.decode()] for one in parcels]])
    code = _CHILD.format(death=_DEATHS[death])
    child = subprocess.run([sys.executable, "-c", code], input=told.encode(), check=False, timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert stream.keys() == [one.key for one in parcels[:400]]
    assert list(stream.open().deliver(batch, parcels)) == []
    assert stream.keys() == [one.key for one in parcels]


@pytest.mark.faults
@pytest.mark.parametrize("after", [1, 450, 3000])
def test_a_server_that_is_killed_has_whole_chunks_of_a_batch_and_takes_the_rest_afterwards(
    stream: Stream, after: int
) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), text="x" * 2000) for _ in range(5000)]
    sink = stream.open()

    def deliver() -> bool:
        try:
            sink.deliver(batch, parcels)
        except SinkDown:
            return False
        return True

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(deliver)
        with stream.client as client:
            wait_until(lambda: int(client.xlen(STREAM)) >= after)
        stream.server.kill()
        done = running.result()
    stream.server.start()
    left = stream.keys()
    assert left == [one.key for one in parcels[: len(left)]]
    assert len(left) >= after, "what was answered was on its disk"
    assert len(left) % 200 == 0
    assert done == (len(left) == len(parcels))
    assert list(sink.deliver(batch, parcels)) == []
    assert stream.keys() == [one.key for one in parcels]
