"""`ingest --dry-run`: the real stages over a database of their own, which is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from worker.archive import BlobArchive
from worker.cli import desk
from worker.news.outlet import Outlet
from worker.news.record import Record
from worker.news.subscription import objection
from worker.news.work import Call
from worker.settings import Settings
from worker.store import lives
from worker.store.database import Database
from worker.store.manual import ingest
from worker.store.migrate import migrate
from worker.store.outlets import sync_outlets
from worker.store.progress import open_until
from worker.store.values import load
from worker.wiring import Service

# A trial waits as long as a host's Crawl-delay may be, and no longer: not for one that is down.
LONGEST_TRIAL = timedelta(seconds=65)
PAUSE = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What every stage made of an address, and the record that would be filed (JSON), if any."""

    life: lives.Life
    record: str | None
    known_as: str | None  # the article that is filed already under one of its addresses
    stages: tuple[tuple[str, str], ...]  # stage → what it made of it


@dataclass
class _Basket:
    """Keeps the calls: this process answers them itself."""

    calls: list[Call] = field(default_factory=list)

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Keep them."""
        self.calls.extend(calls)
        return ()


def try_out(settings: Settings, outlets: Sequence[Outlet], url: str) -> Trial:
    """Take an article through the stages without keeping anything of it."""
    with _throwaway(settings, outlets) as (service, basket):
        now = desk.clock.now
        began = now()
        article = ingest(service.database, url, now=began).article
        while (
            open_until(service.database, since=began, deadline=began + LONGEST_TRIAL) and now() < began + LONGEST_TRIAL
        ):
            service.dispatch()
            while basket.calls:
                call = basket.calls.pop(0)
                service.run(call.stage, call.tickets)
            desk.clock.sleep(now() + PAUSE)
        life = lives.why(service.database, article, now=now())
        found = lives.revisions_of(service.database, article)
        trace = lives.trace_of(service.database, article)
    if life is None:
        message = "the article that was just taken in is not there"
        raise RuntimeError(message)
    record = found[-1].record if found else None
    stages = (*_stages(life, trace, orjson.loads(record) if record else None), *delivered_to(settings, record))
    return Trial(life=life, record=record, known_as=_known(url), stages=stages)


def _stages(life: lives.Life, trace: lives.Trace, record: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """A line for each stage, and for what a person asks of it first."""
    page = trace.page
    if page is not None:
        yield from (("fetch", f"HTTP {status} to {target}") for status, target in page.redirects)
        yield "robots", page.robots
        yield "fetch", f"HTTP {page.status}, {page.content_type or 'no content type'}, {page.bytes:,} bytes"
    else:
        yield "fetch", life.now
    if record is None:
        if page is not None:
            yield "extract", life.now
        return
    yield from _extracted(record)
    yield "identity", ", ".join(f"{n} of {witness}" for witness, n in trace.keys.items()) + " (keys by witness)"


def delivered_to(settings: Settings, text: str | None) -> Iterator[tuple[str, str]]:
    """Which sinks would take the record, and why the others would not."""
    if text is None:
        return
    record = load(Record, text)
    takers: list[str] = []
    others: list[str] = []
    for name, sink in sorted(settings.sinks.items()):
        why = objection(sink.subscription, record, holds=False) if sink.enabled else "it is switched off"
        if why is None:
            takers.append(name)
        else:
            others.append(f"not to {name}: {why}")
    if takers:
        yield "deliver", f"to {', '.join(takers)}"
    yield from (("deliver", words) for words in others)
    if not settings.sinks:
        yield "deliver", "no sink is configured"


def _extracted(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    engine, text = record["extraction"], record["text"]
    counts = {"blocks": "blocks", "links": "links", "images": "pictures", "related": "related"}
    parts = ", ".join(f"{len(record[name])} {words}" for name, words in counts.items())
    yield "extract", f"by {engine['engine']}, quality {engine['quality']:.2f}: {len(text):,} letters, {parts}"
    yield from (("warning", warning) for warning in engine["warnings"])
    language = record["language"]
    if language:
        yield "language", f"{language['code']}, by its {language['source']} ({language['confidence']:.2f})"
    for role, found in record["dates"].items():
        for dated in found[:1]:
            zone = ", zone assumed" if dated["tz_assumed"] else ""
            yield (
                "date",
                f"{role} {dated['value'] or dated['raw']}, by {dated['source']} (to the {dated['precision']}{zone})",
            )
    access = record["access"]
    yield "access", access["value"] + (f" ({access['evidence']})" if access["evidence"] else "")


@contextmanager
def _throwaway(settings: Settings, outlets: Sequence[Outlet]) -> Iterator[tuple[Service, _Basket]]:
    with tempfile.TemporaryDirectory() as folder:
        own = replace(
            settings,
            # robots.txt and the page, and nothing else of this host: the two need not keep our distance, only the host's.
            politeness=replace(settings.politeness, spacing=timedelta(0)),
            data=Path(folder),
            database_url=f"sqlite:///{folder}/trial.db",
            archive_url=f"{folder}/pages",
            sinks={},
        )
        basket = _Basket()
        service = Service(settings=own, bell=basket)
        database: Database = service.database
        try:
            migrate(database)
            sync_outlets(database, [replace(outlet, enabled=False) for outlet in outlets], now=desk.clock.now())
            BlobArchive(own.archive_url).write_probe()
            yield service, basket
        finally:
            service.web.close()
            database.close()


def _known(url: str) -> str | None:
    with desk.database() as database:
        life = lives.why(database, url, now=desk.clock.now())
    return life.id if life is not None and life.kind == "article" else None
