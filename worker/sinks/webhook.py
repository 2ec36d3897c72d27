"""A receiver on the web: records as signed POST requests, as the Standard Webhooks specification has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason
from worker.pipeline.ports import LONGEST_DELIVERY, Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools
from worker.sinks.rounds import Answers, each, halved
from worker.sinks.signing import keys_of, signatures
from worker.sinks.verdicts import Answer, Ended, answer_of, answer_to, returned

# A connection whose answer was read to its end can be used again.
MOST_READ = 65_536
LONGEST_TIMEOUT_S = 30.0
# Threads are not free: a process may deliver to several sinks at a time.
MOST_PARALLEL = 32
LONGEST_URL = 2048
# What is left for signing, and for giving the batch back.
_MARGIN = timedelta(seconds=5)
_TIMED = 7
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
# These are ours, and those of the connection.
_OURS = re.compile(r"webhook-.*|content-.*|host|connection|transfer-encoding|accept-encoding|user-agent", re.IGNORECASE)


class Per(StrEnum):
    """What one request carries."""

    RECORD = "record"
    BATCH = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """What the settings say. Every secret signs, the first of them being the new one; several may stand in `secret` too, between
    spaces or lines, and so in one file. `parallel` requests go out at a time, each for `timeout_s` at most.
    """

    url: str
    secret: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    per: Per = Per.RECORD
    private: bool = False
    timeout_s: float = 10.0
    parallel: int = 8
    authorization: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _check_url(self.url, private=self.private)
        try:
            keys_of(self._all_secrets())
        except ValueError as error:
            raise ValueError(f"secret: {error}") from None
        if not 1 <= self.timeout_s <= LONGEST_TIMEOUT_S:
            raise ValueError(f"timeout_s: should be from 1 to {LONGEST_TIMEOUT_S:.0f}")
        if not 1 <= self.parallel <= MOST_PARALLEL:
            raise ValueError(f"parallel: should be from 1 to {MOST_PARALLEL}")
        for name, value in self.all_headers().items():
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or _OURS.fullmatch(name):
                raise ValueError(f"headers: {name!r} is no header that can be set, or its value is none")

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What signs, the new one first."""
        return keys_of(self._all_secrets())

    def all_headers(self) -> dict[str, str]:
        """What is sent besides our own."""
        return dict(self.headers) | ({"Authorization": self.authorization} if self.authorization else {})

    def _all_secrets(self) -> str:
        return " ".join((self.secret, *self.secrets))


@dataclass(frozen=True, slots=True)
class _Event:
    """A parcel, and what its record says that a receiver is told beside it."""

    parcel: Parcel
    type: str
    timestamp: str | None = None

    def json(self, *, timed: bool) -> bytes:
        """The event as JSON; the record in it is the one that was filed, byte by byte."""
        said: dict[str, object] = {"type": self.type}
        if timed and self.timestamp is not None:
            said["timestamp"] = self.timestamp
        if self.parcel.replay:
            said["replay"] = True
        if self.parcel.superseded_by is not None:
            said["superseded_by"] = self.parcel.superseded_by
        return b'%s,"data":%s}' % (orjson.dumps(said)[:-1], self.parcel.body)


