"""The body of an article as blocks with their links, from the tree that the extractor leaves; furniture is set aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from lxml import etree

from worker.news.record import Block, BlockKind, Link, Related
from worker.reading.clean import clean_line, clean_url

_LONGEST = 1_000_000  # letters of one block
_LONGEST_LINK = 2048
_LONGEST_TITLE = 1000
_MOST_LINKS = 5000  # of a page; no text has more
_CELLS_APART = " | "
# A line is only a pointer when what is not linked is at most this long ("Read also:").
_LONGEST_LABEL = 40
# A link of so many words is a headline; names of people and sections have fewer.
_HEADLINE_WORDS = 4
# Words that stand for a running report in addresses, in the languages of the catalog.
_LIVE = re.compile(
    r"live[-_]?(?:blog|ticker|updates?|reporting|feed|stream|text|verslag)|newsblog|(?:^|[/-])(?:live|em-direto|ao-minuto|"
    r"ao-vivo|en-direct|en-directo|en-vivo|minuto-a-minuto|in-diretta|diretta|na-zywo|minute-by-minute)(?=[/-]|$)",
    re.IGNORECASE,
)
# An article's address has a long number, a date or a slug of several words.
_ARTICLE = re.compile(r"\d{5,}|/(?:19|20)\d\d/\d\d?/|(?<![^/-])[^/-]++(?:-[^/-]++){3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An article's body: blocks in reading order, and what stood between them but is no text of it."""

    blocks: tuple[Block, ...] = ()
    related: tuple[Related, ...] = ()
    live_blog: str | None = None

    @property
    def text(self) -> str:
        """The plain rendering: blocks apart by one newline, list items and table rows on lines of their own."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of all blocks, the first of each address."""
        found: dict[str, Link] = {}
        for block in self.blocks:
            for link in block.links:
                found.setdefault(link.href, link)
        return tuple(found.values())


def read_body(body: etree._Element, *, base: str) -> Body:
    """Blocks of an extractor's result body (p, head, list, item, quote, table, row, cell, ref, lb, hi, code, graphic).

    `base` is the address that relative links start from.
    """
    writer = _Writer(base=base)
    writer.children(body)
    writer.flush()
    return sorted_out(writer.blocks, base)


def plain_body(text: str) -> Body:
    """A body of paragraphs from plain text in which every line is one."""
    lines = (clean_line(line, at_most=_LONGEST) for line in text.splitlines())
    return Body(blocks=tuple(Block(kind=BlockKind.PARAGRAPH, text=line) for line in lines if line))


def without_title(body: Body, title: str) -> Body:
    """The body without a leading heading that only repeats the title."""
    wanted = _letters(title)
    for at, block in enumerate(body.blocks[:3]):
        if block.kind is BlockKind.HEADING and block.level == 1 and wanted and _letters(block.text) == wanted:
            kept = (*body.blocks[:at], *body.blocks[at + 1 :])
            return replace(body, blocks=kept)
    return body


def bounded(body: Body, *, at_most: int) -> Body:
    """The body up to `at_most` letters, in whole blocks."""
    kept, room = [], at_most
    for block in body.blocks:
        room -= len(block.text) + 1
        if room < 0:
            break
        kept.append(block)
    return replace(body, blocks=tuple(kept))


def _letters(text: str) -> str:
    return "".join(re.findall(r"\w+", text.casefold()))


@dataclass(slots=True)
class _Writer:
    """Walks the tree and collects a run of words until something ends the block."""

    base: str
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int | None = None
    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    room: int = _MOST_LINKS

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
        words = clean_line(text, at_most=_LONGEST_LINK)
        if href and words:
            self.room -= 1
            self.links.append(Link(href=href, text=words))

    def lines(self, element: etree._Element) -> None:
        """A list or a table: one block, a line an item or row, cells apart by a bar."""
        self.flush()
        table = element.tag == "table"
        lines = [clean_line(line, at_most=_LONGEST) for line in (_rows(element) if table else _items(element))]
        for ref in element.iter("ref"):
            self.keep(ref.get("target"), "".join(map(str, ref.itertext())))
        self.add(BlockKind.TABLE if table else BlockKind.LIST, "\n".join(line for line in lines if line))

    def flush(self) -> None:
        """End the block that is being collected."""
        self.add(self.kind, clean_line("".join(self.words), at_most=_LONGEST))

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


def sorted_out(blocks: Iterable[Block], base: str) -> Body:
    """Set lines apart that only point to another page of a site: `base` is where they stand."""
    kept: list[Block] = []
    related: dict[str, Related] = {}
    live_blog: str | None = None
    for block in blocks:
        pointers = _pointers(block, base)
        if not pointers:
            kept.append(block)
            continue
        for link in pointers:
            if live_blog is None and _LIVE.search(urlsplit(link.href).path):
                live_blog = link.href
            else:
                title = clean_line(link.text, at_most=_LONGEST_TITLE)
                related.setdefault(link.href, Related(url=link.href, title=title))
    return Body(blocks=tuple(kept), related=tuple(related.values()), live_blog=live_blog)


def _pointers(block: Block, base: str) -> Sequence[Link]:
    """The links of a block that is nothing but links to articles; none when it says something of its own."""
    if not block.links or block.kind in {BlockKind.TABLE, BlockKind.QUOTE}:
        return ()
    linked = sum(len(link.text) for link in block.links)
    lines = block.text.count("\n") + 1
    label = len(block.text) - linked - (lines - 1)
    whole = label <= 2 * lines
    labelled = label <= _LONGEST_LABEL and linked >= label and ":" in block.text[: label + 1]
    if not (whole or labelled):
        return ()
    headlines = labelled and all(is_headline(link.text) for link in block.links)
    if not all(_leads_to_article(link.href, base, named=headlines) for link in block.links):
        return ()
    return block.links


def is_headline(words: str) -> bool:
    """Whether the words of a link can be the title of an article."""
    return len(words.split()) >= _HEADLINE_WORDS


def _leads_to_article(href: str, base: str, *, named: bool) -> bool:
    """Whether an address is that of another article: on the same site, and shaped like one or `named` by a headline."""
    target, here = urlsplit(href), urlsplit(base)
    if target.path.strip("/") == here.path.strip("/") or not target.path.strip("/"):
        return False
    shaped = (named and "-" in target.path) or bool(_ARTICLE.search(target.path) or _LIVE.search(target.path))
    return shaped and (_site(target.hostname) == _site(here.hostname) or bool(_LIVE.search(target.path)))


def _site(host: str | None) -> str:
    """The part of a host name that the pages of an outlet share; roughly, and enough for a comparison."""
    labels = (host or "").split(".")
    second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"co", "com", "org", "net", "gov", "ac"}  # noqa: PLR2004
    return ".".join(labels[-3 if second_level else -2 :])
