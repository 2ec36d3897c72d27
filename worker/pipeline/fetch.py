"""Fetch: get the page of an article into the archive. An answer about the page ends or moves the article, a host that is down does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.news.errors import HostDown, Refused
from worker.news.identity import own_place
from worker.news.outcome import Dropped, Duplicate, FeedTextOnly, Fetched, FetchedPage, Postponed, Stale, Visited
from worker.news.page import Accept, Page, PageMeta
from worker.news.pages import (
    Drop,
    Read,
    TryAgain,
    Unchanged,
    UseFeedText,
    looks_like_html,
    too_long_unreachable,
    verdict,
)
from worker.news.policy import ArticlePolicy, RightsPolicy
from worker.news.reason import Reason
from worker.news.record import Change
from worker.news.rights import reserved, rights_of
from worker.news.visit import next_visit
from worker.news.work import Stage, Ticket
from worker.pipeline.ports import Archive, Bell, Clock
from worker.pipeline.state.fetches import (
    End,
    FetchEffect,
    Fetches,
    FetchJob,
    NoPage,
    PageArrived,
    SameAs,
    VisitEnd,
    Wait,
)
from worker.pipeline.state.web import Place, Resume
from worker.pipeline.way import Arrived, Journey, Way

# A host that is down says when it opens again by its row; the article need not wait longer than its first pause.
HOST_WAIT = timedelta(seconds=1)
# What a visit that brought no page is called.
_VISIT_RESULT = {Reason.NOT_FOUND: "gone", Reason.GONE: "gone"}


# What of a response is kept for those who read its page later.
_KEPT = ("x-robots-tag", "tdm-reservation", "tdm-policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One page of one article."""

    fetches: Fetches
    way: Way
    archive: Archive
    bell: Bell
    clock: Clock
    policy: ArticlePolicy = ArticlePolicy()
    rights: RightsPolicy = RightsPolicy()

    def __call__(self, ticket: Ticket) -> FetchedPage:
        """Fetch the page of a claimed row."""
        job = self.fetches.begin(ticket, now=self.clock.now())
        if job is None:
            return Stale()
        journey = Journey(
            ticket=ticket,
            stage=Stage.FETCH,
            host=job.host,
            slot=job.slot,
            accept=Accept.PAGE,
            validators=job.validators,
            waived=job.robots_waived,
            stops=lambda place: self._twin(job, place) is not None,
        )
        effect, outcome = self._go(job, journey)
        finished = self.fetches.finish(job, effect, outcome, answers=journey.answers, now=self.clock.now())
        if finished is None:
            return Stale()
        outcome, calls = finished
        self.bell.ring(calls)
        return outcome

    def _go(self, job: FetchJob, journey: Journey) -> tuple[FetchEffect, FetchedPage]:
        try:
            found = self.way.go(job.start, journey)
        except HostDown as error:
            return self._host_down(job, error)
        except Refused as error:
            # A closed page is not the feed's own text, which is offered to everybody.
            if error.reason is Reason.ROBOTS and not job.visit:
                return NoPage(reason=error.reason), FeedTextOnly(error.reason)
            return self._end(job, error.reason, error.detail)
        if isinstance(found, Resume):
            return self._halt(job, found)
        return self._judge(job, found)

    def _twin(self, job: FetchJob, place: Place) -> str | None:
        """The article that has the address where redirects led; a visit goes there, whoever has it."""
        if job.visit or not own_place(place.url, announced=job.requested, homepage=job.homepage):
            return None
        return self.fetches.twin(job, place.url)

    def _halt(self, job: FetchJob, halt: Resume) -> tuple[FetchEffect, FetchedPage]:
        twin = self._twin(job, halt.place) if halt.place.hops else None
        if twin is not None:
            return SameAs(of=twin, place=halt.place), Duplicate(twin, Reason.SAME_URL)
        if halt.reason is not None and job.visit:
            return self._visit_end(job, "failed", halt.reason)
        if halt.reason is not None and too_long_unreachable(job.discovered_at, self.clock.now(), self.policy):
            return NoPage(reason=halt.reason), FeedTextOnly(halt.reason)
        return halt, Postponed(halt.reason, halt.detail)

    def _judge(self, job: FetchJob, found: Arrived) -> tuple[FetchEffect, FetchedPage]:
        page = found.page
        match verdict(page.status, job.tries, self.policy):
            case Read():
                return self._read(job, page, found)
            case Unchanged():
                return self._visit_end(job, "unchanged", None)
            case TryAgain(wait=wait, reason=reason):
                detail = f"HTTP {page.status}"
                wake_at = self.clock.now() + wait
                return Wait(wake_at=wake_at, reason=reason, detail=detail, tried=True), Postponed(reason, detail)
            case UseFeedText(reason=reason) if not job.visit:
                return NoPage(reason=reason), FeedTextOnly(reason)
            case Drop(reason=reason) | UseFeedText(reason=reason):
                return self._end(job, reason, f"HTTP {page.status}")

    def _read(self, job: FetchJob, page: Page, found: Arrived) -> tuple[FetchEffect, FetchedPage]:
        if not looks_like_html(page.content_type, page.body.start(1024)):
            return self._end(job, Reason.NOT_HTML, page.content_type)
        headers = {name: page.headers[name] for name in _KEPT if name in page.headers}
        kept_back = reserved(rights_of(headers, agent=self.way.rules.agent), self.rights)
        if kept_back is not None:
            return self._end(job, Reason.RESERVED, kept_back)
        now = self.clock.now()
        # The body is durable before the row says that it is there.
        key = self.archive.put(page.body, now=now)
        meta = PageMeta(
            url=page.url,
            requested=job.requested,
            status=page.status,
            content_type=page.content_type,
            bytes=page.body.size,
            fetched_at=now,
            validators=page.validators,
            redirects=found.place.steps,
            robots=found.robots,
            headers=headers,
        )
        return PageArrived(body_key=key, meta=meta), Fetched()

    def _host_down(self, job: FetchJob, error: HostDown) -> tuple[FetchEffect, FetchedPage]:
        now = self.clock.now()
        if job.visit:
            return self._visit_end(job, "failed", error.reason)
        if too_long_unreachable(job.discovered_at, now, self.policy):
            return self._end(job, Reason.UNREACHABLE, str(error))
        wait = Wait(wake_at=now + HOST_WAIT, reason=error.reason, detail=error.detail)
        return wait, Postponed(error.reason, error.detail)

    def _end(self, job: FetchJob, reason: Reason, detail: str) -> tuple[FetchEffect, FetchedPage]:
        if job.visit:
            return self._visit_end(job, _VISIT_RESULT.get(reason, "blocked"), reason)
        return End(outcome="dropped", reason=reason, detail=detail), Dropped(reason, detail)

    def _visit_end(self, job: FetchJob, result: str, reason: Reason | None) -> tuple[FetchEffect, FetchedPage]:
        # A page that is missing was missing an hour before as well.
        tell = Change.GONE if result == "gone" and self.policy.tell_gone else None
        end = VisitEnd(result=result, next_visit=self._next(job, self.clock.now()), tell=tell)
        return end, Visited(result, reason)

    def _next(self, job: FetchJob, now: datetime) -> datetime | None:
        return next_visit(
            published_at=job.published_at,
            discovered_at=job.discovered_at,
            fetched_at=now,
            liveblog=job.liveblog,
            policy=self.policy,
        )
