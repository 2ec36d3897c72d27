"""The main text of a page; the only module that knows trafilatura and resiliparse."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice

from lxml import etree, html
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLParserException, HTMLTree
from trafilatura import bare_extraction

from worker.news.errors import Broken
from worker.news.policy import Quality
from worker.news.reason import Reason
from worker.reading.clean import clean_line
from worker.reading.tags import defused

ENGINE = "trafilatura"
VERSION = version("trafilatura")

# Its complaints about a page are our outcomes; without a handler they would go to stderr.
logging.getLogger(ENGINE).addHandler(logging.NullHandler())

# Below this share of what the rough reading sees, the precise one has lost the article: 0.3 and 0.4 are the best of
# 0 to 0.7 on 253 recorded pages (token F1 .962; the precise reading alone .956, the longer of both .956).
_LOST_BELOW = 0.4
# One of trafilatura's fallbacks (justext) looks for each short paragraph through all others: it takes a minute for 20,000.
_MOST_PARAGRAPHS = 3000
_PARAGRAPHS = (
    *("p", "div", "li", "td", "th", "tr", "dt", "dd", "br", "hr", "form", "pre", "blockquote", "option", "fieldset"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "center", "caption", "legend", "textarea"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Main:
    """The extractor's result body (None when it found nothing) and the second engine's rough text of the same page."""

    body: etree._Element | None
    rough: str
    source: str  # the reading that was chosen
    scores: dict[str, float] = field(default_factory=dict)  # how well each reading agreed with the others
    warnings: tuple[str, ...] = ()


def main_text(
    tree: html.HtmlElement,
    source: str,
    *,
    too_deep: bool = False,
    quality: Quality = Quality.NORMAL,  # noqa: ARG001
    hints: tuple[str, ...] = (),  # noqa: ARG001
) -> Main:
    """The precise reading; the balanced one where a second engine's main text says that too little is left.

    `tree` is left as it was; `source` is the HTML that it was parsed from. `hints` are texts of the same article from
    elsewhere (the page's JSON-LD, the feed), whole or not. Raises `Broken` (UNPARSABLE).
    """
    try:
        # The second engine takes half a minute for 45,000 nested elements; the parser of the first one cuts them off.
        rough = "" if too_deep else rough_text(source)
        precise = _extracted(tree, precise=True)
        if _length(precise) >= _LOST_BELOW * len(rough) and precise is not None:
            return Main(body=precise, rough=rough, source="trafilatura precise")
        balanced = _extracted(tree, precise=False)
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
    better = balanced if _length(balanced) > _length(precise) else precise
    if better is balanced:
        return Main(body=better, rough=rough, source="trafilatura balanced", warnings=("the balanced reading",))
    return Main(body=better, rough=rough, source="trafilatura precise")


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


def _extracted(tree: html.HtmlElement, *, precise: bool) -> etree._Element | None:
    paragraphs = sum(1 for _ in islice(tree.iter(*_PARAGRAPHS), _MOST_PARAGRAPHS + 1))
    # No URL is passed: nothing can be fetched, and links are resolved by ourselves.
    document = bare_extraction(
        tree,
        favor_precision=precise,
        fast=paragraphs > _MOST_PARAGRAPHS,
        include_comments=False,
        include_tables=True,
        include_links=True,
        deduplicate=False,
        with_metadata=False,
    )
    # `as_dict` is not asked for, so that it is no dict.
    return None if document is None or isinstance(document, dict) else document.body


def _length(body: etree._Element | None) -> int:
    return 0 if body is None else len(" ".join("".join(map(str, body.itertext())).split()))
