"""How soon a poll sees what real feeds publish, and what that costs: our rule against three others, over recorded feeds.

Reads the folder named by COPYDESK_RECORDED (`feeds.jsonl` with `feeds/`) and prints a table and a verdict:

    COPYDESK_RECORDED=build/dev-core python -m bench.polling

A feed is its dated entries, again and again with its mean gap between two rounds; it shows as many entries as the recorded
document holds, and an entry that scrolls off between two polls is lost. The first poll fills what a rule remembers and is
not counted. Hints are left out for all rules alike. Two replays: all feeds together for the same two weeks, as a service
polls them, and each over three of its own rounds, in which slow feeds weigh as many entries as fast ones.

The rules, restated in own words:

- ours: the functions of `worker.news.schedule`, called as poll and parse call them; its curve goes over `share`, and from
  half a gap on `longest` grows with it, to a day at most.
- fixed: every so many minutes.
- miniflux (POLLING_SCHEDULER=entry_frequency): a week divided by the entries of the last week, divided by a whole factor,
  between SCHEDULER_ENTRY_FREQUENCY_MIN_INTERVAL (5 min) and _MAX_INTERVAL (24 h).
- rss-fetcher (Media Cloud): the period begins at a default; after a poll whose entries were nearly all known it is raised
  by a step, after one that brought many new ones it is lowered by a step, between a least and a longest period.

Verdict: at the requests per new entry of each other rule, ours, read off its curve (straight between two settings on
logarithmic axes; past its busiest setting, that one), has no larger median delay. Replays from other moments differ by 2 %
(the second by 5 %), so 2 % counts as equal. What a rule loses is not in its delays.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

from worker.news.entry import Hints
from worker.news.errors import CopydeskError
from worker.news.outlet import FeedKind
from worker.news.policy import PollPolicy
from worker.news.schedule import FeedPace, after_body, after_gap, after_news, after_nothing, is_gap, next_poll
from worker.reading.feeds import FeedparserReader

_NOW = datetime(2026, 12, 1, tzinfo=UTC)
_DAY, _MINUTE = 86_400.0, 60.0
FEWEST = 10
SPANS = (2 * 3600.0, 30 * _DAY)
TOGETHER, ALONE = "together", "alone"
WEEKS, ROUNDS = 14 * _DAY, 3
EQUAL = 1.02
SHARES = (0.001, 0.1, 0.25, PollPolicy().share, 0.5, 1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Feed:
    """The seconds from its first entry to each, and how often they come round."""

    name: str
    times: tuple[float, ...]

    @property
    def round(self) -> float:
        """From the first entry to the last, and one mean gap."""
        return self.times[-1] * len(self.times) / (len(self.times) - 1)


# Asked after each poll of one feed with the time, the times of the new entries and the number of known ones: how long to wait.
Rule = Callable[[float, Sequence[float], int], float]
Setting = tuple[str, str, Callable[[], Rule]]


@dataclass(slots=True)
class Ours:
    """Ours; a roll that is always ½ is no jitter."""

    policy: PollPolicy
    roll: Callable[[], float]
    pace: FeedPace = field(default_factory=FeedPace)
    first: bool = True

    def __call__(self, now: float, new: Sequence[float], known: int) -> float:
        """What poll and parse do."""
        at, roll = _NOW + timedelta(seconds=now), self.roll()
        if not new:
            self.pace = after_nothing(self.pace)
            return (next_poll(self.pace, Hints(), now=at, roll=roll, policy=self.policy).at - at).total_seconds()
        published = [_NOW + timedelta(seconds=time) for time in new]
        pace = after_news(after_body(self.pace), published, now=at, policy=self.policy)
        if is_gap(known, known + len(new), self.first, self.policy):
            pace, due = after_gap(pace, now=at, roll=roll, policy=self.policy)
        else:
            due = next_poll(pace, Hints(), now=at, roll=roll, policy=self.policy)
        self.pace, self.first = replace(pace, interval=due.interval), False
        return (due.at - at).total_seconds()


@dataclass(slots=True)
class Seen:
    """What came of replays."""

    delays: list[float] = field(default_factory=list)
    requests: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """A line of the table; delays in minutes."""

    rule: str
    setting: str
    median: float
    p90: float
    requests: float  # for each new entry
    lost: int


def fixed(minutes: int) -> Setting:
    """The same interval for every feed."""
    return "fixed", f"{minutes} min", lambda: lambda _now, _new, _known: minutes * _MINUTE


def miniflux(factor: int) -> Setting:
    """By the entries of the last week."""

    def start() -> Rule:
        seen: list[float] = []

        def wait(now: float, new: Sequence[float], _known: int) -> float:
            seen.extend(new)
            del seen[: bisect_right(seen, now - 7 * _DAY)]
            return min(max(7 * _DAY / max(len(seen), 1) / factor, 5 * _MINUTE), _DAY)

        return wait

    return "miniflux", f"factor {factor}", start


def fetcher(default: int, step: int, low: float, high: float) -> Setting:
    """From so many minutes in such steps, while the share of known entries is not between these two."""

    def start() -> Rule:
        minutes = default

        def wait(_now: float, new: Sequence[float], known: int) -> float:
            nonlocal minutes
            share = known / (known + len(new))
            if share > high:
                minutes = min(minutes + step, 24 * 60)
            elif share < low:
                minutes = max(minutes - step, 10)
            return minutes * _MINUTE

        return wait

    return "rss-fetcher", f"{default} min ± {step}, {low:.0%}-{high:.0%}", start


def ours(share: float, roll: Callable[[], float]) -> Setting:
    """Our rule with another share, and `longest` to fit."""
    shipped = PollPolicy()
    longest = min(shipped.longest * max(1.0, 2 * share), timedelta(days=1))
    policy = replace(shipped, share=share, longest=longest)
    name = f"share {share:g}, {longest.total_seconds() / 3600:g} h{' (shipped)' if policy == shipped else ''}"
    return "ours", name, lambda: Ours(policy, roll)


OTHERS = (
    *map(fixed, (5, 15, 60)),
    *map(miniflux, (1, 2, 4)),
    fetcher(60, 5, 0.8, 0.95),
    fetcher(60, 5, 0.5, 0.9),
    fetcher(180, 60, 0.5, 0.9),
)


def recorded_feeds(folder: Path) -> list[Feed]:
    """Real outlets' feeds with enough dated entries over a plausible span, the slowest last; the same one only once."""
    reader, found = FeedparserReader(), dict[tuple[float, ...], str]()
    for line in (folder / "feeds.jsonl").read_text().splitlines():
        feed = json.loads(line)
        if not feed["real"]:
            continue
        try:
            body = (folder / feed["file"]).read_bytes()
            document = reader.read(
                body, url=feed["url"] or "http://a.invalid/", content_type="", kind=FeedKind.FEED, now=_NOW
            )
        except CopydeskError:
            continue
        times = sorted(entry.published_at.timestamp() for entry in document.entries if entry.published_at)
        if len(times) >= FEWEST and SPANS[0] <= times[-1] - times[0] <= SPANS[1]:
            found.setdefault(tuple(time - times[0] for time in times), feed["id"])
    return sorted((Feed(name, times) for times, name in found.items()), key=lambda feed: feed.round / len(feed.times))


