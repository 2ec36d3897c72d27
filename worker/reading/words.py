"""All the words of an element, as they stand."""

from __future__ import annotations

from lxml import etree, html


def words_of(element: html.HtmlElement) -> str:
    """All words of an element, as they stand. The serializer is the fastest way to them, several times over `itertext`."""
    if len(element):
        return str(etree.tostring(element, method="text", encoding="unicode", with_tail=False))
    return element.text or ""
