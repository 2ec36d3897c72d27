"""Where an outlet's clocks stand and how it writes days: zones by country and by name, and whether the month comes first.

A country of several zones counts as its capital's, or as that of most of its people where the capital's is another
(Australia: Sydney, Brazil: São Paulo, Canada: Toronto, Kazakhstan: Almaty, the United States: New York). Rules of summer
time are the system's, else those that dateutil brings along, for images without a zone database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.zoneinfo import get_zonefile_instance

# ISO 3166 to the tz database (zone.tab).
_CAPITALS = {
    "Africa": (
        "AO:Luanda BF:Ouagadougou BI:Bujumbura BJ:Porto-Novo BW:Gaborone CD:Kinshasa CF:Bangui CG:Brazzaville "
        "CI:Abidjan CM:Douala DJ:Djibouti DZ:Algiers EG:Cairo EH:El_Aaiun ER:Asmara ET:Addis_Ababa "
        "GA:Libreville GH:Accra GM:Banjul GN:Conakry GQ:Malabo GW:Bissau KE:Nairobi LR:Monrovia LS:Maseru "
        "LY:Tripoli MA:Casablanca ML:Bamako MR:Nouakchott MW:Blantyre MZ:Maputo NA:Windhoek NE:Niamey "
        "NG:Lagos RW:Kigali SD:Khartoum SL:Freetown SN:Dakar SO:Mogadishu SS:Juba ST:Sao_Tome SZ:Mbabane "
        "TD:Ndjamena TG:Lome TN:Tunis TZ:Dar_es_Salaam UG:Kampala ZA:Johannesburg ZM:Lusaka ZW:Harare "
    ),
    "America": (
        "AG:Antigua AI:Anguilla AR:Argentina/Buenos_Aires AW:Aruba BB:Barbados BL:St_Barthelemy BO:La_Paz "
        "BQ:Kralendijk BR:Sao_Paulo BS:Nassau BZ:Belize CA:Toronto CL:Santiago CO:Bogota CR:Costa_Rica "
        "CU:Havana CW:Curacao DM:Dominica DO:Santo_Domingo EC:Guayaquil GD:Grenada GF:Cayenne GL:Nuuk "
        "GP:Guadeloupe GT:Guatemala GY:Guyana HN:Tegucigalpa HT:Port-au-Prince JM:Jamaica KN:St_Kitts "
        "KY:Cayman LC:St_Lucia MF:Marigot MQ:Martinique MS:Montserrat MX:Mexico_City NI:Managua PA:Panama "
        "PE:Lima PM:Miquelon PR:Puerto_Rico PY:Asuncion SR:Paramaribo SV:El_Salvador SX:Lower_Princes "
        "TC:Grand_Turk TT:Port_of_Spain US:New_York UY:Montevideo VC:St_Vincent VE:Caracas VG:Tortola "
        "VI:St_Thomas "
    ),
    "Arctic": (
        "SJ:Longyearbyen "
    ),
    "Asia": (
        "AE:Dubai AF:Kabul AM:Yerevan AZ:Baku BD:Dhaka BH:Bahrain BN:Brunei BT:Thimphu CN:Shanghai CY:Nicosia "
        "GE:Tbilisi HK:Hong_Kong ID:Jakarta IL:Jerusalem IN:Kolkata IQ:Baghdad IR:Tehran JO:Amman JP:Tokyo "
        "KG:Bishkek KH:Phnom_Penh KP:Pyongyang KR:Seoul KW:Kuwait KZ:Almaty LA:Vientiane LB:Beirut LK:Colombo "
        "MM:Yangon MN:Ulaanbaatar MO:Macau MY:Kuala_Lumpur NP:Kathmandu OM:Muscat PH:Manila PK:Karachi "
        "PS:Gaza QA:Qatar SA:Riyadh SG:Singapore SY:Damascus TH:Bangkok TJ:Dushanbe TL:Dili TM:Ashgabat "
        "TW:Taipei UZ:Tashkent VN:Ho_Chi_Minh YE:Aden "
    ),
    "Atlantic": (
        "BM:Bermuda CV:Cape_Verde FK:Stanley FO:Faroe IS:Reykjavik SH:St_Helena "
    ),
    "Australia": (
        "AU:Sydney "
    ),
    "Europe": (
        "AD:Andorra AL:Tirane AT:Vienna AX:Mariehamn BA:Sarajevo BE:Brussels BG:Sofia BY:Minsk CH:Zurich "
        "CZ:Prague DE:Berlin DK:Copenhagen EE:Tallinn ES:Madrid FI:Helsinki FR:Paris GB:London GG:Guernsey "
        "GI:Gibraltar GR:Athens HR:Zagreb HU:Budapest IE:Dublin IM:Isle_of_Man IT:Rome JE:Jersey LI:Vaduz "
        "LT:Vilnius LU:Luxembourg LV:Riga MC:Monaco MD:Chisinau ME:Podgorica MK:Skopje MT:Malta NL:Amsterdam "
        "NO:Oslo PL:Warsaw PT:Lisbon RO:Bucharest RS:Belgrade RU:Moscow SE:Stockholm SI:Ljubljana "
        "SK:Bratislava SM:San_Marino TR:Istanbul UA:Kyiv VA:Vatican XK:Belgrade "
    ),
    "Indian": (
        "CC:Cocos CX:Christmas IO:Chagos KM:Comoro MG:Antananarivo MU:Mauritius MV:Maldives RE:Reunion "
        "SC:Mahe YT:Mayotte "
    ),
    "Pacific": (
        "AS:Pago_Pago CK:Rarotonga FJ:Fiji FM:Pohnpei GU:Guam KI:Tarawa MH:Majuro MP:Saipan NC:Noumea "
        "NF:Norfolk NR:Nauru NU:Niue NZ:Auckland PF:Tahiti PG:Port_Moresby PN:Pitcairn PW:Palau "
        "SB:Guadalcanal TK:Fakaofo TO:Tongatapu TV:Funafuti VU:Efate WF:Wallis WS:Apia "
    ),
}  # fmt: skip
_ZONE_OF = {
    entry[:2]: f"{area}/{entry[3:]}" for area, entries in _CAPITALS.items() for entry in "".join(entries).split()
}
# By abbreviation, in hours ahead of UTC. Written in capitals only: in small letters some are words.
_FIXED = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "МСК": 3, "TRT": 3, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1, "GST": 4, "IRST": 3.5,
    "PKT": 5, "IST": 5.5, "NPT": 5.75, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "HKT": 8, "SGT": 8, "PHT": 8, "AWST": 8,
    "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3,
    "BRST": -2, "ART": -3, "UYT": -3, "CLT": -4, "CLST": -3, "BOT": -4, "VET": -4, "COT": -5, "PET": -5, "NST": -3.5,
    "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
# What another country means by the same letters: its own zone.
_DISPUTED = {
    "IST": {"IE", "IL"}, "CST": {"CN", "TW", "CU"}, "CDT": {"CU"}, "BST": {"BD"}, "EST": {"AU"}, "EDT": {"AU"},
    "AST": {"SA", "IQ", "KW", "QA", "BH", "YE"}, "GST": {"GS"}, "WST": {"WS"},
}  # fmt: skip
# Zones named after places and peoples, with their summer time.
_PLACES = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "Eastern": "America/New_York", "Pacific": "America/Los_Angeles", "Lisboa": "Europe/Lisbon",
    "Lisbon": "Europe/Lisbon", "Lisbonne": "Europe/Lisbon", "Brasília": "America/Sao_Paulo", "Brasilia": "America/Sao_Paulo",
    "London": "Europe/London", "Paris": "Europe/Paris", "Madrid": "Europe/Madrid", "Berlin": "Europe/Berlin",
    "Moscow": "Europe/Moscow", "Luanda": "Africa/Luanda", "Maputo": "Africa/Maputo",
}  # fmt: skip
_LARGEST_OFFSET = timedelta(hours=14)
_OFFSET = re.compile(
    r"(?<!\d[.,])(?<!\w-)([+\-−])(\d{2}):?(\d{2})(?!\d)|(?:GMT|UTC)\s?([+\-−])(\d{1,2})(?::?(\d{2}))?|([+\-−])(\d{2})$"
)
_NAME = re.compile(r"[^\W\d_]+")
_JAVA_ZONE = re.compile(r"\[([A-Z][A-Za-z]+/[A-Za-z_+\-/0-9]{1,40})\]")
# Domains of countries that are sold to everybody.
_SOLD = re.compile(
    r"ac|ai|am|as|bz|cc|cf|co|eu|fm|g[adglqs]|i[mo]|je|ki|la|m[els]|nu|p[mnw]|re|s[chtux]|t[fklmov]|v[cg]|vu|w[fs]|yt"
)
_UNDER_A_COUNTRY = frozenset({"com", "co", "net", "org", "gov", "gob", "gouv", "edu", "news", "ac"})
# CLDR's short dates (M/d/y), and American usage at sea.
_MONTH_FIRST = frozenset({"US", "PH", "PR", "GU", "VI", "AS", "MP", "FM", "PW", "MH"})
_BOTH_WAYS = frozenset({"CA", "KE", "GH", "ZA"})


@dataclass(frozen=True, slots=True)
class Habits:
    """How dates are meant where an outlet is: ISO country and tz database zone (or ""), and whether the month comes first.

    `month_first` is None when nobody knows: then 03/04 has two readings.
    """

    country: str = ""
    zone: str = ""
    month_first: bool | None = None
    language: str = ""  # BCP 47


NO_HABITS = Habits()


def habits_of(*, country: str, language: str, url: str) -> Habits:
    """The habits of an outlet by its country, else by that of its domain, and its language (BCP 47, or "")."""
    place = country.upper() or _country_of(url)
    primary, _, region = language.replace("_", "-").lower().partition("-")
    region = region.rpartition("-")[2].upper()
    where = place or (region if primary == "en" else "")
    if where in _MONTH_FIRST:
        first: bool | None = primary in {"", "en", "fil", "tl"}
    elif where:
        first = None if where in _BOTH_WAYS and primary in {"", "en"} else False
    else:
        first = None if primary in {"", "en"} else False
    return Habits(place, _ZONE_OF.get(place, ""), first, language)


def _country_of(url: str) -> str:
    """The country of an address's domain, or "" when that says nothing."""
    try:
        labels = (urlsplit(url).hostname or "").rsplit(".", 2)
    except ValueError:
        return ""
    last = labels[-1]
    own = len(labels) > 2 and labels[-2] in _UNDER_A_COUNTRY  # noqa: PLR2004 - outlet.com.xx
    if len(last) != 2 or (_SOLD.fullmatch(last) and not own):  # noqa: PLR2004
        return ""
    country = {"uk": "GB"}.get(last, last.upper())
    return country if country in _ZONE_OF else ""


