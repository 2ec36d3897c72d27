"""Lines of an article that only point to another one, found on the page itself: extractors throw them away as furniture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from lxml import html

from worker.news.record import Block, BlockKind, Link
from worker.reading.blocks import Body, is_headline, sorted_out
from worker.reading.clean import clean_line, clean_url

_MOST = 5000  # lines of a page
_LONGEST_LINE = 500  # letters of a line that only points
# A shorter line may stand anywhere on a page; a longer one says where the article stands.
_TELLING = 40
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|mp[34]|zip|jpe?g|png|gif)(?:$|\?)", re.IGNORECASE)


def with_pointers(body: Body, tree: html.HtmlElement, *, base: str) -> Body:
    """The body with what the page names among the article's own paragraphs; the text stays as it is."""
    lines = list(islice(tree.iter("p"), _MOST))
    candidates = [line for line in lines if _is_mostly_link(line)]
    kept = {block.text for block in body.blocks if len(block.text) >= _TELLING}
    # The elements that hold the article: those that a paragraph of it stands in.
    places = {line.getparent() for line in candidates}
    homes = {place for line in lines if (place := line.getparent()) in places and _words(line) in kept}
    others = [
        Block(kind=BlockKind.PARAGRAPH, text=text, links=tuple(_links(line, base)))
        for line in candidates
        if line.getparent() in homes and (text := _words(line)) not in kept
    ]
    found = sorted_out(others, base)
    named = [pointer for pointer in found.related if is_headline(pointer.title) and not _FILE.search(pointer.url)]
    related = {pointer.url: pointer for pointer in (*named, *body.related)}
    return replace(body, related=tuple(related.values()), live_blog=body.live_blog or found.live_blog)


def _words(element: html.HtmlElement) -> str:
    return clean_line("".join(element.itertext()), at_most=1_000_000)


def _is_mostly_link(line: html.HtmlElement) -> bool:
    """Whether a short line has links that make up half of it: only such a line can be a pointer."""
    linked = sum(len("".join(anchor.itertext())) for anchor in line.iter("a"))
    return 0 < linked <= len("".join(line.itertext())) <= min(_LONGEST_LINE, 2 * linked)


def _links(line: html.HtmlElement, base: str) -> Iterator[Link]:
    for anchor in line.iter("a"):
        href = clean_url(anchor.get("href") or "", base=base)
        words = clean_line("".join(anchor.itertext()), at_most=_LONGEST_LINE)
        if href and words and not (anchor.get("href") or "").startswith("#"):
            yield Link(href=href, text=words)
