"""Dates as they are written: what each means, in UTC, to its precision; and laws that hold for all."""

from __future__ import annotations

import time
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.reading.dates import LONGEST_DATE, read_date
from worker.reading.zones import _ZONE_OF, NO_HABITS, Habits, habits_of, zone

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(country: str = "", language: str = "") -> Habits:
    return habits_of(country=country, language=language, url="https://paper.example/a")


def told(raw: str, habits: Habits = NO_HABITS) -> str | None:
    """A date as it was understood: a day as such, a time in UTC with a question mark when its zone was assumed."""
    found = read_date(raw, now=NOW, habits=habits)
    if found is None:
        return None
    if found.precision == "day":
        assert found.tz_assumed
        assert found.value.timetz() == datetime.min.replace(tzinfo=UTC).timetz()
        return f"{found.value:%Y-%m-%d}"
    shown = f"{found.value:%Y-%m-%d %H:%M}" + (f":{found.value:%S}" if found.precision == "second" else "")
    return shown + ("?" if found.tz_assumed else "")


MACHINES = {
    "2024-07-26T10:00:00Z": "2024-07-26 10:00:00",
    "2024-07-26T10:00:00z": "2024-07-26 10:00:00",
    "2024-07-26T10:00:00+02:00": "2024-07-26 08:00:00",
    "2024-07-26T10:00:00+0200": "2024-07-26 08:00:00",
    "2024-07-26T10:00:00+02": "2024-07-26 08:00:00",
    "2024-07-26T10:00:00 +02:00": "2024-07-26 08:00:00",
    "2024-07-26 10:00:00 +0200": "2024-07-26 08:00:00",
    "2024-07-26 10:00:00+02:00": "2024-07-26 08:00:00",
    "2024-07-26T10:00:00-03:30": "2024-07-26 13:30:00",
    "2024-07-26T10:00:00−03:00": "2024-07-26 13:00:00",
    "2024-07-26T10:00:00.123Z": "2024-07-26 10:00:00",
    "2024-07-26T10:00:00.123456789+05:30": "2024-07-26 04:30:00",
    "2024-07-26T10:00:00,5Z": "2024-07-26 10:00:00",
    "2024-07-26T10:00Z": "2024-07-26 10:00",
    "2024-07-26T10:00+02:00": "2024-07-26 08:00",
    "2024-07-26 10:00": "2024-07-26 10:00?",
    "2024-07-26T10:00:00": "2024-07-26 10:00:00?",
    "2024-07-26t10:00:00z": "2024-07-26 10:00:00",
    "2024-07-26|10h00": "2024-07-26 10:00?",
    "2024-07-26T10:00:00Z[UTC]": "2024-07-26 10:00:00",
    "2024-07-26T10:00:00+02:00[Europe/Berlin]": "2024-07-26 08:00:00",
    "2024-07-26T10:00[Europe/Lisbon]": "2024-07-26 09:00",
    "2024-07-26 10:00:00 UTC": "2024-07-26 10:00:00",
    "2024-07-26 10:00:00 GMT": "2024-07-26 10:00:00",
    "2024-07-26 10:00:00 CEST": "2024-07-26 08:00:00",
    "2024-07-26": "2024-07-26",
    "2024-7-6": "2024-07-06",
    "2024-07-26T00:00:00": "2024-07-26",
    "2024-07-26 00:00:00.0": "2024-07-26",
    "2024-07-26T00:00:00+02:00": "2024-07-25 22:00:00",
    "2024-07-26T24:00:00Z": "2024-07-27 00:00:00",
    "2016-12-31T23:59:60Z": "2016-12-31 23:59:59",
    "2024/07/26 10:00:00": "2024-07-26 10:00:00?",
    "2024.07.26": "2024-07-26",
    "20240726": "2024-07-26",
    "20240726T100000Z": "2024-07-26 10:00:00",
    "20240726T10:00:00Z": "2024-07-26 10:00:00",
    "20240726T100000+0200": "2024-07-26 08:00:00",
    "20240726100000": "2024-07-26 10:00:00?",
    "202407261000": "2024-07-26 10:00?",
    "2024-W30-5": "2024-07-26",
    "2024W305": "2024-07-26",
    "2024-W30-5T10:00:00Z": "2024-07-26 10:00:00",
    "1721988000": "2024-07-26 10:00:00",
    "1721988000123": "2024-07-26 10:00:00",
    "1721988000123456": "2024-07-26 10:00:00",
    "1721988000.25": "2024-07-26 10:00:00",
    "/Date(1721988000000)/": "2024-07-26 10:00:00",
    "/Date(1721988000000+0200)/": "2024-07-26 10:00:00",
    "Fri, 26 Jul 2024 10:00:00 GMT": "2024-07-26 10:00:00",
    "Fri, 26 Jul 2024 10:00:00 +0200": "2024-07-26 08:00:00",
    "Fri, 26 Jul 2024 10:00 EDT": "2024-07-26 14:00",
    "Fri, 26 Jul 24 10:00:00 Z": "2024-07-26 10:00:00",
    "26 Jul 2024 10:00:00 -0000": "2024-07-26 10:00:00",
    "Friday, 26-Jul-24 10:00:00 GMT": "2024-07-26 10:00:00",
    "Fri Jul 26 10:00:00 2024": "2024-07-26 10:00:00?",
    "Fri Jul 26 10:00:00 +0000 2024": "2024-07-26 10:00:00",
    "Fri Jul 26 10:00:00 CEST 2024": "2024-07-26 08:00:00",
    "Fri Jul 26 2024 10:00:00 GMT+0200 (Central European Summer Time)": "2024-07-26 08:00:00",
    "Sun, 07 Jan 96 10:00:00 GMT": "1996-01-07 10:00:00",
}