@cache
def zone(name: str) -> tzinfo | None:
    """A zone of the tz database; None for a name that it does not have."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found: tzinfo | None = get_zonefile_instance().get(name)
        return found


def zone_said(text: str, habits: Habits = NO_HABITS) -> tzinfo | None:
    """The zone that stands behind a time: an offset, or a name; None when nothing there is one."""
    java = _JAVA_ZONE.search(text)
    if offset := _OFFSET.search(text):
        return _fixed(offset)
    if java and (named := known_zone(java[1])):
        return named
    for word in _NAME.findall(text):
        if word in _FIXED:
            disputed = habits.country in _DISPUTED.get(word, ())
            return zone(habits.zone) if disputed else timezone(timedelta(hours=_FIXED[word]))
        if word in _PLACES:
            return zone(_PLACES[word])
    return UTC if re.match(r"\s?(?:z|gmt|utc)\b", text) else None


def known_zone(name: str) -> tzinfo | None:
    """A zone by a name that a page gives: only names of the table, so that no page makes us read files."""
    return zone(name) if name in _KNOWN else None


_KNOWN = frozenset(_ZONE_OF.values()) | frozenset(_PLACES.values())


def _fixed(offset: re.Match[str]) -> tzinfo | None:
    sign = offset[1] or offset[4] or offset[7]
    hours, minutes = int(offset[2] or offset[5] or offset[8]), int(offset[3] or offset[6] or 0)
    delta = timedelta(hours=hours, minutes=minutes)
    # West of UTC-12 and east of UTC+14 is nothing.
    if minutes >= 60 or delta > _LARGEST_OFFSET:  # noqa: PLR2004
        return None
    return timezone(delta if sign == "+" else -delta)
