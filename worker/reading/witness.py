"""What else is known of the words of an article: a second reading of the page, and texts of the same article from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from worker.reading.layout import squeezed

LONGEST = 100_000  # letters of a text that are looked at
_SHORTEST_STATED = 300  # letters; a shorter text is a summary, and says nothing about a whole one
_SAMPLES = 12  # places of a text that are looked for
_SAMPLE = 24  # letters
# A line is looked for by its beginning.
BEGINNING = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The rough text of a page, and the words of all witnesses without blanks."""

    rough: str
    roughly: str
    stated: tuple[str, ...]

    @classmethod
    def by(cls, rough: str, texts: Iterable[str]) -> Seen:
        """Witnesses: the rough reading and plain texts from elsewhere, of which only long ones count."""
        words = (squeezed(text[:LONGEST]) for text in texts)
        stated = tuple(text for text in words if len(text) >= _SHORTEST_STATED)
        return cls(rough=rough, roughly=squeezed(rough[:LONGEST]), stated=stated)

    def has(self, key: str) -> bool:
        """Whether a line was seen, by its words without blanks."""
        begins = key[:BEGINNING]
        return begins in self.roughly or any(begins in text for text in self.stated)

    def stated_share(self, body: etree._Element | None) -> float | None:
        """How much of the texts from elsewhere a reading has; None when there are none."""
        if not self.stated:
            return None
        words = "" if body is None else squeezed("".join(map(str, body.itertext()))[: 2 * LONGEST])
        return max(_share(text, words) for text in self.stated)


def _share(text: str, words: str) -> float:
    step = (len(text) - _SAMPLE) / (_SAMPLES - 1)
    samples = [text[(at := round(number * step)) : at + _SAMPLE] for number in range(_SAMPLES)]
    return sum(sample in words for sample in samples) / _SAMPLES
