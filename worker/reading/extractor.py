"""The main text of a page; the only module that knows trafilatura and resiliparse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice

from lxml import etree, html
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLParserException, HTMLTree
from trafilatura import bare_extraction
from trafilatura.htmlprocessing import convert_tags, prune_unwanted_nodes, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Extractor
from trafilatura.xpaths import RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH, REMOVE_COMMENTS_XPATH

from worker.news.errors import Broken
from worker.news.policy import Quality
from worker.news.reason import Reason
from worker.reading.agreement import settle
from worker.reading.clean import clean_line
from worker.reading.forest import forest_of
from worker.reading.judge import MODEL, Case
from worker.reading.standfirst import Known
from worker.reading.tags import defused
from worker.reading.verdict import case_of, overrule
from worker.reading.witness import LONGEST, Seen
from worker.reading.words import words_of

ENGINE = "trafilatura"
VERSION = version("trafilatura")

# Its complaints about a page are our outcomes; without a handler they would go to stderr.
logging.getLogger(ENGINE).addHandler(logging.NullHandler())

# Below this share of what the rough reading sees, the precise one has lost the article: 0.3 and 0.4 are the best of
# 0 to 0.7 on 253 recorded pages (token F1 .962; the precise reading alone .956, the longer of both .956). The same holds for
# the quick one: from this share up to 0.6 the precise one found nothing else on 600 recorded pages, and it takes five times
# as long.
_LOST_BELOW = 0.4
# A text of the article from elsewhere knows better than a length: a reading that has so much of it is enough.
_STATED = 0.75
# One of trafilatura's fallbacks (justext) looks for each short paragraph through all others: it takes a minute for 20,000.
_MOST_PARAGRAPHS = 3000
_PARAGRAPHS = (
    *("p", "div", "li", "td", "th", "tr", "dt", "dd", "br", "hr", "form", "pre", "blockquote", "option", "fieldset"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "center", "caption", "legend", "textarea"),
)
# What must stand in the source for the first engine to find what it would take out of the tree (its xpaths.py).
_SCROLLED = ("mvp-post-add", "infinite-scroll", "infinitescroll", "elementor-share-buttons")
_COMMENTED = (
    *(f"{mark}{word}" for mark in ('"', "'", "=") for word in ("comment", "Comment")),
    *("comol", "disqus_thread", "dsq-comments", "article-comments", "post-comments"),
)
_OPTIONS = Extractor(output_format="python", fast=True, precision=True, comments=False, tables=True, links=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Main:
    """The extractor's result body (None when it found nothing) and the second engine's rough text of the same page."""

    body: etree._Element | None
    rough: str
    source: str  # the reading that was chosen
    scores: dict[str, float] = field(default_factory=dict)  # how well each reading agreed with the others
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One reading of a page: its name and the result body (None when it found nothing)."""

    name: str
    body: etree._Element | None

    @property
    def letters(self) -> int:
        """How much text it has."""
        return _length(self.body)


QUICK, PRECISE, BALANCED = "quick", "precise", "balanced"


def main_text(
    tree: html.HtmlElement,
    source: str,
    *,
    too_deep: bool = False,
    quality: Quality = Quality.NORMAL,
    known: Known = Known(),  # noqa: B008 - frozen
) -> Main:
    """The main text of a page: the reading that the second engine trusts, mended where the two and the tree agree.

    `tree` is left as it was; `source` is the HTML that it was parsed from; `known` is what the page and the feed say of
    the article elsewhere. Raises `Broken` (UNPARSABLE).
    """
    try:
        # The second engine takes half a minute for 45,000 nested elements; the parser of the first one cuts them off.
        rough = "" if too_deep else rough_text(source)
        seen = Seen.by(rough, [plain_text(text[:LONGEST]) for text in known.texts])
        chosen, scores = _chosen(tree, source, seen)
        if chosen.body is not None and quality is not Quality.FAST:
            settle(chosen.body, tree, seen=seen, known=known)
            if quality is Quality.BEST:
                overrule(chosen.body, tree, seen=seen, known=known, forest=forest_of(MODEL))
    # Neither library promises what it raises; the others are bugs that the task's wrapper reports.
    except (
        etree.LxmlError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        ArithmeticError,
        AssertionError,
        RuntimeError,
    ) as error:
        raise Broken(Reason.UNPARSABLE, clean_line(f"{type(error).__name__}: {error}", at_most=300)) from error
    warnings = ("the balanced reading",) if chosen.name == BALANCED else ()
    name = f"{chosen.name}, judged" if quality is Quality.BEST else chosen.name
    return Main(body=chosen.body, rough=rough, source=f"{ENGINE} {name}", scores=scores, warnings=warnings)


