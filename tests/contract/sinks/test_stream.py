"""What is particular to the redis-stream sink."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.architecture.source import ROOT
from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records
from tests.contract.sinks.stream import Stream, wait_until
from tests.harness import START, FakeClock
from worker.news.reason import Reason
from worker.pipeline.ports import LONGEST_DELIVERY
from worker.sinks.build import mistakes_of
from worker.sinks.redis_stream import ANSWER_S, CONNECT_S, LONGEST, RedisStreamOptions, RedisStreamSink

DOCUMENT = ROOT / "docs" / "sinks" / "redis-stream.md"
_URL_WORDS = (
    "sinks.out: url: should be redis://USER:PASSWORD@HOST:PORT/DATABASE, the same with rediss:// for TLS, or unix://PATH; "
    "in a password write %2F for /, %23 for # and so on"
)


def _scripts(stream: Stream) -> int:
    """How many scripts the server ran."""
    with stream.client as client:
        return int(client.info("commandstats").get("cmdstat_eval", {"calls": 0})["calls"])


def test_an_entry_says_what_its_record_is_and_holds_it_byte_by_byte(stream: Stream) -> None:
    one = parcel(new_article(), 3, title=ODD, change="correction")
    stream.open().deliver(new_batch(), [one])
    assert stream.entries() == [
        {
            "key": one.key,
            "id": one.article,
            "revision": "3",
            "change": "correction",
            "outlet": "paper",
            "record": one.body.decode(),
        }
    ]


def test_entries_stand_in_the_order_of_their_batch(stream: Stream) -> None:
    parcels = [parcel(new_article()) for _ in range(30)][::-1]
    stream.open().deliver(new_batch(), parcels)
    assert stream.keys() == [one.key for one in parcels]


def test_a_revision_that_a_newer_one_overtook_says_by_which(stream: Stream) -> None:
    stream.open().deliver(new_batch(), [replace(parcel(new_article()), superseded_by=4)])
    (entry,) = stream.entries()
    assert (entry["superseded_by"], "replay" in entry) == ("4", False)


def test_a_replay_reaches_the_stream_again_and_once_for_each_time_that_it_was_asked_for(stream: Stream) -> None:
    first = parcel(new_article())
    again = replace(first, replay=True)
    batches = [new_batch(), new_batch()]
    stream.open().deliver(new_batch(), [first])
    for batch in (*batches, *batches):
        assert list(stream.open().deliver(batch, [again])) == []
    assert [(entry["key"], entry.get("replay")) for entry in stream.entries()] == [
        (first.key, None),
        (first.key, "1"),
        (first.key, "1"),
    ]
    stream.open().deliver(new_batch(), [first])
    assert len(stream.entries()) == 3


def test_a_stream_keeps_about_as_many_entries_as_it_may(stream: Stream) -> None:
    sink = stream.open(most=100)
    for _ in range(10):
        sink.deliver(new_batch(), [parcel(new_article()) for _ in range(100)])
    last = parcel(new_article())
    sink.deliver(new_batch(), [last])
    # The server removes whole nodes, of 100 entries at most.
    assert 100 <= len(stream.keys()) <= 200
    assert stream.keys()[-1] == last.key


def test_a_stream_without_a_bound_keeps_all(stream: Stream) -> None:
    parcels = [parcel(new_article()) for _ in range(1000)]
    stream.open(most=0).deliver(new_batch(), parcels)
    assert stream.stored() == records(*parcels)


@pytest.mark.parametrize(("many", "text", "scripts"), [(200, "", 1), (201, "", 2), (3, "x" * 3_000_000, 3)])
def test_a_large_batch_is_added_in_chunks_that_do_not_hold_the_server_up(
    stream: Stream, many: int, text: str, scripts: int
) -> None:
    parcels = [parcel(new_article(), text=text) for _ in range(many)]
    stream.open().deliver(new_batch(), parcels)
    assert _scripts(stream) == scripts
    assert stream.stored() == records(*parcels)


@pytest.mark.parametrize("body", [b'{"half', b"[]", b"null", b'{"change":"new"}', b'{"change":"new","outlet":null}'])
def test_what_is_no_record_comes_back_and_its_neighbours_are_added(stream: Stream, body: bytes) -> None:
    good, bad = [parcel(new_article()) for _ in range(2)], replace(parcel(new_article()), body=body)
    (returned,) = stream.open().deliver(new_batch(), [good[0], bad, good[1]])
    assert (returned.key, returned.reason, returned.tried) == (bad.key, Reason.SINK_REFUSED, True)
    assert returned.detail.startswith("it is no record: ")
    assert stream.stored() == records(*good)


def test_a_marker_that_ran_out_lets_its_key_in_again(stream: Stream) -> None:
    sink, one = stream.open(remember_s=1), parcel(new_article())
    sink.deliver(new_batch(), [one])
    wait_until(lambda: stream.markers() == [])
    sink.deliver(new_batch(), [one])
    assert stream.keys() == [one.key, one.key]


def test_markers_last_as_long_as_the_settings_say(stream: Stream) -> None:
    stream.open(remember_s=5000).deliver(new_batch(), [parcel(new_article())])
    (marker,) = stream.markers()
    with stream.client as client:
        assert 4900 < int(client.ttl(marker)) <= 5000


def test_two_streams_of_one_server_know_nothing_of_each_other(stream: Stream) -> None:
    one = parcel(new_article())
    for name in ("a", "b"):
        stream.open(stream=name).deliver(new_batch(), [one])
    assert (stream.keys("a"), stream.keys("b")) == ([one.key], [one.key])


class Stepping(FakeClock):
    """A clock that is ten seconds further each time that somebody looks at it."""

    def now(self) -> datetime:
        self.move(timedelta(seconds=10))
        return self.at


def test_what_a_slow_server_did_not_get_to_is_returned_as_not_tried(stream: Stream) -> None:
    parcels = [parcel(new_article()) for _ in range(700)]
    sink = RedisStreamSink(RedisStreamOptions(url=stream.url), Stepping(START))
    returned = sink.deliver(new_batch(), parcels)
    sink.close()
    assert [one.key for one in returned] == [one.key for one in parcels[400:]]
    assert {(one.reason, one.tried) for one in returned} == {(Reason.SINK_SLOW, False)}
    assert stream.stored() == records(*parcels[:400])


def test_a_batch_ends_within_its_time_whatever_the_server_does() -> None:
    # The last chunk may be asked for at two servers of a cluster, and to each a connection is made.
    assert LONGEST.total_seconds() + 2 * (CONNECT_S + ANSWER_S) < LONGEST_DELIVERY.total_seconds()


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(stream: Stream) -> None:
    sink, first, second = stream.open(), parcel(new_article()), parcel(new_article())
    sink.deliver(new_batch(), [first])
    with stream.client as client:
        assert client.client_kill_filter(_type="normal", skipme=True) >= 1
    assert list(sink.deliver(new_batch(), [second])) == []
    assert stream.stored() == records(first, second)


@pytest.mark.parametrize(
    "url",
    [
        "http://h/0",
        "redis://:open/sesame@h/0",
        "redis://:sesame@h:70000/0",
        "redis://:sesame@h:one/0",
        "redis://:sesame@h/0?colour=sesame",
        "redis://:sesame@h/0?max_connections=sesame",
        "rediss://:sesame@h/0?ssl_cert_reqs=sesame",
    ],
)
def test_an_address_that_cannot_be_read_is_a_mistake_in_words_without_the_password(url: str) -> None:
    assert mistakes_of("out", "redis-stream", {"url": url}) == [_URL_WORDS]


@pytest.mark.parametrize(
    "url", ["redis://h", "rediss://u:p@h:1/2?ssl_cert_reqs=none", "unix:///r.sock?db=1", "redis://[::1]"]
)
def test_an_address_that_can_be_read_is_none(url: str) -> None:
    assert mistakes_of("out", "redis-stream", {"url": url}) == []


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("stream", "two words", "stream: a name without spaces, and with braces only around one part of it"),
        ("stream", "", "stream: a name without spaces, and with braces only around one part of it"),
        ("stream", "a{}", "stream: a name without spaces, and with braces only around one part of it"),
        ("stream", "a}b", "stream: a name without spaces, and with braces only around one part of it"),
        ("most", -1, "most: should be 0 (all entries are kept) or more"),
        ("remember_s", 0, "remember_s: should be 1 second or more"),
    ],
)
def test_options_that_cannot_be_are_mistakes_in_words(option: str, value: object, words: str) -> None:
    given = {"url": "redis://h/0", option: value}
    assert mistakes_of("out", "redis-stream", given) == [f"sinks.out: {words}"]


_STORE = """
left = {}
def store(record):
    global left
    print(record["id"])
    left -= 1
    if left == 0:
        raise SystemExit
"""


def _reader() -> str:
    """The program of the documentation."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


def _read(stream: Stream, name: str, stop_after: int) -> list[str]:
    """What the documented reader stores until it stops at the end of so many lines, as a crash would stop it."""
    code = _reader().replace("redis://localhost:6379/0", stream.url).replace('"reader-1"', f'"{name}"')
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _STORE.format(stop_after) + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split()


def test_the_documented_reader_takes_every_record_once_and_goes_on_where_it_was_stopped(stream: Stream) -> None:
    parcels = [parcel(new_article()) for _ in range(60)]
    stream.open().deliver(new_batch(), parcels)
    ids = [one.article for one in parcels]
    assert _read(stream, "reader-1", 25) == ids[:25]
    # The one that it was stopped at was stored and not yet acknowledged.
    assert _read(stream, "reader-1", 36) == ids[24:]
