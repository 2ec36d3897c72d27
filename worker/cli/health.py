"""What can be wrong with this machine, in one line each."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from worker.celery import workers
from worker.embedded.broker import NoRedisError, redis_binary
from worker.embedded.service import runs_already
from worker.settings import Settings

# Below this SQLite, the archive and the sinks will soon be refused their next page.
LEAST_FREE = 200 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Who works, and what is wrong."""

    workers: tuple[str, ...]
    problems: tuple[str, ...]


def look(settings: Settings) -> Health:
    """Ask the workers who they are, and look at the disk and at the private Redis."""
    running = not settings.embedded_broker or runs_already(settings.data)
    problems = disk_problems(settings)
    if settings.embedded_broker and not running:
        try:
            redis_binary()
        except NoRedisError as error:
            problems.append(str(error))
    answered = workers() if running else ()
    if answered is None:
        problems.append("the broker can't be reached; see COPYDESK_BROKER_URL")
    return Health(workers=answered or (), problems=tuple(problems))


def disk_problems(settings: Settings) -> list[str]:
    """A disk that is full, or nearly."""
    found = {}
    for place in (settings.data, *(Path(path) for path in _folders(settings))):
        if place.exists():
            usage = shutil.disk_usage(place)
            least = min(LEAST_FREE, usage.total // 20)
            if usage.free < least:
                found[place.stat().st_dev] = f"the disk of {place} has {usage.free >> 20} MB left: make room"
    return list(found.values())


def _folders(settings: Settings) -> list[str]:
    sinks = [
        sink.options["path"] for sink in settings.sinks.values() if sink.kind == "files" and "path" in sink.options
    ]
    archive = [] if "://" in settings.archive_url else [settings.archive_url]
    return sinks + archive
