"""Whether memory grows: one process reads page after page, and no page twice.

    python -m bench.memory --data FOLDER [--pages 20000]

The folder's pages come in turn, each time with other words, another title, address and class names, and an attribute that no
page had before, so that nothing is found in a cache. Printed are the resident memory on the way and its slope: what a line
through the last 80 % of the numbers grows, in percent of where it begins.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from statistics import linear_regression

if not __package__:
    # Run as a file: then this folder is on the path, and not the project's.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.engines import Engine, Page, attempt, copydesk
from bench.samples import INDEX, NotSamples, samples
from worker.news.policy import Quality

PAGES = 20_000
_EVERY = 1000
# Fewer points make no line.
_POINTS = 20
_LEFT_OUT = 0.2


def varied(folder: Path) -> Iterator[Page]:
    """The pages of a folder again and again, every one different from all before."""
    for turn in count():
        for number, sample in enumerate(samples(folder)):
            yield vary(Page(url=sample.url, body=sample.body, content_type=sample.content_type), f"{turn}x{number}")


def vary(page: Page, mark: str) -> Page:
    """The page with a mark in its address, title, paragraphs and attributes; the same for the same mark."""
    word = mark.encode()
    body = (
        page.body.replace(b"</title>", b" " + word + b"</title>", 1)
        .replace(b"</p>", b" " + word + b"</p>")
        .replace(b"<div ", b"<div data-v-" + word + b' id="' + word + b'" ', 1)
        .replace(b'<p class="', b'<p class="p' + word + b" ")
    )
    return Page(url=f"{page.url or 'http://a.invalid/'}?{mark}", body=body, content_type=page.content_type)


def slope(points: Sequence[tuple[int, float]]) -> float:
    """What a line through the last 80 % of the points (pages, bytes) grows over them, in percent of where it begins."""
    kept = points[int(len(points) * _LEFT_OUT) :]
    line = linear_regression([float(pages) for pages, _ in kept], [size for _, size in kept])
    first, last = kept[0][0], kept[-1][0]
    return 100 * line.slope * (last - first) / (line.intercept + line.slope * first)


def resident() -> float:
    """The resident memory of this process in bytes (proc_pid_statm(5), so Linux only)."""
    return float(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def watch(folder: Path, pages: int, *, quality: Quality = Quality.NORMAL) -> float:
    """Read so many pages, print the memory on the way, and return the slope. Raises `NotSamples`."""
    points: list[tuple[int, float]] = []
    every = max(1, min(_EVERY, pages // _POINTS))
    for done, failed in _read(copydesk(quality), islice(varied(folder), pages)):
        if done % every == 0:
            points.append((done, resident()))
            print(f"{done:>7,} pages {points[-1][1] / 1e6:>8.1f} MB, {failed:,} refused", flush=True)
    found = slope(points)
    print(f"slope over the last {1 - _LEFT_OUT:.0%}: {found:+.2f} %")
    return found


def _read(engine: Engine, pages: Iterator[Page]) -> Iterator[tuple[int, int]]:
    """How many pages were read, and how many of them gave nothing, after each."""
    failed = 0
    for done, page in enumerate(pages, 1):
        failed += attempt(engine, page).found is None
        yield done, failed


def main(arguments: Sequence[str]) -> int:
    """Print the memory. 0, or 2 for a folder that is not in this form."""
    parser = argparse.ArgumentParser(prog="bench.memory", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help=f"holds {INDEX}; else COPYDESK_RECORDED names it")
    parser.add_argument("--pages", type=int, default=PAGES, metavar="N")
    parser.add_argument("--quality", type=Quality, choices=list(Quality), default=Quality.NORMAL)
    options = parser.parse_args(arguments)
    try:
        watch(
            options.data or Path(os.environ.get("COPYDESK_RECORDED") or ".nowhere"),
            options.pages,
            quality=options.quality,
        )
    except NotSamples as error:
        print(f"not a folder of recorded pages: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    # What the engines have to say of pages is counted here and not read.
    logging.disable()
    sys.exit(main(sys.argv[1:]))
