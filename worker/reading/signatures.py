"""Where a page shows who wrote it, for pages that do not state it: raw lines, the most trusted first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import html

from worker.reading.microdata import pieces_of, words_of

_LONGEST_BYLINE = 120
_LONGEST_CLASS = 500
_LONGEST_ADDRESS = 300
_MOST = 3000  # elements that are looked at
_MOST_LINKS = 20
_MOST_HEADINGS = 5
_MOST_PARAGRAPHS = 6  # between a heading and a byline that nothing but its words shows
_MOST_SIGNED = 3  # paragraphs that may be a signature
_MOST_FITTING = 100  # elements that are looked at closely
_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:p-)?(?:authors?|by-?lines?|writer|vcard|contributor|signature)(?=$|[\s_-]|name|link|text)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"comment|related|recommend|teaser|most-?read|popular|sidebar", re.IGNORECASE)
# What is said of a picture or a link beside the text, not of the text.
_BESIDE = re.compile(r"avatar|image|photo|caption|follow|twitter", re.IGNORECASE)
_NEAR = 3  # parents
# A name, and not only the word in front of it.
_NAME = re.compile(r"[^\W\d_]\S*\s\S*[^\W\d_]|[^\W\d_a-zA-Z\u00c0-\u024f]{2}")
_NUMBER = re.compile(r"\d")
_WORDS = (
    r"(?:written |posted |words |story |report )?by|von|por|par|door|av|af|autor(?:/-?in|in/autor|es|as|en|in|a|e)?|auteurs?|authors?|"
    r"texto?|redacteur|toimittaja|автор|著者|作者|文|撰文|記者|记者"
)
_DATE = re.compile(r"\s*(?:\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d{2}-\d{2})")
_MARKS = " \t\n\u00a0|\u2022\u00b7,;-\u2013\u2014"
_MOST_BLANKS = 4
_INITIALS = frozenset("wpsrbvadtfа著作文撰記记")
# Words that stand alone, or with a colon, in front of names.
_LABEL = re.compile(rf"(?:{_WORDS})\s*[:\uff1a]?", re.IGNORECASE)
_LABELLED = re.compile(rf"\s*(?:{_WORDS})(?:\s*[:\uff1a]|\s+(?=[A-Z\u00c0-\u00de])|\s*$)", re.IGNORECASE)
_AUTHOR = re.compile(r"(?:autor|auteur|author|redacteur|toimittaja|автор|著者|作者|記者|记者)", re.IGNORECASE)
_PERSON_PATH = re.compile(
    r"/(?:authors?|autor(?:e|es|en|in)?|auteurs?|people|profiles?|by|staff|redakteure?|journalists?)/[^/?#]"
)
_CONTAINERS = (
    "span",
    "p",
    "div",
    "li",
    "address",
    "h4",
    "h5",
    "h6",
    "strong",
    "em",
    "cite",
    "b",
    "small",
    "td",
    "dt",
    "i",
)


def visible_bylines(tree: html.HtmlElement) -> Iterator[str]:
    """Lines that stand where a page shows its author; names within one are apart by semicolons where they are elements.

    What stands under the heading comes first, then what stands above it, then signatures at the ends of the text.
    """
    place = _Place(tree)
    yield from _related(tree, place)
    above: list[str] = []
    for begun, line in islice(_shown(tree, place), _MOST_FITTING):
        if begun:
            yield line
        else:
            above.append(line)
    yield from above
    yield from _signed(tree, place)


class _Place:
    """Where in a page something stands: what holds the heading is never a teaser or a frame."""

    def __init__(self, tree: html.HtmlElement) -> None:
        """Note what holds the first headings."""
        headings = islice(tree.iter("h1"), _MOST_HEADINGS)
        self._wholes = {parent for heading in headings for parent in heading.iterancestors()}

    def is_elsewhere(self, element: html.HtmlElement) -> bool:
        """Whether an element belongs to a comment, a teaser or the frame of the page."""
        parents = [parent for parent in element.iterancestors() if parent not in self._wholes]
        if any(parent.tag in {"footer", "nav", "aside"} for parent in parents):
            return True
        framed = any(_FRAME.search(_class(e)) for e in (element, *parents))
        return framed or any(_BESIDE.search(_class(e)) for e in (element, *parents[:_NEAR]))


def _related(tree: html.HtmlElement, place: _Place) -> Iterator[str]:
    """Links with rel=author; those of other articles stand elsewhere."""
    yield from _together(tree.xpath("//a[contains(concat(' ', @rel, ' '), ' author ')]")[:_MOST_LINKS], place)


def _shown(tree: html.HtmlElement, place: _Place) -> Iterator[tuple[bool, str]]:
    """Bylines in their order, and whether the first heading stood before."""
    begun, paragraphs, looked = False, 0, 0
    for element in islice(tree.iter("h1", "a", *_CONTAINERS), _MOST):
        begun = begun or element.tag == "h1"
        paragraphs += begun and element.tag == "p"
        line = _classed(element) if _BYLINE.search(_class(element)) else None
        if line is None and element.tag != "a":
            line = _labelled(element, strictly=paragraphs > _MOST_PARAGRAPHS)
            if line is None and begun and paragraphs <= _MOST_PARAGRAPHS:
                line = _beside_a_date(element)
        elif line is None and paragraphs <= _MOST_PARAGRAPHS:
            line = _linked(element)
        if line is None:
            continue
        looked += 1
        if looked > _MOST_FITTING:
            return
        if line and not place.is_elsewhere(element):
            yield begun, line


def _classed(element: html.HtmlElement) -> str:
    """The byline in an element whose class says that it is one."""
    line = words_of(element)
    if len(line) > _LONGEST_BYLINE:
        return ""
    names = [words_of(link) for link in islice(element.iter("a"), _MOST_LINKS) if link is not element]
    pieces = [" ".join(piece.split()) for piece in pieces_of(element, 20)]
    named = [name for name in names if name] or [piece for piece in pieces if _NAME.search(piece)][:1]
    return "; ".join(name for name in named if not _NUMBER.search(name))


def _labelled(element: html.HtmlElement, *, strictly: bool) -> str | None:
    """By the word in front: "By", "Von:" and the like, in the same element or in one of its own.

    Strictly, only a word that means an author counts: others begin sentences as well.
    """
    start = (element.text or "")[: 2 * _LONGEST_BYLINE].strip()
    if start[:1].lower() not in _INITIALS or not _LABELLED.match(start) or (strictly and not _AUTHOR.match(start)):
        return None
    # The label alone: the names are the rest of this element, or stand beside it.
    alone = _LABEL.fullmatch(start) is not None
    holder = element if len(element) or not alone else element.getparent()
    line = words_of(holder)
    if len(line) > _LONGEST_BYLINE:
        return ""
    return line[len(start) :].strip(" :\uff1a") if alone and line.startswith(start) else line


def _beside_a_date(element: html.HtmlElement) -> str | None:
    """By a date that follows a short line: "Ana Silva | 1.3.2026"."""
    line = (element.text or "")[:_LONGEST_BYLINE].strip(_MARKS)
    if not 1 <= line.count(" ") <= _MOST_BLANKS or len(line) > _LONGEST_BYLINE // 2 or len(element):
        return None
    beside = element.getnext()
    if beside is None or not (beside.tag == "time" or _DATE.match(words_of(beside, most=5))):
        return None
    return line


def _linked(element: html.HtmlElement) -> str | None:
    """By the address of a link, with those beside it."""
    if not _PERSON_PATH.search((element.get("href") or "")[:_LONGEST_ADDRESS]):
        return None
    parent = element.getparent()
    links = [element] if parent is None else list(islice(parent.iter("a"), _MOST_LINKS))
    fit = [link for link in links if _PERSON_PATH.search((link.get("href") or "")[:_LONGEST_ADDRESS])]
    return "; ".join(dict.fromkeys(words for link in fit if (words := words_of(link))))


def _signed(tree: html.HtmlElement, place: _Place) -> Iterator[str]:
    """By a paragraph at the start or the end of the text that is only a name, in bold or italics."""
    told: dict[html.HtmlElement, list[html.HtmlElement]] = {}
    for paragraph in islice(tree.iter("p"), _MOST):
        told.setdefault(paragraph.getparent(), []).append(paragraph)
    text = max(told.values(), key=lambda held: sum(len(words_of(p, most=_MOST_LINKS)) for p in held), default=[])
    long = [at for at, p in enumerate(text) if len(words_of(p, most=_MOST_LINKS)) > _LONGEST_BYLINE]
    ends = (*text[: long[0]][-_MOST_SIGNED:], *text[long[-1] + 1 :][:_MOST_SIGNED]) if long else ()
    for paragraph in ends:
        line = words_of(paragraph)
        alone = paragraph[0] if len(paragraph) == 1 and paragraph[0].tag in {"strong", "b", "em", "i"} else None
        short = 0 < len(line) <= _LONGEST_BYLINE // 2
        if short and alone is not None and words_of(alone) == line and not place.is_elsewhere(paragraph):
            yield line


def _together(links: Sequence[html.HtmlElement], place: _Place) -> Iterator[str]:
    """The words of the first link and of those that stand in the same place of the page."""
    kept = [link for link in links if not place.is_elsewhere(link)]
    if not kept:
        return
    near = kept[0].getparent()
    near = near.getparent() if near is not None and near.getparent() is not None else near
    beside = [link for link in kept if any(parent is near for parent in islice(link.iterancestors(), 4))]
    yield "; ".join(dict.fromkeys(words for link in beside if (words := words_of(link))))


def _class(element: html.HtmlElement) -> str:
    return (element.get("class") or "")[:_LONGEST_CLASS]