def cases_of(tree: html.HtmlElement, source: str, *, known: Known) -> Iterator[Case]:
    """What the judge of `best` would have to judge of a page: its plain reading, and what the rules leave of it."""
    rough = rough_text(source)
    seen = Seen.by(rough, [plain_text(text[:LONGEST]) for text in known.texts])
    chosen, _ = _chosen(tree, source, seen)
    if chosen.body is not None:
        yield case_of(chosen.body, tree, seen=seen, known=known)[0]
        settle(chosen.body, tree, seen=seen, known=known)
        yield case_of(chosen.body, tree, seen=seen, known=known)[0]


def rough_text(source: str) -> str:
    """The second engine's main text; empty when it can't parse."""
    try:
        found = extract_plain_text(
            HTMLTree.parse(source), main_content=True, alt_texts=False, list_bullets=False, comments=False
        )
    except HTMLParserException:
        return ""
    return str(found).strip()


def plain_text(markup: str) -> str:
    """All words of a fragment of HTML, its blocks on lines of their own."""
    if "<" not in markup:
        return markup
    try:
        return str(extract_plain_text(defused(markup), preserve_formatting=True, alt_texts=False, list_bullets=False))
    except HTMLParserException:
        return ""


def readings(tree: html.HtmlElement, source: str) -> Iterator[Candidate]:
    """The readings of a page, the cheapest and most precise first; each is made when it is asked for."""
    crowded = sum(1 for _ in islice(tree.iter(*_PARAGRAPHS), _MOST_PARAGRAPHS + 1)) > _MOST_PARAGRAPHS
    yield Candidate(name=QUICK, body=_quick(tree, source))
    # Without its fallbacks the precise reading is the quick one.
    if not crowded:
        yield Candidate(name=PRECISE, body=_extracted(tree, precise=True))
    yield Candidate(name=BALANCED, body=_extracted(tree, precise=False, fast=crowded))


def _chosen(tree: html.HtmlElement, source: str, seen: Seen) -> tuple[Candidate, dict[str, float]]:
    """The first reading that the witnesses trust; else the one of the later two that has more of what they saw."""
    made: list[tuple[float, int, Candidate]] = []
    scores: dict[str, float] = {}
    for candidate in readings(tree, source):
        stated = seen.stated_share(candidate.body)
        made.append((-1.0 if stated is None else round(stated, 1), candidate.letters, candidate))
        length = candidate.letters / len(seen.rough) if seen.rough else 1.0
        scores[candidate.name] = round(min(1.0, length) if stated is None else stated, 3)
        if candidate.body is not None and (length >= _LOST_BELOW if stated is None else stated >= _STATED):
            return candidate, scores
    # Of two that found the same the more precise one comes first.
    return max(made[-2:], key=lambda one: one[:2])[2], scores


def _quick(tree: html.HtmlElement, source: str) -> etree._Element | None:
    """What `bare_extraction(fast=True, favor_precision=True)` returns, without what it does in vain.

    It copies the tree once more, renders the text, and looks for elements whose names do not stand in the source: each
    look takes as long as parsing. The steps are those of `trafilatura.core.trafilatura_sequence` (2.3.1).
    """
    try:
        pruned = copy(tree)
        if any(mark in source for mark in _SCROLLED):
            pruned = prune_unwanted_nodes(pruned, RAW_TREE_PRUNE_XPATH)
        commented = any(mark in source for mark in _COMMENTED)
        if commented:
            pruned = prune_unwanted_nodes(pruned, REMOVE_COMMENTS_AND_LISTS_XPATH)
        pruned = convert_tags(tree_cleaning(pruned, _OPTIONS), _OPTIONS, None)
        if commented:
            pruned = prune_unwanted_nodes(pruned, REMOVE_COMMENTS_XPATH)
        body, text = extract_content(pruned, _OPTIONS)
    except (TypeError, ValueError):
        # As there: no text.
        return None
    return body if len(text) >= _OPTIONS.min_output_size else None


def _extracted(tree: html.HtmlElement, *, precise: bool, fast: bool = False) -> etree._Element | None:
    # No URL is passed: nothing can be fetched, and links are resolved by ourselves.
    document = bare_extraction(
        tree,
        favor_precision=precise,
        fast=fast,
        include_comments=False,
        include_tables=True,
        include_links=True,
        deduplicate=False,
        with_metadata=False,
    )
    # `as_dict` is not asked for, so that it is no dict.
    return None if document is None or isinstance(document, dict) else document.body


def _length(body: etree._Element | None) -> int:
    return 0 if body is None else len(" ".join(words_of(body).split()))
