"""What stands in an article's part of a page, in reading order: its kept blocks, and what the extractor left out between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree, html

from worker.news.record import Block, BlockKind, Link
from worker.reading.blocks import LONGEST, LONGEST_LINK, letters_of
from worker.reading.clean import clean_line, clean_url
from worker.reading.figures import is_post
from worker.reading.locating import Located
from worker.reading.words import words_of

HEADINGS = {f"h{level}": level for level in range(1, 7)}
INLINE = frozenset(
    (
        *(
            "a",
            "abbr",
            "b",
            "bdi",
            "bdo",
            "big",
            "cite",
            "code",
            "data",
            "del",
            "dfn",
            "em",
            "font",
            "i",
            "ins",
            "kbd",
            "label",
        ),
        *(
            "mark",
            "nobr",
            "q",
            "s",
            "samp",
            "small",
            "span",
            "strike",
            "strong",
            "sub",
            "sup",
            "time",
            "tt",
            "u",
            "var",
            "wbr",
        ),
    )
)
_MEDIA = frozenset(("figure", "picture", "img", "amp-img", "iframe", "video", "audio"))
# What is no part of a text wherever it stands (HTML, 4.3 and 4.10).
ASIDE = frozenset(("nav", "form", "button", "footer", "menu", "dialog", "figcaption"))
# How those who write pages name a box that stands in a text and is none of it; they do it in English everywhere.
# "paywall" and "teaser" are not among them: they stand on the paid part of a text, and on its lead.
_BOX = re.compile(
    r"(?:^|[\s_-])(?:paywall[_-](?:offer|box|banner|message|overlay)|reg-?wall|(?:\w*-)?blocker|piano|newsletters?(?:box)?|"
    r"subscri(?:be|ption)s?|sign-?up|promo(?:tion|box)?s?|related(?:posts?|articles?)?|share(?:bar|buttons?)?|sharing|"
    r"social(?:bar|links?)?|advert(?:s|isement|ising)?|sponsor(?:ed)?|donat(?:e|ion)s?|cookies?|consent|comments?|log-?in|upsell|"
    r"recommend(?:ed|ations?)?|outbrain|taboola)(?=$|[\s_-])",
    re.IGNORECASE,
)
_UNSEEN = frozenset(("template", "select", "textarea", "input", "script", "style", "noscript", "svg", "head", "title"))
_MOST_LINKS = 200  # of one block
_MOST_IN_POST = 100  # elements
_LONGEST_NAME = 300
_MOST = 60_000  # elements


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing of the page: an element that is a whole, or a line between breaks."""

    home: html.HtmlElement | None  # what it stands in
    element: html.HtmlElement | None = None  # None for a line
    at: int | None = None  # the kept block that it is
    links: tuple[Link, ...] = ()  # of a line
    told: bool = False  # its words are other pieces
    aside: bool = False  # it stands in an element that holds no text


def pieces_of(located: Located, base: str, *, lines: bool) -> list[Piece]:
    """The pieces of the article's part of a page; with `lines`, blocks that have no element are looked for as well."""
    return [*_Walk(located=located, base=base, lines=lines).pieces()]


def lines_of(root: html.HtmlElement, wanted: dict[str, list[int]], base: str) -> dict[int, html.HtmlElement]:
    """The elements that hold lines of text, which nothing but breaks keeps apart, by the block that each is."""
    nowhere = Located(blocks={}, trunk=set(), root=root, missing=wanted)
    found: dict[int, html.HtmlElement] = {}
    looked_for = sum(map(len, wanted.values()))
    for piece in _Walk(located=nowhere, base=base, lines=True).pieces():
        if piece.at is not None and piece.home is not None:
            found[piece.at] = piece.home
            if len(found) == looked_for:
                break
    return found


def block_of(element: html.HtmlElement, base: str, kind: BlockKind = BlockKind.PARAGRAPH) -> Block:
    """An element as a block."""
    text = clean_line(words_of(element), at_most=LONGEST)
    level = HEADINGS.get(element.tag) if kind is BlockKind.HEADING else None
    return Block(kind=kind, text=text, level=level, links=links_of(element.iter("a"), base))


def links_of(anchors: Iterable[html.HtmlElement], base: str) -> tuple[Link, ...]:
    """Links that have words and lead to the web, and not only to another place of this page."""
    found = []
    for anchor in islice(anchors, _MOST_LINKS):
        target = anchor.get("href") or ""
        words = clean_line(words_of(anchor), at_most=LONGEST_LINK)
        if words and target and not target.startswith("#") and (href := clean_url(target, base=base)):
            found.append(Link(href=href, text=words))
    return tuple(found)


