"""HTML of feeds as plain text: tags gone, entities resolved, paragraphs apart by one newline."""

from __future__ import annotations

import re

from lxml import etree, html

from worker.reading.clean import clean_line, clean_text
from worker.reading.tags import few_attributes

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "tr",
        "table",
        "section",
        "article",
        "figure",
        "figcaption",
        "pre",
        "hr",
        "dd",
        "dt",
    ]
)
_SILENT = frozenset({"script", "style", "noscript", "iframe", "object", "svg"})
_MARKUP = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")
# Deeper markup than this is an attack, not a text; libxml2 stops at 256 as well.
_DEEPEST = 250


def plain_text(markup: str, *, at_most: int) -> str:
    """The text of an HTML fragment, of many lines."""
    if not _MARKUP.search(markup):
        return clean_text(markup, at_most=at_most)
    tree = _parsed(markup[: 4 * at_most])
    if tree is None:
        return ""
    parts: list[str] = []
    _collect(tree, parts)
    return clean_text("".join(parts), at_most=at_most)


def plain_line(markup: str, *, at_most: int) -> str:
    """The text of an HTML fragment, on one line."""
    return clean_line(plain_text(markup, at_most=2 * at_most), at_most=at_most)


def _parsed(markup: str) -> html.HtmlElement | None:
    # libxml2 refuses NUL, and ends the text there.
    text = f"<div>{few_attributes(markup.replace(chr(0), ''))}</div>"
    try:
        found = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return None
    return found


def _collect(tree: html.HtmlElement, parts: list[str]) -> None:
    """The text in document order, without recursion: nesting is the publisher's to choose."""
    depth = 0
    skipping = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            if not skipping:
                parts.append(element.tail or "")
            continue
        name = element.tag
        if event == "start":
            depth += 1
            skipping += name in _SILENT
            if name in _BLOCKS:
                parts.append("\n")
            if not skipping and depth < _DEEPEST:
                parts.append((element.text or "").replace("\n", " "))
            continue
        depth -= 1
        skipping -= name in _SILENT
        if name in _BLOCKS:
            parts.append("\n")
        if not skipping:
            parts.append((element.tail or "").replace("\n", " "))
