"""Whether two texts contradict an address that says that they are one article: templates name one address on many pages."""

from __future__ import annotations

from worker.news.content import normalize_text
from worker.news.telling import titles_alike

# Below this many words a text says too little to contradict anything.
FEWEST_WORDS = 40
# Of the shorter text's phrases of three words; a text that was rewritten keeps more.
LEAST_SHARED = 0.1
_PHRASE = 3


def are_unlike(title: str, text: str, other_title: str, other_text: str) -> bool:
    """Whether two articles have hardly a phrase in common, nor their titles."""
    words, others = normalize_text(text).split(), normalize_text(other_text).split()
    if min(len(words), len(others)) < FEWEST_WORDS or titles_alike(title, other_title):
        return False
    first, second = _phrases(words), _phrases(others)
    return len(first & second) < LEAST_SHARED * min(len(first), len(second))


def _phrases(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[i:] for i in range(_PHRASE)), strict=False))
