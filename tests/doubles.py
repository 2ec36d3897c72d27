"""A scripted web, archive, sink and plain readers behind the ports, for tests of the engine itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.news.entry import Entry, FeedDocument
from worker.news.errors import Broken, HostDown, Refused, SinkDown, Transient
from worker.news.furniture import furnish
from worker.news.outlet import FeedKind
from worker.news.page import Accept, Body, Held, Moved, Page, Request, Validators
from worker.news.policy import FurniturePolicy
from worker.news.reason import Reason
from worker.news.record import Block, BlockKind, Extraction, Reading
from worker.news.rights import rights_of
from worker.pipeline.ports import PageInput, Parcel, Returned

Answer = Page | Moved | Exception


@dataclass
class ScriptedWeb:
    """Answers by address; a list of answers is given one by one, its last one for ever. What is not there is 404.

    `robots` holds the requests for robots.txt, `asked` all others.
    """

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    robots: list[Request] = field(default_factory=list)

    def fetch(self, request: Request) -> Page | Moved:
        """Give the scripted answer."""
        (self.robots if request.accept is Accept.ROBOTS else self.asked).append(request)
        answer = self.answers.get(request.url, Page(url=request.url, status=404))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        sent, held = request.validators, answer.validators if isinstance(answer, Page) else Validators()
        if sent.etag is not None and sent.etag == held.etag:
            return Page(url=request.url, status=304, validators=held)
        return answer

    def feed(self, url: str, *entries: Entry, etag: str | None = None) -> None:
        """Publish a feed that `PlainFeeds` reads."""
        body = json.dumps([{"url": e.url, "guid": e.guid, "title": e.title, "content": e.content} for e in entries])
        page = Page(url=url, status=200, body=Held(body.encode()), content_type="application/json")
        self.answers[url] = page if etag is None else _with(page, etag)

    def page(
        self,
        url: str,
        text: str,
        *,
        title: str = "A title",
        canonical: str | None = None,
        directives: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Publish a page that `PlainPages` reads, with robots directives of its own and headers."""
        body = json.dumps({"title": title, "text": text, "canonical": canonical, "directives": directives})
        self.answers[url] = Page(
            url=url,
            status=200,
            body=Held(f"<!--{body}-->".encode()),
            content_type="text/html",
            headers=headers or {},
        )

    def rules(self, origin: str, body: str) -> None:
        """Publish a robots.txt."""
        url = f"{origin}/robots.txt"
        self.answers[url] = Page(url=url, status=200, body=Held(body.encode()), content_type="text/plain")


def _with(page: Page, etag: str) -> Page:
    return Page(
        url=page.url,
        status=page.status,
        body=page.body,
        content_type=page.content_type,
        validators=Validators(etag=etag),
    )


@dataclass
class PlainFeeds:
    """Reads what `ScriptedWeb.feed` publishes."""

    def read(self, body: bytes, *, url: str, content_type: str, kind: FeedKind, now: datetime) -> FeedDocument:
        """Parse it."""
        del url, content_type, kind, now
        try:
            listed = json.loads(body)
        except ValueError as error:
            raise Broken(Reason.UNPARSABLE, str(error)) from error
        return FeedDocument(format="json", entries=tuple(Entry(**entry) for entry in listed))


@dataclass
class PlainPages:
    """Reads what `ScriptedWeb.page` publishes, a line a block; a text `boom` is a bug, `broken` can't be read, an empty one is no
    article, `later` is a site that is being worked on.
    """

    furniture: FurniturePolicy = field(default=FurniturePolicy(), kw_only=True)

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read it."""
        del now
        found = json.loads(page.body.decode().removeprefix("<!--").removesuffix("-->"))
        match found["text"]:
            case "boom":
                message = "a bug"
                raise RuntimeError(message)
            case "memory":
                raise MemoryError
            case "broken":
                raise Broken(Reason.UNPARSABLE, "as scripted")
            case "":
                raise Refused(Reason.NO_TEXT)
            case "later":
                raise Refused(Reason.MAINTENANCE, "as scripted")
        rights = rights_of({"x-robots-tag": found["directives"]}, agent="copydesk")
        reading = _reading(found["title"], found["text"], found["canonical"], "plain")
        kept = furnish(reading.blocks, title=reading.title, known=page.furniture, policy=self.furniture)
        return replace(
            reading,
            text="\n".join(block.text for block in kept.blocks),
            blocks=kept.blocks,
            rights=rights,
            extraction=replace(reading.extraction, warnings=kept.warnings),
            furnishing=kept.furnishing,
        )

    def read_entry(self, entry: Entry, *, url: str, language: str, now: datetime) -> Reading:
        """The entry's content."""
        del url, language, now
        if not entry.content:
            raise Refused(Reason.NO_TEXT)
        return _reading(entry.title, entry.content, None, "feed")


def _reading(title: str, text: str, canonical: str | None, engine: str) -> Reading:
    return Reading(
        title=title,
        text=text,
        blocks=tuple(Block(kind=BlockKind.PARAGRAPH, text=line) for line in text.splitlines()),
        canonical=canonical,
        extraction=Extraction(engine=engine, version="1", quality=1.0),
    )


@dataclass
class DictArchive:
    """Bodies in memory."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    def put(self, body: Body, *, now: datetime) -> str:
        """Keep a body."""
        key = f"pages/{now.date()}/{body.digest.hex()}.zst"
        self.bodies[key] = body.read()
        return key

    def get(self, key: str) -> bytes:
        """Give it back."""
        try:
            return self.bodies[key]
        except KeyError as error:
            raise Transient(Reason.NO_BODY, key) from error

    def delete(self, key: str) -> None:
        """Forget it."""
        self.bodies.pop(key, None)


@dataclass
class ListSink:
    """Keeps what it gets by key, and how often each came on the wire.

    `down`, `gone` and `refuse` make it fail, and so does an article in `choke`: with the whole batch that it is in. `asked`
    holds the keys of every batch that was handed over, `sent` the parcels that were taken.
    """

    stored: dict[str, bytes] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    batches: dict[str, tuple[str, ...]] = field(default_factory=dict)
    down: bool = False
    refuse: set[str] = field(default_factory=set)
    gone: bool = False
    choke: set[str] = field(default_factory=set)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    sent: list[Parcel] = field(default_factory=list)

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Store the parcels."""
        keys = tuple(parcel.key for parcel in parcels)
        self.asked.append(keys)
        if self.gone:
            raise SinkDown(Reason.SINK_GONE, "HTTP 410")
        if self.down or self.choke & {parcel.article for parcel in parcels}:
            raise SinkDown(Reason.SINK_DOWN, "as scripted")
        assert self.batches.setdefault(batch, keys) == keys, "a repeated batch is the same batch"
        for parcel in parcels:
            if parcel.article not in self.refuse:
                self.stored[parcel.key] = parcel.body
                self.order.append(parcel.key)
                self.sent.append(parcel)
        return tuple(
            Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail="as scripted")
            for parcel in parcels
            if parcel.article in self.refuse
        )


def host_down(reason: Reason = Reason.CONNECT) -> HostDown:
    """A host that can't be reached."""
    return HostDown(reason, "as scripted")
