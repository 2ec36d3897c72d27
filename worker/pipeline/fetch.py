"""Fetch: get the page of an article into the archive. An answer about the page ends or moves the article, a host that is down does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.news.errors import HostDown, Refused
from worker.news.outcome import Dropped, FeedTextOnly, Fetched, FetchedPage, Postponed, Stale, Visited
from worker.news.page import Accept, Elsewhere, Page, PageMeta, Request, host_of
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
from worker.news.policy import ArticlePolicy
from worker.news.reason import Reason
from worker.news.visit import next_visit
from worker.news.work import Ticket
from worker.pipeline.ports import Archive, Bell, Clock, PageFetcher
from worker.pipeline.state import (
    End,
    FetchEffect,
    Fetches,
    FetchJob,
    HostAnswer,
    NoPage,
    PageArrived,
    Resume,
    VisitEnd,
    Wait,
)

# A host that is down says when it opens again by its row; the article need not wait longer than its first pause.
HOST_WAIT = timedelta(seconds=1)
# What a visit that brought no page is called.
_VISIT_RESULT = {Reason.NOT_FOUND: "gone", Reason.GONE: "gone"}


@dataclass(slots=True)
class _Journey:
    """The hosts that were asked on the way to a page, and how each answered."""

    answers: list[HostAnswer] = field(default_factory=list)
    steps: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One page of one article."""

    fetches: Fetches
    web: PageFetcher
    archive: Archive
    bell: Bell
    clock: Clock
    policy: ArticlePolicy = ArticlePolicy()

    def __call__(self, ticket: Ticket) -> FetchedPage:
        """Fetch the page of a claimed row."""
        job = self.fetches.begin(ticket, now=self.clock.now())
        if job is None:
            return Stale()
        journey = _Journey()
        effect, outcome = self._go(job, journey)
        calls = self.fetches.finish(job, effect, outcome, answers=journey.answers, now=self.clock.now())
        if calls is None:
            return Stale()
        self.bell.ring(calls)
        return outcome

    def _go(self, job: FetchJob, journey: _Journey) -> tuple[FetchEffect, FetchedPage]:
        request = Request(url=job.url, accept=Accept.PAGE, validators=job.validators, hops=job.hops)
        while True:
            try:
                answer = self._ask(request, journey)
            except HostDown as error:
                return self._host_down(job, error)
            except Refused as error:
                return self._end(job, error.reason, error.detail)
            if isinstance(answer, Page):
                return self._judge(job, answer, journey)
            if not self.fetches.reserve(host_of(answer.url), now=self.clock.now()):
                return Resume(url=answer.url, hops=answer.hops), Postponed(detail=f"redirected to {answer.url}")
            request = Request(url=answer.url, accept=Accept.PAGE, validators=job.validators, hops=answer.hops)

    def _ask(self, request: Request, journey: _Journey) -> Page | Elsewhere:
        began = self.clock.now()
        host = host_of(request.url)
        try:
            answer = self.web.fetch(request)
        except HostDown as error:
            journey.answers.append(
                HostAnswer(host=host, failed=error.reason, retry_after=error.retry_after, roll=self.clock.roll())
            )
            raise
        journey.answers.append(HostAnswer(host=host, seconds=(self.clock.now() - began).total_seconds()))
        journey.steps.extend(answer.redirects)
        return answer

    def _judge(self, job: FetchJob, page: Page, journey: _Journey) -> tuple[FetchEffect, FetchedPage]:
        match verdict(page.status, job.tries, self.policy):
            case Read():
                return self._read(job, page, journey)
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

    def _read(self, job: FetchJob, page: Page, journey: _Journey) -> tuple[FetchEffect, FetchedPage]:
        if not looks_like_html(page.content_type, page.body[:1024]):
            return self._end(job, Reason.NOT_HTML, page.content_type)
        now = self.clock.now()
        # The body is durable before the row says that it is there.
        key = self.archive.put(page.body, now=now)
        meta = PageMeta(
            url=page.url,
            requested=job.requested,
            status=page.status,
            content_type=page.content_type,
            bytes=len(page.body),
            fetched_at=now,
            validators=page.validators,
            redirects=tuple(journey.steps),
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
        return VisitEnd(result=result, next_visit=self._next(job, self.clock.now())), Visited(result, reason)

    def _next(self, job: FetchJob, now: datetime) -> datetime | None:
        return next_visit(
            published_at=job.published_at,
            discovered_at=job.discovered_at,
            fetched_at=now,
            liveblog=job.liveblog,
            policy=self.policy,
        )
