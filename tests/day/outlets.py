"""Two hundred outlets of many kinds, each on a host of its own, and how they answer at a moment of the day."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from math import ceil

from tests.day.checker import NONE, HostRules, Line, Validators
from tests.doubles import ScriptedWeb
from worker.news.outlet import FeedSource, Outlet
from worker.news.page import Page

HOUR = 3600.0
DAY = 24 * HOUR
# One host serves the feeds of ten outlets, one address twelve hosts.
KINDS = [
    *(["plain"] * 60),
    *(["closed"] * 20),  # some of what it announces is disallowed
    *(["delay"] * 15),
    "long delay",
    *(["no robots"] * 10),
    *(["broken robots"] * 8),  # for the first two hours
    *(["moved robots"] * 8),
    *(["moved feed"] * 10),  # for good, to a plain outlet's host
    *(["hop"] * 10),  # articles that redirect on their host
    *(["away"] * 10),  # articles that redirect to other hosts
    *(["slow"] * 10),
    *(["uneven"] * 6),
    *(["busy"] * 6),  # 429 to every fourth request
    *(["down"] * 4),  # 503 in spells
    *(["burner"] * 10),
    *(["shared"] * 12),
]
OUTLETS = len(KINDS)
BURNER = OUTLETS
PLAIN, CLOSED = (range(KINDS.index(kind), KINDS.index(kind) + KINDS.count(kind)) for kind in ("plain", "closed"))
WORDS = ["rio", "vento", "pedra", "casa", "luz", "mar", "campo", "voz", "porta", "tempo", "livro", "ponte", "nuvem"]
# Long enough that another run already waits for its own turn.
QUIET_ANSWER_S = 1.0
DOWN = ((6.0, HOUR), (15 * HOUR, 15 * HOUR + 900))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered, after how many seconds."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    given: Validators = NONE
    seconds: float = 0.5
    retry_after: float | None = None
    delay: float | None = None


@dataclass(frozen=True)
class Outlets:
    """The outlets at some places (address, port), the last of which is the one that serves others' feeds."""

    places: tuple[tuple[str, int], ...]
    began: datetime
    seed: int

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The hosts as they stand in addresses."""
        return tuple(f"{address}:{port}" for address, port in self.places)

    @cached_property
    def published(self) -> tuple[tuple[float, ...], ...]:
        """When each outlet publishes its articles: one or more are there from the beginning."""
        dice = random.Random(self.seed)
        many = {"shared": 4, "uneven": 5, "slow": 3, "burner": 2, "busy": 3}
        counts = [(many.get(kind, 1), dice.choice([1, 2, 3])) for kind in KINDS]
        return tuple((*([-HOUR] * old), *sorted(dice.uniform(0, DAY) for _ in range(new))) for old, new in counts)

    def catalog(self) -> list[Outlet]:
        """The outlets as the service knows them; a few have a second feed with the same articles."""
        return [
            Outlet(
                id=f"outlet-{i}",
                name=f"Outlet {i}",
                country="PT",
                language="pt",
                homepage=f"http://{self.hosts[i]}/",
                enabled=True,
                feeds=tuple(FeedSource(url=url) for url in self._feeds(i)),
            )
            for i in range(OUTLETS)
        ]

    @cached_property
    def rules(self) -> dict[str, HostRules]:
        """What each host asks of a guest, by its name."""
        found = {}
        for i, host in enumerate(self.hosts):
            closed = ("/private/",) if i in CLOSED else ()
            robots = ("/robots.txt", *(["/real.txt"] if self._kind(i) in {"moved robots", "plain"} else []))
            feeds = {"/feed", "/more", *(f"/feed/{j}" for j in range(OUTLETS))}
            own = {"spacing": 0.25, "at_once": 4} if i == BURNER else {}
            found[host] = HostRules(closed=closed, robots=robots, feeds=frozenset(feeds), **own)  # type: ignore[arg-type]
        return found

    def announced(self, line: Line) -> set[str]:
        """The articles that an answer announced, by their addresses."""
        if line.status != 200 or line.path not in self.rules[line.host].feeds:
            return set()
        *_, last = line.path.split("/")
        i = int(last) if last.isdigit() else self.hosts.index(line.host)
        return {self._link(i, n) for n, at in enumerate(self.published[i]) if at <= line.at}

    def outcome(self, link: str) -> str:
        """How an article is to end."""
        place, _, n = link.removeprefix("http://").split("/")
        return "dropped" if self._is_closed(self.hosts.index(place), int(n)) else "stored"

    def answer(self, host: int, path: str, sent: Validators, now: float, *, nth: int) -> Answer:
        """What a host answers to a path at a moment, when it was asked so many times before."""
        trouble = self._trouble(host, now, nth)
        if trouble is not None:
            return trouble
        if path in {"/robots.txt", "/real.txt"}:
            return self._robots(host, path, now)
        _, place, *rest = path.split("/")
        if place in {"feed", "more"}:
            return self._feed(host, int(rest[0]) if rest else host, sent, now)
        if place == "go":
            return Answer(status=302, headers={"Location": self._target(host, int(rest[0]))})
        return self._page("-".join([str(host), *rest]), sent, seconds=self._seconds(host, path))

    def _kind(self, i: int) -> str:
        return "feeds of others" if i == BURNER else KINDS[i]

    def _nth(self, i: int) -> int:
        """The how many-th of its kind an outlet is."""
        return i - KINDS.index(KINDS[i])

    def _feeds(self, i: int) -> Iterator[str]:
        if KINDS[i] == "burner":
            yield f"http://{self.hosts[BURNER]}/feed/{i}"
            return
        yield f"http://{self.hosts[i]}/feed"
        if i < 5:
            yield f"http://{self.hosts[i]}/more"

    def _is_closed(self, i: int, n: int) -> bool:
        return (KINDS[i] == "closed" and n % 3 == 1) or (KINDS[i] == "away" and self._nth(i) % 2 == 1 and n % 2 == 1)

    def _link(self, i: int, n: int) -> str:
        folder = "go" if KINDS[i] in {"hop", "away"} else "private" if self._is_closed(i, n) else "story"
        return f"http://{self.hosts[i]}/{folder}/{n}"

    def _target(self, i: int, n: int) -> str:
        """Where an article that redirects is: here, at a plain outlet's, or where nobody may read it."""
        if KINDS[i] == "hop":
            return f"/story/{n}"
        where = CLOSED[self._nth(i)] if self._is_closed(i, n) else PLAIN[10 + self._nth(i)]
        return f"http://{self.hosts[where]}/{'private' if self._is_closed(i, n) else 'story'}/{i}/{n}"

    def _seconds(self, i: int, path: str) -> float:
        n = sum(path.encode())
        match self._kind(i):
            case "slow":
                return 5.0 + n % 4
            case "uneven":
                return 7.0 if n % 3 == 0 else 0.4
            case "shared":
                return 3.0 + n % 3
            case "feeds of others":
                return 4.0
            case "busy":
                return 2.5
            case _:
                return 0.5 * (n % 3)

    def _trouble(self, i: int, now: float, nth: int) -> Answer | None:
        """429 with a time, 503 with and without one."""
        if self._kind(i) == "busy" and nth % 4 == 3:
            return self._quiet(429, 3600, now, as_date=self._nth(i) >= 3)
        if self._kind(i) == "down" and any(since <= now < until for since, until in DOWN):
            return self._quiet(503, 600, now, as_date=False) if self._nth(i) < 2 else Answer(status=503)
        return None

    def _quiet(self, status: int, seconds: int, now: float, *, as_date: bool) -> Answer:
        """A call for quiet; the time counts from the end of the answer."""
        if not as_date:
            value, wait = str(seconds), float(seconds)
        else:
            # Dates are whole seconds.
            until = ceil(now + QUIET_ANSWER_S + seconds)
            value = format_datetime(self.began + timedelta(seconds=until), usegmt=True)
            wait = until - now - QUIET_ANSWER_S
        return Answer(status=status, headers={"Retry-After": value}, retry_after=wait, seconds=QUIET_ANSWER_S)

    def _robots(self, i: int, path: str, now: float) -> Answer:
        body, delay = "User-agent: *\nDisallow: /admin/\n", None
        match self._kind(i):
            case "no robots":
                return Answer(status=404)
            case "broken robots" if now < 2 * HOUR:
                return Answer(status=500)
            case "moved robots" if path == "/robots.txt":
                host = self.hosts[i] if self._nth(i) % 2 == 0 else self.hosts[PLAIN[30 + self._nth(i)]]
                return Answer(status=301, headers={"Location": f"http://{host}/real.txt"})
            case "closed":
                body = "User-agent: copydesk\nDisallow: /private/\n\nUser-agent: *\nDisallow: /\n"
            case "delay" | "long delay" as kind:
                delay = 10.0 if kind == "delay" else 120.0
                body += f"Crawl-delay: {delay:g}\n"
        return Answer(body=body.encode(), delay=delay, seconds=self._seconds(i, path))

    def _feed(self, host: int, i: int, sent: Validators, now: float) -> Answer:
        if self._kind(host) == "moved feed":
            target = f"http://{self.hosts[PLAIN[20 + self._nth(host)]]}/feed/{host}"
            return Answer(status=301, headers={"Location": target})
        times = [at for at in self.published[i] if at <= now]
        given = self._validators(i, len(times), times[-1])
        seconds = self._seconds(host, f"/feed/{i}")
        if given != NONE and sent == given:
            return Answer(status=304, given=given, seconds=seconds)
        items = [
            {
                "id": f"{i}-{n}",
                "url": self._link(i, n),
                "title": f"Story {n} of outlet {i}",
                "date_published": self._date(at),
            }
            for n, at in reversed(list(enumerate(times)))
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"Outlet {i}", "items": items}
        body = json.dumps(feed).encode()
        return Answer(body=body, content_type="application/feed+json", given=given, seconds=seconds)

    def _date(self, at: float) -> str:
        return (self.began + timedelta(seconds=at)).isoformat()

    def _validators(self, i: int, count: int, last: float) -> Validators:
        """A quarter of the outlets have both, a quarter each one of them, and a quarter of these none."""
        etag = f'"{count}"' if i % 4 in {0, 1} or i % 16 == 3 else None
        date = format_datetime(self.began + timedelta(seconds=int(last)), usegmt=True)
        return etag, date if i % 4 in {0, 2} else None

    def _page(self, name: str, sent: Validators, *, seconds: float) -> Answer:
        given = (f'"{name}"', None)
        if sent == given:
            return Answer(status=304, given=given, seconds=seconds)
        dice = random.Random(name)
        text = " ".join(dice.choice(WORDS) + str(dice.randrange(1000)) for _ in range(60))
        scripted = ScriptedWeb()
        scripted.page(name, text, title=f"Story {name}")
        page = scripted.answers[name]
        assert isinstance(page, Page)
        return Answer(body=page.body.read(), content_type=page.content_type, given=given, seconds=seconds)
