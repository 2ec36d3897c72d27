"""Kept blocks put back onto their page: kinds, levels, links and order are the page's, and what stood between is in its place."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import islice, zip_longest

from lxml import html

from worker.news.record import Block, BlockKind
from worker.reading.blocks import Body
from worker.reading.figures import holds_media, is_cry, is_post, media_of, post_of
from worker.reading.locating import Located, locate, with_lines
from worker.reading.naming import Pointers
from worker.reading.pieces import ASIDE, HEADINGS, Piece, block_of, lines_of, links_of, pieces_of
from worker.reading.source import named_source, without_signature
from worker.reading.words import words_of

# Of the text, by letters; when more is lost, its lines are looked for everywhere.
_MOST_LOST = 0.5
# When less is lost, it is not worth a look.
_LEAST_LOST = 0.05
# What stands in elements that hold no text is left out, unless it is this much of all.
_MOST_ASIDE = 0.3
_LISTED = frozenset(("ul", "ol", "table", *HEADINGS))
_MOST_BESIDE = 500  # pictures and posts of an article
# Of a heading that a text can have between its paragraphs.
_MIDDLE = range(2, 5)
_SHORTEST_STANDFIRST = 40  # letters


def on_page(body: Body, tree: html.HtmlElement, *, base: str) -> Body:
    """The body as its page has it. A block that is not found there stays as it is, behind the one before it."""
    located = locate(body.blocks, tree)
    if _lost(body, located) > _MOST_LOST:
        located = with_lines(located, lines_of(tree, located.missing, base), tree)
    if not located.trunk:
        return body
    pieces = pieces_of(located, base, lines=_lost(body, located) > _LEAST_LOST)
    first, last = _ends(pieces, base)
    placed = replace(body, blocks=_headed([*_merged(body.blocks, pieces[first:last], base)]))
    name, site = named_source(placed, tree, base=base)
    placed = without_signature(placed, name)
    tags = {"p", *(element.tag for element in located.blocks)} - _LISTED
    pointers = Pointers(base=base, sites=frozenset({site} if site else ()), homes=located.homes, tags=tags)
    return replace(pointers.taken_from(placed, pieces, range(first, last)), source=name)


def _headed(blocks: list[Block]) -> tuple[Block, ...]:
    """Blocks without headings at the end: what they head is no text."""
    end = len(blocks)
    while end > 1 and blocks[end - 1].kind is BlockKind.HEADING:
        end -= 1
    return tuple(blocks[:end])


def _lost(body: Body, located: Located) -> float:
    """The part of a text whose elements were not found."""
    return sum(len(body.blocks[at].text) for ats in located.missing.values() for at in ats) / (len(body.text) or 1)


def _ends(pieces: Sequence[Piece], base: str) -> tuple[int, int]:
    """From the first kept block to behind the last, with the pictures that stand right before and behind them."""
    kept = [at for at, piece in enumerate(pieces) if piece.at is not None]
    if not kept:
        return 0, 0
    first, last = kept[0], kept[-1]
    start, end = first, last
    while start > 0 and _belongs(pieces[start - 1], pieces[first], base):
        start -= 1
    while end + 1 < len(pieces) and _belongs(pieces[end + 1], pieces[last], base):
        end += 1
    return start, end + 1


def _belongs(piece: Piece, neighbour: Piece, base: str) -> bool:
    return piece.home is neighbour.home and piece.element is not None and bool(_beside(piece.element, base))


def _beside(element: html.HtmlElement, base: str) -> Sequence[Block]:
    """Pictures, players and posts, when an element is nothing else."""
    if is_post(element):
        post = post_of(element, base)
        return (post,) if post else ()
    return media_of(element, base) if element.tag not in ASIDE and holds_media(element) else ()


def _merged(blocks: Sequence[Block], pieces: Sequence[Piece], base: str) -> Iterator[Block]:
    """Kept blocks in the page's order, with the pictures and the headings that stand between."""
    asides = sum(len(blocks[piece.at].text) for piece in pieces if piece.aside and piece.at is not None)
    dropping = asides <= _MOST_ASIDE * sum(len(block.text) for block in blocks)
    placed = {piece.at for piece in pieces if piece.at is not None}
    yield from _unplaced(blocks, 0, placed)
    homes: set[html.HtmlElement | None] = set()
    room, pictured = _MOST_BESIDE, False
    for piece, following in zip_longest(pieces, pieces[1:]):
        if piece.at is not None:
            credit = is_cry(blocks[piece.at].text) and (pictured or _shows_picture(piece.element))
            if not credit and not (dropping and piece.aside):
                homes.add(piece.home)
                yield _placed(blocks[piece.at], piece, base, opens=piece.at == 0)
            yield from _unplaced(blocks, piece.at + 1, placed)
            pictured = False
        elif piece.element is not None and not piece.aside:
            if _heads(piece, following, homes):
                yield block_of(piece.element, base, BlockKind.HEADING)
            else:
                beside = _beside(piece.element, base)[:room] if room else ()
                pictured = bool(beside)
                room -= len(beside)
                yield from (_without_words(block) if piece.told else block for block in beside)


def _shows_picture(element: html.HtmlElement | None) -> bool:
    return element is not None and next(element.iter("img"), None) is not None


def _heads(piece: Piece, following: Piece | None, homes: Container[html.HtmlElement | None]) -> bool:
    """Whether an element is a heading of the text that the extractor dropped: between two paragraphs of one place."""
    heading = piece.element
    if heading is None or following is None or following.at is None or following.aside:
        return False
    if following.home is not piece.home or piece.home not in homes or HEADINGS.get(heading.tag, 1) not in _MIDDLE:
        return False
    return next(heading.iter("a"), None) is None and bool(words_of(heading).strip())


def _without_words(block: Block) -> Block:
    return replace(block, text="", links=tuple(replace(link, text="") for link in block.links))


def _unplaced(blocks: Sequence[Block], start: int, placed: set[int]) -> Iterator[Block]:
    """The blocks from `start` on that were not found on the page, up to the next that was."""
    for at in range(start, len(blocks)):
        if at in placed:
            return
        yield blocks[at]


def _placed(block: Block, piece: Piece, base: str, *, opens: bool) -> Block:
    """A kept block with the kind, the level and the links that its element has.

    A long line that opens the text as a paragraph is a standfirst, and heads nothing even where templates make it a heading.
    """
    element = piece.element
    if element is None:
        return replace(block, links=piece.links) if len(piece.links) > len(block.links) else block
    stands_first = opens and block.kind is BlockKind.PARAGRAPH and len(block.text) >= _SHORTEST_STANDFIRST
    kind, links = _kind(element, block.kind), block.links
    if stands_first and kind is BlockKind.HEADING:
        kind = BlockKind.PARAGRAPH
    if sum(1 for anchor in islice(element.iter("a"), 300) if anchor.get("href")) != len(links):
        links = links_of(element.iter("a"), base)
    level = HEADINGS.get(element.tag) if kind is BlockKind.HEADING else None
    return Block(kind=kind, text=block.text, level=level, links=links)


def _kind(element: html.HtmlElement, kept: BlockKind) -> BlockKind:
    if element.tag in HEADINGS:
        return BlockKind.HEADING
    match element.tag:
        case "ul" | "ol" | "li" | "dd" | "dt":
            return BlockKind.LIST
        case "table":
            return BlockKind.TABLE
        case "blockquote":
            return BlockKind.QUOTE
    quoted = kept is BlockKind.QUOTE or next(element.iterancestors("blockquote"), None) is not None
    return BlockKind.QUOTE if quoted else BlockKind.PARAGRAPH
