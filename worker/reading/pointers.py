"""Lines of an article that only point to another page: another article, or the running report that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit

from worker.news.record import Block, BlockKind, Link, Related
from worker.reading.blocks import Body
from worker.reading.clean import clean_line

_LONGEST_TITLE = 1000
# A line is only a pointer when what is not linked is at most this long ("Read also:").
_LONGEST_LABEL = 40
# A line that leads to a running report is a short sentence ("Follow here our live blog of the storm.").
_LONGEST_LIVE_LINE = 200
# A link of so many words is a headline; names of people and sections have fewer.
_HEADLINE_WORDS = 4
# Words that stand for a running report in addresses, which are in Latin letters in all languages.
_LIVE_NAMES = (
    r"live|em-direto|ao-minuto|ao-vivo|en-direct|en-direto|en-directo|en-directe|en-vivo|minuto-a-minuto|in-diretta|diretta|"
    r"na-zywo|minute-by-minute|canli|canli-anlatim|zive|nazivo|na-zivo|uzivo|na-zhivo|onlayn|translyaciya|percrol-percre|"
    r"hetki-hetkelta|lige-nu|langsung|truc-tiep|zuzenean|tiesraide|tiesiogiai"
)
# In the middle of a slug "live" is a verb.
_LIVE = re.compile(
    r"live[-_]?(?:blogs?|ticker|updates?|reporting|report|feed|stream|text|verslag|bevakning|studio|coverage)|newsblog|newsticker|"
    rf"(?:^|/)(?:{_LIVE_NAMES})(?=[/-]|$)|-(?:{_LIVE_NAMES})(?=/|-?\d|\.html?$|$)",
    re.IGNORECASE,
)
_LIVE_WORD = re.compile(r"live[-_ ]?(?:blog|ticker|updates?|verslag|bevakning)|newsblog", re.IGNORECASE)
# An article's address has a long number, a date or a slug of several words.
_ARTICLE = re.compile(r"\d{5,}|/(?:19|20)\d\d/\d\d?/|(?<![^/-])[^/-]++(?:-[^/-]++){3,}")
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|mp[34]|zip|jpe?g|png|gif)(?:$|\?)", re.IGNORECASE)
# The end of a sentence with another one behind it.
_SENTENCES = re.compile(r"[.!?…。！？؟।]\s+\S|[。！？]\S")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Pointing:
    """Where a line leads that says nothing of its own."""

    related: tuple[Related, ...] = ()
    live_blog: str | None = None


def sorted_out(blocks: Iterable[Block], base: str, *, sites: AbstractSet[str] = frozenset()) -> Body:
    """Set lines apart that only point to another page of a site: `base` is where they stand, `sites` what else is its own."""
    found = list(blocks)
    kept: list[Block] = []
    related: dict[str, Related] = {}
    live_blog: str | None = None
    for at, block in enumerate(found):
        pointing = pointing_of(block, base, at_edge=at in {0, len(found) - 1}, sites=sites)
        if pointing is None:
            kept.append(block)
            continue
        live_blog = live_blog or pointing.live_blog
        for pointer in pointing.related:
            related.setdefault(pointer.url, pointer)
    return Body(blocks=tuple(kept), related=tuple(related.values()), live_blog=live_blog)


def pointing_of(
    block: Block, base: str, *, at_edge: bool = False, sites: AbstractSet[str] = frozenset()
) -> Pointing | None:
    """Where a block leads when that is all it does; None when it says something of its own.

    `at_edge`: it is the first or the last of the text, where a sentence may ask to follow a running report.
    """
    if not block.links or block.kind in {BlockKind.TABLE, BlockKind.QUOTE, BlockKind.IMAGE, BlockKind.EMBED}:
        return None
    if _asks_to_follow(block, base, at_edge=at_edge):
        return Pointing(live_blog=block.links[0].href)
    pointers = _pointers(block, base, sites)
    if not pointers:
        return None
    live = next((link.href for link in pointers if is_live(link.href)), None)
    named = (Related(url=link.href, title=clean_line(link.text, at_most=_LONGEST_TITLE)) for link in pointers)
    return Pointing(related=tuple(pointer for pointer in named if pointer.url != live), live_blog=live)


def is_headline(words: str) -> bool:
    """Whether the words of a link can be the title of an article."""
    return len(words.split()) >= _HEADLINE_WORDS


def is_named_article(pointer: Related) -> bool:
    """Whether a pointer has a headline and leads to no file."""
    return is_headline(pointer.title) and not _FILE.search(pointer.url)


def is_live(href: str) -> bool:
    """Whether an address is that of a running report."""
    try:
        return bool(_LIVE.search(urlsplit(href).path))
    except ValueError:
        return False


def _asks_to_follow(block: Block, base: str, *, at_edge: bool) -> bool:
    """Whether a line is one short sentence that leads to a running report and nowhere else."""
    text = block.text
    if len(text) > _LONGEST_LIVE_LINE or _SENTENCES.search(text):
        return False
    here = urlsplit(base).path.strip("/")
    if not all(is_live(link.href) and urlsplit(link.href).path.strip("/") != here for link in block.links):
        return False
    linked = sum(len(link.text) for link in block.links)
    return at_edge or 2 * linked >= len(text) or bool(_LIVE_WORD.search(text))


def _pointers(block: Block, base: str, sites: AbstractSet[str]) -> Sequence[Link]:
    """The links of a block that is nothing but links to articles; none when it says something of its own."""
    linked = sum(len(link.text) for link in block.links)
    lines = block.text.count("\n") + 1
    label = len(block.text) - linked - (lines - 1)
    whole = label <= 2 * lines
    labelled = label <= _LONGEST_LABEL and linked >= label and _is_labelled(block, label)
    if not (whole or labelled):
        return ()
    # Without a colon only the address can say that it is an article.
    headlines = labelled and ":" in block.text[: label + 1] and all(is_headline(link.text) for link in block.links)
    if not all(leads_to_article(link.href, base, named=headlines, sites=sites) for link in block.links):
        return ()
    return block.links


def _is_labelled(block: Block, label: int) -> bool:
    """Whether a label stands before the links: it ends in a colon, or a headline and no sentence follows it."""
    text, last = block.text, block.links[-1].text
    if ":" in text[: label + 1]:
        return True
    one = len(block.links) == 1 and is_headline(last) and text.endswith(last)
    return one and not _SENTENCE_END.search(last) and 3 * label <= len(last)


def leads_to_article(href: str, base: str, *, named: bool = False, sites: AbstractSet[str] = frozenset()) -> bool:
    """Whether an address is that of another article: of its own `sites`, and shaped like one or `named` by a headline."""
    target, here = urlsplit(href), urlsplit(base)
    if target.path.strip("/") == here.path.strip("/") or not target.path.strip("/"):
        return False
    live = bool(_LIVE.search(target.path))
    shaped = (named and "-" in target.path) or live or bool(_ARTICLE.search(target.path))
    site = site_of(target.hostname)
    return shaped and (site == site_of(here.hostname) or site in sites or live)


def site_of(host: str | None) -> str:
    """The part of a host name that the pages of an outlet share; roughly, and enough for a comparison."""
    labels = (host or "").split(".")
    second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"co", "com", "org", "net", "gov", "ac"}  # noqa: PLR2004
    return ".".join(labels[-3 if second_level else -2 :])
