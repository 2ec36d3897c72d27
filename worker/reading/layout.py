"""Where the lines of a page stand in its tree: what an extractor kept is looked up again, and what stands beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml import html

from worker.reading.words import words_of

_MOST_LINES = 2000  # of a page; no article has more, and later lines are not looked at
_MOST_ALIKE = 8  # lines of the same words that are told apart
_BEGINNING = 48  # letters by which a line is found again that an extractor cut
# An element's own words between its blocks are a line when they are at least this long.
_SHORTEST_OWN = 40
_BLOCKS = (
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "div", "td", "th", "dd", "dt", "pre", "figcaption"),
    *(
        "section",
        "article",
        "header",
        "footer",
        "aside",
        "main",
        "ul",
        "ol",
        "table",
        "tr",
        "dl",
        "figure",
        "nav",
        "form",
    ),
)
_IS_BLOCK = frozenset(_BLOCKS)
# The frame is the smallest element that holds this share of an article's letters.
_FRAMED = 0.85
# Lines of one look (element, class, parent, its class) are the article's own when they hold this share of its letters.
_COMMON = 0.2

Look = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A block of a page, or the words between the blocks of one: `at` is its place, `key` its words without blanks."""

    element: html.HtmlElement
    at: int
    text: str
    key: str
    between: bool = False  # its element holds other lines

    @property
    def look(self) -> Look:
        """What paragraphs of one article have in common: element and class, and those of what they stand in."""
        parent = self.element.getparent()
        above = ("", "") if parent is None else (str(parent.tag), parent.get("class") or "")
        return str(self.element.tag), self.element.get("class") or "", *above

    @property
    def linked(self) -> float:
        """The share of its letters that are links."""
        letters = sum(len(words_of(anchor)) for anchor in self.element.iter("a"))
        return min(1.0, letters / max(1, len(self.text)))

    def names(self, *, up_to: int) -> str:
        """The classes and ids of its element and of the elements around it, `up_to` so many steps."""
        chain = (self.element, *islice(self.element.iterancestors(), up_to))
        return " ".join(filter(None, (element.get(name) for element in chain for name in ("class", "id"))))

    def stands_in(self, names: Iterable[str], *, up_to: int) -> bool:
        """Whether it is, or stands within a few steps in, an element of these names."""
        wanted = frozenset(names)
        return self.element.tag in wanted or any(
            above.tag in wanted for above in islice(self.element.iterancestors(), up_to)
        )


def read_lines(tree: html.HtmlElement) -> tuple[Line, ...]:
    """The lines of a page in reading order."""
    holders: set[html.HtmlElement] = set()
    blocks = []
    for element in tree.iter(*_BLOCKS):
        blocks.append(element)
        above = element.getparent()
        while above is not None and above not in holders:
            holders.add(above)
            above = above.getparent()
    return tuple(islice(_lines(blocks, holders), _MOST_LINES))


def _lines(blocks: Iterable[html.HtmlElement], holders: set[html.HtmlElement]) -> Iterator[Line]:
    for at, element in enumerate(blocks):
        if element in holders:
            words = "".join(_own(element, holders)).split()
            text = " ".join(words)
            if len(text) >= _SHORTEST_OWN:
                yield Line(element, at, text, "".join(words), between=True)
        elif words := words_of(element).split():
            yield Line(element, at, " ".join(words), "".join(words))


def _own(element: html.HtmlElement, holders: set[html.HtmlElement]) -> Iterator[str]:
    """The words of an element that stand in no block inside of it."""
    yield element.text or ""
    for child in element:
        if child.tag not in _IS_BLOCK and child not in holders:
            yield words_of(child)
        yield child.tail or ""


def squeezed(text: str) -> str:
    """A text without blanks: the form in which lines of two readings are compared."""
    return "".join(text.split())


class Directory:
    """Finds the lines of a page by their words."""

    def __init__(self, lines: Sequence[Line]) -> None:
        """Sort lines by their words and by how they begin."""
        self._whole: dict[str, list[Line]] = {}
        self._begun: dict[str, list[Line]] = {}
        for line in lines:
            for name, shelf in ((line.key, self._whole), (line.key[:_BEGINNING], self._begun)):
                alike = shelf.setdefault(name, [])
                if len(alike) < _MOST_ALIKE:
                    alike.append(line)

    def find(self, key: str, *, after: int) -> Line | None:
        """The line of these words, or one that begins with them: rather one that comes `after` a place."""
        found = self._whole.get(key) or (self._begun.get(key[:_BEGINNING]) if len(key) >= _BEGINNING else None)
        if not found:
            return None
        return next((line for line in found if line.at > after), found[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where an article stands: the element that is the parent of most of it, its frame, and what its lines look like."""

    parent: html.HtmlElement | None
    frame: html.HtmlElement | None
    looks: frozenset[Look]

    def holds(self, line: Line) -> bool:
        """Whether a line stands beside those of the article, or looks like them."""
        return line.element.getparent() is self.parent or line.look in self.looks

    def frames(self, line: Line) -> bool:
        """Whether a line stands in the element that holds nearly all of the article."""
        return self.frame is None or line.element is self.frame or self.frame in line.element.iterancestors()


def home_of(kept: Sequence[Line]) -> Home:
    """Where the kept lines of a page stand."""
    letters = sum(len(line.key) for line in kept)
    parents: Counter[html.HtmlElement] = Counter()
    within: Counter[html.HtmlElement] = Counter()
    looks: Counter[Look] = Counter()
    for line in kept:
        looks[line.look] += len(line.key)
        for above in line.element.iterancestors():
            within[above] += len(line.key)
        if (parent := line.element.getparent()) is not None:
            parents[parent] += len(line.key)
    # Of elements that hold the same, a counter keeps the order in which they came: the innermost was counted first.
    frames = [element for element, share in within.items() if share >= _FRAMED * letters]
    frame = min(frames, key=lambda element: within[element], default=None)
    common = frozenset(look for look, share in looks.items() if share >= _COMMON * letters)
    return Home(parent=max(parents, key=lambda element: parents[element], default=None), frame=frame, looks=common)
