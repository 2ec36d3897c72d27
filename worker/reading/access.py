"""Who may read a page: what it states, then what it shows; and whether the part that it locks came all the same.

| evidence | access |
|---|---|
| a content tier (`article:content_tier` and the like) | as its word says: free, metered (also registered), locked and premium are paywalled |
| JSON-LD `isAccessibleForFree`, as a boolean, a word or an address of schema.org | true is free, false is paywalled |
| the same in `<meta>` or microdata; `<meta>` that calls the page premium | the same |
| sections of `amp-subscriptions` | paywalled |
| a short text, and behind it an offer in an element that is named as a paywall's | paywalled |

The first line that holds wins: a tier is the newsroom's word for this article, JSON-LD is often one value for all pages,
and what is shown may be an advertisement. A statement of either kind is never overruled by what is shown: a page that
shows only a lock is refused by the gate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml import html

from worker.news.record import Access, AccessWord
from worker.reading.head import Head
from worker.reading.jsonld import Stated

_TIERS = {
    "free": Access.FREE,
    "metered": Access.METERED,
    "locked": Access.PAYWALLED,
    "premium": Access.PAYWALLED,
    "paid": Access.PAYWALLED,
    "subscriber": Access.PAYWALLED,
    "subscribers": Access.PAYWALLED,
    "subscription": Access.PAYWALLED,
    "registered": Access.METERED,
    "registration": Access.METERED,
}
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_TIER_METAS = ("article:content_tier", "article.access", "content_tier", "og:article:content_tier", "content-tier")
_PAID_METAS = ("ispremium", "is_premium", "premium", "article:premium", "paywall")
_FREE_METAS = ("isaccessibleforfree", "is_accessible_for_free")
# The last simple selector: what else stands in it (`:not`, attributes) is left out.
_SIMPLE = re.compile(r"([a-zA-Z][\w-]*)?((?:[.#][\w-]+)*)")
_MOST_SELECTORS = 10
_LONGEST_SELECTOR = 200
_MOST_ELEMENTS = 20_000
_MOST_PIECES = 2000


def read_access(stated: Stated, head: Head, tree: html.HtmlElement) -> AccessWord:
    """What the page states, by the first line of the table that holds; unknown when it states nothing."""
    tier = head.first(*_TIER_METAS).lower()
    if tier in _TIERS:
        return AccessWord(value=_TIERS[tier], evidence=f"content tier {tier}")
    if stated.free is not None:
        value = Access.FREE if stated.free else Access.PAYWALLED
        return AccessWord(value=value, evidence=f"json-ld isAccessibleForFree {str(stated.free).lower()}")
    for keys, paid, free in ((_PAID_METAS, _YES, _NO), (_FREE_METAS, _NO, _YES)):
        for key in keys:
            said = head.first(key).lower()
            if said in paid or said in free:
                value = Access.PAYWALLED if said in paid else Access.FREE
                return AccessWord(value=value, evidence=f"meta {key} {said}")
    return _amp_access(tree)


def shown_access(stated: AccessWord, *, box: str, letters: int) -> AccessWord:
    """The access of a page with a short text: what it states, else what the box of an offer behind the text says."""
    if stated.value is not Access.UNKNOWN or not box:
        return stated
    return AccessWord(value=Access.PAYWALLED, evidence=f"an offer in “{box}” after {letters} letters")


def letters_in(tree: html.HtmlElement, selectors: Sequence[str]) -> int:
    """How many letters stand here in the elements that the page's JSON-LD calls locked; 0 when they are empty or missing."""
    return max((_letters(tree, selector) for selector in selectors[:_MOST_SELECTORS]), default=0)


def _letters(tree: html.HtmlElement, selector: str) -> int:
    last = selector[:_LONGEST_SELECTOR].strip().split(",")[0].split()[-1:]
    found = _SIMPLE.match(last[0]) if last else None
    if found is None or not found[0]:
        return 0
    names = re.findall(r"[.#][\w-]+", found[2])
    classes = {name[1:] for name in names if name[0] == "."}
    place = next((name[1:] for name in names if name[0] == "#"), None)
    letters = 0
    for element in islice(tree.iter(found[1].lower() if found[1] else "*"), _MOST_ELEMENTS):
        if place is not None and element.get("id") != place:
            continue
        if names and not classes <= set((element.get("class") or "").split()):
            continue
        letters = max(letters, sum(len(piece.strip()) for piece in islice(element.itertext(), _MOST_PIECES)))
        if letters:
            break
    return letters


def _amp_access(tree: html.HtmlElement) -> AccessWord:
    if tree.get("amp") is None and tree.get("⚡") is None:
        return AccessWord()
    for element in islice(tree.iter("section", "div"), _MOST_ELEMENTS):
        section = (element.get("subscriptions-section") or "").lower()
        if section in {"content", "content-not-granted"}:
            return AccessWord(value=Access.PAYWALLED, evidence=f"amp-subscriptions section {section}")
    return AccessWord()
