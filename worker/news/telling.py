"""Whether two titles or two addresses speak of one article: what a guid and a canonical link need beside themselves.

Addresses are normalized ones (`identity.normalize_url`). Whoever is in doubt is told no: an article that is taken for another one is
lost, one that is taken for a new one is found again by its text.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from worker.news.content import normalize_text

# The share of the words of two titles, or of two slugs, that both have.
ALIKE = 0.5
# Words of a slug that says what an article is about.
TELLING_WORDS = 3
# The last part of a path that names one article: a long number, several words, or a mixed id.
SLUG = re.compile(r"\d{5}|(?:[^-_]+[-_]){2}|^(?=\w*\d\w*\d)(?=\w*[^\W\d])\w{8,}$")

_DAY = r"((?:19|20)\d\d)[-/_.]?(0[1-9]|1[0-2])(?:[-/_.]?(0[1-9]|[12]\d|3[01]))?"
_DATE = re.compile(rf"(?<!\d){_DAY}(?!\d)")
# A date, or a date with a time of the day.
_STAMP = re.compile(rf"{_DAY}(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?")
_NUMBER = re.compile(r"\d{5,}")
_ENDING = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
# Scripts without blanks between words: there pairs of signs stand for words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]{3,}")


def titles_alike(a: str, b: str) -> bool:
    """Whether two titles have half of their words in common, and all of their numbers; empty ones have nothing."""
    return _alike(_words(a), _words(b))


def title_share(a: str, b: str) -> float:
    """The share of the distinct words of two titles that both have; 0.0 when one is empty."""
    return _share(_words(a), _words(b))


def addresses_agree(a: str, b: str) -> bool:
    """Whether two addresses share an id, the telling last part of their paths, or all of it but an edit of that part."""
    first, second = _id(a), _id(b)
    if first is not None and first == second:
        return True
    if addresses_part(a, b):
        return False
    (above, last), (above_b, last_b) = _parts(a), _parts(b)
    if last == last_b and SLUG.search(last) is not None:
        return True
    return above == above_b and _alike(_slug_words(last), _slug_words(last_b))


def addresses_part(a: str, b: str) -> bool:
    """Whether the paths of two addresses hold two different ids, or two different dates."""
    first, second = _path_id(a), _path_id(b)
    if first is not None and second is not None:
        return first != second
    day, other = _DATE.search(_path(a)), _DATE.search(_path(b))
    if day is None or other is None:
        return False
    return any(None not in pair and pair[0] != pair[1] for pair in zip(day.groups(), other.groups(), strict=True))


def tell_apart(a: str, b: str) -> bool:
    """Whether two addresses say in words that they are of two articles: ids or dates differ, and so do telling slugs."""
    words, others = (_slug_words(_parts(address)[1]) for address in (a, b))
    told = [{word for word in found if word[0].isalpha()} for found in (words, others)]
    if min(map(len, told)) < TELLING_WORDS or _share(*told) >= ALIKE:
        return False
    return addresses_part(a, b)


def _alike(words: set[str], others: set[str]) -> bool:
    numbers, other_numbers = ({word for word in found if not word[0].isalpha()} for found in (words, others))
    return numbers == other_numbers and _share(words, others) >= ALIKE


def _share(words: set[str], others: set[str]) -> float:
    return len(words & others) / len(words | others) if words and others else 0.0


def _words(text: str) -> set[str]:
    found: set[str] = set()
    for word in normalize_text(text).split():
        if _UNSPACED.search(word) is None:
            found.add(word)
        else:
            found.update(word[at : at + 2] for at in range(len(word) - 1))
    return found


def _slug_words(part: str) -> set[str]:
    return _words(re.sub(r"[-_.+]", " ", unquote(_ENDING.sub("", part))))


def _path(address: str) -> str:
    """The path of a normalized address, without its host."""
    return "/" + address.removeprefix("//").partition("?")[0].partition("/")[2]


def _parts(address: str) -> tuple[str, str]:
    """Host and path down to the last part, and the last part."""
    above, _, last = address.partition("?")[0].rpartition("/")
    return above, last


def _id(address: str) -> str | None:
    """The number that may be an article's own: the last long one of the path, else of the query; dates and times are none."""
    return _path_id(address) or _last_number(address.partition("?")[2])


def _path_id(address: str) -> str | None:
    return _last_number(_path(address))


def _last_number(text: str) -> str | None:
    return next((number for number in reversed(_NUMBER.findall(text)) if _STAMP.fullmatch(number) is None), None)
