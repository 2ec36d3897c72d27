"""The tree that an extractor leaves, as blocks with their links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from worker.news.record import Block, BlockKind, Link
from worker.reading.blocks import LONGEST, LONGEST_LINK, MOST_LINKS, Body
from worker.reading.clean import clean_line, clean_url
from worker.reading.pointers import sorted_out

_CELLS_APART = " | "


def read_body(body: etree._Element, *, base: str) -> Body:
    """Blocks of an extractor's result body (p, head, list, item, quote, table, row, cell, ref, lb, hi, code, graphic).

    `base` is the address that relative links start from.
    """
    writer = _Writer(base=base)
    writer.children(body)
    writer.flush()
    return sorted_out(writer.blocks, base)


@dataclass(slots=True)
class _Writer:
    """Walks the tree and collects a run of words until something ends the block."""

    base: str
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int | None = None
    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    room: int = MOST_LINKS

    def children(self, element: etree._Element) -> None:
        """Everything inside of an element, and the texts between."""
        self.words.append(element.text or "")
        for child in element:
            self.element(child)
            self.words.append(child.tail or "")

    def element(self, element: etree._Element) -> None:
        """One element, without its tail."""
        match element.tag:
            case "ref":
                self.link(element)
            case "lb":
                self.line_break()
            case "graphic" | "figure":
                return
            case "head":
                self.block(element, BlockKind.HEADING, _level(element))
            case "quote" | "code":
                self.block(element, BlockKind.QUOTE if element.tag == "quote" else BlockKind.PARAGRAPH)
            case "list" | "table":
                self.lines(element)
            case "p" | "div" | "item" | "row" | "cell" | "fw":
                self.block(element, self.kind if self.kind is BlockKind.QUOTE else BlockKind.PARAGRAPH)
            case _:
                self.children(element)

    def block(self, element: etree._Element, kind: BlockKind, level: int | None = None) -> None:
        """An element that is a block of its own, wherever it stands."""
        self.flush()
        before = self.kind, self.level
        self.kind, self.level = kind, level
        self.children(element)
        self.flush()
        self.kind, self.level = before

    def line_break(self) -> None:
        """A line of a paragraph is a paragraph: many outlets know no other."""
        if self.kind is BlockKind.HEADING:
            self.words.append(" ")
        else:
            self.flush()

    def link(self, element: etree._Element) -> None:
        """A link: its words belong to the run; its address is kept when it leads to the web."""
        text = "".join(map(str, element.itertext()))
        self.words.append(text)
        self.keep(element.get("target"), text)

    def keep(self, target: str | None, text: str) -> None:
        """Keep a link that has words and leads to the web, and not only to another place of this page."""
        if not target or target.startswith("#") or not self.room:
            return
        href = clean_url(target, base=self.base)
        words = clean_line(text, at_most=LONGEST_LINK)
        if href and words:
            self.room -= 1
            self.links.append(Link(href=href, text=words))

    def lines(self, element: etree._Element) -> None:
        """A list or a table: one block, a line an item or row, cells apart by a bar."""
        self.flush()
        table = element.tag == "table"
        lines = [clean_line(line, at_most=LONGEST) for line in (_rows(element) if table else _items(element))]
        for ref in element.iter("ref"):
            self.keep(ref.get("target"), "".join(map(str, ref.itertext())))
        self.add(BlockKind.TABLE if table else BlockKind.LIST, "\n".join(line for line in lines if line))

    def flush(self) -> None:
        """End the block that is being collected."""
        self.add(self.kind, clean_line("".join(self.words), at_most=LONGEST))

    def add(self, kind: BlockKind, text: str) -> None:
        """Keep a block unless it is blank."""
        if text:
            level = self.level if kind is BlockKind.HEADING else None
            self.blocks.append(Block(kind=kind, text=text, level=level, links=tuple(self.links)))
        self.words, self.links = [], []


def _level(heading: etree._Element) -> int:
    rend = re.fullmatch(r"h([1-6])", heading.get("rend") or "")
    return int(rend[1]) if rend else 2


def _items(element: etree._Element) -> Iterator[str]:
    """The lines of a list; an inner list's items are lines as well."""
    line: list[str] = [element.text or ""]
    for child in element:
        if (
            child.tag == "list"
            or child.tag in {"item", "p", "head", "lb"}
            or any(True for _ in child.iter("list", "item"))
        ):
            yield "".join(line)
            line = []
            yield from _items(child)
        else:
            line.append("".join(map(str, child.itertext())))
        line.append(child.tail or "")
    yield "".join(line)


def _rows(table: etree._Element) -> Iterator[str]:
    for row in _outermost(table, "row"):
        cells = (" ".join(" ".join(map(str, cell.itertext())).split()) for cell in _outermost(row, "cell"))
        yield _CELLS_APART.join(cell for cell in cells if cell)


def _outermost(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements of a name that stand in no other one of it: a cell's words are in it, and not in its table's rows again."""
    for child in element:
        if child.tag == name:
            yield child
        else:
            yield from _outermost(child, name)