class WebhookSink:
    """The `Sink` port on a receiver that remembers the `webhook-id` of what it took: a request may come more than once."""

    def __init__(self, options: WebhookOptions, tools: Tools) -> None:
        self._options, self._clock = options, tools.clock
        self._keys = options.keys
        self._headers = options.all_headers() | {"Content-Type": "application/json"}
        timeout = timedelta(seconds=options.timeout_s)
        # A request that is begun has its whole time.
        self._longest = LONGEST_DELIVERY - timeout - _MARGIN
        self._poster = tools.open_poster([options.url] if options.private else [], timeout, MOST_READ)

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Post a batch; what the receiver answers decides what comes back (docs/sinks/webhook.md)."""
        events, unreadable = _events(parcels)
        until = self._clock.now() + self._longest
        deliver = self._together if self._options.per is Per.BATCH else self._one_by_one
        answers = deliver(batch, events, until)
        ended = [Ended(parcel=one.parcel, answer=answer) for one, answer in zip(events, answers, strict=True)]
        late = f"the receiver took longer than {self._longest.total_seconds():.0f} s for those before"
        return [*unreadable, *returned(ended, late=late)]

    def _one_by_one(self, batch: str, events: Sequence[_Event], until: datetime) -> Answers:
        def ask(number: int) -> Answer:
            event = events[number]
            # Somebody asked for it again: a receiver that remembers the key would not look at it.
            id_ = f"{event.parcel.key}:{batch}" if event.parcel.replay else event.parcel.key
            return self._post(id_, event.json(timed=True))

        return each(
            _by_article(events), ask, parallel=self._options.parallel, is_late=lambda: self._clock.now() > until
        )

    def _together(self, batch: str, events: Sequence[_Event], until: datetime) -> Answers:
        said: dict[str, object] = {"type": "articles"}
        if (at := _time_of(batch)) is not None:
            said["timestamp"] = at
        head = orjson.dumps(said)[:-1]

        def ask(start: int, end: int) -> Answer:
            id_ = batch if end - start == len(events) else f"{batch}:{start + 1}-{end}"
            data = b",".join(event.json(timed=False) for event in events[start:end])
            return self._post(id_, b'%s,"data":[%s]}' % (head, data))

        return halved(len(events), ask, is_late=lambda: self._clock.now() > until)

    def _post(self, id_: str, body: bytes) -> Answer:
        timestamp = int(self._clock.now().timestamp())
        signed = {
            "webhook-id": id_,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(self._keys, id_=id_, timestamp=timestamp, body=body),
        }
        try:
            return answer_of(self._poster.post(self._options.url, body, headers=self._headers | signed))
        except (HostDown, Refused) as error:
            return answer_to(error)


def _events(parcels: Sequence[Parcel]) -> tuple[list[_Event], list[Returned]]:
    """The events of a batch, and what is no record."""
    events, unreadable = list[_Event](), list[Returned]()
    for parcel in parcels:
        try:
            record = orjson.loads(parcel.body)
            events.append(_Event(parcel, f"article.{record['change']}", record.get("fetched_at")))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            words = f"it is no record: {type(error).__name__} {error}"
            unreadable.append(Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail=words))
    return events, unreadable


def _by_article(events: Sequence[_Event]) -> list[list[int]]:
    """The numbers of the events, a row an article, its revisions in order."""
    rows: dict[str, list[int]] = {}
    for number, event in enumerate(events):
        rows.setdefault(event.parcel.article, []).append(number)
    return [sorted(row, key=lambda number: events[number].parcel.revision) for row in rows.values()]


def _time_of(batch: str) -> str | None:
    """When a batch was put together: a UUIDv7 begins with 48 bits of milliseconds (RFC 9562 §5.7)."""
    number = UUID(batch)
    if number.version != _TIMED:
        return None
    return (
        datetime.fromtimestamp((number.int >> 80) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _check_url(url: str, *, private: bool) -> None:
    """Raise `ValueError` for what is no address of a receiver; its words do not repeat it, for it may hold a secret."""
    try:
        parts = urlsplit(url)
        whole = (
            len(url) <= LONGEST_URL and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        )
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("url: should be https://HOST/PATH") from None
    if parts.username is not None:
        raise ValueError("url: a login has its place in `authorization`, such as Bearer TOKEN")
    if parts.scheme == "http" and not private:
        raise ValueError(
            "url: should be https://…; http:// is for a receiver in your own network, with `private = true`"
        )


def _open(options: WebhookOptions, tools: Tools) -> Sink:
    return WebhookSink(options, tools)


KIND = SinkKind(options=WebhookOptions, open=_open)
