"""The title of an article among those that a page gives itself, without the name of the outlet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_APART = re.compile(r"\s+[|\u2022\u00b7\u00bb\u2013\u2014/-]+\s+|\s*[|\u2022\u00bb]\s*|\s+::\s+|\s+>\s+")
_CUT_SHORT = re.compile(r"\s*(?:\u2026|\.\.\.)$")
_MOST_WORDS = 5  # of a name
_SHORTEST_PART = 4  # letters of a name that may stand for the whole one


def choose_title(*, stated: str, social: str, headings: Sequence[str], document: str, names: Iterable[str]) -> str:
    """The best of the JSON-LD headline, og:title, level 1 headings and `<title>`.

    `names` are what the outlet calls itself. Many outlets write a shorter headline for search engines into `<title>`,
    and cut the JSON-LD headline at 110 letters (an old limit of a search engine): then a longer one that begins with it is meant.
    """
    known = [_letters(name) for name in names if name]
    said = [_letters(title) for title in (stated, social, *headings, document)]
    stated, social, document = (without_outlet(title, known, said) for title in (stated, social, document))
    heading = _heading([h for h in headings if _letters(h) not in known], (stated, social, document))
    if stated and (whole := _completed(stated, (heading, social, document))):
        return whole
    return stated or social or heading or document


def without_outlet(title: str, names: Sequence[str], said: Sequence[str] = ()) -> str:
    """A title without the parts at its ends that are a name of the outlet; empty when it is nothing else.

    Both sequences are in letters only. What the page also says without a part (`said`), is the title without it.
    """
    while found := [mark for mark in _APART.finditer(title) if _letters(title[mark.end() :])]:
        before, after = title[: found[-1].start()].rstrip(), title[found[0].end() :].lstrip()
        if _is_name(title[found[-1].end() :], names) or _letters(before) in said:
            title = before
        elif _letters(title[: found[0].start()]) in names or _letters(after) in said:
            title = after
        elif whole := _said_start(title, found, said):
            title = whole
        else:
            break
    return "" if _letters(title) in names else title


def _said_start(title: str, parts: Sequence[re.Match[str]], said: Sequence[str]) -> str:
    """The beginning up to one of the marks, when the page says just that elsewhere."""
    starts = (title[: mark.start()].rstrip() for mark in parts)
    return next((start for start in starts if _letters(start) in said and " " in start), "")


def _is_name(part: str, names: Sequence[str]) -> bool:
    """Whether the end of a title is the outlet's name, perhaps with more ("Sport | The Daily Planet Online")."""
    letters = _letters(part)
    if not letters or len(part.split()) > _MOST_WORDS:
        return False
    long_enough = [name for name in names if min(len(name), len(letters)) >= _SHORTEST_PART]
    return letters in names or any(letters.startswith(name) or name.startswith(letters) for name in long_enough)


def _heading(headings: Sequence[str], others: Iterable[str]) -> str:
    """The heading that the page's other titles repeat, else the only one: some pages have dozens."""
    wanted = [_letters(other) for other in others if other]
    for heading in headings:
        letters = _letters(heading)
        if letters and any(letters == other or (len(letters) > 20 and letters in other) for other in wanted):  # noqa: PLR2004
            return heading
    return headings[0] if len(headings) == 1 else ""


def _completed(short: str, others: Iterable[str]) -> str:
    """The title that a cut one is the beginning of."""
    cut = _CUT_SHORT.search(short)
    start = _letters(short[: cut.start()] if cut else short)
    if not cut and len(short) < 100:  # noqa: PLR2004 - nothing was cut
        return ""
    return next((other for other in others if len(other) > len(short) and _letters(other).startswith(start)), "")


def _letters(text: str) -> str:
    return "".join(re.findall(r"\w+", text.casefold()))
