"""Dates as publishers write them, in pages and in feeds: RFC 822 and ISO 8601 with their usual mistakes, seconds since 1970,
and words and numbers of many languages. The only reader of dates; it never says now, and leaves out what is relative to it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from worker.reading.clean import clean_date, clean_line
from worker.reading.days import find_day
from worker.reading.zones import NO_HABITS, Habits, zone, zone_said

LONGEST_DATE = 100
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:\s*[T|_@,]\s*|\s+)(\d{1,2})[:hH.](\d{2})(?:[:.](\d{2})(?:[.,:](\d+))?)?(?!\d)(.*))?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T\s]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?(?!\d)(.*))?", re.IGNORECASE
)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])(?:T(.*))?", re.IGNORECASE)
_EPOCH = re.compile(r"(?:/?Date\()?(\d{10})(\d{3})?(?:\d{3})?(?:\.\d+)?(?:[+-]\d{4})?(?:\)/?)?")
# A year and a time whose elements stood on lines of their own.
_GLUED = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=\d{1,2}:\d\d)")
# The hours of the day with minutes, or with a word that says what they are.
_CLOCKS = (
    re.compile(r"(?<!\d)(\d{1,2})\s?:\s?(\d{2})(?!\d)(?::(\d{2})(?:[.,:](\d+))?)?"),
    re.compile(r"(?<!\d)(\d{1,2})\s?(?:h|uhr|heures?|時|时|點|点|시)\s?(\d{2}(?!\d)|\d(?=\s?[分분]))\s?(?:min|m|分|분)?(?:\s?(\d{1,2})\s?(?:s|秒|초))?()", re.IGNORECASE),
    re.compile(r"(?<![\d.])(\d{1,2})\.(\d{2})(?!\.?\d)(?:\.(\d{2})(?!\d))?()"),
    re.compile(r"(?<!\d)(\d{1,2})\s?(?:h\b|uhr\b|heures?\b|horas\b|uur\b|óra|時|时|點|点|시|(?=[ap]\.?m\b))()()()", re.IGNORECASE),
)  # fmt: skip
_MORNING_BEFORE = re.compile(r"(?:(午前|上午|오전|凌晨|早上)|(午後|下午|오후|晚上))\s*$")
_MORNING_BEHIND = re.compile(
    r"\s?(?:(a\.?\s?m\b|ص\b|ق\.?\s?ظ|π\.?\s?μ|صباحا)|(p\.?\s?m\b|م\b|ب\.?\s?ظ|μ\.?\s?μ|مساء))", re.IGNORECASE
)
_NOON = 12
_END_OF_DAY = 24


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date that was understood: aware UTC, its precision (second, minute, day), and whether its zone was assumed.

    A day is the midnight of UTC that begins the day of that name, wherever it was written. `other` is the same with day and
    month the other way around, where that can't be told from the text alone.
    """

    value: datetime
    precision: str
    tz_assumed: bool
    other: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """A date as it stands there: naive, and the zone that it names."""

    local: datetime
    precision: str
    zone: tzinfo | None = None
    other: date | None = None


def read_date(raw: str, *, now: datetime, habits: Habits = NO_HABITS) -> ReadDate | None:
    """Read a date as it is meant where `habits` are; a time without a zone counts as theirs, else as UTC.

    None when it is none, before 1990 or more than a day ahead of `now`. Never raises.
    """
    text = _line(raw)
    if not any(letter.isdigit() for letter in text):
        return None
    try:
        found = _epoch(text) or _iso(text) or _compact(text) or _week(text) or _in_words(text, habits)
        return _placed(found, habits, now=now) if found else None
    except (ValueError, OverflowError):
        return None


def _line(raw: str) -> str:
    """One short line with plain digits."""
    text = " ".join(raw[: 4 * LONGEST_DATE].split())[:LONGEST_DATE]
    if text.isascii():
        return text
    clean = clean_line(text, at_most=LONGEST_DATE)
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in clean)


