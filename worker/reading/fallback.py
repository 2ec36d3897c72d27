"""The feed in place of a page that is no article: whether it has a text, and what of the page is still believed."""

from __future__ import annotations

import re
from dataclasses import replace

from worker.news.entry import Entry
from worker.news.reason import Reason
from worker.news.record import AccessWord, ArticleType
from worker.reading.blocks import Body, plain_body
from worker.reading.dating import Dated
from worker.reading.gate.prose import marks_of
from worker.reading.metadata import Metadata

# A teaser is at most this long, and is all that some feeds put in place of their content.
_LONGEST_TEASER = 300  # letters
_CUT = re.compile(r"(?:…|\.\.\.|\[\s*(?:…|\.\.\.)\s*\])\W*$")
# What stands before an article, whose statements are then the article's own.
_BEFORE_THE_ARTICLE = frozenset({
    Reason.PAYWALL, Reason.LOGIN, Reason.CONSENT, Reason.NO_TEXT, Reason.TRUNCATED, Reason.EMPTY_SHELL, Reason.GALLERY,
    Reason.PLAYER, Reason.UNPARSABLE,
})  # fmt: skip
_AGREES = 0.5


def feed_body(entry: Entry, *, shortest: int, beside: int = 0) -> Body:
    """The feed's own text; empty when it is a teaser only, or no longer than the `beside` letters that the page shows."""
    body = plain_body(entry.content)
    text = body.text
    is_teaser = len(text) <= _LONGEST_TEASER and (text.strip() == entry.summary.strip() or bool(_CUT.search(text)))
    return Body() if len(text) < max(shortest, beside + 1) or is_teaser else body


def is_believed(metadata: Metadata, entry: Entry, *, reason: Reason) -> bool:
    """Whether what a refused page states is about the announced article: it says so itself, and its title agrees."""
    if reason not in _BEFORE_THE_ARTICLE:
        return False
    title, announced = marks_of(metadata.title), marks_of(entry.title)
    agrees = bool(title) and len(title & announced) >= _AGREES * min(len(title), len(announced) or len(title))
    return metadata.is_article and (agrees or not announced)


def unbelieved(metadata: Metadata, entry: Entry, dated: Dated) -> Metadata:
    """Only what the feed says (`dated` are its dates), and what holds for the whole site: its language, what it reserves."""
    return replace(
        metadata,
        title=entry.title,
        canonical=None,
        amp=None,
        type=ArticleType.ARTICLE,
        summary=entry.summary,
        authors=entry.authors,
        section=None,
        topics=entry.topics,
        images=(),
        dated=dated,
        access=AccessWord(),
        is_article=False,
        sources=dict.fromkeys(("title", "authors", "published_at"), "feed"),
    )
