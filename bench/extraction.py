"""How well and how fast pages are read, over recorded pages whose truth is known.

Reads the folder named by COPYDESK_RECORDED (`pages.jsonl` with `pages/`, and `demo/`) and prints a small table:

    COPYDESK_RECORDED=build/dev-core python -m bench.extraction [--worst N]

Token F1 is the F1 of the multisets of casefolded words. A title counts when it is letter for letter the expected one
(blanks and quotation marks aside), a day when the UTC or the local day agrees, authors by F1 of the names. `bare` is what
`trafilatura.bare_extraction(with_metadata=True)` takes for the same pages, page by page in turn.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median

import trafilatura

from bench.samples import Sample, demo_samples, page_samples
from bench.scoring import names_f1, same_day, same_title, token_f1
from worker.news.errors import CopydeskError
from worker.news.record import Reading
from worker.pipeline.ports import PageInput
from worker.reading.pages import TrafilaturaReader

_NOW = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(slots=True)
class Scores:
    """The scores of a set of pages, one number a page."""

    text: list[tuple[float, str]] = field(default_factory=list)
    title: list[tuple[float, str]] = field(default_factory=list)
    day: list[tuple[float, str]] = field(default_factory=list)
    authors: list[tuple[float, str]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def measure(samples: Iterable[Sample]) -> Scores:
    """Read every page once and score what came out."""
    reader, scores = TrafilaturaReader(), Scores()
    for sample in samples:
        began = time.process_time()
        page = PageInput(body=sample.body, url=sample.url, content_type=sample.content_type, language="")
        try:
            reading = reader.read(page, now=_NOW)
        except CopydeskError as error:
            scores.failed.append(f"{sample.name}: {error}")
            continue
        finally:
            scores.milliseconds.append((time.process_time() - began) * 1000)
            scores.bare.append(_bare(sample))
        _score(sample, reading, scores)
    return scores


def _bare(sample: Sample) -> float:
    """What the extractor alone takes for the same page, with the metadata that it knows."""
    began = time.process_time()
    trafilatura.bare_extraction(sample.body, url=sample.url, with_metadata=True, include_comments=False)
    return (time.process_time() - began) * 1000


def _score(sample: Sample, reading: Reading, scores: Scores) -> None:
    if sample.text:
        scores.text.append((token_f1(reading.text, sample.text), f"{sample.name} {reading.extraction}"))
    if sample.title:
        right = same_title(reading.title, sample.title)
        scores.title.append((float(right), f"{sample.name} {reading.title!r} for {sample.title!r}"))
    if sample.date:
        source = next((by for by in reading.dates.published if by.value == reading.published_at), None)
        right = same_day(reading.published_at, source.raw if source else "", sample.date)
        scores.day.append((float(right), f"{sample.name} {reading.published_at} {source} for {sample.date}"))
    if sample.authors:
        score = names_f1(reading.authors, sample.authors)
        scores.authors.append((score, f"{sample.name} {reading.authors} for {sample.authors}"))


def _row(name: str, scores: Scores) -> str:
    means = [
        f"{fmean(score for score, _ in column):.4f} ({len(column)})" if column else "-"
        for column in (scores.text, scores.title, scores.day, scores.authors)
    ]
    costs = [
        f"{fmean(taken):.1f} / {median(taken):.1f}" if taken else "-" for taken in (scores.milliseconds, scores.bare)
    ]
    return " | ".join(
        [f"{name:6}", *(f"{mean:13}" for mean in means), *(f"{cost:13}" for cost in costs), str(len(scores.failed))]
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table; with `--worst N` the N worst pages of each column as well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worst", type=int, default=0)
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("COPYDESK_RECORDED") or ".nowhere")
    if not (folder / "pages.jsonl").is_file():
        print("no recorded pages here: set COPYDESK_RECORDED to the folder that holds pages.jsonl")
        return 0
    print(
        "pages  | token F1      | title exact   | day           | authors F1    | ms mean / med | bare          | refused"
    )
    for name, samples in (("demo", demo_samples(folder)), ("pages", page_samples(folder))):
        scores = measure(samples)
        print(_row(name, scores))
        for column in (scores.text, scores.title, scores.day, scores.authors):
            for score, page in sorted(column)[: options.worst]:
                print(f"    {score:.3f} {page}")
        for failure in scores.failed if options.worst else ():
            print(f"    refused {failure}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
