"""What a day's log of a web server says about a guest. It knows the log and the outlets' rules, and nothing of the guest's own code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

# Times are floats of seconds; this much is their rounding.
ROUNDING_S = 1e-5
UNCONDITIONAL_EVERY = 50
Validators = tuple[str | None, str | None]
NONE: Validators = (None, None)


@dataclass(slots=True, kw_only=True)
class Line:
    """One request as the server saw it, in seconds of the day; one that broke off ends where its client was killed."""

    at: float
    host: str
    address: str
    path: str
    in_flight: int = 1  # of that host, this one included
    sent: Validators = NONE  # If-None-Match, If-Modified-Since
    until: float = 0.0
    status: int = 0
    given: Validators = NONE  # ETag, Last-Modified
    retry_after: float | None = None
    delay: float | None = None  # the Crawl-delay that a robots.txt told
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRules:
    """How one host wants to be treated."""

    spacing: float = 2.0
    at_once: int = 2
    closed: tuple[str, ...] = ()  # prefixes that its robots.txt disallows
    robots: tuple[str, ...] = ("/robots.txt",)
    feeds: frozenset[str] = frozenset()


def complaints(
    log: Sequence[Line],
    rules: Mapping[str, HostRules],
    *,
    kills: Collection[float] = (),
    per_address: int = 8,
    longest_delay: float = 60.0,
) -> Iterator[str]:
    """Everything that a guest did wrong. An answer that came in the very moment of a kill may not have been read."""
    asked = defaultdict(list)
    for line in sorted(log, key=lambda line: line.at):
        asked[line.host].append(line)
    read = {id(line) for line in log if not line.broken and line.until not in kills}
    for host, lines in asked.items():
        rule = rules[host]
        for i, line in enumerate(lines):
            earlier, where = lines[:i], f"{host}{line.path} at {line.at:.3f}"
            heard = [before for before in earlier if id(before) in read and before.until < line.at]
            told = [min(b.delay or 0.0, longest_delay) for b in heard if b.path in rule.robots and b.status < 300]
            least = max(rule.spacing, told[-1] if told else 0.0)
            if earlier and line.at - earlier[-1].at < least - ROUNDING_S:
                yield f"too soon: {where}, {line.at - earlier[-1].at:.3f} s after {earlier[-1].path}, not {least:g}"
            if line.in_flight > rule.at_once or sum(b.until > line.at for b in earlier) >= rule.at_once:
                yield f"too many at once: {where}"
            if line.path.startswith(rule.closed or ("\0",)):
                yield f"disallowed: {where}"
            robots = [
                b for b in earlier if b.path in rule.robots and not (b.broken or b.status in {429, *range(500, 600)})
            ]
            if line.path not in rule.feeds | {*rule.robots} and not any(b.until <= line.at for b in robots):
                yield f"before robots.txt: {where}"
            if any(b.retry_after is not None and line.at < b.until + b.retry_after - ROUNDING_S for b in heard):
                yield f"not left alone: {where}"
        for path in rule.feeds:
            yield from _unconditional(f"{host}{path}", [line for line in lines if line.path == path], read)
    yield from _crowded(log, per_address)


def _unconditional(feed: str, lines: Sequence[Line], read: Collection[int]) -> Iterator[str]:
    """Polls that did not send back the validators of the last body, more of them than one in so many."""
    known, blind = {NONE}, []
    for line in lines:
        if line.status in {200, 304} and line.sent not in known:
            blind.append(line.at)
        if line.status == 200:
            known = {line.given} if id(line) in read else known | {line.given}
    if len(blind) > len(lines) // UNCONDITIONAL_EVERY:
        yield f"unconditional: {feed}, {len(blind)} of {len(lines)} polls, such as at {blind[0]:.3f}"


def _crowded(log: Sequence[Line], per_address: int) -> Iterator[str]:
    """Too many at an IP address at once, of the hosts there that had answered before: nobody knows where another one is."""
    first: dict[str, float] = {}
    for line in sorted(log, key=lambda line: line.until):
        first.setdefault(line.host, line.until)
    there = defaultdict(list)
    for line in sorted(log, key=lambda line: line.at):
        if line.at > first[line.host]:
            there[line.address].append(line)
            open_ = [other for other in there[line.address] if other.until > line.at or other is line]
            if len(open_) > per_address:
                yield f"too many at one address: {line.host}{line.path} at {line.at:.3f}, {len(open_)}"
            there[line.address] = open_
