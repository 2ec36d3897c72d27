"""What a command works with: the settings, the catalog, and the database they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from worker.archive import BlobArchive
from worker.celery import CeleryBell
from worker.clock import SystemClock, new_id
from worker.configure import configure
from worker.news.outlet import SAMPLE, Switch
from worker.settings import Settings, read_settings
from worker.store.database import Database, open_database
from worker.store.migrate import check_schema, migrate
from worker.store.outlets import switch_of, switch_outlets, sync_outlets
from worker.store.subscribers import NamedSink, sync_sinks
from worker.wiring import Service

clock = SystemClock()


def prepare() -> Settings:
    """Read the configuration, bring the database to the current schema, and make it name the catalog's outlets and the sinks."""
    settings, outlets = configure()
    settings.data.mkdir(parents=True, exist_ok=True)
    with opened(settings) as found:
        migrate(found)
        sync_outlets(found, outlets, now=clock.now())
        sync_sinks(found, named_sinks(settings), now=clock.now())
        BlobArchive(settings.archive_url).write_probe()
    return settings


def named_sinks(settings: Settings) -> dict[str, NamedSink]:
    """The sinks of the settings as the database is to name them."""
    return {
        name: NamedSink(kind=sink.kind, enabled=sink.enabled, subscription=sink.subscription, since=sink.since)
        for name, sink in settings.sinks.items()
    }


def switch_sample_on_at_first(settings: Settings) -> None:
    """Have the sample outlet polled from the first start on; who switched it by hand has decided."""
    with opened(settings) as found:
        if switch_of(found, SAMPLE) is None:
            switch_outlets(found, [SAMPLE], Switch.ENABLED, now=clock.now())


def sample_is_on(settings: Settings) -> bool:
    """Whether the sample outlet is polled."""
    with opened(settings) as found:
        return switch_of(found, SAMPLE) == Switch.ENABLED


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database of the settings, whatever is in it."""
    found = open_database(settings.database_url, new_id=new_id)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def database() -> Iterator[Database]:
    """The database, with the schema that this version knows."""
    with opened(read_settings()) as found:
        check_schema(found)
        yield found


def service(settings: Settings) -> Service:
    """The graph, with the bell that the workers hear."""
    return Service(settings=settings, bell=CeleryBell(settings.lease.queue.total_seconds()))
