"""What the commands that start processes share."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType
from urllib.parse import urlsplit

from worker.cli.health import serves_here
from worker.cli.output import err
from worker.embedded.service import is_free
from worker.settings import Settings


class Stop:
    """Whether this process is asked to stop.

    What a signal says goes into a pipe. A lock, as events have, would be waited for by the very thread that holds it when
    a second signal comes amid the first: Ctrl-C on `make run` comes twice.
    """

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._heard, self._told = os.pipe()
        os.set_blocking(self._told, False)

    def ask(self) -> None:
        """Ask it; any number of times, from anywhere."""
        # A pipe that is full says it as well.
        with suppress(BlockingIOError):
            os.write(self._told, b"\0")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it is asked, or for so long; whether it was."""
        return bool(select.select([self._heard], [], [], timeout_s)[0])

    def is_set(self) -> bool:
        """Whether it was asked."""
        return self.wait(0)


def stop_on_signals() -> Stop:
    """What SIGINT and SIGTERM ask this process."""
    stop = Stop()

    def stopped(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.ask()

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
