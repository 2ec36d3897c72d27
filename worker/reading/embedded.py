"""The article of a page that shows none: templates that are filled by a script carry it as HTML in a string of the script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_LONGEST = 3_000_000  # letters of a page's scripts
_LEVELS = 2  # a string may hold JSON with strings
_FEWEST = 3  # paragraphs; fewer are a label or a notice
_SHORTEST = 600  # letters of their words
_SCRIPT = re.compile(r"<script(?=[\s>])[^>]*>", re.IGNORECASE)
# One that never ends is taken as well, so that no letter is looked at twice.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_PARAGRAPH = re.compile(r"(?:<|\\{1,4}u003c)p(?:[\s>]|\\{1,4}u003e)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def embedded_article(page: str) -> str:
    """The longest run of paragraphs that stands in a string of a page's scripts, as HTML; empty when there is none."""
    found = max(_fragments(page), key=_letters, default="")
    return found if _letters(found) >= _SHORTEST else ""


def _fragments(page: str) -> Iterator[str]:
    for script in _scripts(page):
        yield from _strings(script, levels=_LEVELS)


def _scripts(page: str) -> Iterator[str]:
    room, at = _LONGEST, 0
    while room > 0 and (start := _SCRIPT.search(page, at)):
        end = page.find("</script", start.end())
        if end < 0:
            return
        at = end
        script = page[start.end() : end][:room]
        room -= len(script)
        yield script


def _strings(text: str, *, levels: int) -> Iterator[str]:
    """The strings in a text of JSON or JavaScript that hold paragraphs, and those inside of them."""
    if not _has_paragraphs(text):
        return
    for literal in _STRING.finditer(text):
        if not _has_paragraphs(literal[0]):
            continue
        try:
            value = json.loads(literal[0], strict=False)
        except ValueError:
            continue
        inner = list(_strings(value, levels=levels - 1)) if levels > 1 else []
        yield from inner or [value]


def _has_paragraphs(text: str) -> bool:
    return sum(1 for _, _ in zip(range(_FEWEST), _PARAGRAPH.finditer(text), strict=False)) == _FEWEST


def _letters(fragment: str) -> int:
    return len(_TAG.sub("", fragment)) if _PARAGRAPH.search(fragment) else 0
