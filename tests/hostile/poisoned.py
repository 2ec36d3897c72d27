"""The app of the workers, with a reader for which some pages are poison: what real parsers did to real workers, on demand."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from datetime import datetime

import worker.wiring
from worker.celery import app
from worker.news.record import Reading
from worker.pipeline.ports import PageInput
from worker.reading.pages import TrafilaturaReader

KILLS, FILLS, SINKS = b"page that kills", b"page that fills the memory", b"page without a ground"
# Far more than a child may have, and piece by piece, so that the limit stops it and not the machine.
_PIECE, _PIECES = 64 << 20, 64

__all__ = ["app"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonedReader(TrafilaturaReader):
    """Reads pages as ever, but for those with one of the marks in them."""

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read a page, or die of it."""
        if KILLS in page.body:
            os.kill(os.getpid(), signal.SIGKILL)
        if FILLS in page.body:
            _fill()
        if SINKS in page.body:
            _sink()
        # `super()` has no place in a class with slots that is made anew.
        return TrafilaturaReader.read(self, page, now=now)


def _fill() -> list[bytearray]:
    return [bytearray(_PIECE) for _ in range(_PIECES)]


def _sink() -> int:
    return 1 + _sink()


worker.wiring.TrafilaturaReader = PoisonedReader  # type: ignore[attr-defined]
