"""How a reading is compared with what is known of its page: pure functions, each a number from 0 to 1."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

_WORD = re.compile(r"\w+")
_QUOTES = str.maketrans("‘’“”„‚«»`´", "''\"\"\"'\"\"''")
_SHINGLE = 4  # words
# Both written forms of Norwegian are told apart by few pages, and some tags have two spellings (IANA registry).
_SAME_LANGUAGE = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi"}


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shares of what two texts have in both, only in the found one, only in the expected one; they add up to 1."""

    both: float
    found_only: float
    expected_only: float

    @property
    def precision(self) -> float:
        """Of one page; 1 where nothing is wrong, as the article extraction benchmark has it."""
        return _share(self.both, self.found_only, self.expected_only)

    @property
    def recall(self) -> float:
        """Of one page."""
        return _share(self.both, self.expected_only, self.found_only)

    @property
    def f1(self) -> float:
        """Of one page, for paired comparisons; the figure of a set is `set_f1`."""
        return harmonic(self.precision, self.recall)


def _share(both: float, missing: float, other: float) -> float:
    if missing == other == 0:
        return 1.0
    return both / (both + missing) if both else 0.0


def harmonic(precision: float, recall: float) -> float:
    """F1 of a precision and a recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def words(text: str) -> list[str]:
    """The words of a text as the article extraction benchmark cuts them; case counts."""
    return _WORD.findall(text)


def shingle_overlap(found: str, expected: str) -> Overlap:
    """The 4-word shingles of two texts, as multisets (github.com/scrapinghub/article-extraction-benchmark, evaluate.py)."""
    a, b = _shingles(words(found)), _shingles(words(expected))
    both = (a & b).total()
    every = a.total() + b.total() - both
    if not every:
        return Overlap(0.0, 0.0, 0.0)
    return Overlap(both / every, (a.total() - both) / every, (b.total() - both) / every)


def _shingles(found: Sequence[str]) -> Counter[tuple[str, ...]]:
    if not found:
        return Counter()
    return Counter(tuple(found[at : at + _SHINGLE]) for at in range(max(1, len(found) - _SHINGLE + 1)))


def set_f1(overlaps: Sequence[Overlap]) -> tuple[float, float, float]:
    """(F1, precision, recall) of a set: F1 of the mean precision and the mean recall, as that benchmark has it."""
    precision, recall = fmean(o.precision for o in overlaps), fmean(o.recall for o in overlaps)
    return harmonic(precision, recall), precision, recall


def same_words(found: str, expected: str) -> bool:
    """Whether two texts have the same words in the same order (`get_accuracy` of that benchmark)."""
    return words(found) == words(expected)


def token_f1(one: str, other: str) -> float:
    """F1 over the multisets of casefolded words; 1.0 for two texts without any."""
    a, b = Counter(_WORD.findall(one.casefold())), Counter(_WORD.findall(other.casefold()))
    common = (a & b).total()
    return 2 * common / (a.total() + b.total()) if a or b else 1.0


def same_title(found: str, expected: str) -> bool:
    """Whether two titles are letter for letter the same, blanks and quotation marks aside."""
    return plain(found) == plain(expected)


def plain(title: str) -> str:
    """A line as it is compared."""
    return " ".join(unicodedata.normalize("NFKC", title).translate(_QUOTES).split())


def same_day(found: datetime | None, raw: str, expected: str) -> bool:
    """Whether the UTC or the local day agrees; `raw` is what the found time was read from."""
    if found is None:
        return False
    truth = datetime.fromisoformat(expected)
    day = truth.astimezone(UTC).date() if truth.tzinfo else truth.date()
    return found.date() in {day, truth.date()} or raw[:10] == truth.date().isoformat()


def names_f1(found: Sequence[str], expected: Sequence[str]) -> float:
    """F1 of two sets of names."""
    a, b = {plain(name).casefold() for name in found}, {plain(name).casefold() for name in expected}
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def same_language(found: str | None, expected: str) -> bool:
    """Whether two BCP 47 tags name one language, whatever their script or country."""
    return found is not None and _language(found) == _language(expected)


def _language(tag: str) -> str:
    primary = re.split("[-_]", tag.strip().casefold())[0]
    return _SAME_LANGUAGE.get(primary, primary)
