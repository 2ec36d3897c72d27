"""Lines of a result body that are none of the article's: by where they stand, who saw them, and only then by their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree, html

from worker.reading.layout import Home, Line, squeezed
from worker.reading.standfirst import Known
from worker.reading.witness import Seen

# The rough reading is only believed about lines when it saw this share of the kept text.
_BELIEVED = 0.6
# Elements in which the rough reading leaves out what belongs in.
_LEFT_OUT = ("blockquote", "table", "pre")
_EDGE = 4  # lines at the beginning and at the end of a body that are looked at one by one
_LONGEST_LABEL = 90  # letters
_LONGEST_PARTING = 300  # letters of what says good-bye: who wrote it, where to write to
_PARAGRAPH = 120  # letters from which on a line is text
_SAME_TITLE = 0.5
_NAMED = re.compile(
    r"caption|credit|newsletter|sign-?up|whatsapp|disclaimer|biograph|(?:^|[ _-])bio(?:$|[ _-])|promo|crumb|"
    r"(?:img|image|photo|media|picture)[_-]*(?:desc|title|text|info)|(?:^|[ _-])author",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d\d\b|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\d{4}年")
_SENTENCE = re.compile(r"[.!?…。！？»”\"](?:\s|$)")
_ADDRESS = re.compile(r"@\w|\bhttps?://|\bwww\.")
_IN_ADDRESSES = ("@", "://", "www.")
_NETWORKS = re.compile(
    r"\b(?:facebook|twitter|instagram|youtube|tiktok|linkedin|telegram|whatsapp|threads|bluesky|mastodon|google news)\b",
    re.IGNORECASE,
)
# To subscribe, to give, to be a member, in the languages of the catalog: said with a link behind the last paragraph.
_PLEA = re.compile(
    r"newsletter|nyhedsbrev|nyhetsbrev|nieuwsbrief|boletín|boletim|subscri|suscri|subscrev|assin(?:e|ant)|abonn|abon[aeiăț]|abbona|"
    r"prenumer|iscrivi|donat|donaci|doa[çr]|spende|apoie|soutenez|sostien|wspier|støtt|stöd|mitglied|mecenas|подпи|підпи|購読|会員|구독",
    re.IGNORECASE,
)
_PLEA_LINKED = 0.1  # the share of such a line that is a link
_READER_ONLY = re.compile(r"\d ?%.{1,60}(?:abonn|subscri|suscri|assin|abbona)", re.IGNORECASE)
_POINTING = 0.75  # the share of a line that is a link, from which on it only points to something
_LABELLED = 0.4  # the same of a line whose other words stand before other links as well
_LONGEST_POINTER = 200
# An article of which more lines than this share are links, or name an address, is about them.
_MANY = 0.25
_OWN_ARTICLE = 200  # letters
_ENDS = re.compile(r"[.!?…。:;,»”\"')]$")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A line of a result body: an element of it, and the line of the page that it was made from."""

    element: etree._Element
    key: str
    line: Line | None
    whole: bool  # it is all of that line

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join("".join(map(str, self.element.itertext())).split())


def strays(parts: Sequence[Part], home: Home, *, seen: Seen, known: Known) -> set[Part]:
    """The lines that go; `seen` is what other readings saw."""
    found = {*_titles(parts, known), *_elsewhere(parts, home, seen), *_other_articles(parts), *_pointers(parts)}
    found |= set(_edges([part for part in parts if part not in found], known))
    return found | set(_labels(parts, found))


def _titles(parts: Sequence[Part], known: Known) -> Iterator[Part]:
    """Leading lines that are the headline."""
    title = squeezed(known.title).casefold()
    return (part for part in parts[:3] if title and _is_title(part, title))


def _is_title(part: Part, title: str) -> bool:
    key = part.key.casefold()
    if key == title or (part.line is not None and part.line.stands_in(("h1",), up_to=2)):
        return True
    shorter, longer = sorted((key, title), key=len)
    return part.element.tag == "head" and shorter in longer and len(shorter) > _SAME_TITLE * len(longer)


def _elsewhere(parts: Sequence[Part], home: Home, seen: Seen) -> Iterator[Part]:
    """Lines apart from the article's own: behind its frame, inside of links, named as furniture, or seen by one reading only."""
    confirmed = {part for part in parts if seen.has(part.key)}
    letters = sum(len(part.key) for part in parts)
    believed = sum(len(part.key) for part in confirmed) >= _BELIEVED * letters
    framed = {part for part in parts if part.line is not None and home.frames(part.line)}
    last = max((at for at, part in enumerate(parts) if part in framed), default=len(parts))
    for at, part in enumerate(parts):
        line = part.line
        if line is None or home.holds(line):
            continue
        unseen = believed and part.whole and part not in confirmed and not line.stands_in(_LEFT_OUT, up_to=3)
        apart = at > last and part not in framed
        if unseen or apart or line.stands_in(("a",), up_to=4) or _NAMED.search(line.names(up_to=2)):
            yield part