@pytest.mark.parametrize(("raw", "wanted"), MACHINES.items(), ids=list(MACHINES))
def test_what_machines_write_is_read(raw: str, wanted: str) -> None:
    assert told(raw) == wanted


WORDS = {
    "en": {
        "26 July 2024": "2024-07-26",
        "July 26, 2024": "2024-07-26",
        "Jul. 26, 2024, 2:05 p.m.": "2024-07-26 14:05?",
        "July 26th, 2024 2pm": "2024-07-26 14:00?",
        "12:05 a.m. July 26, 2024": "2024-07-26 00:05?",
        "Published 26 Jul 2024 12:05 PM": "2024-07-26 12:05?",
        "10:30 BST, 26 July 2024": "2024-07-26 09:30",
        "26 July 2024, 10:30 BST": "2024-07-26 09:30",
        "26th of July, 2024": "2024-07-26",
        "Sept 3, 2024 at 10:00 GMT+7": "2024-09-03 03:00",
        "28 July 202410:43": "2024-07-28 10:43?",
    },
    "pt": {
        "Seg, 24 Set 2018": "2018-09-24",
        "Seg, 24 Set 2018 17:20:00 -0300": "2018-09-24 20:20:00",
        "terça-feira, 3 de março de 2020 às 14h05": "2020-03-03 14:05?",
        "3 de Março de 2020, 14:05": "2020-03-03 14:05?",
        "01 fev. 2020 | 9h": "2020-02-01 09:00?",
        "22/11/2020 - 04:30": "2020-11-22 04:30?",
        "1º de maio de 2020": "2020-05-01",
        "10 out 2023 às 18h30 BRT": "2023-10-10 21:30",
        "Atualizado em 5 dez. 2019": "2019-12-05",
        "3 de agosto de 2024 às 14:05 (hora de Lisboa)": "2024-08-03 13:05",
        "3 de agosto de 2024 às 14:05 (horário de Brasília)": "2024-08-03 17:05",
        "3 de julho de 2024 14h05m10s": "2024-07-03 14:05:10?",
    },
    "es": {
        "martes 17 de marzo de 2020": "2020-03-17",
        "26 de julio de 2024 a las 2:05 p. m.": "2024-07-26 14:05?",
        "26 ene 2024": "2024-01-26",
        "1 de setiembre de 2023": "2023-09-01",
        "26-dic-2023 18:00 h": "2023-12-26 18:00?",
    },
    "fr": {
        "mardi 3 mars 2020 à 14h05": "2020-03-03 14:05?",
        "1er août 2023": "2023-08-01",
        "mar. 5 mai 2020": "2020-05-05",
        "26 juillet 2024 à 14 heures 05": "2024-07-26 14:05?",
        "Publié le 12 févr. 2024 à 08 h 30": "2024-02-12 08:30?",
        "le 3 déc. 2023": "2023-12-03",
        "26/07/2024 à 10:00": "2024-07-26 10:00?",
    },
    "de": {
        "26.07.2024": "2024-07-26",
        "26.7.2024, 14:05 Uhr": "2024-07-26 14:05?",
        "26.07.24, 14.05 Uhr": "2024-07-26 14:05?",
        "Freitag, 26. Juli 2024, 14 Uhr": "2024-07-26 14:00?",
        "3. März 2020": "2020-03-03",
        "5. Jänner 2020": "2020-01-05",
        "Stand: 01. Mai 2023 07:00 Uhr": "2023-05-01 07:00?",
        "12. Dez. 2023 10:00 MEZ": "2023-12-12 09:00",
        "12. Aug. 2023 10:00 MESZ": "2023-08-12 08:00",
    },
    "it": {
        "3 marzo 2020 alle 14:05": "2020-03-03 14:05?",
        "lunedì 1 giugno 2020": "2020-06-01",
        "28 luglio 2020, ore 10.43": "2020-07-28 10:43?",
        "26 gen 2024": "2024-01-26",
        "mar 5 mag 2020": "2020-05-05",
    },
    "nl": {"3 maart 2020 om 14:05": "2020-03-03 14:05?", "vr 1 mei 2020": "2020-05-01", "5 mrt. 2021": "2021-03-05"},
    "da": {"3. marts 2020 kl. 14.05": "2020-03-03 14:05?", "1. maj 2020": "2020-05-01"},
    "no": {"3. mars 2020 kl. 14:05": "2020-03-03 14:05?", "12. des. 2020": "2020-12-12", "1. mai 2020": "2020-05-01"},
    "sv": {"den 3 mars 2020 kl 14.05": "2020-03-03 14:05?", "1 maj 2020": "2020-05-01", "5 okt 2021": "2021-10-05"},
    "fi": {"3. maaliskuuta 2020 klo 14.05": "2020-03-03 14:05?", "1.5.2020 9:30": "2020-05-01 09:30?"},
    "is": {"3. mars 2020": "2020-03-03", "12. júní 2020": "2020-06-12"},
    "pl": {
        "3 marca 2020, 14:05": "2020-03-03 14:05?",
        "1 września 2023": "2023-09-01",
        "5 lipca 2023": "2023-07-05",
        "12 paź 2022": "2022-10-12",
        "11 listopada 2023": "2023-11-11",
        "8 lip 2023": "2023-07-08",
    },
    "cs": {
        "3. března 2020 14:05": "2020-03-03 14:05?",
        "3. 3. 2020 v 14.05": "2020-03-03 14:05?",
        "1. září 2023": "2023-09-01",
        "5. července 2023": "2023-07-05",
        "6. června 2023": "2023-06-06",
        "11. listopadu 2023": "2023-11-11",
        "9. srpna 2023": "2023-08-09",
    },
    "sk": {"3. marca 2020": "2020-03-03", "5. októbra 2023": "2023-10-05"},
    "hr": {
        "3. ožujka 2020. u 14:05": "2020-03-03 14:05?",
        "11. listopada 2023.": "2023-10-11",
        "9. srpnja 2023.": "2023-07-09",
        "9. kolovoza 2023.": "2023-08-09",
        "8. lip 2023.": "2023-06-08",
    },
    "sr": {"3. mart 2020. 14:05": "2020-03-03 14:05?", "5. јул 2023.": "2023-07-05"},
    "hu": {"2020. március 3. 14:05": "2020-03-03 14:05?", "2023. szeptember 1.": "2023-09-01", "2024.07.26. 10:00": "2024-07-26 10:00?"},
    "ro": {"3 martie 2020, ora 14:05": "2020-03-03 14:05?", "1 iunie 2023": "2023-06-01", "5 noiembrie 2023": "2023-11-05"},
    "tr": {"3 Mart 2020 14:05": "2020-03-03 14:05?", "1 Ağustos 2023": "2023-08-01", "05.04.2025": "2025-04-05", "7 Kasım 2023": "2023-11-07", "9 ARALIK 2023": "2023-12-09"},
    "el": {"3 Μαρτίου 2020, 14:05": "2020-03-03 14:05?", "1 Αυγούστου 2023 2:05 μ.μ.": "2023-08-01 14:05?", "5 Ιουν. 2023": "2023-06-05"},
    "bg": {"3 март 2020 г., 14:05": "2020-03-03 14:05?", "1 август 2023": "2023-08-01"},
    "ru": {"3 марта 2020, 14:05": "2020-03-03 14:05?", "1 мая 2023 г. в 09:30": "2023-05-01 09:30?", "14:05 МСК, 5 сент. 2023": "2023-09-05 11:05", "5 июля 2023 14:05 МСК": "2023-07-05 11:05"},
    "uk": {"3 березня 2020, 14:05": "2020-03-03 14:05?", "1 травня 2023": "2023-05-01", "7 листопада 2023": "2023-11-07", "5 лип 2023": "2023-07-05"},
    "lt": {"2020 m. kovo 3 d. 14:05": "2020-03-03 14:05?", "2023 m. rugsėjo 1 d.": "2023-09-01"},
    "lv": {"2020. gada 3. marts": "2020-03-03", "5. jūlijs 2023": "2023-07-05"},
    "et": {"3. märts 2020 14:05": "2020-03-03 14:05?", "1. juuli 2023": "2023-07-01"},
    "ca": {"3 de març de 2020": "2020-03-03", "1 d’agost de 2023": "2023-08-01"},
    "eu": {"2020ko martxoaren 3a": "2020-03-03"},
    "ar": {
        "الأربعاء، 07 أكتوبر 2020 - 12:09 م": "2020-10-07 12:09?",
        "٣ مارس ٢٠٢٠ ٠٢:٠٥ م": "2020-03-03 14:05?",
        "3 آذار/مارس 2020": "2020-03-03",
        "4 تشرين الثاني 2020": "2020-11-04",
        "5 كانون الأول 2021": "2021-12-05",
        "1 أوت 2023": "2023-08-01",
        "9 يوليوز 2023": "2023-07-09",
        "8 حزيران 2023 10:00 ص": "2023-06-08 10:00?",
    },
    "he": {"3 במרץ 2020": "2020-03-03", "1 באוגוסט 2023, 14:05": "2023-08-01 14:05?"},
    "fa": {"دوشنبه ۲ تیر ۱۳۹۹": "2020-06-22", "1399/04/12": "2020-07-02", "۱ فروردین ۱۴۰۳": "2024-03-20", "30 اسفند 1399": "2021-03-20", "2 تير 1399 - 02:09:08 ب.ظ": "2020-06-22 14:09:08?"},
    "zh": {"2020年3月3日 14:05": "2020-03-03 14:05?", "2020年3月3日下午2:05": "2020-03-03 14:05?", "2020年03月03日14時05分": "2020-03-03 14:05?", "2020-03-03 14:05:10": "2020-03-03 14:05:10?"},
    "ja": {"2019年04月21日 12時00分更新": "2019-04-21 12:00?", "令和2年3月3日": "2020-03-03", "平成30年12月1日 午前9時30分": "2018-12-01 09:30?", "2019/02/22": "2019-02-22"},
    "ko": {"2020년 3월 3일 오후 2시 5분": "2020-03-03 14:05?", "2020. 3. 3. 오전 9:30": "2020-03-03 09:30?", "입력 2020.03.03 14:05": "2020-03-03 14:05?"},
    "hi": {"3 मार्च 2020": "2020-03-03", "1 अगस्त 2023 10:00 IST": "2023-08-01 04:30"},
    "bn": {"৩ মার্চ ২০২০": "2020-03-03"},
    "th": {"3 มีนาคม 2563 เวลา 14:05 น.": "2020-03-03 14:05?"},
    "vi": {"Thứ ba, 3/3/2020, 14:05 (GMT+7)": "2020-03-03 07:05", "ngày 3 tháng 3 năm 2020": "2020-03-03"},
    "id": {"Selasa, 3 Maret 2020 14:05 WIB": "2020-03-03 07:05", "1 Agustus 2023": "2023-08-01", "5 Des 2023": "2023-12-05"},
}  # fmt: skip
LISTED = [(language, raw, wanted) for language, rows in WORDS.items() for raw, wanted in rows.items()]


