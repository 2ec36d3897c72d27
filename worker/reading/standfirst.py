"""The standfirst of an article: the lines between its headline and its text, which extractors leave out as a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from worker.reading.layout import Line, squeezed

_LETTERS = range(40, 701)
_MOST = 3  # lines
_MOST_LINKED = 0.3
_SHORTEST_SUMMARY = 40  # letters by which a line is known to be the page's own description
_BEGINNING = 60
_BESIDES = ("nav", "aside", "footer", "figure", "figcaption", "form", "button", "li")
# Words of class names: in English, as most templates have them, and as outlets of other languages call it.
_NAMED = re.compile(
    r"lead|lede|intro|summary|sub-?(?:title|head)|standfirst|excerpt|teaser|abstract|pream|preface|desc\b|description|\bde[ck]k?\b|"
    r"strap|synopsis|epigraph|vorspann|ingress|chapo|chapeau|sapo|entradilla|bajada|sommario|spot\b",
    re.IGNORECASE,
)
_NAMED_OTHERWISE = re.compile(
    r"caption|credit|figure|image|img|photo|picture|gallery|media|video|player|byline|aut(?:h)?or|date|time|meta|share|social|crumb|"
    r"nav|menu|comment|related|banner|promo|newsletter|cookie|tags?\b|hidden|paywall|premium|regist|subscri|login|copy|tool|popup",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an article before its text is read: title and summary, who wrote it, and texts from elsewhere."""

    title: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()  # the page's JSON-LD, the feed's content (may be HTML): whole or not


def standfirst(lines: Sequence[Line], *, first: int, known: Known) -> list[Line]:
    """The lines of it that stand before the place `first`, where the text begins.

    A line is one when the page's own description says the same, or when its class says so.
    """
    title = squeezed(known.title)
    heads = [line.at for line in lines if line.at < first and (line.element.tag == "h1" or line.key == title)]
    start = heads[0] if heads else first
    between = [line for line in lines if start < line.at < first and line.key != title]
    return [line for line in between if _is_standfirst(line, squeezed(known.summary))][:_MOST]


def _is_standfirst(line: Line, summary: str) -> bool:
    if len(line.text) not in _LETTERS or line.element.tag == "h1":
        return False
    if line.linked > _MOST_LINKED or line.stands_in(_BESIDES, up_to=6):
        return False
    names = line.names(up_to=1)
    if _NAMED_OTHERWISE.search(names):
        return False
    return same_beginning(line.key, summary) or bool(_NAMED.search(names))


def same_beginning(one: str, other: str) -> bool:
    """Whether one of two lines holds the beginning of the other."""
    if min(len(one), len(other)) < _SHORTEST_SUMMARY:
        return False
    return one[:_BEGINNING] in other or other[:_BEGINNING] in one