def replay(feed: Feed, rule: Rule, length: float, seen: Seen) -> None:
    """Poll the feed for so many seconds, from a moment of its round that its name decides."""
    shown, start = len(feed.times), (1 + random.Random(feed.name).random()) * feed.round
    rounds = math.ceil((start + length) / feed.round) + 1
    published = [at + n * feed.round for n in range(rounds) for at in feed.times]
    known = bisect_right(published, start)
    now = start + rule(start, published[known - shown : known], 0)
    while now < start + length:
        there = bisect_right(published, now, known)
        oldest = max(known, there - shown)
        new = published[oldest:there]
        seen.requests += 1
        seen.lost += oldest - known
        seen.delays.extend(now - at for at in new)
        known = there
        now += rule(now, new, shown - len(new))


def replays(feeds: Iterable[Feed], setting: Setting, how: str) -> list[Seen]:
    """One setting of one rule over each of these feeds."""
    found = []
    for feed in feeds:
        found.append(Seen())
        replay(feed, setting[2](), WEEKS if how == TOGETHER else ROUNDS * feed.round, found[-1])
    return found


def point(setting: Setting, seen: Sequence[Seen]) -> Point:
    """What came of one setting over some feeds, every entry counted once."""
    delays = [delay / _MINUTE for one in seen for delay in one.delays]
    tenths = quantiles(delays, n=10)
    requests = sum(one.requests for one in seen) / len(delays)
    return Point(setting[0], setting[1], tenths[4], tenths[8], requests, sum(one.lost for one in seen))