@pytest.mark.parametrize(("language", "raw", "wanted"), LISTED, ids=[f"{row[0]} {row[1]}" for row in LISTED])
def test_what_people_write_is_read_in_their_language(language: str, raw: str, wanted: str) -> None:
    assert told(raw, at(language=language)) == wanted


NUMBERS = [
    ("US", "en", "03/04/2024", "2024-03-04"),
    ("", "en-US", "03/04/2024", "2024-03-04"),
    ("PH", "en", "03/04/2024", "2024-03-04"),
    ("GB", "en", "03/04/2024", "2024-04-03"),
    ("", "en-GB", "03/04/2024", "2024-04-03"),
    ("PT", "pt", "03/04/2024", "2024-04-03"),
    ("", "pt", "03/04/2024", "2024-04-03"),
    ("US", "es", "03/04/2024", "2024-04-03"),
    ("US", "en", "13/04/2024", "2024-04-13"),
    ("GB", "en", "04/13/2024", "2024-04-13"),
    ("US", "en", "03.04.2024", "2024-04-03"),
    ("DE", "de", "03-04-2024", "2024-04-03"),
    ("US", "en", "04/03/2024 10:00 PM", "2024-04-04 02:00?"),
    ("", "", "03/04/2024 10:00 AM EST", "2024-03-04 15:00"),
    ("", "", "03/04/2024", "2024-04-03"),
    ("GB", "en", "26/07/24", "2024-07-26"),
]


