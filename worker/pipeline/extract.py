"""Extract: make a page (or, when there is none, the feed's own text) one revision of one article, filed with its deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.news.content import content_hash, letters
from worker.news.contradiction import are_unlike
from worker.news.entry import Entry
from worker.news.errors import Broken, Refused, Transient
from worker.news.furniture import text_without
from worker.news.identity import normalize_url
from worker.news.outcome import Dropped, Extracted, Postponed, Quarantined, Revised, Stale, Stored, Visited
from worker.news.pages import ask_again_at, page_says_later
from worker.news.policy import ArticlePolicy, RightsPolicy
from worker.news.reason import Reason
from worker.news.record import ArticleType, Change, Furnishing, Reading
from worker.news.revision import kind_of_change
from worker.news.rights import reserved
from worker.news.visit import next_visit
from worker.news.work import Ticket
from worker.pipeline.filing import announced, make_record, page_keys
from worker.pipeline.ports import Archive, Bell, Clock, PageInput, PageReader, Sketcher
from worker.pipeline.state.extracts import BackToFetch, Before, ExtractEffect, ExtractJob, Extracts, NewRevision
from worker.pipeline.state.fetches import End, VisitEnd

Ended = tuple[ExtractEffect, Extracted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """One page of one article."""

    extracts: Extracts
    reader: PageReader
    sketcher: Sketcher
    archive: Archive
    bell: Bell
    clock: Clock
    policy: ArticlePolicy = ArticlePolicy()
    rights: RightsPolicy = RightsPolicy()

    def __call__(self, ticket: Ticket) -> Extracted:
        """Extract the page of a claimed row."""
        job = self.extracts.begin(ticket, now=self.clock.now())
        if job is None:
            return Stale()
        effect, outcome = self._extract(job)
        filed = self.extracts.finish(job, effect, outcome, now=self.clock.now())
        if filed is None:
            return Stale()
        outcome, calls = filed
        self.bell.ring(calls)
        return outcome

    def _extract(self, job: ExtractJob) -> Ended:
        try:
            reading = self._read(job)
        except Transient as error:
            return BackToFetch(wake_at=self.clock.now()), Postponed(error.reason, error.detail)
        except Refused as error:
            # When the outlet refused the page, that is why there is no text.
            reason = job.refused or error.reason if job.meta is None else error.reason
            return self._refused(job, reason, error.detail)
        except Broken as error:
            return self._broken(job, error)
        return self._compare(job, reading)

    def _read(self, job: ExtractJob) -> Reading:
        now = self.clock.now()
        if job.meta is None or job.body_key is None:
            entry, language = announced(job) or Entry(), job.outlet.language
            return self.reader.read_entry(entry, url=job.requested or "", language=language, now=now)
        page = PageInput(
            body=self.archive.get(job.body_key),
            url=job.meta.url,
            content_type=job.meta.content_type,
            language=job.outlet.language,
            country=job.outlet.country,
            rules=job.outlet.rules.on(job.meta.fetched_at.date()),
            announced=announced(job),
            furniture=job.furniture,
            headers=job.meta.headers,
        )
        reading = self.reader.read(page, now=now)
        kept_back = reserved(reading.rights, self.rights)
        if kept_back is not None:
            raise Refused(Reason.RESERVED, kept_back)
        return reading

    def _refused(self, job: ExtractJob, reason: Reason, detail: str) -> Ended:
        if job.visit:
            return VisitEnd(result="blocked", next_visit=self._next_visit(job, None)), Visited("blocked", reason)
        if page_says_later(reason) and job.meta is not None:
            again = ask_again_at(job.discovered_at, self.clock.now(), self.policy)
            if again is not None:
                return BackToFetch(wake_at=again), Postponed(reason, detail)
        return End(outcome="dropped", reason=reason, detail=detail), Dropped(reason, detail)

    def _broken(self, job: ExtractJob, error: Broken) -> Ended:
        if job.visit:
            return VisitEnd(result="failed", next_visit=self._next_visit(job, None)), Visited("failed", error.reason)
        return (
            End(outcome="quarantined", reason=error.reason, detail=error.detail),
            Quarantined(error.reason, error.detail),
        )

    def _compare(self, job: ExtractJob, reading: Reading) -> Ended:
        """Against the revision that stands: nothing changed, or the next one."""
        change = Change.NEW if job.before is None else _change(job, job.before, reading)
        if change is None:
            return VisitEnd(result="unchanged", next_visit=self._next_visit(job, reading)), Visited("unchanged")
        if job.before is not None and _is_elsewhere(job, job.before, reading):
            tell = Change.GONE if self.policy.tell_gone else None
            end = VisitEnd(result="gone", next_visit=self._next_visit(job, None), tell=tell)
            return end, Visited("gone", Reason.REDIRECT)
        again = self._too_soon(job, reading, change)
        if again is not None:
            return VisitEnd(result="too_soon", next_visit=again), Visited("too_soon")
        n = job.before.n + 1 if job.before else 1
        found = reading.furnishing or Furnishing()
        effect = NewRevision(
            record=make_record(job, reading, n=n, change=change),
            keys=page_keys(job, reading),
            text_hash=content_hash(reading.text),
            identifying=letters(reading.text) >= self.policy.shortest_own_text,
            next_visit=self._next_visit(job, reading),
            whole_hash=None if found.whole is None else content_hash(found.whole),
            lines=None if reading.furnishing is None else found.lines,
            dropped=found.dropped,
            sketch=self.sketcher.sketch(reading.text),
        )
        return effect, Stored() if n == 1 else Revised(n, change)

    def _too_soon(self, job: ExtractJob, reading: Reading, change: Change) -> datetime | None:
        """When a liveblog is looked at again that had a revision a moment ago; a correction does not wait."""
        if job.before is None or reading.type is not ArticleType.LIVEBLOG or change is Change.CORRECTION:
            return None
        again = job.before.at + self.policy.liveblog_visit
        return again if again > self.clock.now() else None

    def _next_visit(self, job: ExtractJob, reading: Reading | None) -> datetime | None:
        """When the page is looked at again; never when there was no page."""
        if job.meta is None:
            return None
        before = job.before.published_at if job.before else None
        return next_visit(
            published_at=(reading.published_at if reading else None) or before,
            discovered_at=job.discovered_at,
            fetched_at=job.meta.fetched_at,
            liveblog=reading is not None and reading.type is ArticleType.LIVEBLOG,
            policy=self.policy,
        )


def _change(job: ExtractJob, before: Before, reading: Reading) -> Change | None:
    """What a new reading changed; a page that was gone, or another article's, and is there again is as good as new.

    Trifles add up: a trifle after trifles is weighed against the state before all of them.
    """
    if before.change in {Change.MERGED, Change.GONE}:
        return Change.NEW
    change = _difference(job, before, reading)
    if change is Change.MINOR and before.base is not None:
        return _difference(job, before.base, reading) or change
    return change


def _is_elsewhere(job: ExtractJob, before: Before, reading: Reading) -> bool:
    """Whether a visit was led to another address with another article: what was taken down often leads to what is new."""
    if job.meta is None or before.url is None or normalize_url(job.meta.url) == normalize_url(before.url):
        return False
    return are_unlike(before.title, before.text, reading.title, reading.text)


def _difference(job: ExtractJob, before: Before, reading: Reading) -> Change | None:
    """What is furniture now, or was it then, is no change: it was only learnt or forgotten since."""
    title = reading.title or before.title
    furniture = job.furniture | before.dropped
    if not furniture:
        return kind_of_change(before.title, before.text, title, reading.text)
    old, new = (text_without(blocks, furniture) for blocks in (before.blocks, reading.blocks))
    return kind_of_change(before.title, old, title, new)
