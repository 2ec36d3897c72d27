"""The redis-stream sink at a Redis Cluster of two servers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from tests.contract.sinks.parcels import new_article, new_batch, parcel
from tests.contract.sinks.stream import STREAM, wait_until
from tests.servers import RedisServer
from worker.clock import SystemClock
from worker.news.errors import SinkDown
from worker.sinks.redis_stream import RedisStreamOptions, RedisStreamSink

SLOTS = 16384
# A server listens for the others of its cluster so far above its own port, and ports end at 65535.
ABOVE = 10_000


@dataclass(frozen=True)
class Node:
    """One server of a cluster."""

    server: RedisServer
    client: redis.Redis
    port: int

    def say(self, *words: object) -> Any:
        return self.client.execute_command(*words)  # type: ignore[no-untyped-call]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"


def _free_port() -> int:
    with ExitStack() as probes:
        while True:
            port = int(probes.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])
            if port + ABOVE < 1 << 16:
                return port


def _node(stack: ExitStack, slots: range) -> Node:
    port = _free_port()
    listen = ["--port", str(port), "--bind", "127.0.0.1"]
    options = [*listen, "--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"]
    server = stack.enter_context(RedisServer(options=options))
    client = stack.enter_context(redis.Redis(port=port, decode_responses=True))
    node = Node(server, client, port)
    node.say("CLUSTER", "ADDSLOTS", *slots)
    return node


@pytest.fixture
def nodes() -> Iterator[list[Node]]:
    """Two servers, each with half of the slots."""
    with ExitStack() as stack:
        nodes = [_node(stack, range(SLOTS // 2)), _node(stack, range(SLOTS // 2, SLOTS))]
        nodes[0].say("CLUSTER", "MEET", "127.0.0.1", nodes[1].port)
        wait_until(lambda: all(_ready(node) for node in nodes))
        yield nodes


def _ready(node: Node) -> bool:
    return len(node.say("CLUSTER", "SLOTS")) == 2 and "cluster_state:ok" in str(node.say("CLUSTER", "INFO"))


def _of(nodes: list[Node], stream: str) -> tuple[Node, Node]:
    """The node that keeps a stream, and the other one."""
    slot = int(nodes[0].say("CLUSTER", "KEYSLOT", stream))
    return (nodes[0], nodes[1]) if slot < SLOTS // 2 else (nodes[1], nodes[0])


def _keys(node: Node, stream: str) -> list[str]:
    found: Any = node.client.xrange(stream)
    return [fields["key"] for _, fields in found]


@pytest.mark.parametrize("stream", [STREAM, "news", "{news}:articles", "a:{b}"])
def test_a_stream_and_its_markers_are_at_one_place_of_a_cluster_whichever_server_is_asked(
    nodes: list[Node], stream: str
) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(250)]
    for node in (*nodes, *nodes):
        sink = RedisStreamSink(RedisStreamOptions(url=node.url, stream=stream), SystemClock())
        assert list(sink.deliver(batch, parcels)) == []
        sink.close()
    keeper, other = _of(nodes, stream)
    assert _keys(keeper, stream) == [one.key for one in parcels]
    assert other.client.dbsize() == 0


def test_a_stream_that_moved_to_another_server_is_found_there(nodes: list[Node]) -> None:
    keeper, other = _of(nodes, STREAM)
    sink, first, second = RedisStreamSink(RedisStreamOptions(url=other.url), SystemClock()), *_two()
    sink.deliver(new_batch(), [first])
    keeper.server.kill()
    batch = new_batch()
    for _ in range(2):
        with pytest.raises(SinkDown, match=str(keeper.port)):
            sink.deliver(batch, [second])
    slot = other.say("CLUSTER", "KEYSLOT", STREAM)
    other.say("CLUSTER", "SETSLOT", slot, "NODE", other.say("CLUSTER", "MYID"))
    assert list(sink.deliver(batch, [second])) == []
    assert _keys(other, STREAM) == [second.key]
    sink.close()


def _two() -> tuple[Any, Any]:
    return parcel(new_article()), parcel(new_article())
