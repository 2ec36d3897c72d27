"""Subscription lists to outlets and back (OPML 2.0)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from urllib.parse import urlsplit

from worker.news.outlet import FeedSource, Outlet
from worker.news.page import host_of
from worker.news.policy import ReadingPolicy
from worker.reading.opml import Outline, read_outlines


def read_opml(body: bytes, *, country: str, language: str, known_from: str) -> list[Outlet]:
    """The outlets of a subscription list: feeds of one host are one outlet. Raises `NotOpmlError`."""
    found: dict[str, list[Outline]] = {}
    for outline in read_outlines(body, policy=ReadingPolicy()):
        found.setdefault(_site(outline.home or outline.feed), []).append(outline)
    return [_outlet(site, outlines, country, language, known_from) for site, outlines in found.items()]


def _site(url: str) -> str:
    return re.sub(r"^(www|rss|feeds?)\.", "", host_of(url))


def _outlet(site: str, outlines: list[Outline], country: str, language: str, known_from: str) -> Outlet:
    first = outlines[0]
    urls = dict.fromkeys(outline.feed for outline in outlines)
    return Outlet(
        id=slug(site),
        name=first.title or site,
        country=country,
        language=language,
        homepage=first.home or f"https://{site}/",
        feeds=tuple(FeedSource(url=url, known_from=known_from) for url in urls),
    )


def slug(host: str) -> str:
    """An outlet's id from its host."""
    name = urlsplit(f"//{host}").hostname or host
    short = re.sub(r"\.(com|co|org|net|gov)?\.?[a-z]{2,}$", "", name) or name
    return re.sub(r"[^a-z0-9]+", "-", short.lower()).strip("-")[:63] or "outlet"


def write_opml(outlets: Sequence[Outlet], *, title: str) -> bytes:
    """A subscription list, an outline an outlet with its feeds in it."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    for outlet in outlets:
        group = ET.SubElement(body, "outline", text=outlet.name, title=outlet.name)
        for feed in outlet.feeds:
            name = f"{outlet.name}: {feed.section}" if feed.section else outlet.name
            ET.SubElement(group, "outline", type="rss", text=name, title=name, xmlUrl=feed.url, htmlUrl=outlet.homepage)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
