"""The text of an XML feed to its parts, by feedparser's own parsers within bounds. The only module that knows feedparser."""

from __future__ import annotations

import re
import xml.sax.xmlreader
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.sax import SAXException
from xml.sax.expatreader import create_parser
from xml.sax.handler import feature_external_ges, feature_external_pes, feature_namespaces

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.sanitizer import replace_doctype

from worker.news.errors import Broken
from worker.news.reason import Reason
from worker.reading.clean import clean_line
from worker.reading.trim import LONGEST_AUTHOR, Trimmed

_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
_SPACE = re.compile(r"\s+")
_ENTITY = re.compile(r"<!ENTITY\s[^>]{0,400}>")
_VALUE = re.compile(r"[\"']([^\"']*)[\"']\s*>$")
# Longer ones, many times over, are a bomb that no parser sees as one.
_LONGEST_ENTITY = 64
_MOST_ENTITIES = 300
_ROOT = re.compile(r"<([A-Za-z][\w:.-]{0,60})[^<>]{0,10000}>")
# What parsing costs, in units of some 3 µs: a feed of 2,000 items takes less than half of all of it.
_ELEMENT, _PIECE = 30, 1
_ALL, _ONE_ITEM = 120_000 * _ELEMENT, 5_000 * _ELEMENT
# Of these the parsers look through all that they have for each new one.
_MOST_ATTRIBUTES = 200
_MOST_NAMESPACES = 200
_MOST_TAGS = 200
_LONGEST_BASE = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What feedparser found: the channel and its entries as its dictionaries, and what is wrong with the feed, if anything."""

    feed: Any
    entries: Sequence[Any]
    version: str
    complaint: str = ""
    lost: int = 0  # items that could not be read


class _TooMuchError(Exception):
    """A feed or an item that costs more than it may."""


@dataclass(frozen=True, slots=True)
class _Prologue:
    """What a DOCTYPE says: a version of RSS, and entities, as a declaration of them alone and as their values by name."""

    version: str = ""
    entities: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Purse:
    """What may still be spent on a document, and on the item at hand."""

    left: int = _ALL

    def pay(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise _TooMuchError


class _Bounds:
    """Stands before a parser of feedparser: pays for each call, and keeps short what the parser searches again and again."""

    purse: _Purse

    def unknown_starttag(self: Any, tag: str, attrs: list[tuple[str, str]]) -> Any:
        self.purse.pay(_ELEMENT)
        fit = [
            (name, value) for name, value in attrs if len(value) <= _LONGEST_BASE or not name.endswith(("base", "lang"))
        ]
        return super().unknown_starttag(tag, fit[:_MOST_ATTRIBUTES])  # type: ignore[misc]

    def unknown_endtag(self: Any, tag: str) -> Any:
        self.purse.pay(_PIECE)
        return super().unknown_endtag(tag)  # type: ignore[misc]

    def handle_data(self: Any, text: str, escape: int = 1) -> Any:
        self.purse.pay(_PIECE)
        return super().handle_data(text, escape)  # type: ignore[misc]

    def handle_charref(self: Any, ref: str) -> Any:
        self.purse.pay(_PIECE)
        return super().handle_charref(ref)  # type: ignore[misc]

    def handle_entityref(self: Any, ref: str) -> Any:
        self.purse.pay(_PIECE)
        return super().handle_entityref(ref)  # type: ignore[misc]

    def handle_comment(self: Any, text: str) -> Any:  # noqa: ARG002 - the name in the parser
        self.purse.pay(_PIECE)

    def handle_pi(self: Any, text: str) -> Any:  # noqa: ARG002 - the name in the parser
        self.purse.pay(_PIECE)

    def parse_declaration(self: Any, i: int) -> Any:
        self.purse.pay(_PIECE)
        return super().parse_declaration(i)  # type: ignore[misc]

    def track_namespace(self: Any, prefix: str | None, uri: str) -> Any:
        if len(self.namespaces_in_use) < _MOST_NAMESPACES:
            super().track_namespace(prefix, uri)  # type: ignore[misc]

    def _sync_author_detail(self: Any, key: str = "author") -> Any:
        context = self._get_context()
        said = context.get(key)
        # The pattern for an address in it is quadratic in its length.
        if isinstance(said, str) and len(said) > LONGEST_AUTHOR:
            context[key] = said[:LONGEST_AUTHOR]
        super()._sync_author_detail(key)  # type: ignore[misc]

    def _add_tag(self: Any, term: str, scheme: str | None, label: str | None) -> Any:
        if len(self._get_context().get("tags") or ()) < _MOST_TAGS:
            super()._add_tag(term, scheme, label)  # type: ignore[misc]


class _Strict(_Bounds, StrictFeedParser):  # type: ignore[misc]
    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> Any:  # noqa: N802 - the name in SAX
        if len(attrs) > _MOST_ATTRIBUTES:
            attrs = xml.sax.xmlreader.AttributesNSImpl({}, {})
        return super().startElementNS(name, qname, attrs)

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: ARG002, N802 - the name in SAX
        self.purse.pay(_PIECE)


class _Loose(_Bounds, LooseFeedParser):  # type: ignore[misc]
    pass


def parse_xml(trimmed: Trimmed, *, head: str) -> Parts:
    """Parse a feed; `head` is what stands before its first element. An item that can't be read takes no other one along.

    Raises `Broken` (UNPARSABLE, TOO_LARGE).
    """
    prologue = _prologue(head)
    # Complaints name lines: they are those of the feed as it came.
    lines = "\n" * max(0, head.count("\n") - prologue.entities.count("\n") - 1)
    try:
        whole = _parse(prologue, lines + trimmed.text, _Purse())
    except MemoryError:
        raise
    # feedparser promises nothing of its exceptions.
    except Exception as error:
        if not trimmed.items:
            raise _broken(error) from error
        whole = Parts(feed={}, entries=(), version="", complaint=_words(error))
    if not whole.complaint or len(whole.entries) >= len(trimmed.items):
        return whole
    return _one_by_one(trimmed, prologue, whole)


def _one_by_one(trimmed: Trimmed, prologue: _Prologue, whole: Parts) -> Parts:
    """Every item as a feed of its own, where the feed as a whole lost some of them."""
    root = _ROOT.match(trimmed.text)
    if root is None:
        return whole
    channel = "channel" if root[1].lower() == "rss" else ""
    opening = root[0] + (f"<{channel}>" if channel else "")
    closing = (f"</{channel}>" if channel else "") + f"</{root[1]}>"
    found: list[Any] = []
    version, feed, lost = whole.version, whole.feed, 0
    budget = _ALL
    for item in trimmed.items:
        purse = _Purse(min(budget, _ONE_ITEM))
        before = purse.left
        try:
            alone = _parse(prologue, opening + item + closing, purse)
        except MemoryError:
            raise
        # As above: what this item does to the parser is known by its absence, and counted.
        except Exception:  # noqa: BLE001
            lost += 1
        else:
            found.extend(alone.entries[:1])
            lost += not alone.entries
            version, feed = version or alone.version, feed or alone.feed
        budget -= before - max(0, purse.left)
    if len(found) <= len(whole.entries):
        return whole
    return Parts(feed=feed, entries=found, version=version, complaint=whole.complaint, lost=lost)


def _prologue(head: str) -> _Prologue:
    """The part of a head that means something: its DOCTYPE with short entities, each on a line of its own."""
    start = head.upper().rfind("<!DOCTYPE")
    if start < 0:
        return _Prologue()
    doctype = head[start:]
    entities = [entity for entity in _ENTITY.findall(doctype) if _is_short(entity)][:_MOST_ENTITIES]
    name = _SPACE.sub(" ", _ENTITY.sub("", doctype).partition("[")[0].partition(">")[0].rstrip()[:400])
    # As feedparser looks for them; it keeps those that hold no reference to another.
    version, safe, values = replace_doctype("\n".join([*entities, f"{name}>\n<x"]).encode("utf-8", "replace"))
    return _Prologue(version or "", safe.decode("utf-8", "replace").removesuffix("<x").strip(), values)


def _is_short(entity: str) -> bool:
    value = _VALUE.search(entity)
    return value is not None and len(value[1]) <= _LONGEST_ENTITY


def _parse(prologue: _Prologue, text: str, purse: _Purse) -> Parts:
    """By the strict parser, else by the loose one. Raises whatever feedparser lets out."""
    data = _DECLARATION + f"{prologue.entities}{text}".encode("utf-8", "replace")
    strict = _parser(_Strict("", None, "utf-8"), purse)
    complaint = ""
    # Never an address, a path or a stream that was opened by one: feedparser's own door would follow them.
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(BytesIO(data))
    reader = create_parser()  # noqa: S315 - expat stops bombs, and opens nothing: see below
    reader.setFeature(feature_namespaces, state=True)
    reader.setFeature(feature_external_ges, state=False)
    reader.setFeature(feature_external_pes, state=False)
    reader.setContentHandler(strict)
    reader.setErrorHandler(strict)
    found = strict
    try:
        reader.parse(source)
    except SAXException as error:
        complaint = _words(strict.exc or error) or type(error).__name__
        found = _parser(_Loose("", None, "utf-8", prologue.values), purse)
        found.feed(data.decode("utf-8", "replace"))
    return Parts(
        feed=found.feeddata, entries=found.entries, version=prologue.version or found.version, complaint=complaint
    )


def _parser(parser: Any, purse: _Purse) -> Any:
    parser.purse = purse
    # Text is taken from the HTML, and links are resolved, by ourselves.
    parser.resolve_relative_uris = False
    parser.sanitize_html = False
    return parser


def _broken(error: Exception) -> Broken:
    if isinstance(error, _TooMuchError):
        return Broken(Reason.TOO_LARGE, "more elements than a feed has")
    return Broken(Reason.UNPARSABLE, _words(error))


def _words(error: object) -> str:
    kind = type(error).__name__
    return clean_line(
        "more elements than a feed has" if isinstance(error, _TooMuchError) else str(error) or kind, at_most=200
    )
