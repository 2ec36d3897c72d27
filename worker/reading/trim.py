"""A feed's text made fit for its parser: no controls, no impossible references, no more items than are read, authors that are names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from worker.reading.clean import settled

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,12})|([0-9]{1,14}));?")
_OPEN = re.compile(r"<(?:[\w-]{1,20}:)?(?:item|entry)(?=[\s>])")
_CLOSE = re.compile(r"</(?:[\w-]{1,20}:)?(?:item|entry)\s*>")
# The characters of XML, but C1 controls (XML 1.0 §2.2).
_CHARACTERS = ((9, 10, 13), range(0x20, 0x7F), range(0xA0, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))
# The parser's author pattern is quadratic in the length of what stands there.
LONGEST_AUTHOR = 500
_AUTHOR = re.compile(
    r"(<(?:[\w-]{1,20}:)?(?:author|creator|managingEditor|webMaster|contributor|name|email)\b[^<>]{0,200}>\s*(?:<!\[CDATA\[)?)"
    r"([^<\]]+)"
)
# The parser cuts the last part of a domain after four letters, and takes the rest for a name.
_PLAIN_ADDRESS = r"(?<![\w.+%-])(?:mailto:)?[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_ADDRESS = re.compile(rf"\({_PLAIN_ADDRESS}\)|(?:&lt;)?{_PLAIN_ADDRESS}(?:&gt;)?")


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A feed's text, the items in it, how many were left out, and whether the last one was cut off."""

    text: str
    items: tuple[str, ...]
    truncated: int
    cut_off: bool


def trim(text: str, *, most: int) -> Trimmed:
    """Make a feed's text fit. An item that has no end is left out: what is missing of it can't be known."""
    text = _AUTHOR.sub(_named, fit(text))
    opened = [match.start() for match in _OPEN.finditer(text)]
    closed, end = _last_close(text)
    cut_off = bool(opened) and opened[-1] > closed
    if cut_off:
        text = text[: opened.pop()]
    # Of a feed that was cut off in its first item, or has no end of items at all, nothing follows the last one.
    end = end if opened and closed > opened[-1] else len(text)
    bounds = [*opened, end]
    items = tuple(text[start:stop] for start, stop in pairwise(bounds[: most + 1]))
    truncated = max(0, len(opened) - most)
    if truncated:
        text = text[: opened[most]] + text[end:]
    return Trimmed(text, items, truncated, cut_off)


def fit(text: str) -> str:
    """Text that an XML parser can take: without controls, and without references to what is no character."""
    return settled(_REFERENCE, _possible, _CONTROLS.sub("", text))


def _named(match: re.Match[str]) -> str:
    """An author without an address, and no longer than a name can be."""
    return match[1] + _ADDRESS.sub("", match[2][:LONGEST_AUTHOR])


def _last_close(text: str) -> tuple[int, int]:
    """Where the last end tag of an item begins and ends; -1 when there is none."""
    last = -1, -1
    for match in _CLOSE.finditer(text):
        last = match.span()
    return last


def _possible(match: re.Match[str]) -> str:
    """A character reference as it stands, or nothing when it names no character."""
    number = int(match[1], 16) if match[1] else int(match[2])
    return match[0] if any(number in span for span in _CHARACTERS) else ""
