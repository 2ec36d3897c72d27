"""A running report by its structure: elements side by side, each with a `<time>` and a text of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from lxml import html

from worker.news.record import Block, BlockKind
from worker.reading.clean import clean_line, compared
from worker.reading.pieces import ASIDE, HEADINGS, block_of, is_box, names_of
from worker.reading.updates import TELLING, Update, posted
from worker.reading.words import words_of
from worker.reading.zones import Habits

_MOST_TIMES = 2000
_MOST_ROWS = 8
_MOST_LINES = 5000  # of a row
_LONGEST_HEADLINE = 300
_LONGEST_ITEM = 10_000
_UP = 6  # levels from a time to the entry that it dates
_FEWEST = 2
_ENTRIES = frozenset(("article", "div", "li", "section"))
_OTHERS = frozenset(("nav", "aside", "form"))
_MOST_OF_ONE = 2
_TEXT = frozenset(("p", "blockquote", "ul", "ol"))
_MOSTLY_LINK = 0.5
# As those who write pages name a running report and its entries.
_NAMED = re.compile(
    r"live-?_?(?:blog|ticker|coverage|entr(?:y|ies)|posts?|updates?)|minuto-a-minuto|ao-minuto", re.IGNORECASE
)
_LONGEST_NAMES = 300
# A page that does not say so is one when it has so many updates, and this much of its text is theirs.
_FEWEST_UNSAID = 3
_SHARE = 0.5


def entries_of(tree: html.HtmlElement, *, base: str, habits: Habits, now: datetime) -> tuple[Update, ...]:
    """The updates that the page shows, in its order: of all rows of dated elements the one with the most text of its own."""
    best: list[Update] = []
    most = 0
    for row in sorted(_rows(tree), key=len, reverse=True)[:_MOST_ROWS]:
        updates = [*_updates(row, base, habits, now)]
        told = [update for update in updates if update.at and update.blocks]
        letters = sum(len(block.text) for update in told for block in update.blocks)
        if len(told) >= _FEWEST and letters > most:
            best, most = told, letters
    return tuple(best)


def shown(updates: Sequence[Update], blocks: Sequence[Block]) -> tuple[Update, ...]:
    """The updates with those of their lines that were kept as text; one of which nothing was kept has all of them."""
    words = "".join(compared(block.text) for block in blocks)
    found = []
    for update in updates:
        kept = tuple(block for block in update.blocks if compared(block.text)[: 2 * TELLING] in words)
        found.append(replace(update, blocks=kept) if kept else update)
    return tuple(found)


def is_named(tree: html.HtmlElement) -> bool:
    """Whether those who wrote a page call the places of its first times parts of a running report."""
    times = islice(tree.iter("time"), _FEWEST_UNSAID)
    return any(_NAMED.search(names_of(outer), 0, _LONGEST_NAMES) for time in times for outer in time.iterancestors())


def is_report(updates: Sequence[Update], blocks: Sequence[Block]) -> bool:
    """Whether the text of a page that does not say what it is is mostly that of its updates."""
    told = {compared(block.text) for update in updates for block in update.blocks}
    letters = sum(len(block.text) for block in blocks if compared(block.text) in told)
    return len(updates) >= _FEWEST_UNSAID and letters > _SHARE * sum(len(block.text) for block in blocks)


def _rows(tree: html.HtmlElement) -> Iterator[list[tuple[html.HtmlElement, str]]]:
    """Elements of one parent and one tag that hold times, with the first time of each."""
    rows: dict[tuple[html.HtmlElement, str], dict[html.HtmlElement, str]] = defaultdict(dict)
    for time in islice(tree.iter("time"), _MOST_TIMES):
        raw = time.get("datetime")
        if not raw:
            continue
        for outer in islice(time.iterancestors(*_ENTRIES, *_OTHERS), _UP):
            # Comments and teasers have times as well.
            if outer.tag in _OTHERS or is_box(outer) or _holds_many(outer):
                break
            parent = outer.getparent()
            if parent is not None:
                rows[parent, str(outer.tag)].setdefault(outer, raw)
    yield from ([*row.items()] for row in rows.values() if len(row) >= _FEWEST)


def _holds_many(element: html.HtmlElement) -> bool:
    """Whether an element holds more times than those of one update, when it was posted and when it was changed."""
    return sum(1 for _ in islice(element.iter("time"), _MOST_OF_ONE + 1)) > _MOST_OF_ONE


def _updates(row: Sequence[tuple[html.HtmlElement, str]], base: str, habits: Habits, now: datetime) -> Iterator[Update]:
    room = _MOST_LINES
    for entry, raw in row:
        lines = [*islice(_lines(entry), room)]
        room -= len(lines)
        yield _update(lines, base, posted(raw, habits=habits, now=now))


def _update(lines: Sequence[html.HtmlElement], base: str, at: datetime | None) -> Update:
    heads = (clean_line(words_of(line), at_most=_LONGEST_HEADLINE) for line in lines if line.tag in HEADINGS)
    texts = (replace(_block(line, base), at=at) for line in lines if line.tag in _TEXT)
    return Update(at=at, headline=next(heads, ""), blocks=tuple(block for block in texts if _says(block)))


def _lines(entry: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Headings, paragraphs, quotations and lists of an entry; of those that stand in each other the outer ones."""
    for element in entry.iter(*HEADINGS, *_TEXT):
        outer = [*_between(element, entry)]
        if not any(one.tag in _TEXT or one.tag in ASIDE or is_box(one) for one in outer):
            yield element


def _between(element: html.HtmlElement, entry: html.HtmlElement) -> Iterator[html.HtmlElement]:
    for outer in element.iterancestors():
        if outer is entry:
            return
        yield outer


def _block(line: html.HtmlElement, base: str) -> Block:
    if line.tag in {"ul", "ol"}:
        items = (clean_line(words_of(item), at_most=_LONGEST_ITEM) for item in line.iterchildren("li"))
        return replace(block_of(line, base, BlockKind.LIST), text="\n".join(item for item in items if item))
    return block_of(line, base, BlockKind.QUOTE if line.tag == "blockquote" else BlockKind.PARAGRAPH)


def _says(block: Block) -> bool:
    """Whether a line says something that is not mostly a link."""
    linked = sum(len(link.text) for link in block.links)
    return bool(block.text) and linked <= _MOSTLY_LINK * len(block.text)
