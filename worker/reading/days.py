"""The day that a line of words and numbers names, in any of the usual orders, calendars and languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from worker.reading.monthnames import month_of, solar_month_of
from worker.reading.zones import NO_HABITS, Habits

_TOKEN = re.compile(r"\d+|[^\W\d_][^\s\d.,;:/()|_\-–—·•«»\"'’]*")
# Words that stand between the numbers of a date ("3 de março de 2020", "2020 m. kovo 3 d.") are short, and few.
_LONGEST_BETWEEN = 5
_MOST_BETWEEN = 2
# Two digits are a year only where a time follows, or nothing.
_ENDS_A_YEAR = re.compile(r"\s*$|,|\s+\d{1,2}:")
_YEAR_FIRST = re.compile(r"(?<![\d.,/\-])(\d{4})\s?[./\-]\s?(\d{1,2})\s?[./\-]\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d.,/\-])(\d{1,2})\s?([./\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d]|[./\-:]\d)")
_EAST_ASIAN = re.compile(r"(令和|平成)?(\d{1,4}|元)\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号]?")
_VIETNAMESE = re.compile(r"(\d{1,2}) tháng (\d{1,2}),? (?:năm )?(\d{4})", re.IGNORECASE)
_AMERICAN_ZONE = re.compile(r"\b[ECMP][SD]?T\b")
# Arabic months of two words.
_TWO_WORDS = re.compile(r"(تشرين|كانون)\s(?=ال)")
_ERAS = {"令和": 2018, "平成": 1988}
_YEARS = range(1900, 2101)
_SOLAR_YEARS = range(1300, 1480)
_BUDDHIST_YEARS = range(2443, 2644)
_BUDDHIST_AHEAD = 543
_MONTHS_A_YEAR = 12
_LONGEST_MONTH = 31


@dataclass(frozen=True, slots=True)
class Day:
    """A day, the text without it (its letters are blanks), and the day that it is when the month comes first or last instead."""

    day: date
    rest: str
    other: date | None = None


def find_day(text: str, habits: Habits = NO_HABITS) -> Day | None:
    """The first day that a short line names; None for none. Raises `ValueError` for one that no calendar has."""
    text = _TWO_WORDS.sub(r"\1", text)
    return _east_asian(text) or _named(text, habits.language) or _year_first(text) or _year_last(text, habits)


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _east_asian(text: str) -> Day | None:
    if found := _EAST_ASIAN.search(text):
        year = 1 if found[2] == "元" else int(found[2])
        day = date(year + _ERAS.get(found[1], 0), int(found[3]), int(found[4]))
    elif found := _VIETNAMESE.search(text):
        day = date(int(found[3]), int(found[2]), int(found[1]))
    else:
        return None
    return Day(day, _blanked(text, [found.span()]))


def _year_first(text: str) -> Day | None:
    found = _YEAR_FIRST.search(text)
    if found is None:
        return None
    year, month, day = (int(group) for group in found.groups())
    return Day(_day_of(year, month, day, solar=year in _SOLAR_YEARS), _blanked(text, [found.span()]))


def _year_last(text: str, habits: Habits) -> Day | None:
    """Numbers with the year last: a dot or a dash means that the day is first; a slash is written both ways."""
    found = _YEAR_LAST.search(text)
    if found is None:
        return None
    first, second, year = int(found[1]), int(found[3]), _year(found[4])
    american = habits.month_first or (habits.month_first is None and bool(_AMERICAN_ZONE.search(text)))
    day, month = (second, first) if american and found[2] != "." else (first, second)
    if month > _MONTHS_A_YEAR >= day:
        day, month = month, day
    rest = _blanked(text, [found.span()])
    both = day <= _MONTHS_A_YEAR and day != month and found[2] != "."
    return Day(_day_of(year, month, day), rest, _day_of(year, day, month) if both else None)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    number: bool


def _named(text: str, language: str) -> Day | None:
    """A day whose month is a word: 3 March 2020, March 3rd, 2020, 2020. március 3., Tue Mar 3 10:00:00 2020."""
    tokens = [_Token(found[0], found.start(), found.end(), found[0].isdecimal()) for found in _TOKEN.finditer(text)]
    months = [
        (at, month, solar)
        for at, token in enumerate(tokens)
        if not token.number
        for month, solar in ((month_of(token.text, language), False), (solar_month_of(token.text), True))
        if month
    ]
    # An order that holds all three in one place goes before one that does not, for any month: "mar." is Tuesday as well.
    for order in (_together, _apart):
        for at, month, solar in months:
            for day, year in order(text, tokens, at):
                number = _year(tokens[year].text)
                if not solar or number in _SOLAR_YEARS:
                    spans = [(tokens[place].start, tokens[place].end) for place in (day, at, year)]
                    return Day(_day_of(number, month, int(tokens[day].text), solar=solar), _blanked(text, spans))
    return None


def _together(text: str, tokens: Sequence[_Token], at: int) -> Iterator[tuple[int, int]]:
    """Places of the day and the year next to a month's name."""
    before, after = _next_number(text, tokens, at, -1), _next_number(text, tokens, at, 1)
    if _is_day(tokens, before) and _is_year(text, tokens, after):
        yield before, after
    if _is_day(tokens, after):
        later = _next_number(text, tokens, after, 1)
        if _is_year(text, tokens, later) and len(tokens[later].text) > 2:  # noqa: PLR2004
            yield after, later
        if _is_year(text, tokens, before) and len(tokens[before].text) > 2:  # noqa: PLR2004
            yield after, before
    if _is_day(tokens, before):
        earlier = _next_number(text, tokens, before, -1)
        if _is_year(text, tokens, earlier) and len(tokens[earlier].text) > 2:  # noqa: PLR2004
            yield before, earlier