def _placed(found: _Written, habits: Habits, *, now: datetime) -> ReadDate | None:
    """A date in UTC; of two readings the one that can be."""
    values = [
        clean_date(_utc(found, local, habits), now=now)
        for local in (found.local, datetime.combine(found.other, found.local.time()) if found.other else None)
        if local
    ]
    value = values[0] or values[-1]
    if value is None:
        return None
    other = values[1] if len(values) > 1 and values[1] != value else None
    return ReadDate(value, found.precision, found.precision == "day" or found.zone is None, other)


def _utc(found: _Written, local: datetime, habits: Habits) -> datetime:
    if found.precision == "day":
        return local.replace(tzinfo=UTC)
    return local.replace(tzinfo=found.zone or zone(habits.zone) or UTC).astimezone(UTC)


def _epoch(text: str) -> _Written | None:
    """Seconds, milliseconds or microseconds since 1970."""
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    local = datetime.fromtimestamp(int(found[1]), UTC).replace(tzinfo=None, microsecond=1000 * int(found[2] or 0))
    return _Written(local, "second", UTC)


def _iso(text: str) -> _Written | None:
    """ISO 8601 and RFC 3339, with blanks or other letters for the T, any fraction, and all ways to write a zone."""
    found = _ISO.match(text)
    return _clocked(found) if found and (found[4] or found.end() == len(text)) else None


def _compact(text: str) -> _Written | None:
    found = _COMPACT.fullmatch(text)
    return _clocked(found) if found else None


def _week(text: str) -> _Written | None:
    found = _WEEK.fullmatch(text)
    if found is None:
        return None
    day = date.fromisocalendar(int(found[1]), int(found[2]), int(found[3]))
    return _timed(day, found[4] or "", NO_HABITS)


def _clocked(found: re.Match[str]) -> _Written:
    """The groups year, month, day, hour, minute, second, fraction and what stands behind."""
    year, month, number, hour, minute, second, fraction, behind = found.groups()
    day = date(int(year), int(month), int(number))
    if hour is None:
        return _Written(datetime.combine(day, time()), "day")
    clock = _at(day, _hour(int(hour), _MORNING_BEHIND.match(behind), None), int(minute), (second, fraction))
    return _with_zone(clock, "second" if second else "minute", behind, NO_HABITS)


def _in_words(text: str, habits: Habits) -> _Written | None:
    """A day in words or numbers, with or without a time and a zone."""
    found = find_day(_GLUED.sub(r"\1 ", text), habits)
    if found is None:
        return None
    written = _timed(found.day, found.rest, habits)
    return _Written(written.local, written.precision, written.zone, found.other)


def _timed(day: date, rest: str, habits: Habits) -> _Written:
    """A day with the time that the rest of its line names, if there is one. Raises `ValueError` for one that can't be."""
    clock = next((clock for pattern in _CLOCKS if (clock := pattern.search(rest))), None)
    if clock is None:
        return _Written(datetime.combine(day, time()), "day")
    marks = _MORNING_BEHIND.match(rest, clock.end())
    hour = _hour(int(clock[1]), marks, _MORNING_BEFORE.search(rest[: clock.start()]))
    local = _at(day, hour, int(clock[2] or 0), (clock[3], clock[4]))
    return _with_zone(local, "second" if clock[3] else "minute", rest[clock.end() :], habits)


def _hour(hour: int, behind: re.Match[str] | None, before: re.Match[str] | None) -> int:
    marks = behind or before
    if marks is None or hour > _NOON:
        return hour
    return hour % _NOON + (_NOON if marks[2] else 0)


def _at(day: date, hour: int, minute: int, seconds: tuple[str | None, str | None]) -> datetime:
    """A time of a day, with seconds and their fraction; 24:00 is the next day's midnight, a leap second the one before."""
    if hour > _END_OF_DAY:
        raise ValueError("no such hour")
    second, fraction = seconds
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    local = datetime.combine(day, time(hour % _END_OF_DAY, minute, min(int(second or 0), 59), micros))
    return local + timedelta(days=hour // _END_OF_DAY)


def _with_zone(local: datetime, precision: str, behind: str, habits: Habits) -> _Written:
    named = zone_said(behind, habits)
    # Midnight without a zone is how systems write a day.
    if named is None and local.time() == time():
        return _Written(local, "day")
    return _Written(local, precision, named)
