"""Names of authors as they are printed, from the many ways in which pages give them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from worker.reading.clean import clean_line

_MOST = 30
_BY = re.compile(
    r"^\s*(?:written\s+by|posted\s+by|by|von|de|por|par|di|da|door|av|af|od|autor(?:es|a|in|en)?|auteurs?|author|texto?|text|"
    r"redação|reporting\s+by|interview|story\s+by)\s*[:|]?\s+(?=\S)",
    re.IGNORECASE,
)
# "de", "di" and "da" also begin surnames: they are only taken off in front of a capital after a lower-case "de".
_PARTICLES = re.compile(r"^\s*(?:de|di|da|av|af|von|par|od)\s+(?=\S)", re.IGNORECASE)
_APART = re.compile(r"\s*[;|/\n\u2022\u00b7]\s*|\s+(?:and|und|et|&)\s+|\s*,\s*(?:and|und|y|e)\s+")
# Words that join two names, but stand inside of one as well ("Ortega y Gasset").
_JOINED = re.compile(r"\s+(?:y|e|og|och|en|i|ja)\s+")
_COMMA = re.compile(r"\s*,\s*")
_ADDRESS = re.compile(r"https?:|www\.|^[@/]|\S+@\S+\.\w|\.(?:com|html?|php)\b", re.IGNORECASE)
_TAIL = re.compile(r"\s*(?:\((?:[^()]{0,80})\)|[-\u2013\u2014|]\s+.{0,80}|@\w+)\s*$")
_NOBODY = frozenset(
    {
        "admin",
        "administrator",
        "author",
        "editor",
        "none",
        "null",
        "undefined",
        "unknown",
        "n/a",
        "staff",
        "root",
        "user",
        "anonymous",
        "autor",
        "by",
        "von",
        "por",
        "twitter",
        "facebook",
        "twitter facebook",
        "share",
        "follow",
        "",
    }
)
_LONGEST_NAME = 80
_MOST_WORDS = 7


def read_authors(raw: Iterable[str], *, outlet_names: Iterable[str], at_most: int) -> tuple[str, ...]:
    """Clean names, each once, in their order.

    The outlet's own name is a signature only where no person signs. Addresses, handles and placeholders are no names.
    """
    names: dict[str, str] = {}
    for line in list(raw)[:_MOST]:
        for name in _split(clean_line(line, at_most=at_most)):
            if name.casefold() not in _NOBODY:
                names.setdefault(letters_of(name), name)
    firms = {letters_of(name) for name in outlet_names if name}
    people = [name for key, name in names.items() if key not in firms]
    return tuple(people or names.values())


def letters_of(name: str) -> str:
    """A name as it is compared."""
    return "".join(re.findall(r"\w+", name.casefold()))


def _split(line: str) -> list[str]:
    if not line or _ADDRESS.search(line):
        return []
    line = _without_by(line)
    parts = [part for piece in _APART.split(line) for whole in _joined(piece) for part in _by_commas(whole)]
    return [name for part in parts if (name := _trimmed(part))]


def _joined(piece: str) -> list[str]:
    """Parts of "Ana Silva e Rui Costa"; a name with such a word in it stays whole."""
    parts = _JOINED.split(piece)
    return parts if all(" " in part for part in parts) else [piece]


def _without_by(line: str) -> str:
    found = _BY.match(line)
    if not found:
        return line
    rest = line[found.end() :]
    particle = _PARTICLES.match(line)
    # "De Morgen" and "von der Leyen" are names; "por Ana Silva" and "VON ANNA MUSTER" are bylines.
    if particle and ((line[0].isupper() and not line[:4].isupper()) or " " not in rest.strip()):
        return line
    return rest


def _by_commas(piece: str) -> list[str]:
    """Parts of "Ana Silva, Rui Costa"; what follows a name as its office ("Ana Silva, Washington") is not kept."""
    parts = [part for part in _COMMA.split(piece) if part]
    full = [part for part in parts if " " in part]
    return full if len(parts) > 1 and full else parts[:1]


def _trimmed(part: str) -> str:
    name = _TAIL.sub("", part).strip(" .,:;-\u2013\u2014|*\"'")
    words = len(name.split())
    letters = any(letter.isalpha() for letter in name)
    return name if letters and len(name) <= _LONGEST_NAME and words <= _MOST_WORDS else ""
