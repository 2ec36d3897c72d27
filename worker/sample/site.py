"""The pages of the sample outlet as they are at a moment. Pure but for reading its own files once."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from worker.sample.canary import CANARY_PATH, canaries, canary_at
from worker.sample.pages import Around, list_page, story_page
from worker.sample.story import Story, read_stories, slug_of

CORRECTED_AFTER = timedelta(hours=1)
_HTML = "text/html; charset=utf-8"
# One grey point: nobody looks at the pictures of a made-up newspaper.
_PICTURE = b64decode("R0lGODlhAQABAIAAAMzMzAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site answers with."""

    body: bytes
    content_type: str = _HTML
    status: int = 200


@dataclass(frozen=True)
class SampleSite:
    """The site. It was `born_at` when its process first started; all its dates follow from that."""

    origin: str
    born_at: datetime

    @cached_property
    def stories(self) -> dict[str, Story]:
        """All written stories by slug, newest first."""
        told = sorted(read_stories(self.born_at), key=lambda story: story.published_at, reverse=True)
        return {story.slug: story for story in told}

    def announced(self, feed: str, *, now: datetime) -> list[Story]:
        """What a feed names now, newest first."""
        timed = self.canaries(now=now) if feed == "rss" else []
        return [*timed, *(story for story in self.stories.values() if feed in story.feeds)]

    def canaries(self, *, now: datetime) -> list[Story]:
        """The timed articles of the last hour, newest first."""
        return canaries(born_at=self.born_at, now=now)

    def page(self, slug: str, *, now: datetime) -> Answer | None:
        """A page of the site; None when there is none at this address."""
        kind, _, name = slug.partition("/")
        if kind == "pictures" and name.endswith(".gif"):
            return Answer(_PICTURE, "image/gif")
        if (kind, name) in self._lists:
            return self._list(slug, *self._lists[kind, name])
        timed = canary_at(slug, born_at=self.born_at, now=now) if kind == CANARY_PATH else None
        story = timed or self.stories.get(slug)
        return None if story is None else self._story(story, now)

    def _story(self, story: Story, now: datetime) -> Answer:
        corrected_at = self.born_at.replace(microsecond=0) + CORRECTED_AFTER
        corrected = bool(story.correction) and now >= corrected_at
        blocks = story.correction if corrected else story.blocks
        modified = corrected_at if corrected else story.published_at
        around = Around(origin=self.origin, others=self._article_pages(story.language))
        text = story_page(story, blocks, modified, around)
        # What the charset of a page does not have is written as a reference.
        return Answer(text.encode(story.charset, "xmlcharrefreplace"), f"text/html; charset={story.charset}")

    def _list(self, slug: str, name: str, stories: list[Story]) -> Answer:
        language = stories[0].language if stories else "en"
        return Answer(list_page(name, slug, stories, language=language, origin=self.origin).encode())

    def _article_pages(self, language: str) -> list[Story]:
        return [story for story in self.stories.values() if story.language == language]

    @cached_property
    def _lists(self) -> dict[tuple[str, str], tuple[str, list[Story]]]:
        """The pages of authors, topics and sections by their addresses: the name of each and its stories."""
        found: dict[tuple[str, str], tuple[str, list[Story]]] = {}
        clock = canaries(born_at=self.born_at, now=self.born_at)[0]
        for story in (clock, *self.stories.values()):
            for kind, name in _names(story):
                _, listed = found.setdefault((kind, slug_of(name)), (name, []))
                listed.append(story)
        return found


def _names(story: Story) -> Iterator[tuple[str, str]]:
    yield "section", story.section
    yield from (("author", name) for name in story.authors)
    yield from (("topic", tag) for tag in story.tags)
