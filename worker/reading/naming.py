"""What an article names among its own paragraphs, kept by the extractor or thrown away as furniture: other articles, its live report."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice

from lxml import html

from worker.news.record import Block, Related
from worker.reading.blocks import Body, letters_of
from worker.reading.pieces import ASIDE, INLINE, Piece, block_of, links_of
from worker.reading.pointers import Pointing, is_live, is_named_article, leads_to_article, pointing_of, sorted_out
from worker.reading.words import words_of

_LONGEST_POINTER = 500  # letters of a line that only points
_MOST_LINES = 30  # of a box of links


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointers:
    """Where lines have to stand to be the article's, and the sites that are its own beside that of `base`."""

    base: str
    sites: AbstractSet[str]
    homes: Container[html.HtmlElement | None]
    tags: Container[str]  # those of the text's lines

    def taken_from(self, body: Body, pieces: Sequence[Piece], article: range) -> Body:
        """The body without lines that only point, and with all that the page names; the other text stays as it is."""
        apart = sorted_out(body.blocks, self.base, sites=self.sites)
        related: dict[str, Related] = {}
        live_blog = body.live_blog or apart.live_blog
        known = {pointer.url: pointer for pointer in (*apart.related, *body.related)}
        for at, piece in enumerate(pieces):
            pointing = self._pointing(piece, known, inside=at in article)
            if pointing is not None:
                live_blog = live_blog or pointing.live_blog
                for pointer in pointing.related:
                    related.setdefault(pointer.url, known.get(pointer.url, pointer))
        named = (*related.values(), *known.values())
        return replace(
            body,
            blocks=apart.blocks,
            related=tuple({pointer.url: pointer for pointer in named}.values()),
            live_blog=live_blog,
        )

    def _pointing(self, piece: Piece, known: Collection[str], *, inside: bool) -> Pointing | None:
        """Where a piece leads that the extractor left out, or that was set apart from the text."""
        element = piece.element
        if element is None or piece.home not in self.homes or element.tag in INLINE or element.tag in ASIDE:
            return None
        if not known if piece.at is not None else element.tag not in self.tags and not inside:
            return None
        anchors = [*islice(element.iter("a"), _MOST_LINES + 1)]
        if not anchors or len(anchors) > _MOST_LINES:
            return None
        if piece.at is not None:
            here = (Related(url=link.href, title=link.text) for link in links_of(anchors, self.base))
            return Pointing(related=tuple(pointer for pointer in here if pointer.url in known))
        if _is_mostly_links(element, anchors) or (
            element.tag in self.tags and any(is_live(anchor.get("href") or "") for anchor in anchors)
        ):
            block = block_of(element, self.base)
        else:
            return None
        # What the extractor took for furniture may be one sentence that leads there, wherever it stands.
        pointing = pointing_of(block, self.base, at_edge=True, sites=self.sites)
        if pointing is not None:
            named = tuple(pointer for pointer in pointing.related if is_named_article(pointer))
            return replace(pointing, related=named)
        # Beside the text an outlet names its programmes and letters, not what belongs to this article.
        return None if element.tag in {"p", "aside"} or piece.aside or not inside else self._box(block)

    def _box(self, block: Block) -> Pointing:
        """The headlines in a box of links, whatever stands above them."""
        named = (Related(url=link.href, title=link.text) for link in block.links)
        leading = (pointer for pointer in named if leads_to_article(pointer.url, self.base, sites=self.sites))
        return Pointing(related=tuple(pointer for pointer in leading if is_named_article(pointer)))


def _is_mostly_links(element: html.HtmlElement, anchors: Sequence[html.HtmlElement]) -> bool:
    words = words_of(element)
    linked = sum(len(letters_of(words_of(anchor))) for anchor in anchors)
    said = len(letters_of(words[: 3 * _LONGEST_POINTER * len(anchors)]))
    return 0 < linked <= said <= min(_LONGEST_POINTER * len(anchors), 2 * linked)
