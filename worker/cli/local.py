"""What the commands that start processes share."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from urllib.parse import urlsplit

from worker.cli.health import serves_here
from worker.cli.output import err
from worker.embedded.service import is_free
from worker.settings import Settings


def stop_on_signals() -> threading.Event:
    """An event that is set when this process is asked to stop."""
    stop = threading.Event()

    def stopped(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    return stop


def serves_sample(settings: Settings) -> bool:
    """Whether the sample outlet is polled and can be served here; says so when its port is taken."""
    if not serves_here(settings):
        return False
    where = urlsplit(settings.sample.url)
    port = where.port or 80
    if is_free(where.hostname or "", port):
        return True
    err.print(
        f"port {port} is in use, so the sample outlet is not served here; set COPYDESK_SAMPLE__URL to a free one, "
        "or `copydesk outlets disable sample`",
        style="yellow",
    )
    return False
