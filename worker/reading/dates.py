"""Dates as publishers write them: RFC 822 and ISO 8601 with their usual mistakes, and month names of the catalog's languages."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil.parser import ParserError, isoparse

from worker.reading.clean import clean_date

LONGEST_DATE = 100
_LARGEST_OFFSET = timedelta(hours=15)
# Names of months by their first letters, without accents: pt, es, fr, de, it, en, nl, pl, ca, uk, ru.
_MONTHS = {
    1: ("jan", "ene", "gen", "sty", "січ", "янв"),
    2: ("feb", "fev", "fév", "lut", "лют", "фев"),
    3: ("mar", "mär", "mrt", "bere", "бер"),
    4: ("apr", "abr", "avr", "kwi", "кві", "апр"),
    5: ("may", "mai", "mag", "mei", "maj", "тра", "май", "мая"),
    6: ("jun", "giu", "juin", "cze", "чер", "июн"),
    7: ("jul", "lug", "juil", "lip", "лип", "июл"),
    8: ("aug", "ago", "aou", "sie", "сер", "авг"),
    9: ("sep", "set", "wrz", "вер", "сен"),
    10: ("oct", "out", "okt", "ott", "paz", "жов", "окт"),
    11: ("nov", "lis", "лис", "ноя"),
    12: ("dec", "dez", "dic", "des", "dez", "gru", "гру", "дек"),
}
# Zones that news are published in; a name that is not here says nothing, and the time counts as UTC.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "ist": 5.5, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "brt": -3, "brst": -2, "art": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
}  # fmt: skip
_TIME = re.compile(r"(\d{1,2})[:hH.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
# The colon of an offset says nothing of seconds.
_SECONDS = re.compile(r"[T ]\d{2}:?\d{2}:?\d{2}", re.IGNORECASE)
_OFFSET = re.compile(r"(?:^|[\s\d])(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})\b", re.IGNORECASE)
_DAY_MONTH_YEAR = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s\-/]+(?:de\s+|of\s+)?([^\W\d_]{3,})\.?,?[\s\-/]+(?:de\s+)?(\d{4}|\d{2})\b"
)
_MONTH_DAY_YEAR = re.compile(r"([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_NUMERIC = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](\d{4})\b")
_YEAR_FIRST = re.compile(r"\b(\d{4})[./-](\d{1,2})[./-](\d{1,2})\b")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date that was understood: aware UTC, its precision (second, minute, day), and whether its zone was assumed."""

    value: datetime
    precision: str
    tz_assumed: bool


def read_date(raw: str, *, now: datetime) -> ReadDate | None:
    """Read a date; None when it is none, before 1990 or more than a day ahead of `now`. Never raises, never says now."""
    text = " ".join(raw[:LONGEST_DATE].split())
    if not any(letter.isdigit() for letter in text):
        return None
    try:
        found = _iso(text) or _written(text)
    except (ValueError, OverflowError):
        return None
    if found is None:
        return None
    value = clean_date(found.value, now=now)
    return None if value is None else ReadDate(value, found.precision, found.tz_assumed)


def _iso(text: str) -> ReadDate | None:
    """ISO 8601 and RFC 3339, with a blank for the T and a blank before the zone."""
    if not re.match(r"\d{4}-\d{1,2}-\d{1,2}|\d{8}T|\d{4}-W", text):
        return None
    compact = re.sub(r"^(\d{4}-\d{2}-\d{2}) (\d)", r"\1T\2", text)
    compact = re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$|Z$|UTC$|GMT$)", "", compact)
    compact = re.sub(r"(?:UTC|GMT)$", "Z", compact)
    try:
        value = isoparse(compact)
    except (ParserError, ValueError):
        return None
    if value.tzinfo is not None and abs(value.utcoffset() or timedelta(0)) > _LARGEST_OFFSET:
        return None
    precision = "day" if len(compact) <= 10 else "second" if _SECONDS.search(compact) else "minute"  # noqa: PLR2004
    return _aware(value, precision)


def _aware(value: datetime, precision: str) -> ReadDate:
    if value.tzinfo is None:
        return ReadDate(value.replace(tzinfo=UTC), precision, tz_assumed=True)
    return ReadDate(value, precision, tz_assumed=False)


def _written(text: str) -> ReadDate | None:
    """A day in words or numbers, with or without a time and a zone."""
    day = _day(text)
    if day is None:
        return None
    rest = text.replace(day[1], " ", 1)
    time = _TIME.search(rest)
    if time is None:
        return ReadDate(day[0].replace(tzinfo=UTC), "day", tz_assumed=True)
    hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
    if time[4]:
        hour = hour % 12 + (12 if time[4].lower().startswith("p") else 0)
    value = day[0].replace(hour=hour, minute=minute, second=min(second, 59))
    zone = _zone(rest[time.end() :])
    precision = "second" if time[3] else "minute"
    return _aware(value if zone is None else value.replace(tzinfo=zone), precision)


def _day(text: str) -> tuple[datetime, str] | None:
    """The day and the words that name it."""
    for match in _DAY_MONTH_YEAR.finditer(text):
        month = _month(match[2])
        if month:
            return datetime(_year(match[3]), month, int(match[1])), match[0]  # noqa: DTZ001 - the zone comes later
    for match in _MONTH_DAY_YEAR.finditer(text):
        month = _month(match[1])
        if month:
            return datetime(int(match[3]), month, int(match[2])), match[0]  # noqa: DTZ001
    if year_first := _YEAR_FIRST.search(text):
        return datetime(int(year_first[1]), int(year_first[2]), int(year_first[3])), year_first[0]  # noqa: DTZ001
    if numeric := _NUMERIC.search(text):
        # The month first is an American habit, told by a day that can't be a month.
        day, month = int(numeric[1]), int(numeric[2])
        if month > 12 >= day:  # noqa: PLR2004
            day, month = month, day
        return datetime(int(numeric[3]), month, day), numeric[0]  # noqa: DTZ001
    return None


def _year(text: str) -> int:
    year = int(text)
    # RFC 2822 §4.3: two digits below 50 are of this century.
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)  # noqa: PLR2004


def _month(word: str) -> int | None:
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(letter)
    )
    composed = word.casefold()
    for number, names in _MONTHS.items():
        if plain.startswith(names) or composed.startswith(names):
            return number
    return None


def _zone(text: str) -> tzinfo | None:
    """The zone after a time: an offset or a name; None when there is none that says something."""
    offset = _OFFSET.search(f" {text}")
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        delta = timedelta(minutes=-minutes if offset[1] == "-" else minutes)
        return timezone(delta) if abs(delta) <= _LARGEST_OFFSET else None
    for word in _WORD.findall(text):
        hours = _ZONES.get(word.casefold())
        if hours is not None:
            return timezone(timedelta(hours=hours))
    return None
