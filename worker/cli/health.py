"""What can be wrong with this machine, in one line each."""

from __future__ import annotations

import http.client
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from worker.celery import workers
from worker.cli import desk
from worker.embedded.broker import NoRedisError, redis_binary
from worker.embedded.service import runs_already
from worker.sample.server import SERVER
from worker.settings import Settings
from worker.store.errors import Unavailable

# Below this SQLite, the archive and the sinks will soon be refused their next page.
LEAST_FREE = 200 << 20
# A small disk has less to spare: this part of it.
LEAST_PART = 20
SAMPLE_WAIT_S = 2.0


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
    if running and serves_here(settings):
        problems.extend(_sample_problems(settings))
    answered = workers() if running else ()
    if answered is None:
        problems.append("the broker can't be reached; see COPYDESK_BROKER_URL")
    return Health(workers=answered or (), problems=tuple(problems))


def serves_here(settings: Settings) -> bool:
    """Whether the sample outlet is polled, and served on this machine."""
    local = (urlsplit(settings.sample.url).hostname or "") in {"127.0.0.1", "localhost", "::1"}
    try:
        return local and desk.sample_is_on(settings)
    except Unavailable:
        # Who asks has worse to tell.
        return False


def _sample_problems(settings: Settings) -> list[str]:
    """Something else where the sample outlet should be, or nothing."""
    where = urlsplit(settings.sample.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=SAMPLE_WAIT_S)
    try:
        connection.request("HEAD", "/robots.txt")
        server = connection.getresponse().getheader("Server", "")
    except (OSError, http.client.HTTPException) as error:
        return [f"the sample outlet does not answer at {settings.sample.url}: {type(error).__name__} {error}"]
    finally:
        connection.close()
    if server.startswith(SERVER):
        return []
    taken = f"port {where.port or 80} is in use by something else than the sample outlet"
    return [f"{taken}: set COPYDESK_SAMPLE__URL to a free one, or `copydesk outlets disable sample`"]


def disk_problems(settings: Settings) -> list[str]:
    """A disk that is full, or nearly."""
    found = {}
    for place in (settings.data, *(Path(path) for path in _folders(settings))):
        if place.exists():
            usage = shutil.disk_usage(place)
            least = min(LEAST_FREE, usage.total // LEAST_PART)
            if usage.free < least:
                found[place.stat().st_dev] = f"the disk of {place} has {usage.free >> 20:,} MB left: make room"
    return list(found.values())


def _folders(settings: Settings) -> list[str]:
    sinks = [str(sink.options.get("path", "")) for sink in settings.sinks.values() if sink.kind == "files"]
    return [place for place in (*sinks, settings.archive_url) if place and "://" not in place]
