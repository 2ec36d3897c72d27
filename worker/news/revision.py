"""What a new reading of an article changed: its headline, a correction, something that matters, a trifle, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from worker.news.churn import without_churn
from worker.news.content import normalize_text
from worker.news.corrections import corrections
from worker.news.differences import blocks_of, is_same, less
from worker.news.record import Change

# From this share of changed words on a change matters whatever the words are, unless they are this few.
MATERIAL_SHARE = 0.05
MATERIAL_WORDS = 8

# A word less or more of these turns a sentence round. Left out are those that are common words in another of the languages.
_NEGATIONS = frozenset(
    """
    not never cannot without não nunca sem nicht kein keine keinen keiner keinem niemals ohne pas jamais sans jamás tampoco
    nie bez не ні без niet geen niets inte aldrig ikke aldri
    """.split()  # noqa: SIM905 - words are read as words
)
_DIGIT = re.compile(r"\d")
# Between two words: a new sentence or a quotation begins, where a capital says nothing.
_BEGINS = re.compile(r"[.!?:;…\"„“”«»]")
_WORD = re.compile(r"[^\W\d_]+")


def kind_of_change(old_title: str, old_text: str, new_title: str, new_text: str) -> Change | None:
    """The kind of change between two states of an article; None when nothing but churn differs.

    Compared on the whole normalized title and text, block by block (a block is a line of the text). The order of weight is
    correction, material, headline, minor: the first that fits is the answer.
    """
    retitled = normalize_text(without_churn(old_title)) != normalize_text(without_churn(new_title))
    removed, added = _differences(old_text, new_text)
    if corrections([*added, new_title]) - corrections([*removed, old_title]):
        return Change.CORRECTION
    if (removed or added) and _matters(removed, added, new_text):
        return Change.MATERIAL
    if retitled:
        return Change.HEADLINE
    return Change.MINOR if removed or added else None


def _differences(old: str, new: str) -> tuple[list[str], list[str]]:
    """The blocks that only one of two texts has; churn and line breaks make no difference, nor does the order of the blocks."""
    before, after = blocks_of(old), blocks_of(new)
    if is_same(before, after):
        return [], []
    return [before[at].line for at in less(before, after)], [after[at].line for at in less(after, before)]


def _matters(removed: list[str], added: list[str], new_text: str) -> bool:
    gone, come = _words(removed), _words(added)
    changed = (gone - come) + (come - gone)
    if any(_DIGIT.search(word) or word in _NEGATIONS for word in changed):
        return True
    if not changed.keys().isdisjoint(names(removed + added)):
        return True
    most = max(MATERIAL_WORDS, MATERIAL_SHARE * len(normalize_text(new_text).split()))
    return changed.total() >= most


def _words(blocks: list[str]) -> Counter[str]:
    return Counter(word for block in blocks for word in normalize_text(block).split())


def numbers(blocks: list[str]) -> Counter[str]:
    """The numbers of the blocks, normalized, with how often each stands there; words with a digit are numbers too."""
    return Counter({word: times for word, times in _words(blocks).items() if _DIGIT.search(word)})


def names(blocks: list[str]) -> set[str]:
    """The normalized words of the blocks that are written like names; in languages that write all nouns so, nouns."""
    return {part for block in blocks for name in _capitalized(block) for part in normalize_text(name).split()}


def _capitalized(block: str) -> Iterator[str]:
    """Words with a capital inside a sentence; at its beginning when it is all capitals, or the next word has one too."""
    words = [*_WORD.finditer(block)]
    for before, word, after in zip([None, *words], words, [*words[1:], None], strict=False):
        if not word[0][0].isupper():
            continue
        begins = before is None or _BEGINS.search(block, before.end(), word.start())
        initials = len(word[0]) > 1 and word[0].isupper()
        paired = after is not None and after[0][0].isupper() and block[word.end() : after.start()] == " "
        if not begins or initials or paired:
            yield word[0]