@pytest.mark.parametrize(("country", "language", "raw", "wanted"), NUMBERS)
def test_the_month_is_first_where_people_write_it_so(country: str, language: str, raw: str, wanted: str) -> None:
    assert told(raw, at(country, language)) == wanted


def test_a_day_that_may_be_a_month_has_two_readings_unless_one_is_in_the_future() -> None:
    found = read_date("03/04/2024", now=NOW)
    assert found is not None
    assert (found.value.day, found.value.month) == (3, 4)
    assert found.other == datetime(2024, 3, 4, tzinfo=UTC)
    assert told("05/12/2026", at("GB", "en")) == "2026-05-12"
    for sure in ("13/04/2024", "04/04/2024", "03.04.2024", "2024-04-03"):
        found = read_date(sure, now=NOW)
        assert found is not None
        assert found.other is None


PLACES = [
    ("PT", "2024-01-26 10:00", "2024-01-26 10:00?"),
    ("PT", "2024-07-26 10:00", "2024-07-26 09:00?"),
    ("DE", "26.01.2024, 10:00 Uhr", "2024-01-26 09:00?"),
    ("DE", "26.07.2024, 10:00 Uhr", "2024-07-26 08:00?"),
    ("BR", "26/07/2024 10h00", "2024-07-26 13:00?"),
    ("US", "July 26, 2024 10:00 AM", "2024-07-26 14:00?"),
    ("IN", "26 July 2024, 10:00", "2024-07-26 04:30?"),
    ("JP", "2024年7月26日 08:00", "2024-07-25 23:00?"),
    ("JP", "2024年7月26日", "2024-07-26"),
    ("AU", "2024-01-26 10:00", "2024-01-25 23:00?"),
    ("NP", "2024-01-26 10:00", "2024-01-26 04:15?"),
    ("RU", "26 июля 2024 10:00", "2024-07-26 07:00?"),
    ("DE", "2024-07-26T10:00:00Z", "2024-07-26 10:00:00"),
    ("DE", "2024-07-26T00:00:00", "2024-07-26"),
    ("IL", "26 July 2024, 10:00 IST", "2024-07-26 07:00"),
    ("CN", "26 July 2024, 10:00 CST", "2024-07-26 02:00"),
    ("US", "26 July 2024, 10:00 CST", "2024-07-26 16:00"),
    ("AU", "26 July 2024, 10:00 EST", "2024-07-26 00:00"),
    ("US", "July 26, 2024 10:00 AM ET", "2024-07-26 14:00"),
    ("US", "January 26, 2024 10:00 AM PT", "2024-01-26 18:00"),
    ("FR", "26 juillet 2024 10:00 et plus", "2024-07-26 08:00?"),
]


