"""How well and how fast pages are read, over a folder of pages whose truth is known, side by side with other extractors.

    python -m bench.extraction --data FOLDER [--only copydesk] [--sets SET …] [--quality best] [--worst N] [--json] [--rss N]

A folder has `pages.jsonl`, one page a line: `file` (below the folder), and as far as they are known `id`, `set`, `url`,
`content_type`, `language`, `expected_text`, `expected_title`, `expected_date`, `expected_authors`, `is_article`; and perhaps
a recorded web in `demo/`. Without --data the folder is the one that COPYDESK_RECORDED names.

Figures of text, over the pages of a set whose text is known: F1, P (precision), R (recall) of 4-word shingles and `exact`,
the share of pages with all words right, as the article extraction benchmark has them; `rouge` is ROUGE-LSum. A title counts
when it is letter for letter the expected one (blanks and quotation marks aside), a day when the UTC or the local day agrees,
authors by F1 of the names, a language when the primary subtag agrees. A page that an engine refuses, fails on or needs more
than a minute for counts as an empty text and as wrong in everything else. `refused` are articles without a reading, `stored`
pages with one that are no articles.

The engines take turns page by page in one process, and change the order with each page. What is counted is CPU time of the
process. Before it is, each engine has read two pages of our own and the folder's first one, all twice, so that models
are loaded. No engine sees more than the page, its address and content type, and none gets to the network.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if not __package__:
    # Run as a file: then this folder is on the path, and not the project's.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.bootstrap import Difference, paired_difference
from bench.engines import BARE, COPYDESK, NAMES, Engine, Page, attempt, engines
from bench.figures import Figures, Tally
from bench.memory import watch
from bench.samples import INDEX, NotSamples, Sample, samples
from worker.news.policy import Quality

_NOWHERE = "http://a.invalid/"
# A page of an article and one with next to no text, on which engines try all that they have.
_WARM = tuple(
    '<html lang="en"><head><title>The bridge</title></head><body><article><h1>The bridge</h1>'
    "<p>By Ann Miller, 3 March 2025</p>"
    + "<p>The council agreed on Tuesday to repair the old bridge before the winter, at a cost of two million.</p>"
    * times
    + "</article></body></html>"
    for times in (9, 1)
)
_COLUMNS = (
    ("F1", "f1", ".4f"),
    ("P", "precision", ".4f"),
    ("R", "recall", ".4f"),
    ("exact", "exact", ".4f"),
    ("rouge", "rouge_lsum", ".4f"),
    ("title", "title", ".4f"),
    ("day", "day", ".4f"),
    ("authors", "authors_f1", ".4f"),
    ("lang", "language", ".4f"),
    ("stored", "non_articles_stored", "d"),
    ("refused", "articles_refused", "d"),
    ("ms mean", "ms_mean", ".1f"),
    ("p99", "ms_p99", ".1f"),
    ("max", "ms_max", ".1f"),
    ("MB/s", "mb_per_s", ".1f"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResult:
    """What all engines reached on one set, and how Copydesk compares."""

    name: str
    tallies: dict[str, Tally]

    @property
    def difference(self) -> Difference | None:
        """Copydesk's F1 minus that of trafilatura with metadata."""
        ours, theirs = self.tallies.get(COPYDESK), self.tallies.get(BARE)
        return paired_difference(ours.overlaps, theirs.overlaps) if ours and theirs else None


def measure(pages: Iterable[Sample], running: Sequence[Engine], *, worst: int = 0) -> list[SetResult]:
    """Read every page once with every engine, and score what came out. Only numbers are kept of a page."""
    results: dict[str, SetResult] = {}
    for number, sample in enumerate(pages):
        if not number:
            warm(sample, running)
        if sample.group not in results:
            tallies = {engine.name: Tally(engine, worst if engine.name == COPYDESK else 0) for engine in running}
            results[sample.group] = SetResult(name=sample.group, tallies=tallies)
        turn = number % len(running)
        page = _shown(sample)
        for engine in (*running[turn:], *running[:turn]):
            results[sample.group].tallies[engine.name].add(sample, attempt(engine, page))
    return list(results.values())


def warm(sample: Sample, running: Sequence[Engine]) -> None:
    """Have models and tables loaded before time counts."""
    for page in (*(Page(url=_NOWHERE, body=page.encode()) for page in _WARM), _shown(sample)):
        for engine in (*running, *running):
            attempt(engine, page)