def _apart(text: str, tokens: Sequence[_Token], at: int) -> Iterator[tuple[int, int]]:
    """Places of the day next to a month's name, and of the only year of the line."""
    years = [place for place in range(len(tokens)) if len(tokens[place].text) == 4 and _is_year(text, tokens, place)]  # noqa: PLR2004
    if len(years) == 1:
        for near in (_next_number(text, tokens, at, -1), _next_number(text, tokens, at, 1)):
            if _is_day(tokens, near):
                yield near, years[0]


def _next_number(text: str, tokens: Sequence[_Token], at: int, step: int) -> int:
    """The place of the number next to a token, over a few short words; -1 when there is none. Times are none."""
    if at < 0:
        return -1
    passed = 0
    place = at + step
    while 0 <= place < len(tokens) and passed <= _MOST_BETWEEN:
        token = tokens[place]
        if token.number:
            clock = text[max(0, token.start - 1)] in ":+" or text[token.end : token.end + 1] == ":"
            return -1 if clock else place
        # A month may stand twice ("آذار/مارس"); another month is a weekday's short name, or another date.
        month = month_of(token.text)
        if month != month_of(tokens[at].text) if month else len(token.text) > _LONGEST_BETWEEN:
            return -1
        passed += 1
        place += step
    return -1


def _is_day(tokens: Sequence[_Token], at: int) -> bool:
    return at >= 0 and len(tokens[at].text) <= 2 and 1 <= int(tokens[at].text) <= _LONGEST_MONTH  # noqa: PLR2004


def _is_year(text: str, tokens: Sequence[_Token], at: int) -> bool:
    if at < 0 or not tokens[at].number:
        return False
    digits = tokens[at].text
    if len(digits) == 2:  # noqa: PLR2004
        return bool(_ENDS_A_YEAR.match(text, tokens[at].end))
    before, after = text[max(0, tokens[at].start - 1) : tokens[at].start], text[tokens[at].end : tokens[at].end + 1]
    return len(digits) == 4 and before not in {"+", ":"} and after != ":" and _in_a_calendar(int(digits))  # noqa: PLR2004


def _in_a_calendar(year: int) -> bool:
    return year in _YEARS or year in _SOLAR_YEARS or year in _BUDDHIST_YEARS


def _year(text: str) -> int:
    year = int(text)
    # RFC 2822 §4.3: two digits below 50 are of this century.
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)  # noqa: PLR2004


def _day_of(year: int, month: int, day: int, *, solar: bool = False) -> date:
    if solar:
        return _solar_day(year, month, day)
    return date(year - _BUDDHIST_AHEAD if year in _BUDDHIST_YEARS else year, month, day)


def _solar_day(year: int, month: int, day: int) -> date:
    """A day of the Solar Hijri calendar, whose first six months have 31 days and whose leap years come in 33 (Birashk's rule)."""
    if not (1 <= month <= _MONTHS_A_YEAR and 1 <= day <= (31 if month <= 6 else 30)):  # noqa: PLR2004
        raise ValueError("no such day")
    passed = (month - 1) * 31 if month <= 7 else 186 + (month - 7) * 30  # noqa: PLR2004
    # 1 Farvardin 1300 was 21 March 1921.
    leap_days = sum(1 for earlier in range(1300, year) if earlier % 33 in {1, 5, 9, 13, 17, 22, 26, 30})
    return date(1921, 3, 21) + timedelta(days=365 * (year - 1300) + leap_days + passed + day - 1)
