"""What the head and the microdata of a page say, gathered in one pass over the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lxml import html

# No page needs more; what a hostile one holds beyond is not looked at.
_MOST = 2000
_LONGEST = 20_000  # letters of one value
_LONGEST_BYLINE = 120
_MOST_PIECES = 200  # of one element's text
_LONGEST_CLASS = 500
_MOST_RELATIONS = 20
_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:p-)?(?:authors?|by-?lines?|writer|vcard|contributor|signature)(?=$|[\s_-]|name|link|text)",
    re.IGNORECASE,
)
# A name, and not only the word in front of it.
_NAME = re.compile(r"[^\W\d_]\S*\s\S*[^\W\d_]|[^\W\d_a-zA-Z\u00c0-\u024f]{2}")
_NUMBER = re.compile(r"\d")
_FRAME = re.compile(
    r"comment|related|recommend|teaser|most-?read|popular|sidebar|avatar|image|photo|caption|follow|twitter",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A `<time>` or an element with a date in microdata: its machine value or words, and what it is said to be."""

    raw: str
    role: str = ""  # its itemprop, pubdate and class, lower case
    in_article: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The raw statements of a page outside of JSON-LD; keys are lower case, values as they stand, stripped."""

    title: str = ""
    language: str | None = None
    base: str | None = None
    metas: dict[str, list[str]] = field(default_factory=dict)  # by property, name or itemprop
    links: dict[str, list[str]] = field(default_factory=dict)  # href by rel
    headings: tuple[str, ...] = ()  # of level 1
    stated_headline: str = ""  # microdata
    authors: tuple[str, ...] = ()  # microdata and rel=author
    times: tuple[Time, ...] = ()

    def first(self, *keys: str) -> str:
        """The first value under the first of the keys that has one."""
        return next((value for key in keys for value in self.metas.get(key, ())), "")

    def all(self, *keys: str) -> list[str]:
        """All values under the first of the keys that has any."""
        return next((values for key in keys if (values := self.metas.get(key))), [])


def read_head(tree: html.HtmlElement) -> Head:
    """Gather the statements of a page."""
    metas: dict[str, list[str]] = {}
    for meta in islice(tree.iter("meta"), _MOST):
        content = (meta.get("content") or "").strip()[:_LONGEST]
        for name in {meta.get("property"), meta.get("name"), meta.get("itemprop")} - {None, ""}:
            if content:
                metas.setdefault(name.strip().lower(), []).append(content)
    links: dict[str, list[str]] = {}
    for link in islice(tree.iter("link"), _MOST):
        for rel in (link.get("rel") or "").lower().split(maxsplit=_MOST_RELATIONS)[:_MOST_RELATIONS]:
            links.setdefault(rel, []).append((link.get("href") or "").strip())
    return Head(
        title=_words(next(tree.iter("title"), None)),
        language=tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang"),
        base=next((base.get("href") for base in tree.iter("base") if base.get("href")), None),
        metas=metas,
        links=links,
        headings=tuple(words for h1 in islice(tree.iter("h1"), 50) if (words := _words(h1))),
        stated_headline=next((words for e in _props(tree, "headline") if (words := _words(e))), ""),
        authors=tuple(_authors(tree)),
        times=tuple(_times(tree)),
    )


def _props(tree: html.HtmlElement, *names: str) -> Sequence[html.HtmlElement]:
    """Elements of a microdata property that are no `<meta>` (those stand among the metas)."""
    wanted = set(names)
    found = tree.xpath("//*[@itemprop and not(self::meta)]")
    return [element for element in found[:_MOST] if wanted & set(element.get("itemprop").split())]


def _words(element: html.HtmlElement | None) -> str:
    return " ".join("".join(_pieces(element, _MOST_PIECES)).split())[:_LONGEST] if element is not None else ""


def _pieces(element: html.HtmlElement, most: int) -> Iterator[str]:
    """The first pieces of an element's text, of no more letters in all than a value has: elements may stand in elements."""
    room = 2 * _LONGEST
    for piece in islice(element.itertext(), most):
        yield piece[:room]
        room -= len(piece)
        if room <= 0:
            return


def _class(element: html.HtmlElement) -> str:
    return (element.get("class") or "")[:_LONGEST_CLASS]


def _authors(tree: html.HtmlElement) -> Iterable[str]:
    """Names in microdata, else behind rel=author: the name inside of a person, else the element's words."""
    people = _props(tree, "author", "creator") or tree.xpath("//a[contains(concat(' ', @rel, ' '), ' author ')]")[:20]
    for person in people[:20]:
        names = [_words(e) or e.get("content") or "" for e in person.xpath(".//*[@itemprop='name']")]
        for name in names or [_words(person)]:
            if name:
                yield name


def visible_bylines(tree: html.HtmlElement) -> Iterable[str]:
    """Lines that stand where a page shows its author, by the names of classes; for pages that state none."""
    for element in tree.iter("a", "span", "p", "div", "li", "address", "h4", "h5", "h6", "strong", "em", "cite", "b"):
        if not _BYLINE.search(_class(element)):
            continue
        line = _words(element)
        if 0 < len(line) <= _LONGEST_BYLINE and not _elsewhere(element):
            names = [_words(link) for link in element.iter("a") if link is not element]
            pieces = [" ".join(piece.split()) for piece in _pieces(element, 20)]
            named = [name for name in names if name] or [piece for piece in pieces if _NAME.search(piece)][:1]
            yield "; ".join(name for name in named if not _NUMBER.search(name))


def _elsewhere(element: html.HtmlElement) -> bool:
    """Whether an element belongs to a comment, a teaser or the frame of the page."""
    parents = list(element.iterancestors())
    return any(parent.tag in {"footer", "nav", "aside"} for parent in parents) or any(
        _FRAME.search(_class(parent)) for parent in (element, *parents)
    )


def _times(tree: html.HtmlElement) -> Iterable[Time]:
    stated = _props(tree, "datePublished", "dateModified", "dateCreated")
    seen = set(stated)
    others = [element for element in islice(tree.iter("time"), 100) if element not in seen]
    for element in [*stated, *others]:
        raw = element.get("datetime") or element.get("content") or element.get("title") or _words(element)
        if raw and raw.strip():
            role = " ".join(element.get(name) or "" for name in ("itemprop", "class", "data-testid", "id"))
            pubdate = " pubdate" if element.get("pubdate") is not None else ""
            inside = any(parent.tag in {"article", "main"} for parent in element.iterancestors())
            yield Time(raw=raw.strip()[:200], role=(role + pubdate).lower(), in_article=inside)
