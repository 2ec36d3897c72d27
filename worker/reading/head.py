"""What the head of a page says, its headings and its times, gathered without walking the tree more often than needed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from lxml import html

from worker.reading.microdata import LONGEST, Microdata, Properties, properties_of, read_microdata, words_of

# No page needs more; what a hostile one holds beyond is not looked at.
_MOST = 2000
_MOST_HEADINGS = 50
_LONGEST_CLASS = 500
_MOST_RELATIONS = 20
_OVERLINE = re.compile(
    r"kicker|overline|topline|eyebrow|pre-?title|pre-?headline|dachzeile|spitzmarke|antetitulo|cintillo|occhiello|surtitre|"
    r"(?:^|[\s_-])(?:topic|rubrik)(?:$|\s)",
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
    microdata: Microdata = Microdata()
    times: tuple[Time, ...] = ()

    def first(self, *keys: str) -> str:
        """The first value under the first of the keys that has one."""
        return next((value for key in keys for value in self.metas.get(key, ())), "")

    def all(self, *keys: str) -> list[str]:
        """All values under the first of the keys that has any."""
        return next((values for key in keys if (values := self.metas.get(key))), [])


def read_head(tree: html.HtmlElement) -> Head:
    """Gather the statements of a page."""
    properties = properties_of(tree)
    return Head(
        title=words_of(next(tree.iter("title"), None)),
        language=tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang"),
        base=next((base.get("href") for base in tree.iter("base") if base.get("href")), None),
        metas=_metas(tree),
        links=_links(tree),
        headings=tuple(words for h1 in islice(tree.iter("h1"), _MOST_HEADINGS) if (words := _heading(h1))),
        microdata=read_microdata(properties),
        times=tuple(_times(tree, properties)),
    )


def _metas(tree: html.HtmlElement) -> dict[str, list[str]]:
    """The metas by all their names; a few systems write `value` instead of `content`."""
    metas: dict[str, list[str]] = {}
    for meta in islice(tree.iter("meta"), _MOST):
        content = (meta.get("content") or meta.get("value") or "").strip()[:LONGEST]
        if not content:
            continue
        equivalent = (meta.get("http-equiv") or "").strip().lower()
        named = {meta.get("property"), meta.get("name"), meta.get("itemprop")}
        if equivalent == "content-language":
            named.add(equivalent)
        for name in named - {None, ""}:
            metas.setdefault(name.strip().lower(), []).append(content)
    return metas


def _links(tree: html.HtmlElement) -> dict[str, list[str]]:
    links: dict[str, list[str]] = {}
    for link in islice(tree.iter("link"), _MOST):
        for rel in (link.get("rel") or "").lower().split(maxsplit=_MOST_RELATIONS)[:_MOST_RELATIONS]:
            links.setdefault(rel, []).append((link.get("href") or "").strip())
    return links


def _heading(h1: html.HtmlElement) -> str:
    """The words of a heading, without an overline in it that is an element of its own."""
    children = list(islice(h1, _MOST_HEADINGS))
    if not any(_OVERLINE.search(_class(child)) for child in children):
        return words_of(h1)
    kept = [h1.text or ""]
    for child in children:
        kept += ["" if _OVERLINE.search(_class(child)) else words_of(child), child.tail or ""]
    return " ".join(" ".join(kept).split()).lstrip(" :|/\u2013\u2014-")[:LONGEST] or words_of(h1)


def _class(element: html.HtmlElement) -> str:
    return (element.get("class") or "")[:_LONGEST_CLASS]


def _times(tree: html.HtmlElement, properties: Properties) -> Iterable[Time]:
    stated = [e for key in ("datePublished", "dateModified", "dateCreated") for e in properties.get(key, ())]
    stated = [element for element in stated if element.tag != "meta"][:_MOST]
    seen = set(stated)
    others = [element for element in islice(tree.iter("time"), 100) if element not in seen]
    for element in [*stated, *others]:
        raw = element.get("datetime") or element.get("content") or element.get("title") or words_of(element)
        if raw and raw.strip():
            role = " ".join(element.get(name) or "" for name in ("itemprop", "class", "data-testid", "id"))
            pubdate = " pubdate" if element.get("pubdate") is not None else ""
            inside = any(parent.tag in {"article", "main"} for parent in element.iterancestors())
            yield Time(raw=raw.strip()[:200], role=(role + pubdate).lower(), in_article=inside)