@pytest.mark.parametrize(("country", "raw", "wanted"), PLACES)
def test_a_time_without_a_zone_is_that_of_the_outlets_country(country: str, raw: str, wanted: str) -> None:
    assert told(raw, at(country)) == wanted


NONE = [
    "", "yesterday", "2 hours ago", "vor 3 Stunden", "há 5 minutos", "6y", "now", "January 2020", "2020", "3 March", "12:30",
    "2024-02-30", "2024-13-01", "32 January 2024", "Mon, 24 Sep 2018 25:20:30 GMT", "2024-07-26T10:61:00Z", "2024-W54-1",
    "2024-W10", "1989-12-31", "0001-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "1/2/3", "99999999999999", "+351 222 333 444",
    "0000-00-00 00:00:00", "31 Feb 2024", "1.2.3.4", "12345", "31 مهر 1399",
]  # fmt: skip


@pytest.mark.parametrize("raw", NONE)
def test_what_is_no_date_of_publication_is_none(raw: str) -> None:
    assert told(raw) is None


DOMAINS = [
    ("https://www.jornal.pt/a", "Europe/Lisbon"),
    ("https://news.paper.co.uk/a", "Europe/London"),
    ("https://folha.com.br/a", "America/Sao_Paulo"),
    ("https://paper.com.co/a", "America/Bogota"),
    ("https://startup.co/a", ""),
    ("https://startup.io/a", ""),
    ("https://channel.tv/a", ""),
    ("https://paper.com/a", ""),
    ("https://paper.zz/a", ""),
    ("https://[::1", ""),
    ("", ""),
]


