"""Who may read a page: what is stated, what is shown, and which of them wins."""

from __future__ import annotations

import json

import pytest
from lxml import html

from worker.news.record import Access, AccessWord
from worker.reading.access import letters_in, read_access, shown_access
from worker.reading.head import read_head
from worker.reading.jsonld import read_json_ld

URL = "https://www.harbour-post.example/city/ferry-4711"
TIER = "<meta property='article:content_tier' content='{}'>"
ARTICLE = {"@type": "NewsArticle", "headline": "Ferry returns", "datePublished": "2026-03-01"}


def access(head: str = "", json_ld: object = None, body: str = "<p>x</p>", root: str = "") -> AccessWord:
    """The access of a page."""
    tree = html.document_fromstring(f"<html{root}><head><title>x</title>{head}</head><body>{body}</body></html>")
    stated = read_json_ld((json.dumps(json_ld),) if json_ld else (), url=URL)
    return read_access(stated, read_head(tree), tree)


STATED = {
    "nothing": ("", None, Access.UNKNOWN, ""),
    "a free tier": (TIER.format("free"), None, Access.FREE, "content tier free"),
    "a metered tier": (TIER.format("metered"), None, Access.METERED, "content tier metered"),
    "a tier for the registered": (TIER.format("registered"), None, Access.METERED, "content tier registered"),
    "a locked tier": (TIER.format("LOCKED"), None, Access.PAYWALLED, "content tier locked"),
    "a tier that means nothing": (TIER.format("gold"), None, Access.UNKNOWN, ""),
    "a boolean": ("", ARTICLE | {"isAccessibleForFree": True}, Access.FREE, "json-ld isAccessibleForFree true"),
    "a word": ("", ARTICLE | {"isAccessibleForFree": "False"}, Access.PAYWALLED, "json-ld isAccessibleForFree false"),
    "a premium meta": ("<meta name='isPremium' content='true'>", None, Access.PAYWALLED, "meta ispremium true"),
    "microdata": ("<meta itemprop='isAccessibleForFree' content='false'>", None, Access.PAYWALLED, "meta isaccessibleforfree false"),
    "a tier against JSON-LD": (
        TIER.format("metered"),
        ARTICLE | {"isAccessibleForFree": False},
        Access.METERED,
        "content tier metered",
    ),
    "JSON-LD against a meta": (
        "<meta name='premium' content='yes'>",
        ARTICLE | {"isAccessibleForFree": True},
        Access.FREE,
        "json-ld isAccessibleForFree true",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("head", "json_ld", "value", "evidence"), STATED.values(), ids=list(STATED))
def test_the_first_statement_that_holds_wins(head: str, json_ld: object, value: Access, evidence: str) -> None:
    assert access(head, json_ld) == AccessWord(value=value, evidence=evidence)


def test_a_section_for_subscribers_tells_of_an_amp_page() -> None:
    section = "<section subscriptions-section='content'><p>Locked.</p></section>"
    assert access(body=section, root=" amp").value is Access.PAYWALLED
    assert access(body=section).value is Access.UNKNOWN


def test_a_box_tells_only_where_nothing_is_stated() -> None:
    shown = shown_access(AccessWord(), box="paywall", letters=300)
    assert shown == AccessWord(value=Access.PAYWALLED, evidence="an offer in “paywall” after 300 letters")
    free = AccessWord(value=Access.FREE, evidence="content tier free")
    assert shown_access(free, box="paywall", letters=300) == free
    assert shown_access(AccessWord(), box="", letters=300) == AccessWord()


def test_json_ld_names_the_parts_that_are_not_free() -> None:
    parts = [
        {"@type": "WebPageElement", "isAccessibleForFree": "True", "cssSelector": ".lead"},
        {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paid"},
    ]
    stated = read_json_ld((json.dumps(ARTICLE | {"isAccessibleForFree": False, "hasPart": parts}),), url=URL)
    assert stated.locked == (".paid",)


@pytest.mark.parametrize(
    ("selector", "letters"),
    [
        (".paid", 12),
        ("#story .paid", 12),
        ("div.paid.deep", 12),
        ("#story", 20),
        (".paid, .other", 12),
        (".empty", 0),
        (".missing", 0),
        ("section.paid", 0),
        ("[data-x]", 0),
        ("", 0),
    ],
)
def test_the_letters_of_a_locked_part_are_counted_where_it_stands(selector: str, letters: int) -> None:
    body = "<div id='story'><p>the lead</p><div class='paid deep'>locked words</div><i class='empty'></i></div>"
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    assert letters_in(tree, (selector,)) == letters
