"""Poll: ask a feed whether it has news. A changed body is archived for parse; everything else ends here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from worker.news.errors import CopydeskError, HostDown, Refused
from worker.news.outcome import BodyChanged, NothingNew, Polled, PollFailed, Stale
from worker.news.page import Accept, Elsewhere, Page, Request, Validators, host_of
from worker.news.policy import PollPolicy
from worker.news.reason import Reason
from worker.news.schedule import after_body, after_failure, after_nothing, next_poll, unconditional, wait_after_failure
from worker.news.work import Ticket
from worker.pipeline.ports import Archive, Bell, Clock, PageFetcher
from worker.pipeline.state import FailedPoll, FreshBody, HostAnswer, PollEffect, PollJob, Polls, QuietPoll

NOT_MODIFIED = 304
_PERMANENT = frozenset({301, 308})
# What a status says of a feed; every other 4xx is a refusal of the request.
_STATUS = {
    401: Reason.UNAUTHORIZED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    410: Reason.GONE,
    451: Reason.LEGAL,
}
# Feeds move between hosts by redirects; more than this is a loop.
MOST_HOPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One poll of one feed."""

    polls: Polls
    web: PageFetcher
    archive: Archive
    bell: Bell
    clock: Clock
    policy: PollPolicy = PollPolicy()

    def __call__(self, ticket: Ticket) -> Polled:
        """Poll the feed of a claimed row."""
        job = self.polls.begin(ticket, now=self.clock.now())
        if job is None:
            return Stale()
        retry_after: float | None = None
        failed: Reason | None = None
        try:
            effect, outcome = self._answer(job, self._fetch(job))
        except CopydeskError as error:
            if isinstance(error, HostDown):
                failed, retry_after = error.reason, error.retry_after
            effect, outcome = self._failure(job, error.reason, error.detail, retry_after)
        now = self.clock.now()
        answer = HostAnswer(
            host=host_of(job.url),
            seconds=(now - job.began_at).total_seconds(),
            failed=failed,
            retry_after=retry_after,
            roll=self.clock.roll(),
        )
        calls = self.polls.finish(job, effect, outcome, host=answer, now=now)
        if calls is None:
            return Stale()
        self.bell.ring(calls)
        return outcome

    def _fetch(self, job: PollJob) -> tuple[Page, str | None]:
        """The feed's answer, and where it moved for good, if every redirect on the way was permanent."""
        blind = job.distrusted or unconditional(job.pace.polls, self.policy)
        request = Request(url=job.url, accept=Accept.FEED, validators=Validators() if blind else job.validators)
        steps: list[tuple[int, str]] = []
        while True:
            answer = self.web.fetch(request)
            steps.extend(answer.redirects)
            if isinstance(answer, Page):
                break
            # A feed's host is asked a few times a day: the other gate is not worth a second wait.
            request = Request(url=answer.url, accept=Accept.FEED, validators=request.validators, hops=_hops(answer))
        moved = bool(steps) and all(status in _PERMANENT for status, _ in steps)
        return answer, answer.url if moved else None

    def _answer(self, job: PollJob, found: tuple[Page, str | None]) -> tuple[PollEffect, Polled]:
        page, moved = found
        if page.status == NOT_MODIFIED:
            return self._quiet(job, page.validators, distrust=False), NothingNew()
        if page.status >= 300:  # noqa: PLR2004 - the first status that is no success
            reason = _STATUS.get(page.status, Reason.CLIENT_ERROR)
            return self._failure(job, reason, f"HTTP {page.status}", None)
        digest = sha256(page.body).digest()
        if digest == job.body_hash:
            return self._quiet(job, page.validators, distrust=False), NothingNew()
        if digest == job.broken_hash:
            return self._failure(job, Reason.UNPARSABLE, "the same broken body as before", None)
        effect = FreshBody(
            body_key=self.archive.put(page.body, now=self.clock.now()),
            body_hash=digest,
            url=page.url,
            content_type=page.content_type,
            validators=page.validators,
            max_age=max_age(page.headers.get("cache-control", "")),
            redirect_to=moved,
            pace=after_body(job.pace),
            distrust=_lied(job, page),
        )
        return effect, BodyChanged()

    def _quiet(self, job: PollJob, validators: Validators, *, distrust: bool) -> QuietPoll:
        pace = after_nothing(job.pace)
        due = next_poll(pace, job.hints, now=self.clock.now(), roll=self.clock.roll(), policy=self.policy)
        fresh = validators if validators != Validators() and not job.distrusted else None
        return QuietPoll(due=due, pace=pace, validators=fresh, distrust=distrust)

    def _failure(
        self, job: PollJob, reason: Reason, detail: str, retry_after: float | None
    ) -> tuple[FailedPoll, PollFailed]:
        pace = after_failure(job.pace, reason)
        due = wait_after_failure(
            pace, now=self.clock.now(), roll=self.clock.roll(), retry_after=retry_after, policy=self.policy
        )
        return FailedPoll(reason=reason, detail=detail, due=due, pace=pace), PollFailed(reason, detail)


def _hops(answer: Elsewhere) -> int:
    if answer.hops > MOST_HOPS:
        raise Refused(Reason.TOO_MANY_REDIRECTS)
    return answer.hops


def _lied(job: PollJob, page: Page) -> bool:
    """Whether an unconditional poll shows that the validators had stood still while the body changed."""
    sent = job.validators
    return page.validators == sent and sent.etag is not None and job.body_hash is not None


def max_age(cache_control: str) -> timedelta | None:
    """The `max-age` of a Cache-Control header (RFC 9111 §5.2.2.1), unless it says no-cache."""
    if re.search(r"\bno-(?:cache|store)\b", cache_control, re.IGNORECASE):
        return None
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", cache_control, re.IGNORECASE)
    return timedelta(seconds=int(found[1])) if found else None