@pytest.mark.parametrize(("url", "name"), DOMAINS)
def test_the_country_of_an_outlet_is_that_of_its_domain_when_nothing_else_says_it(url: str, name: str) -> None:
    assert habits_of(country="", language="", url=url).zone == name
    assert habits_of(country="JP", language="", url=url).zone == "Asia/Tokyo"


def test_a_zone_that_the_system_does_not_have_is_dateutils() -> None:
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    zone.cache_clear()
    try:
        found = zone("Europe/Lisbon")
        assert not isinstance(found, zoneinfo.ZoneInfo) or find_spec("tzdata")
        assert datetime(2024, 7, 26, 10, tzinfo=found).utcoffset() == timedelta(hours=1)
        assert zone("Europe/Nowhere") is None
    finally:
        zoneinfo.reset_tzpath()
        zone.cache_clear()


def test_every_country_has_a_zone_that_exists() -> None:
    assert len(_ZONE_OF) > 240
    assert [name for name in _ZONE_OF.values() if zone(name) is None] == []


# Laws

PAST = st.datetimes(datetime(1990, 1, 3), datetime(2026, 11, 23))  # noqa: DTZ001 - zones are drawn apart
OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def seconds(moment: datetime, zoned: timezone) -> datetime:
    return moment.replace(microsecond=0, tzinfo=zoned)


