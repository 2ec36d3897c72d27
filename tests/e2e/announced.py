"""The test's own reader of feeds: what stands in the served bytes, found without the product's readers."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from urllib.parse import urljoin

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def announced(body: bytes, feed: str) -> Iterator[tuple[str, str | None, str]]:
    """(feed, guid, absolute address) of every item of a well-formed feed."""
    root = ET.fromstring(body)  # noqa: S314 - the recorded data is ours
    site = next((e.text for e in root.iter() if _name(e) == "link" and e.text), None)
    for item in root.iter():
        if _name(item) not in {"item", "entry"}:
            continue
        members = {_name(child): child for child in item}
        link = members["link"].get("href") or members["link"].text or ""
        guid = members.get("guid", members.get("id"))
        about = item.get(f"{_RDF}about")
        base = urljoin(feed, site) if site else feed
        yield feed, (guid.text if guid is not None else about), urljoin(base, link.strip())


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
