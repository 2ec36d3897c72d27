"""OPML, the form in which feed readers exchange their subscriptions (OPML 2.0)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from lxml import etree

from worker.news.outlet import FeedSource, Outlet
from worker.news.page import host_of


class NotOpmlError(Exception):
    """The file is no OPML."""


def read_opml(body: bytes, *, country: str, language: str, known_from: str) -> list[Outlet]:
    """The outlets of a subscription list: feeds of one host are one outlet. Raises `NotOpmlError`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        tree = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise NotOpmlError(str(error)) from error
    if tree is None or tree.tag != "opml":
        message = "it has no <opml> element"
        raise NotOpmlError(message)
    found: dict[str, list[etree._Element]] = {}
    for outline in tree.iter("outline"):
        url = outline.get("xmlUrl", "").strip()
        if url.startswith(("http://", "https://")) and host_of(url):
            home = outline.get("htmlUrl") or ""
            found.setdefault(_site(home if host_of(home) else url), []).append(outline)
    return [_outlet(site, outlines, country, language, known_from) for site, outlines in found.items()]


def _site(url: str) -> str:
    return re.sub(r"^(www|rss|feeds?)\.", "", host_of(url))


def _outlet(site: str, outlines: list[etree._Element], country: str, language: str, known_from: str) -> Outlet:
    first = outlines[0]
    home = first.get("htmlUrl") or f"https://{site}/"
    urls = dict.fromkeys(outline.get("xmlUrl", "").strip() for outline in outlines)
    return Outlet(
        id=slug(site),
        name=(first.get("title") or first.get("text") or site).strip(),
        country=country,
        language=language,
        homepage=home if host_of(home) else f"https://{site}/",
        feeds=tuple(FeedSource(url=url, known_from=known_from) for url in urls),
    )


def slug(host: str) -> str:
    """An outlet's id from its host."""
    name = urlsplit(f"//{host}").hostname or host
    short = re.sub(r"\.(com|co|org|net|gov)?\.?[a-z]{2,}$", "", name) or name
    return re.sub(r"[^a-z0-9]+", "-", short.lower()).strip("-")[:63] or "outlet"


def write_opml(outlets: Sequence[Outlet], *, title: str) -> bytes:
    """A subscription list, an outline an outlet with its feeds in it."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for outlet in outlets:
        group = etree.SubElement(body, "outline", text=outlet.name, title=outlet.name)
        for feed in outlet.feeds:
            name = f"{outlet.name}: {feed.section}" if feed.section else outlet.name
            etree.SubElement(
                group, "outline", type="rss", text=name, title=name, xmlUrl=feed.url, htmlUrl=outlet.homepage
            )
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return written