@given(PAST, OFFSETS)
def test_a_time_with_an_offset_is_read_back_in_every_form(moment: datetime, zoned: timezone) -> None:
    local = seconds(moment, zoned)
    rfc822 = f"{local:%d} {MONTHS[local.month - 1]} {local:%Y %H:%M:%S %z}"
    twitter = f"{MONTHS[local.month - 1]} {local:%d %H:%M:%S %z %Y}"
    forms = [
        local.isoformat(),
        local.isoformat(" "),
        f"{local:%Y-%m-%dT%H:%M:%S%z}",
        f"{local:%Y%m%dT%H%M%S%z}",
        rfc822,
    ]
    forms += [twitter, f"{local:%Y/%m/%d %H:%M:%S %z}", f"{local:%d.%m.%Y %H:%M:%S %z}"]
    # Of ten digits from September 2001 on.
    since_1970 = f"{local.timestamp():.0f}"
    forms += [since_1970, f"{since_1970}000"] if len(since_1970) == 10 else []
    for form in forms:
        found = read_date(form, now=NOW)
        assert found is not None, form
        assert (found.value, found.precision, found.tz_assumed) == (local, "second", False), form


@given(PAST, st.sampled_from(["", "DE", "US", "BR", "JP", "NP"]))
def test_a_time_without_an_offset_is_read_back_where_it_was_written(moment: datetime, country: str) -> None:
    habits = at(country)
    local = moment.replace(microsecond=0, tzinfo=zone(habits.zone) or UTC)
    found = read_date(f"{local:%Y-%m-%d %H:%M:%S}", now=NOW, habits=habits)
    assert found is not None
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        assert (found.value.date(), found.precision) == (local.date(), "day")
    else:
        assert found.value == local.astimezone(UTC)
        assert found.tz_assumed


@given(PAST, st.sampled_from(["US", "GB", "PT"]))
def test_a_day_is_read_back_whatever_comes_first(moment: datetime, country: str) -> None:
    shown = f"{moment:%m/%d/%Y}" if country == "US" else f"{moment:%d/%m/%Y}"
    found = read_date(shown, now=NOW, habits=at(country, "en" if country != "PT" else "pt"))
    assert found is not None
    assert (found.value.date(), found.precision) == (moment.date(), "day")


PIECES = st.lists(
    st.sampled_from(
        [*"0123456789", " ", "-", "/", ".", ":", "T", "Z", "+", "2024", "07", "26", "12", "31", "March", "de", "Uhr", "PM", "GMT",
         "年", "月", "日", "٣", "²", "تیر", "1399", "\u0301", "\ud800", "h", "W", "Date(", "[", "]", "Europe/Paris", "CST", ","]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(
    st.one_of(st.text(max_size=150), PIECES),
    st.sampled_from([NO_HABITS, at("US", "en"), at("IR", "fa"), at("CN", "zh")]),
)
def test_no_text_raises_or_gives_a_date_in_the_future(text: str, habits: Habits) -> None:
    found = read_date(text, now=NOW, habits=habits)
    if found is not None:
        assert datetime(1990, 1, 1, tzinfo=UTC) <= found.value <= NOW + timedelta(hours=24)
        assert found.value.utcoffset() == timedelta(0)
        assert found.other is None or found.other <= NOW + timedelta(hours=24)
        assert found.precision in {"second", "minute", "day"}


HOSTILE = [
    "9",
    "1 ",
    "2024-07-26 ",
    "12:",
    "March ",
    "1/1/",
    "٣",
    "年1月",
    "a",
    "\u0301",
    "GMT+",
    "+1",
    "[",
    "1. ",
    " ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_text_takes_no_longer_than_a_line(piece: str) -> None:
    start = time.process_time()
    for _ in range(20):
        read_date(piece * 1_000_000, now=NOW)
        read_date(f"3 March 2024 {piece * 1_000_000}", now=NOW)
    # What is quadratic would take minutes.
    assert time.process_time() - start < 15


def test_what_stands_beyond_a_line_is_not_read() -> None:
    assert told(f"3 March 2024 {'x' * 200}") == "2024-03-03"
    assert told(f"{'x' * LONGEST_DATE} 3 March 2024") is None
