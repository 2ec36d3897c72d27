"""OPML, the form in which feed readers exchange their subscriptions (OPML 2.0): bytes in, outlines out."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from worker.news.policy import ReadingPolicy
from worker.reading.charset import decode
from worker.reading.clean import clean_line, clean_url
from worker.reading.trim import fit


class NotOpmlError(Exception):
    """The file is no OPML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A subscription: the feed's address, the site's when it is named, and what it is called."""

    feed: str
    home: str | None
    title: str


def read_outlines(body: bytes, *, policy: ReadingPolicy) -> list[Outline]:
    """The subscriptions of a list, in its order; outlines without a feed's address are passed over. Raises `NotOpmlError`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, encoding="utf-8")
    # Decoded by ourselves: the parser keeps bytes that mean nothing, and fails when they are asked for.
    text = fit(decode(body, "")).strip()
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise NotOpmlError(clean_line(str(error), at_most=200)) from error
    if tree is None or tree.tag != "opml":
        message = "it has no <opml> element"
        raise NotOpmlError(message)
    outlines: list[Outline] = []
    for element in tree.iter("outline"):
        feed = clean_url(element.get("xmlUrl", "").strip(), base=None)
        if feed is not None:
            home = clean_url((element.get("htmlUrl") or "").strip(), base=None)
            title = clean_line(element.get("title") or element.get("text") or "", at_most=policy.title)
            outlines.append(Outline(feed=feed, home=home, title=title))
    return outlines
