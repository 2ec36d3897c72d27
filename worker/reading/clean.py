"""The one funnel before storage, the same for both databases: SQLite takes what PostgreSQL refuses, and would hide it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)
LONGEST_URL = 2048
LONGEST_HOST = 253

# C0 and C1 controls but tab and newline, lone surrogates, noncharacters.
_REFUSED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
# Directions and zero widths can make one line look like another.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
# What is none of both, nor a letter that is only written in one way (NFC): most lines have nothing else.
_PLAIN = re.compile(
    "[\t\n -~\xa0-\xac\xae-\u02ff\u0400-\u0482\u2010-\u2027\u2030-\u205e\u3001-\u3029\u3041-\u3096\u30a1-\u30fc"
    "\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*+"
)
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[\n ]*")
# Where more marks than are written may stand on one letter; neither letters nor blanks are among them.
_MANY_MARKS = re.compile(r"[^\x00-\u02ff\w\s]{31,}")
# Three of every tenth letter are in each run of 31: far cheaper to look for, and hardly any page has it.
_STEP = 10
_LIKE_MARKS = re.compile(r"[^\x00-\u02ff\w\s]{3}")
# As many as a stream-safe text has (UAX #15 §13): to normalize more takes time by the square.
_MOST_MARKS = 30
_MOST_PASSES = 4
# An address that lost its host: joined to another it would be that one.
_WITHOUT_HOST = re.compile(r"https?:(?!//[^/])", re.IGNORECASE)
# What browsers drop inside an address (WHATWG URL §4.4).
_URL_DROPPED = re.compile("[\t\n\r]")
# What needs no joining: most addresses of a page. (Joining drops an empty parameter.)
_WHOLE_URL = re.compile(r"https?://[^/?#;][^;]*", re.IGNORECASE)
_PLAIN_URL = re.compile("[!-~]*+")
_NOT_IN_HOST = re.compile(r"[\s<>\"\\^`{|}]")
_WORDS = re.compile(r"\w+")
_URL_SAFE = "%/:=&?~#+!$,;'@()*[]|"


def settled(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str) -> str:
    """Text after a replacement that changes nothing any more: what goes may leave behind what was to go as well."""
    for _ in range(_MOST_PASSES):
        before, text = text, pattern.sub(replace, text)
        if text == before:
            return text
    return pattern.sub(" ", text)


def few_marks(text: str) -> str:
    """Text with no more combining marks on one letter than normalization can bear."""
    if text.isascii() or not _LIKE_MARKS.search(text[::_STEP]):
        return text
    return _MANY_MARKS.sub(_few, text)


def _few(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for letter in run[0]:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def clean_text(text: str, *, at_most: int) -> str:
    """Text of many lines: NFC, no controls, no surrogates, blanks folded, no empty lines. At most so many letters."""
    text = _REFUSED.sub("", _LINE_ENDS.sub("\n", text[: 4 * at_most]))
    folded = _LINES.sub("\n", _BLANKS.sub(" ", unicodedata.normalize("NFC", few_marks(text)))).strip()
    return folded[:at_most].rstrip()


def clean_line(text: str, *, at_most: int) -> str:
    """Text of one line, as titles and names are: as `clean_text`, and nothing invisible."""
    text = text[: 4 * at_most]
    if not _PLAIN.fullmatch(text):
        text = _INVISIBLE.sub("", _REFUSED.sub("", _LINE_ENDS.sub(" ", text)))
        text = unicodedata.normalize("NFC", few_marks(text))
    return " ".join(text.split())[:at_most].rstrip()


def compared(text: str) -> str:
    """Its letters and digits in lower case: the same for two writings of a title or a name."""
    return "".join(_WORDS.findall(text.casefold()))


def clean_url(raw: str, *, base: str | None) -> str | None:
    """An absolute http(s) address without user and fragment, as ASCII; None when it is no web address."""
    text = raw.strip()
    if not _PLAIN_URL.fullmatch(text):
        text = _INVISIBLE.sub("", _REFUSED.sub("", _URL_DROPPED.sub("", raw))).strip()
    if not text or len(text) > LONGEST_URL or _WITHOUT_HOST.match(text):
        return None
    return _absolute(text, base)


# The same links stand in a page several times, and are read by several readers. Addresses are bounded here.
@lru_cache(maxsize=512)
def _absolute(text: str, base: str | None) -> str | None:
    try:
        parts = urlsplit(urljoin(base, text) if base and not _WHOLE_URL.fullmatch(text) else text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    url = _rebuilt(parts, host, port)
    return url if url is not None and len(url) <= LONGEST_URL else None


def _rebuilt(parts: SplitResult, host: str, port: int | None) -> str | None:
    name = _ascii_host(host)
    if name is None:
        return None
    if ":" in name:
        name = f"[{name}]"
    scheme = parts.scheme.lower()
    default = {"http": 80, "https": 443}[scheme]
    place = name if port in {None, default} else f"{name}:{port}"
    path = quote(parts.path, safe=_URL_SAFE, errors="replace") or "/"
    return urlunsplit((scheme, place, path, quote(parts.query, safe=_URL_SAFE, errors="replace"), ""))


def _ascii_host(host: str) -> str | None:
    """A host as it is looked up; None when it can't be a name or an address."""
    if len(host) > LONGEST_HOST or "%" in host or _NOT_IN_HOST.search(host):
        return None
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = name.rstrip(".").split(".")
    # Some letters become blanks in what they are looked up as.
    if len(name) > LONGEST_HOST or _NOT_IN_HOST.search(name) or any(not label or len(label) > 63 for label in labels):  # noqa: PLR2004 - RFC 1035 §2.3.4
        return None
    return name


def clean_date(value: datetime | None, *, now: datetime) -> datetime | None:
    """A time as aware UTC when it can be one of publication: from 1990 on, and no more than a day ahead."""
    if value is None:
        return None
    try:
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return aware if EARLIEST <= aware <= now + LATEST_AHEAD else None
