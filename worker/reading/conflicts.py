"""Which of several dates is believed: what a page states, its address and its feed contradict each other now and then.

The candidates come in order of trust. The first that can be read is taken, unless:

1. **Templates write the time of the answer.** What is within two minutes of `now` gives way to any candidate that says
   otherwise; alone it counts only from the outlet's rule, JSON-LD, `<meta>` or the feed. So it is with changes.
2. **Editors publish again, and templates state the change as the publication.** A first candidate that equals the change, lies
   a day behind it or a day behind the feed's announcement is in doubt: any candidate that is more than a day earlier, and not
   from the same source, wins. Nothing can be announced before it is published.
3. **One source may be wrong.** Without doubt the first stands, unless more sources than speak for its day, and two at least,
   agree on another one. So an old date of a template loses against the address and the feed.
4. **Day and month.** A date with two readings (03/04/2024) takes the one that another candidate confirms; else the outlet's habit.
5. **The finest of the same moment wins.** A day gives way to a time of that day, a time whose zone was assumed to the same time
   with a zone, a local time labelled UTC (ahead of another candidate by just the outlet's offset) to that candidate. A day stays
   a day: midnight in UTC of its date, never of an assumed zone, which would be the day before in half of the world.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.news.record import DatedBy
from worker.reading.zones import Habits, zone

# A day and a time of it can be this far apart, in two time zones; so can two days of one moment.
_SAME_DAY = timedelta(hours=38)
_SAME_TIME = timedelta(hours=26)
_LONG_AFTER = timedelta(hours=36)
_DAYS_EDGE = (timedelta(hours=-14), timedelta(hours=36))
_NOW = timedelta(minutes=2)
_ONE_MINUTE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)
_LARGEST_OFFSET = timedelta(hours=14)
# Who may say "just now" and be believed.
_STATED = frozenset({"rules", "json-ld", "meta", "feed"})
_UTC_LABELS = ("Z", "+00:00", "+0000", "GMT", "UTC")


@dataclass(frozen=True, slots=True)
class Said:
    """A candidate that can be read; `other` is its value with day and month the other way around, when it may be meant so."""

    by: DatedBy
    value: datetime
    other: datetime | None = None
    weak: bool = False  # it may be about something else, and overrules nobody

    @property
    def is_day(self) -> bool:
        """Whether it names no time."""
        return self.by.precision == "day"


def settled(known: list[Said]) -> list[Said]:
    """Dates of two readings in the one that a date of a single reading confirms."""
    sure = [said for said in known if said.other is None]

    def settle(said: Said) -> Said:
        if said.other is None or any(abs(one.value - said.value) <= _SAME_DAY for one in sure):
            return said
        if any(abs(one.value - said.other) <= _SAME_DAY for one in sure):
            return replace(said, by=replace(said.by, value=said.other), value=said.other, other=None)
        return said

    return [settle(said) for said in known]


def choose_first(known: list[Said], changes: Sequence[Said], *, habits: Habits, now: datetime) -> Said | None:
    """The publication, among candidates in order of trust and in the light of what is said of changes; None for none."""
    believed = _not_now(known, now)
    if not believed:
        return None
    best = believed[0]
    if _in_doubt(best, believed, changes):
        best = next((one for one in believed if _may_overrule(one, best) and _long_before(one, best)), best)
    elif rival := _outvoted(best, believed):
        best = rival
    return _finest(best, believed, habits)


def _not_now(known: list[Said], now: datetime) -> list[Said]:
    """The candidates that are not just the time at which the page was answered (rule 1)."""
    at_once = [said for said in known if not said.is_day and said.value >= now - _NOW]
    if not at_once:
        return known
    earlier = [said for said in known if said not in at_once]
    if any(not said.weak and (not said.is_day or now - said.value > _LONG_AFTER) for said in earlier):
        return earlier
    return [said for said in known if said not in at_once or said.by.source in _STATED]


def _in_doubt(best: Said, believed: Sequence[Said], changes: Sequence[Said]) -> bool:
    """Whether a first candidate may be too late: see rule 2."""
    if best.by.source == "rules":
        return False
    if any(not best.is_day and abs(change.value - best.value) < _ONE_MINUTE for change in changes[:1]):
        return True
    return any(_long_before(change, best) for change in changes[:1]) or any(
        said.by.source == "feed" and _long_before(said, best) for said in believed
    )


def _may_overrule(one: Said, best: Said) -> bool:
    return one.by.source != best.by.source and not one.weak


def _long_before(one: Said, other: Said) -> bool:
    return other.value - one.value > _LONG_AFTER


def _agree(one: Said, other: Said) -> bool:
    return abs(one.value - other.value) <= (_SAME_DAY if one.is_day or other.is_day else _SAME_TIME)


def _outvoted(best: Said, believed: Sequence[Said]) -> Said | None:
    """A candidate on another day that more sources speak for, and two at least (rule 3)."""
    if best.by.source == "rules":
        return None
    own = {said.by.source for said in believed if _agree(said, best)}
    for rival in believed:
        if not rival.weak and not _agree(rival, best):
            others = {said.by.source for said in believed if _agree(said, rival)} - own
            if len(others) > max(1, len(own)):
                return rival
    return None


def _finest(best: Said, believed: Sequence[Said], habits: Habits) -> Said:
    """The candidate that says the same moment most exactly (rule 5)."""
    others = [said for said in believed if said is not best]
    finer = next((other for other in others if _is_finer(other, best, habits)), None)
    return _finest(finer, others, habits) if finer else best


def _is_finer(other: Said, best: Said, habits: Habits) -> bool:
    apart = other.value - best.value
    if other.is_day or (not apart and best.by.tz_assumed == other.by.tz_assumed and not best.is_day):
        return False
    if not _DAYS_EDGE[0] <= apart < _DAYS_EDGE[1]:
        return False
    if best.is_day:
        return True
    if best.by.tz_assumed != other.by.tz_assumed:
        # Two zones are whole quarters of an hour apart.
        same = abs(apart) <= _LARGEST_OFFSET and (abs(apart) + _ONE_MINUTE) % _QUARTER < 2 * _ONE_MINUTE
        return best.by.tz_assumed and same
    return _is_mislabelled(best, other, habits)


def _is_mislabelled(best: Said, other: Said, habits: Habits) -> bool:
    """Whether a time is ahead of another by just the outlet's offset: it is the local time, with the label of UTC."""
    if best.by.tz_assumed or other.by.tz_assumed:
        return False
    local = zone(habits.zone)
    ahead = best.value - other.value
    if local is None or not best.by.raw.rstrip().upper().endswith(_UTC_LABELS):
        return False
    offset = other.value.astimezone(local).utcoffset()
    return bool(offset) and offset == ahead


def choose_last(changes: list[Said], first: Said | None, *, habits: Habits, now: datetime) -> Said | None:
    """The last change, when it is not before the publication; None for none."""
    believed = _not_now(changes, now)
    last = _finest(believed[0], believed, habits) if believed else None
    return None if last and first and last.value < first.value else last
