"""Where on a page the blocks stand that were kept of it: found by their letters, in one pass over the page's lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import islice

from lxml import html

from worker.news.record import Block, BlockKind
from worker.reading.blocks import letters_of
from worker.reading.choosing import Alike, choose, trunk_of
from worker.reading.words import words_of

# What holds one line of text, or a list or table that is one block.
_LINES = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "figcaption")
_LISTS = ("ul", "ol", "li", "dt", "dd")
_HOLDERS = ("ul", "ol", "table")
_NESTING = ("li", "blockquote", "dd")
# Letters by which most lines are told from what is looked for.
_HEAD = 10
_MOST = 20_000  # lines of a page


@dataclass(frozen=True, slots=True)
class Located:
    """The kept blocks' elements: `blocks` by element, and the elements that hold any of them, up to the page itself."""

    blocks: dict[html.HtmlElement, int]
    trunk: set[html.HtmlElement]
    root: html.HtmlElement  # the innermost element that holds all of them
    missing: dict[str, list[int]] = field(default_factory=dict)  # kept blocks without an element, by their letters
    lines: AbstractSet[html.HtmlElement] = frozenset()  # elements that hold blocks as lines between breaks

    @property
    def homes(self) -> set[html.HtmlElement]:
        """The elements that blocks stand in."""
        homes = {parent for element in self.blocks if (parent := element.getparent()) is not None}
        return homes | self.lines


def locate(blocks: Sequence[Block], tree: html.HtmlElement) -> Located:
    """Find each block's element; long blocks by their letters alone, short ones only between their neighbours."""
    keys = [key_of(block) for block in blocks]
    kinds = {block.kind for block in blocks}
    names = (*_LINES, *(_LISTS if BlockKind.LIST in kinds else ()), *(("table",) if BlockKind.TABLE in kinds else ()))
    wanted = frozenset(keys)
    lines: dict[str, Alike] = defaultdict(Alike)
    for place, (element, letters) in enumerate(_page_lines(tree, names, {key[:_HEAD] for key in wanted})):
        if letters in wanted:
            lines[letters].add(place, element)
    found = {element: at for at, element in choose(keys, lines).items()}
    missing: dict[str, list[int]] = defaultdict(list)
    placed = frozenset(found.values())
    for at, key in enumerate(keys):
        if at not in placed:
            missing[key].append(at)
    trunk = trunk_of(found)
    return Located(blocks=found, trunk=trunk, root=_root(tree, trunk, found), missing=dict(missing))


def with_lines(located: Located, lines: Mapping[int, html.HtmlElement], tree: html.HtmlElement) -> Located:
    """The same with what was found as lines of text; an element that holds just one of them is that block's."""
    shared = Counter(lines.values())
    keys = {at: key for key, ats in located.missing.items() for at in ats}
    alone = {home: at for at, home in lines.items() if shared[home] == 1 and letters_of(words_of(home)) == keys[at]}
    missing = {
        key: left for key, ats in located.missing.items() if (left := [at for at in ats if lines.get(at) not in alone])
    }
    blocks = located.blocks | {home: at for home, at in alone.items() if home not in located.trunk}
    homes = frozenset(home for home in lines.values() if home not in blocks)
    trunk = located.trunk | trunk_of(blocks) | trunk_of(homes) | homes
    return replace(
        located, blocks=blocks, trunk=trunk, root=_root(tree, trunk, {*blocks, *homes}), missing=missing, lines=homes
    )


def key_of(block: Block) -> str:
    """The letters of a block as they stand on the page, where cells have no bar between them."""
    return letters_of(block.text.replace(" | ", " ") if block.kind is BlockKind.TABLE else block.text)


def _page_lines(
    tree: html.HtmlElement, names: Sequence[str], heads: AbstractSet[str]
) -> Iterator[tuple[html.HtmlElement, str]]:
    """The lines of a page that begin like a block, with their letters.

    Of nested lists and tables only the outermost one counts, and of others the innermost, so that it is linear.
    """
    for element in islice(tree.iter(*names), _MOST):
        if element.tag in _HOLDERS:
            if next(element.iterancestors(*_HOLDERS), None) is not None:
                continue
        elif element.tag in _NESTING and len([*islice(element.iter("p", "ul", "ol", *_NESTING), 2)]) > 1:
            continue
        text = words_of(element)
        if letters_of(text.lstrip()[: 4 * _HEAD])[:_HEAD] in heads:
            yield element, letters_of(text)


def _root(
    tree: html.HtmlElement, trunk: AbstractSet[html.HtmlElement], found: Container[html.HtmlElement]
) -> html.HtmlElement:
    root = tree
    while root in trunk and root not in found:
        inner = [child for child in root if child in trunk]
        if len(inner) != 1 or any(child in found for child in root):
            break
        root = inner[0]
    return root
