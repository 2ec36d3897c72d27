"""A running report among the readings of a page: which updates it states, which it shows, and whether it is one at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lxml import html

from worker.news.record import ArticleType
from worker.pipeline.ports import PageInput
from worker.reading.blocks import Body
from worker.reading.entries import entries_of, is_named, is_report, shown
from worker.reading.metadata import Metadata
from worker.reading.updates import Update, stated_updates, woven
from worker.reading.zones import Habits, habits_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a page states of the updates of a running report, and how the dates of those that it shows are read."""

    stated: tuple[Update, ...]
    habits: Habits
    now: datetime

    @classmethod
    def of(cls, page: PageInput, metadata: Metadata, *, now: datetime, at_most: int) -> Live:
        """Read what the page's JSON-LD states, up to `at_most` letters."""
        language = page.language or metadata.stated.language
        habits = habits_of(country=page.country, language=language, url=page.url)
        stated = stated_updates(metadata.stated.updates, habits=habits, now=now, at_most=at_most)
        return cls(stated=stated, habits=habits, now=now)

    def told(self, body: Body) -> Body:
        """A body with the stated updates."""
        return replace(body, blocks=woven(body.blocks, self.stated)) if self.stated else body

    def timed(self, body: Body, tree: html.HtmlElement, metadata: Metadata) -> tuple[Body, bool]:
        """A body with the updates that the page shows, and whether their structure is that of a running report."""
        says_so = metadata.type is ArticleType.LIVEBLOG
        if not says_so and not is_named(tree):
            return body, False
        entries = entries_of(tree, base=metadata.base, habits=self.habits, now=self.now)
        if not entries or not (says_so or is_report(entries, body.blocks)):
            return body, False
        return replace(body, blocks=woven(body.blocks, shown(entries, body.blocks))), True
