"""The body of an article: blocks in reading order, and what stands between them but is no text of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from worker.news.record import Block, BlockKind, Link, Related
from worker.reading.clean import clean_line, compared, few_marks

LONGEST = 1_000_000  # letters of one block
LONGEST_LINK = 2048
# What readers drop or keep as they like.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Letters that can be normalized whatever they are.
_MANY = 200
MOST_LINKS = 5000  # of a page; no text has more
# What a picture's caption or an embedded post says is no text of the article.
_BESIDE_TEXT = frozenset({BlockKind.IMAGE, BlockKind.EMBED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An article's body: blocks in reading order, and what stood between them but is no text of it."""

    blocks: tuple[Block, ...] = ()
    related: tuple[Related, ...] = ()
    live_blog: str | None = None
    source: str = ""  # whose article it is, when the page names another outlet

    @property
    def text(self) -> str:
        """The plain rendering: blocks apart by one newline, list items and table rows on lines of their own.

        Captions and embedded posts stand among the blocks, but not here.
        """
        return "\n".join(block.text for block in self.blocks if is_text(block))

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of the text, the first of each address."""
        found: dict[str, Link] = {}
        for block in self.blocks:
            for link in block.links if is_text(block) else ():
                found.setdefault(link.href, link)
        return tuple(found.values())


def plain_body(text: str) -> Body:
    """A body of paragraphs from plain text in which every line is one."""
    lines = (clean_line(line, at_most=LONGEST) for line in text.splitlines())
    return Body(blocks=tuple(Block(kind=BlockKind.PARAGRAPH, text=line) for line in lines if line))


def without_title(body: Body, title: str) -> Body:
    """The body without a leading heading that only repeats the title."""
    wanted = compared(title)
    for at, block in enumerate(body.blocks[:3]):
        if block.kind is BlockKind.HEADING and block.level == 1 and wanted and compared(block.text) == wanted:
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


def is_text(block: Block) -> bool:
    """Whether a block belongs to the plain rendering."""
    return block.kind not in _BESIDE_TEXT


def letters_of(text: str) -> str:
    """The letters of a text without blanks: the same for two readers who set blanks differently."""
    if not text.isascii():
        text = _UNSEEN.sub("", unicodedata.normalize("NFC", few_marks(text) if len(text) > _MANY else text))
    return "".join(text.split())
