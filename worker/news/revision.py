"""What a new reading of an article changed: its headline, a correction, something that matters, a trifle, or nothing."""

from __future__ import annotations

import re
from collections import Counter

from worker.news.content import normalize_text
from worker.news.record import Change

# A block that opens with one of these says that the outlet corrected itself (the catalog's languages).
_CORRECTION = re.compile(
    r"^\W*(?:corre[cç](?:tion|ção|ción)|correc[aã]o|correç[ãa]o|corrected|corrigé|corrigendum|rectificati(?:f|e|on)|rectificación"
    r"|rectificação|fe de errat|errat|errata|berichtigung|korrektur|korrigiert|richtigstellung|correzione|rettifica|errata corrige"
    r"|sprostowanie|korekta|виправлення|уточнення|исправление|clarification|editor['’]?s note|nota (?:da|de la) redac)",
    re.IGNORECASE,
)
# What moves on every page load: clocks, ages, counters.
_CHURN = re.compile(
    r"(?:\b\d{1,2}[:.h]\d{2}(?::\d{2})?\b|\b\d+\s*(?:min|minut|hour|hora|heure|stund|or[ae]|godzin|хвилин|годин|day|dia|día|jour|tag|giorn"
    r"|comment|coment|kommentar|share|partilh|view|visualiza|like|gosto|reader|leitor)\w*)",
    re.IGNORECASE,
)
# A block that is this short and differs only in its numbers is a counter or a clock.
LONGEST_CHURN_WORDS = 12
# From this share of changed words on, a change matters whatever the words are.
MATERIAL_SHARE = 0.05
_NUMBER = re.compile(r"\d")
_NAME = re.compile(r"(?<=[^\s.!?:\"„“”«»–—-]\s)[^\W\d_a-z][^\W\d_]+")


def kind_of_change(old_title: str, old_text: str, new_title: str, new_text: str) -> Change | None:
    """The kind of change between two states of an article; None when nothing but churn differs.

    Compared on the whole normalized title and text, block by block (a block is a line of the text).
    """
    retitled = normalize_text(old_title) != normalize_text(new_title)
    removed, added = _differences(old_text, new_text)
    if not removed and not added:
        return Change.HEADLINE if retitled else None
    if any(_CORRECTION.match(block) for block in added):
        return Change.CORRECTION
    if _matters(removed, added, new_text):
        return Change.MATERIAL
    return Change.HEADLINE if retitled else Change.MINOR


def _differences(old: str, new: str) -> tuple[list[str], list[str]]:
    """The blocks that only one of two texts has, without those that differ only by churn."""
    before, after = _blocks(old), _blocks(new)
    removed = [block for key, block in before.items() if key not in after]
    added = [block for key, block in after.items() if key not in before]
    if _words(removed) == _words(added) and normalize_text(old) == normalize_text(new):
        # The same words with other line breaks.
        return [], []
    return removed, added


def _blocks(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        normal = normalize_text(line)
        if len(normal.split()) <= LONGEST_CHURN_WORDS and _CHURN.search(line):
            normal = normalize_text(_CHURN.sub(" ", line))
        if normal:
            found.setdefault(normal, line)
    return found


def _words(blocks: list[str]) -> Counter[str]:
    return Counter(word for block in blocks for word in normalize_text(block).split())


def _matters(removed: list[str], added: list[str], new_text: str) -> bool:
    gone, come = _words(removed), _words(added)
    changed = (gone - come) + (come - gone)
    if any(_NUMBER.search(word) for word in changed):
        return True
    if _names(removed) != _names(added):
        return True
    return changed.total() / max(1, len(normalize_text(new_text).split())) >= MATERIAL_SHARE


def _names(blocks: list[str]) -> set[str]:
    """Words with a capital inside a sentence; in languages that write all nouns so, nouns."""
    return {name for block in blocks for name in _NAME.findall(block)}
