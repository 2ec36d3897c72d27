"""Which of the lines of a page that read alike a block is: the one that keeps the order of the text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from lxml import html

# A shorter line may stand anywhere on a page; a longer one says where the article stands.
TELLING = 30  # letters, without blanks
_MOST_TRIES = 50
_NEAR = 2  # levels between a short line and an element that holds long ones
_NOWHERE = 1 << 40


@dataclass(slots=True)
class Alike:
    """The lines of a page that read alike, in its order: their places among all lines, and their elements."""

    places: list[int] = field(default_factory=list)
    elements: list[html.HtmlElement] = field(default_factory=list)

    def add(self, place: int, element: html.HtmlElement) -> None:
        """Add a line that stands behind all others."""
        self.places.append(place)
        self.elements.append(element)

    def between(self, start: int, end: int, *, taken: AbstractSet[int]) -> Sequence[tuple[int, html.HtmlElement]]:
        """The next free lines between two places."""
        first = bisect_right(self.places, start)
        tries = range(first, min(first + _MOST_TRIES, len(self.places)))
        free = (at for at in tries if self.places[at] < end and self.places[at] not in taken)
        return [(self.places[at], self.elements[at]) for at in free]


def choose(keys: Sequence[str], lines: Mapping[str, Alike]) -> dict[int, html.HtmlElement]:
    """A line for each block, by the block's position: the first one behind that of the block before; a line has one block."""
    chosen: dict[int, tuple[int, html.HtmlElement]] = {}
    taken: set[int] = set()
    last = -1
    for at, key in enumerate(keys):
        if len(key) < TELLING or key not in lines:
            continue
        alike = lines[key]
        free = alike.between(last, _NOWHERE, taken=taken) or alike.between(-1, _NOWHERE, taken=taken)
        if free:
            chosen[at] = free[0]
            last, _ = free[0]
            taken.add(last)
    _choose_short(keys, lines, chosen, taken)
    return {at: element for at, (_, element) in chosen.items()}


def _choose_short(
    keys: Sequence[str], lines: Mapping[str, Alike], chosen: dict[int, tuple[int, html.HtmlElement]], taken: set[int]
) -> None:
    """Short lines between the long ones, near to where those stand."""
    trunk = trunk_of(element for _, element in chosen.values())
    ends = _ends(len(keys), chosen)
    before = -1
    for at, key in enumerate(keys):
        if at in chosen:
            before, _ = chosen[at]
        elif key in lines:
            free = lines[key].between(before, ends[at], taken=taken)
            line = next((line for line in free if _stands_in(line[1], trunk)), None)
            if line is not None:
                chosen[at] = line
                before, _ = line
                taken.add(before)


def _ends(blocks: int, chosen: Mapping[int, tuple[int, html.HtmlElement]]) -> list[int]:
    """For each block the place of the next one that has its line."""
    ends, end = [_NOWHERE] * blocks, _NOWHERE
    for at in range(blocks - 1, -1, -1):
        ends[at] = end
        if at in chosen:
            end, _ = chosen[at]
    return ends


def _stands_in(element: html.HtmlElement, trunk: AbstractSet[html.HtmlElement]) -> bool:
    return any(outer in trunk for outer in islice(element.iterancestors(), _NEAR))


def trunk_of(elements: Iterable[html.HtmlElement]) -> set[html.HtmlElement]:
    """The elements that hold any of these, up to the page itself."""
    trunk: set[html.HtmlElement] = set()
    for element in elements:
        parent = element.getparent()
        while parent is not None and parent not in trunk:
            trunk.add(parent)
            parent = parent.getparent()
    return trunk
