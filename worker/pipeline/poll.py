"""Poll: ask a feed whether it has news. A changed body is archived for parse; everything else ends here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from worker.news.errors import CopydeskError, HostDown
from worker.news.outcome import BodyChanged, NothingNew, Polled, PollFailed, Postponed, Stale
from worker.news.page import Accept, Page, Validators
from worker.news.policy import PollPolicy
from worker.news.reason import Reason
from worker.news.schedule import after_body, after_failure, after_nothing, next_poll, unconditional, wait_after_failure
from worker.news.work import Stage, Ticket
from worker.pipeline.ports import Archive, Bell, Clock
from worker.pipeline.state.polls import FailedPoll, FreshBody, PollEffect, PollJob, Polls, QuietPoll
from worker.pipeline.state.web import Place, Resume
from worker.pipeline.way import Arrived, Journey, Way

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
# Why robots.txt is not asked for a feed.
OFFERED = "a feed is offered to readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One poll of one feed."""

    polls: Polls
    way: Way
    archive: Archive
    bell: Bell
    clock: Clock
    policy: PollPolicy = PollPolicy()

    def __call__(self, ticket: Ticket) -> Polled:
        """Poll the feed of a claimed row."""
        job = self.polls.begin(ticket, now=self.clock.now())
        if job is None:
            return Stale()
        journey = self._journey(job)
        effect, outcome = self._go(job, journey)
        calls = self.polls.finish(job, effect, outcome, answers=journey.answers, now=self.clock.now())
        if calls is None:
            return Stale()
        self.bell.ring(calls)
        return outcome

    def _journey(self, job: PollJob) -> Journey:
        blind = job.distrusted or unconditional(job.pace.polls, self.policy)
        return Journey(
            ticket=job.ticket,
            stage=Stage.POLL,
            host=job.host,
            slot=job.slot,
            accept=Accept.FEED,
            validators=Validators() if blind else job.validators,
            waived=job.robots_waived if self.way.policy.feeds else OFFERED,
        )

    def _go(self, job: PollJob, journey: Journey) -> tuple[PollEffect, Polled]:
        try:
            found = self.way.go(job.resume or Place(url=job.url), journey)
            if isinstance(found, Resume) and found.reason is None:
                return found, Postponed(detail=found.detail)
            if isinstance(found, Resume):
                wait = (found.until - self.clock.now()).total_seconds() if found.until else None
                return self._failure(job, found.reason or Reason.NO_ROBOTS, found.detail, wait)
            return self._answer(job, found)
        except HostDown as error:
            return self._failure(job, error.reason, error.detail, error.retry_after)
        except CopydeskError as error:
            return self._failure(job, error.reason, error.detail, None)

    def _answer(self, job: PollJob, found: Arrived) -> tuple[PollEffect, Polled]:
        page = found.page
        if page.status == NOT_MODIFIED:
            return self._quiet(job, page.validators, distrust=False), NothingNew()
        if page.status >= 300:  # noqa: PLR2004 - the first status that is no success
            reason = _STATUS.get(page.status, Reason.CLIENT_ERROR)
            return self._failure(job, reason, f"HTTP {page.status}", None)
        digest = page.body.digest
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
            redirect_to=_moved_to(found.place),
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


def _moved_to(place: Place) -> str | None:
    """Where the feed moved for good, if every redirect on the way was permanent."""
    permanent = bool(place.steps) and all(status in _PERMANENT for status, _ in place.steps)
    return place.url if permanent else None


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
