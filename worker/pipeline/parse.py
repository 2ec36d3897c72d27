"""Parse: read a feed's body and file its entries, slice by slice. Only then are the feed's validators adopted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worker.news.entry import Entry, FeedDocument
from worker.news.errors import Broken, Transient
from worker.news.identity import bare_key, entry_keys, repeated_guids
from worker.news.outcome import Parsed, ParsedFeed, PollFailed, Stale
from worker.news.policy import PollPolicy
from worker.news.reason import Reason
from worker.news.schedule import (
    FeedPace,
    adopt_redirect,
    after_failure,
    after_gap,
    after_news,
    is_gap,
    next_poll,
    wait_after_failure,
)
from worker.news.work import Ticket
from worker.pipeline.ports import Archive, Bell, Clock, FeedReader
from worker.pipeline.state.parses import Announcement, BrokenBody, LostBody, ParsedBody, ParseJob, Parses

# Entries filed in one transaction: well under 50 ms on both databases.
SLICE = 100


@dataclass(frozen=True, slots=True)
class _Filed:
    """What filing a document brought: how many of its articles were known, and when the new ones were published."""

    known: int
    published: tuple[datetime | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parse:
    """One feed body."""

    parses: Parses
    reader: FeedReader
    archive: Archive
    bell: Bell
    clock: Clock
    policy: PollPolicy = PollPolicy()

    def __call__(self, ticket: Ticket) -> ParsedFeed:
        """Parse the body of a claimed row."""
        job = self.parses.begin(ticket, now=self.clock.now())
        if job is None:
            return Stale()
        try:
            body = self.archive.get(job.body_key)
        except Transient as error:
            return self._finish(job, LostBody(), PollFailed(error.reason, error.detail))
        try:
            document = self.reader.read(
                body, url=job.url, content_type=job.content_type, kind=job.kind, now=self.clock.now()
            )
        except Broken as error:
            return self._finish(job, self._broken(job, error), PollFailed(error.reason, error.detail))
        filed = self._file(job, document)
        if filed is None:
            return Stale()
        effect = self._parsed(job, document, filed)
        return self._finish(job, effect, Parsed(effect.new, filed.known, document.truncated))

    def _finish(self, job: ParseJob, effect: ParsedBody | BrokenBody | LostBody, outcome: ParsedFeed) -> ParsedFeed:
        calls = self.parses.finish(job, effect, outcome, now=self.clock.now())
        if calls is None:
            return Stale()
        self.bell.ring(calls)
        return outcome

    def _file(self, job: ParseJob, document: FeedDocument) -> _Filed | None:
        found: dict[str, datetime | None] = {}
        fresh: set[str] = set()
        for announcements in slices(self._announcements(job, document.entries)):
            sighted = self.parses.sight(job, announcements, now=self.clock.now())
            if sighted is None:
                return None
            for article, announcement in zip(sighted.articles, announcements, strict=True):
                found.setdefault(article, announcement.entry.published_at)
            fresh |= sighted.new
        published = tuple(at for article, at in found.items() if article in fresh)
        return _Filed(len(found) - len(published), published)

    def _announcements(self, job: ParseJob, entries: Sequence[Entry]) -> list[Announcement]:
        repeated = repeated_guids(entries)
        oldest = self.clock.now() - self.policy.sitemap_oldest
        return [
            Announcement(
                entry=entry,
                keys=entry_keys(job.outlet, job.feed, entry, repeated) or (bare_key(job.feed, entry),),
                drop=_drop(entry, oldest if job.kind == "sitemap" else None),
            )
            for entry in entries
        ]

    def _parsed(self, job: ParseJob, document: FeedDocument, filed: _Filed) -> ParsedBody:
        now = self.clock.now()
        hints = replace(document.hints, max_age=job.max_age)
        entries = filed.known + len(filed.published)
        gap = is_gap(filed.known, entries, job.first_poll, self.policy)
        pace: FeedPace = after_news(job.pace, filed.published, now=now, policy=self.policy)
        if gap:
            pace, due = after_gap(pace, now=now, roll=self.clock.roll(), policy=self.policy)
        else:
            due = next_poll(pace, hints, now=now, roll=self.clock.roll(), policy=self.policy)
        moved = job.redirect_to
        adopted = moved is not None and adopt_redirect(
            job.redirect_since, job.feed_url, moved, now=now, policy=self.policy
        )
        return ParsedBody(
            title=document.title,
            hints=hints,
            entries=entries,
            new=len(filed.published),
            truncated=document.truncated,
            gap=gap,
            due=due,
            pace=replace(pace, interval=due.interval),
            adopt_url=moved if adopted else None,
            redirect_to=None if adopted else moved,
            redirect_since=None if adopted or moved is None else job.redirect_since or now,
            children=document.children,
        )

    def _broken(self, job: ParseJob, error: Broken) -> BrokenBody:
        pace = after_failure(job.pace, error.reason)
        due = wait_after_failure(
            pace, now=self.clock.now(), roll=self.clock.roll(), retry_after=None, policy=self.policy
        )
        return BrokenBody(reason=error.reason, detail=error.detail, due=due, pace=pace)


def _drop(entry: Entry, oldest: datetime | None) -> Reason | None:
    """Why an entry ends here: without an address there is nothing to fetch, and a sitemap lists years."""
    if entry.url is None:
        return Reason.BAD_LINK if entry.raw_link else Reason.NO_LINK
    if oldest is not None and entry.published_at is not None and entry.published_at < oldest:
        return Reason.TOO_OLD
    return None


def slices(announcements: Sequence[Announcement]) -> Iterator[Sequence[Announcement]]:
    """The announcements in slices of one transaction each."""
    for start in range(0, len(announcements), SLICE):
        yield announcements[start : start + SLICE]
