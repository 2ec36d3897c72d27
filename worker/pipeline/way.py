"""The way to an address: robots.txt, the gates of the hosts, redirects. Poll and fetch go it alike, one request at a time.

A run holds a slot for one request to one host. For each further one it reserves another, or halts and waits as data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.news.errors import HostDown, Refused
from worker.news.page import Accept, Moved, Page, Request, Validators, host_of, origin_of
from worker.news.policy import RobotsPolicy
from worker.news.reason import Reason
from worker.news.robots import Ask, Forbidden, RobotsFile, Ruling, Shut, answered, failed, moved, ruling
from worker.news.work import Stage, Ticket
from worker.pipeline.ports import Clock, PageFetcher, RobotsRules
from worker.pipeline.state.web import Gates, HostAnswer, Place, Resume, RobotsFiles

# A run that takes longer goes on later: one more request has to fit into its lease.
LONGEST_RUN = timedelta(seconds=60)
# robots.txt and the address itself, each with its redirects, on a few hosts; more is no way.
MOST_REQUESTS = 24


def _goes_on(_place: Place) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One run's errand. It holds a slot of `host`; `waived` says why robots.txt is not asked, if it is not.

    `stops` is asked of each place that redirects lead to, before anything is asked for there.
    """

    ticket: Ticket
    stage: Stage
    host: str
    slot: datetime
    accept: Accept
    validators: Validators = Validators()
    waived: str | None = None
    stops: Callable[[Place], bool] = _goes_on
    # How every host that was asked on the way answered.
    answers: list[HostAnswer] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The answer, where it was found, and how robots.txt ruled on it."""

    page: Page
    place: Place
    robots: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How addresses are reached."""

    web: PageFetcher
    gates: Gates
    files: RobotsFiles
    rules: RobotsRules
    clock: Clock
    policy: RobotsPolicy = RobotsPolicy()

    def go(self, place: Place, journey: Journey) -> Arrived | Resume:
        """Go on from a place, to its end or to where the journey stops. Raises `HostDown` and `Refused`, ROBOTS among its reasons."""
        held, slot = journey.host, journey.slot
        latest = self.clock.now() + LONGEST_RUN
        stopped = place.hops > 0 and journey.stops(place)
        for _ in range(MOST_REQUESTS):
            if stopped:
                return Resume(place=place, host=host_of(place.url))
            verdict = self._ruling(place.url, journey)
            if isinstance(verdict, Shut):
                return _shut(place, verdict)
            request = _request(place, verdict, journey)
            host = host_of(request.url)
            entered = slot if host == held else self._enter(host, journey)
            if entered is None or not self._wait(host, entered) or self.clock.now() > latest:
                return Resume(place=place, host=host, detail=f"{request.url} waits for its host")
            held = ""
            if isinstance(verdict, Ask):
                self._learn(origin_of(place.url), request, journey)
                continue
            answer = self._ask(request, journey)
            if isinstance(answer, Page):
                return Arrived(page=answer, place=place, robots=verdict.why)
            place = Place(url=answer.url, hops=answer.hops, steps=(*place.steps, (answer.status, answer.url)))
            stopped = journey.stops(place)
        raise Refused(Reason.TOO_MANY_REDIRECTS, place.url)

    def _ruling(self, url: str, journey: Journey) -> Ruling:
        """What robots.txt says of an address. Raises `Refused` (ROBOTS)."""
        now, origin = self.clock.now(), origin_of(url)
        file = RobotsFile(origin=origin) if journey.waived is not None else self.files.find(origin, now=now)
        found = ruling(
            file,
            now=now,
            allows=lambda body: self.rules.allows(body, url),
            waived=journey.waived,
            policy=self.policy,
        )
        if isinstance(found, Forbidden):
            raise Refused(Reason.ROBOTS, found.why)
        return found

    def _enter(self, host: str, journey: Journey) -> datetime | None:
        return self.gates.enter(journey.ticket, journey.stage, host, now=self.clock.now())

    def _wait(self, host: str, slot: datetime) -> bool:
        """Sleep until the slot; False when the host was paused in the meantime."""
        if slot <= self.clock.now():
            return True
        self.clock.sleep(slot)
        return self.gates.is_open(host, now=self.clock.now())

    def _ask(self, request: Request, journey: Journey) -> Page | Moved:
        began, host = self.clock.now(), host_of(request.url)
        try:
            answer = self.web.fetch(request)
        except HostDown as error:
            journey.answers.append(
                HostAnswer(host=host, failed=error.reason, retry_after=error.retry_after, roll=self.clock.roll())
            )
            raise
        seconds = (self.clock.now() - began).total_seconds()
        journey.answers.append(HostAnswer(host=host, seconds=seconds, address=answer.address))
        return answer

    def _learn(self, origin: str, request: Request, journey: Journey) -> None:
        """Ask for a robots.txt and keep the answer. Raises `HostDown`, which is kept as well."""
        file = self.files.find(origin, now=self.clock.now())
        delay: timedelta | None = None
        try:
            answer = self._ask(request, journey)
        except HostDown as error:
            found = failed(
                file,
                error.reason,
                now=self.clock.now(),
                roll=self.clock.roll(),
                retry_after=error.retry_after,
                policy=self.policy,
            )
            self.files.keep(found, delay=None, now=self.clock.now())
            raise
        except Refused:
            # It leads nowhere, and so there is none (RFC 9309 §2.3.1.2).
            found = answered(file, 0, b"", now=self.clock.now(), policy=self.policy)
        else:
            if isinstance(answer, Moved):
                found = moved(file, answer.url, answer.hops)
            else:
                body = answer.body.read()
                found = answered(file, answer.status, body, now=self.clock.now(), policy=self.policy)
                delay = self._delay(found)
        self.files.keep(found, delay=delay, now=self.clock.now())

    def _delay(self, file: RobotsFile) -> timedelta | None:
        asked = self.rules.delay(file.body) if file.body is not None else None
        return None if asked is None else min(asked, self.policy.longest_delay)


def _request(place: Place, verdict: Ruling, journey: Journey) -> Request:
    if isinstance(verdict, Ask):
        return Request(url=verdict.url, accept=Accept.ROBOTS, hops=verdict.hops)
    return Request(url=place.url, accept=journey.accept, validators=journey.validators, hops=place.hops)


def _shut(place: Place, verdict: Shut) -> Resume:
    return Resume(
        place=place, host=host_of(place.url), until=verdict.until, reason=Reason.NO_ROBOTS, detail=verdict.why
    )
