"""HTML that is cheap to parse: tags with a bounded number of attributes, and no formatting that parsers repeat without end."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml import etree, html

# Parsers look through all attributes of an element for each new one; no page has an element with so many.
_MOST_ATTRIBUTES = 200
_ATTRIBUTE = r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+"
# Possessive throughout: each letter is looked at once.
_TOO_MANY = re.compile(rf"(<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE}){{{_MOST_ATTRIBUTES}}}+)(?:{_ATTRIBUTE})++")
# What HTML opens again in every element that follows until it is closed (HTML, 13.2.4.3). `<a>` closes the one before it.
_FORMATS = ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
# The first letters are looked at first, which most tags do not have.
_FORMATTING = re.compile(rf"<(?=[bcefinst])(?:{'|'.join(_FORMATS)})(?=[\s/>])", re.IGNORECASE)
_FORMATTING_TAG = re.compile(rf"</?(?:{'|'.join(_FORMATS)})(?=[\s/>])[^<>]*>?", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z]")
# Elements that a page may become by that; one takes some 400 B.
_MOST_REPEATED = 500_000


def few_attributes(text: str) -> str:
    """HTML in which no tag has more than `_MOST_ATTRIBUTES` attributes."""
    return _TOO_MANY.sub(r"\1", text)


def is_explosive(text: str) -> bool:
    """Whether formatting that is never closed could make more elements of a page than fit into memory."""
    formatting = sum(1 for _ in _FORMATTING.finditer(text))
    # Counting what may be a tag is far cheaper than counting tags.
    if formatting * text.count("<") <= _MOST_REPEATED:
        return False
    return formatting * sum(1 for _ in _TAG.finditer(text)) > _MOST_REPEATED


def without_formatting(tree: html.HtmlElement) -> str:
    """The HTML of a tree with the words of its formatting, but not the tags."""
    plain = deepcopy(tree)
    etree.strip_tags(plain, *_FORMATS)
    return str(html.tostring(plain, encoding="unicode"))


def defused(fragment: str) -> str:
    """A fragment without its formatting, when that is explosive."""
    return _FORMATTING_TAG.sub(" ", fragment) if is_explosive(fragment) else fragment