def _shown(sample: Sample) -> Page:
    return Page(url=sample.url or _NOWHERE, body=sample.body, content_type=sample.content_type)


def as_json(result: SetResult) -> dict[str, Any]:
    """A set's figures: Copydesk's own, those of every engine under `engines`, and the comparison; null where not known."""
    figures = {name: _rounded(tally.figures()) for name, tally in result.tallies.items()}
    first = figures.get(COPYDESK) or next(iter(figures.values()))
    difference = result.difference
    return {
        **(first if COPYDESK in figures else dict.fromkeys(first)),
        "pages": first["pages"],
        "ms_trafilatura_metadata": figures[BARE]["ms_mean"] if BARE in figures else None,
        "f1_diff": difference and round(difference.mean, 5),
        "f1_diff_low": difference and round(difference.low, 5),
        "f1_diff_high": difference and round(difference.high, 5),
        "f1_p": difference and round(difference.p, 5),
        "engines": figures,
    }


def _rounded(figures: Figures) -> dict[str, Any]:
    return {name: round(figure, 5) if isinstance(figure, float) else figure for name, figure in asdict(figures).items()}


def table(result: SetResult) -> Iterator[str]:
    """A set as lines for people."""
    first = next(iter(result.tallies.values())).figures()
    yield f"-- {result.name}: {first.pages} pages, {first.non_articles} of them no articles"
    yield f"{'':<24}" + "".join(f"{title:>8}" for title, _, _ in _COLUMNS)
    for tally in result.tallies.values():
        found = asdict(tally.figures())
        cells = ("-" if found[name] is None else format(found[name], form) for _, name, form in _COLUMNS)
        yield f"{tally.engine.label:<24}" + "".join(f"{cell:>8}" for cell in cells)
    if difference := result.difference:
        yield (
            f"Copydesk against trafilatura with metadata, F1: {difference.mean:+.4f} "
            f"(95 % {difference.low:+.4f} to {difference.high:+.4f}, p {difference.p:.4f})"
        )
    for tally in result.tallies.values():
        for what, remembered in tally.remembered.items():
            yield from (f"    {what} {score:.3f} {words}" for score, words in remembered)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.extraction", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help=f"holds {INDEX}; else COPYDESK_RECORDED names it")
    parser.add_argument(
        "--only",
        choices=NAMES,
        help="run one engine; with copydesk, trafilatura with metadata still runs, for its time and the comparison",
    )
    parser.add_argument("--sets", nargs="+", metavar="SET", help="only these sets of pages")
    parser.add_argument("--quality", type=Quality, choices=list(Quality), default=Quality.NORMAL, help="of Copydesk")
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="show Copydesk's N worst pages of each measure"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line, by set")
    parser.add_argument("--rss", type=int, metavar="N", help="instead: the memory of Copydesk over N pages")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Print the tables. 0, or 2 for a folder that is not in this form."""
    options = _options(arguments)
    folder: Path = options.data or Path(os.environ.get("COPYDESK_RECORDED") or ".nowhere")
    if options.data is None and not (folder / INDEX).is_file():
        print(f"no recorded pages here: name the folder that holds {INDEX} with --data, or in COPYDESK_RECORDED")
        return 0
    try:
        _run(folder, options)
    except NotSamples as error:
        print(f"not a folder of recorded pages: {error}", file=sys.stderr)
        return 2
    return 0


def _run(folder: Path, options: argparse.Namespace) -> None:
    if options.rss:
        watch(folder, options.rss, quality=options.quality)
        return
    wanted: Sequence[str] = NAMES
    if options.only:
        wanted = (COPYDESK, BARE) if options.only == COPYDESK else (options.only,)
    running, missing = engines(wanted, quality=options.quality)
    for name in missing:
        print(f"{name} is not installed and left out")
    sets = frozenset(options.sets or ())
    results = measure((s for s in samples(folder) if not sets or s.group in sets), running, worst=options.worst)
    if not results:
        raise NotSamples(f"no page of {', '.join(sorted(sets)) or 'any set'} in {folder / INDEX}")
    for result in results:
        print("\n".join(table(result)), flush=True)
    if options.json:
        print(json.dumps({result.name: as_json(result) for result in results}))


if __name__ == "__main__":
    # What the engines have to say of pages is counted here and not read.
    logging.disable()
    sys.exit(main(sys.argv[1:]))