def names_of(element: html.HtmlElement) -> str:
    """What those who wrote a page call an element: its classes and its id."""
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def is_box(element: html.HtmlElement) -> bool:
    """Whether an element is named as a box that stands in a text and is none of it."""
    return _names_box(names_of(element))


def _names_box(names: str) -> bool:
    return bool(_BOX.search(names, 0, _LONGEST_NAME))


def spine_of(located: Located) -> AbstractSet[html.HtmlElement]:
    """The element in which most of the text stands, and those that it stands in."""
    homes = Counter(home for element in located.blocks if (home := element.getparent()) is not None)
    if not homes:
        return located.trunk
    (home, _), *_ = homes.most_common(1)
    return {home, *home.iterancestors()}


@dataclass(slots=True)
class _Walk:
    """Goes through the elements once, and collects a run of words until something ends the line."""

    located: Located
    base: str
    lines: bool
    missing: dict[str, list[int]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    anchors: list[html.HtmlElement] = field(default_factory=list)
    spine: AbstractSet[html.HtmlElement] = frozenset()
    names: dict[str, bool] = field(default_factory=dict)  # whether what is called so is a box
    asides: list[html.HtmlElement] = field(default_factory=list)

    def pieces(self) -> Iterator[Piece]:
        self.missing = {letters: [*ats] for letters, ats in self.located.missing.items()} if self.lines else {}
        self.spine = spine_of(self.located)
        walk = etree.iterwalk(self.located.root, events=("start", "end"))
        # Each element begins and ends; the last one ends the last line.
        skipped = None
        for event, element in islice(walk, _MOST):
            if event == "end":
                if element is not skipped:
                    yield from self._ended(element)
                if element is not self.located.root:
                    self.words.append(element.tail or "")
            elif element is not self.located.root and self._is_whole(element):
                walk.skip_subtree()
                skipped = element
                yield from self._line(element.getparent())
                yield from self._wholly(element)
            else:
                yield from self._begun(element)

    def _wholly(self, element: html.HtmlElement) -> Iterator[Piece]:
        """An element as a piece; behind the words of a post that were kept, when it is one."""
        if element.tag in _UNSEEN:
            return
        blocks = self.located.blocks
        # A box for posts is named as one for buttons to share: it is "social".
        post = is_post(element)
        aside = not post and (bool(self.asides) or self._is_aside(element))
        quoted = [inner for inner in islice(element.iter(), _MOST_IN_POST) if inner in blocks] if post else []
        for inner in quoted:
            yield Piece(element, inner, blocks[inner])
        at = None if quoted else blocks.get(element)
        yield Piece(element.getparent(), element, at, aside=aside, told=bool(quoted))

    def _begun(self, element: html.HtmlElement) -> Iterator[Piece]:
        if element.tag not in INLINE:
            yield from self._line(element.getparent())
            if self._is_aside(element):
                self.asides.append(element)
        elif element.tag == "a":
            self.anchors.append(element)
        self.words.append(element.text or "")

    def _ended(self, element: html.HtmlElement) -> Iterator[Piece]:
        if element.tag not in INLINE:
            yield from self._line(element)
            if self.asides and self.asides[-1] is element:
                self.asides.pop()

    def _is_whole(self, element: html.HtmlElement) -> bool:
        """Whether an element is one piece, so that nobody looks into it here."""
        if element in self.located.blocks or element.tag in _UNSEEN or is_post(element):
            return True
        if element in self.located.trunk or element.tag == "br":
            return False
        if element.tag in INLINE:
            return next(element.iter("img", "iframe", "video", "amp-img"), None) is not None
        if element.tag in _MEDIA:
            return next(element.iter("table"), None) is None
        return not self.lines or element.tag in ASIDE or element.tag in HEADINGS

    def _is_aside(self, element: html.HtmlElement) -> bool:
        """Whether an element is a box in the text by its tag, or by its name when it does not hold most of the text."""
        if element.tag in ASIDE:
            return True
        if not self.located.trunk:
            return False
        names = names_of(element)
        if len(names) == 1 or element in self.spine:
            return False
        if names not in self.names:
            self.names[names] = _names_box(names)
        return self.names[names]

    def _line(self, home: html.HtmlElement | None) -> Iterator[Piece]:
        """End the line that is being collected."""
        words, anchors = "".join(self.words), self.anchors
        self.words, self.anchors = [], []
        if not words.isspace() and words:
            ats = self.missing.get(letters_of(words)) if self.missing else None
            links = links_of(anchors, self.base) if ats else ()
            yield Piece(home, at=ats.pop(0) if ats else None, links=links, aside=bool(self.asides))
