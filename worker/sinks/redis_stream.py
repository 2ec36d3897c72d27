"""A Redis stream downstream: an entry a record, each key once as long as its marker is remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool, parse_url
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import MovedError, RedisError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Clock, Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools

# A server that is frozen, or a network that swallows packets, holds a worker for so long.
CONNECT_S = 5.0
ANSWER_S = 10.0
# What was not begun by then is left to the next batch: the last chunk may take its own time, at two servers of a cluster.
LONGEST = timedelta(seconds=25)
# Nothing else runs on the server while it adds a chunk.
MOST_RECORDS = 200
MOST_BYTES = 4 << 20
# The server adds a record and sets its marker, or neither, whatever ends the script: memory that is full, a right that is missing,
# ids that are used up. So it asks for the marker by a write that changes nothing, before it adds.
# KEYS: the stream, a marker for each record. ARGV: the stream's bound, the seconds that markers last, and for each record the values
# of the fields; an empty one of the last two is none.
_ADD = """
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'stream' then
  return redis.error_reply('WRONGTYPE the key ' .. KEYS[1] .. ' holds a ' .. kind .. ', no stream')
end
local names = {'key', 'id', 'revision', 'change', 'outlet', 'record', 'replay', 'superseded_by'}
for n = 2, #KEYS do
  local known = redis.pcall('SET', KEYS[n], '', 'XX', 'KEEPTTL')
  if known and known.err then return known end
  if not known then
    local add = {'XADD', KEYS[1]}
    if ARGV[1] ~= '0' then add = {'XADD', KEYS[1], 'MAXLEN', '~', ARGV[1]} end
    add[#add + 1] = '*'
    for i, name in ipairs(names) do
      local value = ARGV[2 + (n - 2) * #names + i]
      if i <= 6 or value ~= '' then
        add[#add + 1] = name
        add[#add + 1] = value
      end
    end
    local entry = redis.pcall(unpack(add))
    if type(entry) == 'table' and entry.err then return entry end
    redis.call('SET', KEYS[n], '', 'EX', ARGV[2])
  end
end
"""
# Braces say which part of a key decides where a cluster keeps it, and only whole ones do.
_STREAM = re.compile(r"[^\s{}]+|[^\s{}]*\{[^\s{}]+\}[^\s{}]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStreamOptions:
    """What the settings say. `most` entries are kept, about; 0: all of them. Markers last for `remember_s`."""

    url: str
    stream: str = "copydesk:articles"
    most: int = 100_000
    remember_s: int = 86_400

    def __post_init__(self) -> None:
        _pool(self.url)
        if not _STREAM.fullmatch(self.stream):
            raise ValueError("stream: a name without spaces, and with braces only around one part of it")
        if self.most < 0:
            raise ValueError("most: should be 0 (all entries are kept) or more")
        if self.remember_s < 1:
            raise ValueError("remember_s: should be 1 second or more")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A parcel as the script wants it."""

    key: str
    marker: str
    values: tuple[str | int | bytes, ...]
    size: int


class RedisStreamSink:
    """The `Sink` port on a stream. Of a key that comes again its reader sees nothing, unless somebody asked for a replay."""

    def __init__(self, options: RedisStreamOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        # The keys of one script must be at one place of a cluster.
        tagged = options.stream if "{" in options.stream else f"{{{options.stream}}}"
        self._markers = f"{tagged}:added:"
        self._home = Redis.from_pool(_pool(options.url))
        self._client = self._home

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Add what is new of a batch, in its order and in chunks that are there as a whole or not at all."""
        returned: list[Returned] = []
        entries: list[_Entry] = []
        for parcel in parcels:
            try:
                entries.append(self._entry(batch, parcel))
            except (ValueError, LookupError, TypeError) as error:
                words = f"it is no record: {type(error).__name__} {error}"
                returned.append(Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail=words))
        until = self._clock.now() + LONGEST
        for chunk in _chunks(entries):
            if self._clock.now() > until:
                words = f"the server took longer than {LONGEST.total_seconds():.0f} s for those before"
                returned += [Returned(key=e.key, reason=Reason.SINK_SLOW, detail=words, tried=False) for e in chunk]
            else:
                self._add(chunk)
        return returned

    def close(self) -> None:
        """Close the connections; the next batch opens others."""
        for client in (self._home, self._client):
            client.close()

    def _entry(self, batch: str, parcel: Parcel) -> _Entry:
        record = orjson.loads(parcel.body)
        change, outlet = str(record["change"]), str(record["outlet"]["id"])
        replay, superseded = "1" if parcel.replay else "", parcel.superseded_by or ""
        values = (parcel.key, parcel.article, parcel.revision, change, outlet, parcel.body, replay, superseded)
        marker = f"{self._markers}{parcel.key}"
        return _Entry(parcel.key, f"{marker}:{batch}" if parcel.replay else marker, values, len(parcel.body))

    def _add(self, entries: Sequence[_Entry]) -> None:
        arguments: list[str | int | bytes] = [self._options.most, self._options.remember_s]
        for entry in entries:
            arguments += entry.values
        keys = [self._options.stream, *(entry.marker for entry in entries)]
        try:
            self._run(keys, arguments)
        # A host name that can't be one is a ValueError of the standard library.
        except (RedisError, ValueError) as error:
            raise SinkDown(Reason.SINK_DOWN, " ".join(str(error).split())) from error

    def _run(self, keys: Sequence[str], arguments: Sequence[str | int | bytes]) -> None:
        try:
            try:
                self._client.eval(_ADD, len(keys), *keys, *arguments)
            except MovedError as moved:
                # A server of a cluster: it names the one that keeps the stream, without a host when that is its own.
                place = {"host": moved.host} if moved.host else {}
                self._client = Redis.from_pool(_pool(self._options.url, port=moved.port, **place))
                self._client.eval(_ADD, len(keys), *keys, *arguments)
        except (NotConnected, NoAnswer):
            # The server that a cluster named may be gone for good; the one of the settings knows where the stream is now.
            self._client = self._home
            raise


def _chunks(entries: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """The entries in their order, as many together as one script may hold."""
    chunk: list[_Entry] = []
    size = 0
    for entry in entries:
        if chunk and (len(chunk) >= MOST_RECORDS or size + entry.size > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry.size
    if chunk:
        yield chunk


def _pool(url: str, **elsewhere: str | int) -> ConnectionPool:
    """The connections to a server; none is opened yet. Raises `ValueError`, without the password that the URL may hold."""
    # An address may say a lot about connections, but not for how long a worker waits.
    ours = {
        "socket_timeout": ANSWER_S,
        "socket_connect_timeout": CONNECT_S,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
        "protocol": 2,
    }
    try:
        pool = ConnectionPool(**{**parse_url(url), **ours, **elsewhere})  # type: ignore[no-untyped-call]
        pool.make_connection()
    except (RedisError, ValueError, TypeError):
        raise ValueError(
            "url: should be redis://USER:PASSWORD@HOST:PORT/DATABASE, the same with rediss:// for TLS, or unix://PATH; "
            "in a password write %2F for /, %23 for # and so on"
        ) from None
    return pool


def _open(options: RedisStreamOptions, tools: Tools) -> Sink:
    return RedisStreamSink(options, tools.clock)


KIND = SinkKind(options=RedisStreamOptions, open=_open)
