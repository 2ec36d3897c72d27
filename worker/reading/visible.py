"""The date that a page shows beside its headline, for pages that state none: short lines that hold a day, judged by their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from lxml import html

from worker.reading.dates import ReadDate, read_date
from worker.reading.zones import Habits

_MOST_ELEMENTS = 12_000
_MOST_LINES = 40  # that are read as dates
_LONGEST_LINE = 90
_SHORT_LINE = 40
_MOST_PARENTS = 12
_SHORTEST_HEADLINE = 12
# How many elements before and behind its headline an article's date stands.
_BEFORE, _BEHIND = 12, 30
_DIGITS = re.compile(r"\d{4}|\d[./]\d{1,2}[./]\d\d")
_SKIPPED = frozenset({"head", "title", "meta", "link", "option", "select", "textarea", "button"})
_LETTERS = re.compile(r"[^\W\d_]+")
_DATE_ROLE = re.compile(
    r"date|datum|data|fecha|tarih|publi|posted|time(?!r)|stamp|byline|meta(?!l)|tagline|info|dzie[nń]|pubdat",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"comment|related|recommend|teaser|most-?read|popular|sidebar|caption|follow|twitter|widget|footer|copyright|menu|latest|ticker|archive",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"pic|photo|foto|bild|image|img|caption|credit", re.IGNORECASE)
_FRAMES = frozenset({"footer", "nav", "aside", "figure", "figcaption"})
_PUBLISHED_WORD = re.compile(
    r"publi|posted|ver[öo]ffentlicht|erstellt|datum|date\b|fecha|data\b|criado|creat|投稿|公開|掲載|発表|发布|發布|入力|입력|등록|опублик|дата",
    re.IGNORECASE,
)
_MODIFIED_WORD = re.compile(
    r"updat|modif|revis|aktuali|actuali|atualiz|stand\b|mis à jour|mise à jour|g[uü]ncel|更新|修正|수정|обновл|oppdatert|bijgewerkt|opdateret",
    re.IGNORECASE,
)
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    element: html.HtmlElement  # that it stands in, or behind
    behind: bool
    label: str  # the words before it
    place: int


def shown_date(
    tree: html.HtmlElement, titles: Sequence[str], *, habits: Habits, now: datetime
) -> tuple[str, ReadDate] | None:
    """The line that is most likely the date of the article with one of these titles, and what it says; None for none.

    A line that speaks of a change stands behind one that does not, but is better than none.
    """
    lines, headline = _lines(tree, {"".join(_LETTERS.findall(title)).casefold() for title in titles if title})
    best, found = 0, None
    for line in lines:
        read = read_date(line.text, now=now, habits=habits)
        if read is None:
            continue
        score, rank = _score(line, headline)
        if score >= _ENOUGH and rank > best:
            best, found = rank, (line.text, read)
    return found


def _lines(tree: html.HtmlElement, titles: set[str]) -> tuple[list[_Line], int | None]:
    """The short lines with digits in reading order, those near the headline first to be kept, and the headline's place."""
    found: list[_Line] = []
    headline: int | None = None
    first: int | None = None
    for place, element in enumerate(islice(tree.iter(), _MOST_ELEMENTS)):
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            continue
        if tag in {"h1", "h2"} and headline is None:
            first = place if first is None and tag == "h1" else first
            headline = place if _is_headline(element, titles) else None
        found += _short(element, tag, place)
    place_of_title = first if headline is None else headline
    if place_of_title is None:
        return found[:_MOST_LINES], None
    near = sorted(found, key=lambda line: abs(line.place - place_of_title))[:_MOST_LINES]
    return sorted(near, key=lambda line: line.place), place_of_title


def _is_headline(element: html.HtmlElement, titles: set[str]) -> bool:
    words = "".join(_LETTERS.findall(" ".join(islice(element.itertext(), 20))[:500])).casefold()
    return len(words) >= _SHORTEST_HEADLINE and any(words in title or title in words for title in titles)


def _short(element: html.HtmlElement, tag: str, place: int) -> Iterator[_Line]:
    """The lines of an element's own text, and of what stands behind it, with the words before."""
    if tag == "time" and (stated := element.get("datetime")):
        yield _Line(stated[:_LONGEST_LINE], element, behind=False, label="", place=place)
    for text, behind in ((element.text, False), (element.tail, True)):
        if text and len(text) <= 4 * _LONGEST_LINE and _DIGITS.search(text):
            line = " ".join(text.split())
            if len(line) <= _LONGEST_LINE:
                label = (element.text if behind else _before(element)) or ""
                yield _Line(line, element, behind, label[:_LONGEST_LINE], place)


def _before(element: html.HtmlElement) -> str | None:
    previous = element.getprevious()
    return previous.text if previous is not None and isinstance(previous.tag, str) else None


def _score(line: _Line, headline: int | None) -> tuple[int, int]:
    """How likely a line is the article's date, by where it stands and what is said of it, and its rank among others."""
    parents = [line.element, *islice(line.element.iterancestors(), _MOST_PARENTS)]
    names = [_names(parent) for parent in parents]
    own = " ".join(names[:3])
    # A line with a date of its own is no label.
    said = line.text if _DIGITS.search(line.label) else f"{line.label} {line.text}"
    published, modified = bool(_PUBLISHED_WORD.search(said)), bool(_MODIFIED_WORD.search(f"{said} {own}"))
    score = 3 * bool(_DATE_ROLE.search(own)) + 2 * published + (len(line.text) <= _SHORT_LINE)
    if headline is not None and -_BEFORE <= line.place - headline <= _BEHIND:
        score += 3
    framed = any(_is_frame(parent) for parent in parents) or any(_FRAME.search(name) for name in names)
    if framed or _PICTURE.search(own):
        score -= 3
    if line.element.tag == "a" and not line.behind:
        score -= 2
    return score, score - 2 * (modified and not published)


def _is_frame(element: html.HtmlElement) -> bool:
    """Whether an element is furniture by its kind; the header of an article is none, the header of a site has no heading."""
    return element.tag in _FRAMES or (element.tag == "header" and not any(True for _ in element.iter("h1", "h2")))


def _names(element: html.HtmlElement) -> str:
    return " ".join((element.get(name) or "")[:200] for name in ("class", "id", "itemprop"))
