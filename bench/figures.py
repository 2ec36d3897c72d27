"""What an engine reached on a set of pages: numbers are gathered page by page, and figures made of them at the end.

A page that an engine refuses or fails on counts as an empty text, and as wrong in everything that the engine could have told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from bench.engines import AUTHORS, DAY, LANGUAGE, TEXT, TITLE, Attempt, Engine, Found
from bench.rouge import rouge_lsum
from bench.samples import Sample
from bench.scoring import Overlap, names_f1, same_day, same_language, same_title, same_words, set_f1, shingle_overlap

_NOTHING = Found()
# No note about a page is longer.
_LONGEST_NOTE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one engine and one set; None where nothing is known. Shares are 0..1, times milliseconds of CPU."""

    f1: float | None
    precision: float | None
    recall: float | None
    exact: float | None
    rouge_lsum: float | None
    title: float | None
    day: float | None
    authors_f1: float | None
    language: float | None
    ms_mean: float | None
    ms_p99: float | None
    ms_max: float | None
    mb_per_s: float | None
    non_articles_stored: int | None
    articles_refused: int | None
    non_articles: int
    articles: int
    pages: int


@dataclass(slots=True)
class Tally:
    """The numbers of one engine on one set. `worst` says how many of the worst pages of each measure are remembered."""

    engine: Engine
    worst: int = 0
    overlaps: list[Overlap] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    bytes: int = 0
    articles: int = 0
    refused: int = 0
    stored: int = 0
    remembered: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def add(self, sample: Sample, attempt: Attempt) -> None:
        """Score what came of a page."""
        self.milliseconds.append(attempt.milliseconds)
        self.bytes += len(sample.body)
        if not sample.is_article:
            self.stored += attempt.found is not None
            if attempt.found is not None:
                self._remember("stored", 0.0, f"{sample.name} {attempt.found.title!r} {attempt.found.note}")
            return
        self.articles += 1
        if attempt.found is None:
            self.refused += 1
            self._remember("refused", 0.0, f"{sample.name} {attempt.error}")
        self._score_text(sample, attempt.found or _NOTHING)
        self._score_metadata(sample, attempt.found or _NOTHING)

    def _score_text(self, sample: Sample, found: Found) -> None:
        if not sample.text:
            return
        overlap = shingle_overlap(found.text, sample.text)
        self.overlaps.append(overlap)
        self._score("exact", float(same_words(found.text, sample.text)))
        self._score("rouge_lsum", rouge_lsum(found.text, sample.text))
        words = f"{sample.name} P {overlap.precision:.3f} R {overlap.recall:.3f} {found.note}"
        self._remember(TEXT, overlap.f1, words)

    def _score_metadata(self, sample: Sample, found: Found) -> None:
        if sample.title:
            right = same_title(found.title, sample.title)
            self._tell(TITLE, float(right), f"{sample.name} {found.title!r} for {sample.title!r}")
        if sample.date:
            right = same_day(found.published_at, found.raw_date, sample.date)
            self._tell(DAY, float(right), f"{sample.name} {found.published_at} {found.raw_date!r} for {sample.date}")
        if sample.authors:
            score = names_f1(found.authors, sample.authors)
            self._tell(AUTHORS, score, f"{sample.name} {found.authors} for {sample.authors}")
        if sample.language:
            right = same_language(found.language, sample.language)
            self._tell(LANGUAGE, float(right), f"{sample.name} {found.language} for {sample.language}")

    def _tell(self, what: str, score: float, words: str) -> None:
        if what in self.engine.tells:
            self._score(what, score)
            self._remember(what, score, words)

    def _score(self, what: str, score: float) -> None:
        self.scores.setdefault(what, []).append(score)

    def _remember(self, what: str, score: float, words: str) -> None:
        if self.worst and score < 1:
            listed = [*self.remembered.get(what, ()), (score, words[:_LONGEST_NOTE])]
            self.remembered[what] = sorted(listed)[: self.worst]

    def figures(self) -> Figures:
        """What all pages so far add up to."""
        f1, precision, recall = set_f1(self.overlaps) if self.overlaps else (None, None, None)
        means = {what: fmean(scores) for what, scores in self.scores.items()}
        pages, seconds = len(self.milliseconds), sum(self.milliseconds) / 1000
        non_articles = pages - self.articles
        return Figures(
            f1=f1,
            precision=precision,
            recall=recall,
            exact=means.get("exact"),
            rouge_lsum=means.get("rouge_lsum"),
            title=means.get(TITLE),
            day=means.get(DAY),
            authors_f1=means.get(AUTHORS),
            language=means.get(LANGUAGE),
            ms_mean=_of(self.milliseconds, fmean),
            ms_p99=_of(self.milliseconds, p99),
            ms_max=_of(self.milliseconds, max),
            mb_per_s=self.bytes / 1e6 / seconds if seconds else None,
            non_articles_stored=self.stored if non_articles else None,
            articles_refused=self.refused if self.articles else None,
            non_articles=non_articles,
            articles=self.articles,
            pages=pages,
        )


def _of(numbers: Sequence[float], figure: Callable[[Sequence[float]], float]) -> float | None:
    return figure(numbers) if numbers else None


def p99(numbers: Sequence[float]) -> float:
    """The smallest number that 99 % of them do not pass (nearest rank)."""
    return sorted(numbers)[math.ceil(0.99 * len(numbers)) - 1]