def on_curve(curve: Sequence[Point], requests: float) -> float | None:
    """The median delay of our rule at so many requests; None where it never asks so seldom."""
    points = sorted(curve, key=lambda point: point.requests)
    at = bisect_left([point.requests for point in points], requests)
    if at in {0, len(points)}:
        return points[-1].median if at else None
    low, high = points[at - 1], points[at]
    part = math.log(requests / low.requests) / math.log(high.requests / low.requests)
    return math.exp((1 - part) * math.log(low.median) + part * math.log(high.median))


def verdict(curve: Sequence[Point], rivals: Sequence[Point]) -> str:
    """Whether our curve is on or under every point of the others, or by how much it misses."""
    misses = []
    for rival in rivals:
        median = on_curve(curve, rival.requests)
        if median is None:
            misses.append(f"{rival.rule} {rival.setting}: ours never asks so seldom")
        elif median > rival.median * EQUAL:
            misses.append(f"{rival.rule} {rival.setting}: {median:.1f} min for {rival.median:.1f}")
    return "ours is on or under every curve" if not misses else "ours misses " + "; ".join(misses)


def compare(feeds: Sequence[Feed], how: str) -> None:
    """Print one replay's table and its verdicts; the rule was chosen on one half of the feeds and is tried on the other."""
    chance, everything = random.Random(1).random, slice(None)
    rivals = [(setting, replays(feeds, setting, how)) for setting in OTHERS]
    plain = [(setting, replays(feeds, setting, how)) for setting in (ours(share, lambda: 0.5) for share in SHARES)]
    print(f"{'rule':<12}{'setting':<26}{'median min':>11}{'p90 min':>9}{'requests/new':>14}{'lost':>6}")
    for found in (point(setting, seen) for setting, seen in (*plain, *rivals)):
        figures = f"{found.median:>11.1f}{found.p90:>9.1f}{found.requests:>14.2f}{found.lost:>6}"
        print(f"{found.rule:<12}{found.setting:<26}{figures}")
    verdicts = [("half it was fitted on", plain, slice(0, None, 2)), ("half held out", plain, slice(1, None, 2))]
    verdicts.append(("all feeds", plain, everything))
    if how == TOGETHER:
        jittered = [(setting, replays(feeds, setting, how)) for setting in (ours(share, chance) for share in SHARES)]
        verdicts.append(("all feeds, jittered", jittered, everything))
    for name, curve, part in verdicts:
        points = [[point(setting, seen[part]) for setting, seen in rules] for rules in (curve, rivals)]
        print(f"{name}: {verdict(points[0], points[1])}")


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    del arguments
    folder = Path(os.environ.get("COPYDESK_RECORDED") or ".nowhere")
    if not (folder / "feeds.jsonl").is_file():
        print("no recorded feeds here: set COPYDESK_RECORDED to the folder that holds feeds.jsonl")
        return 0
    feeds = recorded_feeds(folder)
    print(f"{len(feeds)} feeds, {sum(len(feed.times) for feed in feeds)} entries")
    for how, words in (
        (TOGETHER, "all feeds for the same two weeks"),
        (ALONE, f"each feed for {ROUNDS} of its rounds"),
    ):
        print(f"-- {words}")
        compare(feeds, how)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