def _other_articles(parts: Sequence[Part]) -> Iterator[Part]:
    """Lines of an `<article>` beside the one in which the text begins, or whose headline is a link to where it is."""
    within = {part: _article(part) for part in parts}
    own = next((within[part] for part in parts if part.element.tag != "head"), None)
    beside = own is not None and sum(len(part.key) for part in parts if within[part] is own) >= _OWN_ARTICLE
    linked: dict[html.HtmlElement, bool] = {}
    for part, article in within.items():
        if article is None or article is own:
            continue
        if article not in linked:
            heading = next(article.iter("h1", "h2", "h3", "h4"), None)
            around = own is not None and (own in article.iterancestors() or article in own.iterancestors())
            linked[article] = (beside and not around) or (heading is not None and _is_link(heading))
        if linked[article]:
            yield part


def _article(part: Part) -> html.HtmlElement | None:
    return None if part.line is None else next(part.line.element.iterancestors("article"), None)


def _is_link(heading: html.HtmlElement) -> bool:
    linked = any("".join(anchor.itertext()).strip() for anchor in heading.iter("a"))
    return linked or next(heading.iterancestors("a"), None) is not None


def _edges(parts: Sequence[Part], known: Known) -> Iterator[Part]:
    """Lines before the first paragraph that say when and by whom, and lines behind the last one that say good-bye."""
    names = [squeezed(name).casefold() for name in known.authors if len(name) > 4]  # noqa: PLR2004
    for part in parts[:_EDGE]:
        text = part.text
        if len(text) > _LONGEST_LABEL or len(part.key) > _PARAGRAPH:
            break
        if (_CLOCK.search(text) and not _SENTENCE.search(text)) or _is_byline(part, names):
            yield part
    if sum(map(_names_address, parts)) <= max(_EDGE, _MANY * len(parts)):
        yield from _while(reversed(parts[1:]), lambda part: _says_good_bye(part, names))


def _names_address(part: Part) -> bool:
    return any(mark in part.key for mark in _IN_ADDRESSES) and _ADDRESS.search(part.text) is not None


def _while(parts: Iterator[Part], claim: Callable[[Part], bool]) -> Iterator[Part]:
    for at, part in enumerate(parts):
        if at >= _EDGE or not claim(part):
            return
        yield part


def _is_byline(part: Part, names: Sequence[str]) -> bool:
    key = part.key.casefold()
    return any(name in key and len(key) <= len(name) + 20 for name in names)


def _says_good_bye(part: Part, names: Sequence[str]) -> bool:
    text = part.text
    if not re.search(r"[^\W_]", text):
        return True
    if len(text) > _LONGEST_PARTING or part.element.tag in {"quote", "table"}:
        return False
    key = part.key.casefold()
    if any(name in key[: len(name) + 30] for name in names):
        return True
    networks = {found.casefold() for found in _NETWORKS.findall(text)}
    if _ADDRESS.search(text) or len(networks) > 1 or _READER_ONLY.search(text):
        return True
    return bool(networks or _PLEA.search(text)) and _linked(part) >= _PLEA_LINKED * len(part.key)


def _pointers(parts: Sequence[Part]) -> list[Part]:
    """Lines that are a link to something else: without the words of a sentence, or behind words that other links have too."""
    labels: dict[str, list[Part]] = {}
    found: list[Part] = []
    for part in parts:
        linked = _linked(part)
        if not linked or len(part.text) > _LONGEST_POINTER or part.element.tag in {"quote", "table", "item"}:
            continue
        if linked >= _POINTING * len(part.key) and not _ENDS.search(part.text) and part.text.count(" ") > 2:  # noqa: PLR2004
            found.append(part)
        elif linked >= _LABELLED * len(part.key):
            label = squeezed("".join([part.element.text or "", *(ref.tail or "" for ref in part.element.iter("ref"))]))
            labels.setdefault(label, []).append(part)
    found += [part for label, alike in labels.items() if label and len(alike) > 1 for part in alike]
    return found if len(found) <= max(_EDGE, _MANY * len(parts)) else []


def _linked(part: Part) -> int:
    """How many of its letters are links."""
    return sum(len(squeezed("".join(map(str, ref.itertext())))) for ref in part.element.iter("ref"))


def _labels(parts: Sequence[Part], gone: set[Part]) -> Iterator[Part]:
    """Headings of what went: before a list that goes, or at the end."""
    follows: Part | None = None
    for part in reversed(parts):
        if part in gone:
            follows = part
            continue
        heading = part.element.tag == "head"
        label = heading or (part.key.endswith((":", "：")) and len(part.key) <= _LONGEST_LABEL)
        if follows is None:
            if heading:
                yield part
                continue
        elif label and follows in gone and follows.element.tag == "item":
            yield part
        follows = part
