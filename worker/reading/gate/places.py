"""Where on a page the words stand: what it shows between its menus, and which elements a text was read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import html

_MOST_LETTERS = 8_000
_MOST_ELEMENTS = 8_000
_MOST_CELLS, _MOST_CANDIDATES = 40, 4000
_KEY, _FEW = 36, 4  # letters by which a paragraph is found again, and by which it is not looked at closely
_FRAME = frozenset({"nav", "footer", "aside", "select", "head", "template", "amp-sidebar"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a reader sees between the menus: the words, how many letters of them are links, and the links' words."""

    text: str = ""
    letters: int = 0
    linked: int = 0
    links: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()  # lower case


def words_of(element: html.HtmlElement, *, at_most: int) -> str:
    """The first words of an element, blanks collapsed."""
    if not len(element):
        return " ".join((element.text or "")[:at_most].split())
    pieces: list[str] = []
    for piece in islice(element.itertext(), 200):
        pieces.append(str(piece)[:at_most])
        at_most -= len(pieces[-1])
        if at_most <= 0:
            break
    return " ".join("".join(pieces).split())


def elements_of(tree: html.HtmlElement, prose: Iterable[str]) -> list[html.HtmlElement]:
    """The elements that lines of prose were read from, each by its first letters."""
    keys = {line[:_KEY].casefold() for line in islice(prose, _MOST_CELLS)}
    starts = {key[:_FEW] for key in keys}
    found: list[html.HtmlElement] = []
    for element in islice(
        tree.iter("p", "div", "li", "td", "span", "dd", "small", "font", "h3", "blockquote"), _MOST_CANDIDATES
    ):
        begun = element.text
        if not begun or begun.isspace():
            begun = (
                next((piece for piece in islice(element.itertext(), 6) if not piece.isspace()), "")
                if len(element)
                else ""
            )
        if begun.lstrip()[:_FEW].casefold() not in starts:
            continue
        key = words_of(element, at_most=4 * _KEY)[:_KEY].casefold()
        if key in keys:
            keys.discard(key)
            found.append(_innermost(element, key))
            if not keys:
                break
    return found


def _innermost(element: html.HtmlElement, key: str) -> html.HtmlElement:
    """The smallest element that begins with the same words."""
    for _ in range(20):
        inner = next((c for c in islice(element, 5) if words_of(c, at_most=4 * _KEY)[:_KEY].casefold() == key), None)
        if inner is None:
            return element
        element = inner
    return element


def shown_on(tree: html.HtmlElement) -> Shown:
    """What the page shows between its menus, as far as it is looked at."""
    pieces: list[str] = []
    links: list[str] = []
    linked = room = 0
    for anchor, text in _pieces(tree):
        room += len(text)
        pieces.append(text)
        if anchor:
            linked += len(text)
            links.append(text)
        if room > _MOST_LETTERS:
            break
    text = " ".join(pieces)
    lower = tuple(piece.casefold() for piece in pieces)
    return Shown(text=" ".join(lower), letters=len(text), linked=linked, links=tuple(links), pieces=lower)


def _pieces(tree: html.HtmlElement) -> Iterator[tuple[bool, str]]:
    """The pieces of text outside of the frame, and whether each stands in a link; in reading order, without recursion."""
    stack: list[tuple[html.HtmlElement, bool, bool]] = [(tree, False, False)]
    for _ in range(2 * _MOST_ELEMENTS):
        if not stack:
            return
        element, linked, left = stack.pop()
        if left:
            if words := " ".join((element.tail or "").split()):
                yield linked, words
            continue
        stack.append((element, linked, True))
        if element.tag in _FRAME:
            continue
        inside = linked or element.tag == "a"
        value = element.get("value") if element.tag == "input" and element.get("type") in {"submit", "button"} else None
        if words := " ".join((value or element.text or "").split()):
            yield inside, words
        stack.extend((child, inside, False) for child in reversed(element))
