"""A process with little memory and little time that reads what it is told, line by line, and says what came of it.

`python -m tests.hostile.child FILE PORT`; a line is a question in JSON, its answer too.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.hostile.bodies import AFTER, BEFORE, CANARY, GROUPS, NOT_OPML, READ, Trap
from tests.hostile.fitness import NOW, unfit
from tests.hostile.mutants import mutants
from worker.news.entry import FeedDocument
from worker.news.errors import Broken, Refused
from worker.news.outlet import FeedKind
from worker.news.policy import ReadingPolicy
from worker.pipeline.ports import PageInput
from worker.reading.feeds import FeedparserReader
from worker.reading.home import read_home
from worker.reading.opml import NotOpmlError, read_outlines
from worker.reading.pages import TrafilaturaReader

# Less than a worker's child has.
DATA_BYTES = 768 << 20
# Far more than anything may take: a limit, no measure.
CPU_SECONDS = 20
# A task stands so deep in the stack of a worker.
FRAMES = 120


def read(group: str, body: bytes, content_type: str) -> object:
    """Read a body as what its group is."""
    url = "https://paper.example/2026/11/24/a-story"
    match group:
        case "pages":
            page = PageInput(body=body, url=url, content_type=content_type, language="en")
            return TrafilaturaReader().read(page, now=NOW)
        case "opml":
            return read_outlines(body, policy=ReadingPolicy())
        case "homes":
            return read_home(body, url=url, content_type=content_type, policy=ReadingPolicy())
        case _:
            return FeedparserReader().read(body, url=url, content_type=content_type, kind=FeedKind.FEED, now=NOW)


def outcome(reading: Callable[[], object]) -> tuple[str, object]:
    """The name of what came of it, and what was read or said. What is no error of ours has the name of what it is."""
    try:
        return READ, deep(reading, FRAMES)
    except NotOpmlError:
        return NOT_OPML, None
    except (Broken, Refused) as error:
        return f"{type(error).__name__.lower()}: {error.reason}", error.detail
    except Exception as error:  # noqa: BLE001 - what escapes is what the test is about
        return f"{type(error).__name__}: {error}"[:500], None


def deep(run: Callable[[], object], frames: int) -> object:
    """Run with so many frames below."""
    return run() if frames == 0 else deep(run, frames - 1)


def answer(question: dict[str, Any], trap: Trap) -> dict[str, Any]:
    """Read one case, or many mutants."""
    _limit_time()
    before, group = time.process_time(), question["group"]
    if "seed" in question:
        found = _fuzz(group, question["seed"], question["count"])
    else:
        case = GROUPS[group][question["case"]]
        body = case.body(trap)
        found = _told(*outcome(lambda: read(group, body, case.content_type)))
    return found | {"seconds": time.process_time() - before, "megabytes": _peak()}


def _told(ended: str, result: object) -> dict[str, Any]:
    found: dict[str, Any] = {"ended": ended, "unfit": list(unfit(result))[:10], "canary": CANARY in repr(result)}
    addresses: list[str | None] = []
    if isinstance(result, FeedDocument):
        found["truncated"] = result.truncated
        addresses = [entry.url for entry in result.entries]
    elif isinstance(result, list):
        addresses = [outline.feed for outline in result]
    return found | {"healthy": sum(addresses.count(url) for url in (BEFORE, AFTER))}


def _fuzz(group: str, seed: int, count: int) -> dict[str, Any]:
    ends: dict[str, int] = {}
    wrong: list[str] = []
    for n, body in enumerate(mutants(group, seed, count)):
        ended, result = outcome(lambda body=body: read(group, body, "text/html" if group == "pages" else ""))  # type: ignore[misc]
        ends[ended] = ends.get(ended, 0) + 1
        known = ended in {READ, NOT_OPML} or ended.startswith(("broken: ", "refused: "))
        wrong.extend(f"{group}, seed {seed}, {n}: {what}" for what in [*([] if known else [ended]), *unfit(result)])
    return {"ends": ends, "wrong": wrong[:20]}


def _limit_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_SECONDS, resource.RLIM_INFINITY))
    with suppress(OSError):
        # Forget the greatest memory of what was before (proc(5)).
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def main() -> None:
    """Answer until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    trap = Trap(Path(sys.argv[1]), int(sys.argv[2]))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line), trap)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
