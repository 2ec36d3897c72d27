"""What two readings of a page and its tree agree on: lines that are none of the article's go, lines that belong in come back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree, html

from worker.reading.layout import Directory, Home, Line, home_of, read_lines, squeezed
from worker.reading.standfirst import Known, standfirst
from worker.reading.stray import Part, strays
from worker.reading.witness import BEGINNING, LONGEST, Seen

_MOST_LINES = 1000  # of a body; one that has more is left as it is
_SHORTEST = 40  # letters; shorter lines of a page are labels as often as text
_MOSTLY_LINK = 0.9
# What comes after the last kept line is only believed to be the article's when it is this much of it.
_LOST_END = 0.2
_TEXT = frozenset({"p", "h2", "h3", "h4", "blockquote", "div"})


def settle(body: etree._Element, tree: html.HtmlElement, *, seen: Seen, known: Known) -> None:
    """Mend a result body in place, by the tree of the page that it was made from and by a second reading."""
    lines = read_lines(tree)
    parts = parts_of(body, lines)
    if not parts or len(parts) > _MOST_LINES:
        return
    home = home_of([part.line for part in parts if part.line is not None])
    gone = strays(parts, home, seen=seen, known=known)
    kept = [part for part in parts if part not in gone]
    if not any(part.element.tag != "head" for part in kept):
        return
    for part in gone:
        remove(part.element)
    words = squeezed("".join(map(str, body.itertext())))
    if len(words) > LONGEST:
        return
    taken = {part.key for part in gone}
    # The first of each, in reading order: some pages hold their text twice.
    lost = {line.key: line for line in reversed(lines) if line.key not in taken and _is_lost(line, home, seen, words)}
    _bring_back(kept, list(reversed(lost.values())))
    first = next((part.line.at for part in kept if part.line and part.element.tag != "head"), None)
    if first is not None:
        found = [line for line in standfirst(lines, first=first, known=known) if line.key[:BEGINNING] not in words]
        for at, line in enumerate(found):
            body.insert(at, _made(line, heads=False))


def parts_of(body: etree._Element, lines: Sequence[Line]) -> list[Part]:
    """The lines of a result body with the lines of the page that they were made from."""
    directory = Directory(lines)
    parts, at = [], -1
    for element in _pieces(body):
        key = squeezed("".join(map(str, element.itertext())))
        if not key:
            continue
        line = directory.find(key, after=at)
        at = at if line is None else line.at
        parts.append(Part(element, key, line, line is not None and line.key == key))
    return parts


def _pieces(body: etree._Element) -> Iterator[etree._Element]:
    for child in body:
        if child.tag == "list":
            yield from child.iterchildren("item")
        else:
            yield child


def remove(element: etree._Element) -> None:
    """Take an element out of its body, and not the words behind it."""
    parent = element.getparent()
    if parent is None:
        return
    if (element.tail or "").strip():
        tail = element.tail
        element.clear()
        element.tail = tail
        return
    parent.remove(element)
    if parent.tag == "list" and not len(parent):
        remove(parent)


def _is_lost(line: Line, home: Home, seen: Seen, words: str) -> bool:
    """Whether a line looks like those of the article and was seen by the second reading, but is not in the body."""
    if len(line.text) < _SHORTEST or line.between or line.element.tag not in _TEXT or line.key[:BEGINNING] in words:
        return False
    if line.stands_in(("blockquote",), up_to=2):
        # Quoted: the second reading leaves it out.
        return home.parent in line.element.iterancestors()
    return line.look in home.looks and home.frames(line) and seen.has(line.key)


def _bring_back(kept: Sequence[Part], lost: Sequence[Line]) -> None:
    """Put lost lines where they stood: those among the kept ones, and an end that is much of the article."""
    places = {part.line.at: part.element for part in kept if part.line is not None}
    if not places:
        return
    first, last = min(places), max(places)
    end = [line for line in lost if line.at > last and line.linked < _MOSTLY_LINK]
    if sum(len(line.key) for line in end) < _LOST_END * sum(len(part.key) for part in kept):
        end = []
    put_back(places, [*(line for line in lost if first < line.at < last), *end])


def put_back(places: dict[int, etree._Element], lines: Sequence[Line]) -> None:
    """Put lines of the page, which are in its order, behind what stands before them; `places` has the body's parts by theirs."""
    order = sorted(places)
    at = 0
    anchor: etree._Element | None = None
    for line in lines:
        while at < len(order) and order[at] < line.at:
            anchor = places[order[at]]
            at += 1
        made = _made(line)
        beside = _outermost(places[order[0]] if anchor is None else anchor)
        if anchor is None:
            beside.addprevious(made)
        else:
            beside.addnext(made)
            anchor = made


def _outermost(part: etree._Element) -> etree._Element:
    """An item's list: a line beside an item is none of it."""
    parent = part.getparent()
    return parent if parent is not None and parent.tag == "list" else part


def _made(line: Line, *, heads: bool = True) -> etree._Element:
    """A line of the page as an element of a result body, with its links; a standfirst heads nothing, whatever its element."""
    heading = heads and re.fullmatch(r"h[2-6]", str(line.element.tag)) is not None
    made = etree.Element("head", rend=str(line.element.tag)) if heading else etree.Element("p")
    last: etree._Element | None = None
    for text, link in _runs(line.element):
        if link is not None:
            last = etree.SubElement(made, "ref", target=link)
            last.text = text
        elif last is None:
            made.text = (made.text or "") + text
        else:
            last.tail = (last.tail or "") + text
    return made


def _runs(element: html.HtmlElement) -> Iterator[tuple[str, str | None]]:
    """The words of an element and what they link to."""
    links: list[str | None] = [None]
    yield element.text or "", None
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if inner is element:
            continue
        if event == "start":
            links.append(inner.get("href") if inner.tag == "a" else links[-1])
            yield (" " if inner.tag == "br" else "") + (inner.text or ""), links[-1]
        else:
            links.pop()
            yield inner.tail or "", links[-1]
