"""Whose article a page shows when it is not its own: aggregators name the outlet and lead to its page."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from urllib.parse import urlsplit

from lxml import html

from worker.reading.blocks import Body
from worker.reading.clean import clean_line, clean_url
from worker.reading.pointers import leads_to_article, site_of
from worker.reading.words import words_of

_MOST = 20_000  # elements of a page that may hold a name
_LONGEST_NAME = 60
_LETTERS = re.compile(r"\w+")
# So many links of a text that all lead to one other site say by themselves that it was written there.
_TELLING = 3


def foreign_site(body: Body, *, base: str) -> str:
    """The other site that the links of a text lead to, when none of them leads to its own."""
    sites = Counter(site_of(urlsplit(link.href).hostname) for link in body.links)
    if not sites or site_of(urlsplit(base).hostname) in sites:
        return ""
    (site, links), *_ = sites.most_common(1)
    return site if 2 * links > sites.total() else ""


def named_source(body: Body, tree: html.HtmlElement, *, base: str) -> tuple[str, str]:
    """The name of the source as the page writes it, and its site; empty when the page names none.

    It is named where the name of the site that the text's links lead to stands alone: in a link to an article there, or in
    a line of its own.
    """
    site = foreign_site(body, base=base)
    if not site:
        return "", ""
    names = {_letters(site.partition(".")[0]), _letters(site)}
    for element in islice(tree.iter("a", "p", "span", "div", "cite", "li"), _MOST):
        if element.tag != "a" and (len(element) or not element.text):
            continue
        words = words_of(element)
        if len(words) > _LONGEST_NAME or _letters(words) not in names:
            continue
        if _names_source(element, site, base):
            return clean_line(words, at_most=_LONGEST_NAME), site
    return "", site if len(body.links) >= _TELLING else ""


def _names_source(element: html.HtmlElement, site: str, base: str) -> bool:
    """Whether a name is no link, or leads to an article of its site: a share button does not."""
    anchor = element if element.tag == "a" else next(element.iterancestors("a"), None)
    if anchor is None:
        return True
    href = clean_url(anchor.get("href") or "", base=base)
    return bool(href) and leads_to_article(href or "", base, sites=frozenset({site}))


def without_signature(body: Body, name: str) -> Body:
    """The body without lines that only name its source."""
    signature = _letters(name)
    kept = tuple(block for block in body.blocks if not signature or _letters(block.text) != signature)
    return replace(body, blocks=kept)


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text.casefold()))
