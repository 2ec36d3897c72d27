"""What differs between two states of an article, block by block and word by word, as a person reads it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from worker.news.churn import without_churn
from worker.news.content import normalize_text

# Two blocks are one that was changed when this much of their words is the same; of two that stand apart more is asked.
_ALIKE, _ALIKE_APART = 0.4, 0.6
_MOST_PAIRS = 10_000
_MOST_WORDS = 4000  # of two blocks that are compared word by word
# A word of so few letters between two changes is part of one change.
_BRIDGE = 3


class DifferenceKind(StrEnum):
    """What became of a title or a block."""

    TITLE = "title"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


class Fate(StrEnum):
    """What became of some words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A run of words of one fate, one blank apart; kept ones are as they stand now."""

    fate: Fate
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A title or a block with its words; of blocks that did not change only how many there are."""

    kind: DifferenceKind
    words: tuple[Words, ...] = ()
    blocks: int = 1


@dataclass(frozen=True, slots=True)
class Passage:
    """A block in its normalized form and as it stands, both without churn."""

    key: str
    line: str


def differences(old_title: str, old_text: str, new_title: str, new_text: str) -> tuple[Difference, ...]:
    """What a reader sees differ, in the order of the new text; empty when that is nothing.

    A block is a line of the text. Churn, line breaks, signs and capitals, and the order of the blocks make no difference.
    """
    found: list[Difference] = []
    before, after = _shown(old_title), _shown(new_title)
    if normalize_text(before) != normalize_text(after):
        found.append(Difference(kind=DifferenceKind.TITLE, words=_replaced(before, after)))
    old, new = blocks_of(old_text), blocks_of(new_text)
    if not is_same(old, new):
        found += _folded(_in_order(old, new))
    return tuple(found)


def blocks_of(text: str) -> list[Passage]:
    """The blocks of a text that say something."""
    kept = (without_churn(line) for line in text.splitlines())
    return [Passage(normal, line) for line in kept if (normal := normalize_text(line))]


def is_same(old: Sequence[Passage], new: Sequence[Passage]) -> bool:
    """Whether two texts differ in nothing but churn and where their lines break."""
    return " ".join(block.key for block in old) == " ".join(block.key for block in new)


def less(blocks: Sequence[Passage], others: Sequence[Passage]) -> list[int]:
    """The places of the blocks that the others do not have, wherever they stand; each of them counts once."""
    spare = Counter(block.key for block in others)
    found = []
    for at, block in enumerate(blocks):
        if spare[block.key]:
            spare[block.key] -= 1
        else:
            found.append(at)
    return found


def _in_order(old: Sequence[Passage], new: Sequence[Passage]) -> Iterator[Difference]:
    """A difference for each block of the new text, and those that went behind the one that stood before them."""
    gone, come = less(old, new), less(new, old)
    behind = _behind(old, new, gone, come)
    pairs = _pairs(old, new, behind, come)
    paired, added = frozenset(pairs.values()), frozenset(come)
    for at in range(-1, len(new)):
        if at in pairs:
            words = _compared(_shown(old[pairs[at]].line), _shown(new[at].line))
            yield Difference(kind=DifferenceKind.CHANGED, words=words)
        elif at in added:
            yield _whole(new[at], DifferenceKind.ADDED, Fate.ADDED)
        elif at >= 0:
            yield Difference(kind=DifferenceKind.UNCHANGED)
        for was in behind.get(at, ()):
            if was not in paired:
                yield _whole(old[was], DifferenceKind.REMOVED, Fate.REMOVED)


def _behind(
    old: Sequence[Passage], new: Sequence[Passage], gone: Sequence[int], come: Sequence[int]
) -> dict[int, list[int]]:
    """The blocks that went, by the kept block of the new text that they stood behind; -1 is the beginning."""
    added, removed = frozenset(come), frozenset(gone)
    places: dict[str, list[int]] = defaultdict(list)
    for at in range(len(new) - 1, -1, -1):
        if at not in added:
            places[new[at].key].append(at)
    behind: dict[int, list[int]] = defaultdict(list)
    last = -1
    for was, block in enumerate(old):
        if was in removed:
            behind[last].append(was)
        else:
            last = places[block.key].pop()
    return behind


def _pairs(
    old: Sequence[Passage], new: Sequence[Passage], behind: dict[int, list[int]], come: Sequence[int]
) -> dict[int, int]:
    """The new blocks that are old ones with other words: first those in one place, then those that moved as well."""
    added = frozenset(come)
    pairs: dict[int, int] = {}
    for last, removed in behind.items():
        start = last + 1
        end = next((at for at in range(start, len(new)) if at not in added), len(new))
        pairs |= _alike(old, new, removed, range(start, end), _ALIKE)
    taken = frozenset(pairs.values())
    left = [was for removed in behind.values() for was in removed if was not in taken]
    return pairs | _alike(old, new, left, [at for at in come if at not in pairs], _ALIKE_APART)


def _alike(
    old: Sequence[Passage], new: Sequence[Passage], gone: Sequence[int], come: Sequence[int], least: float
) -> dict[int, int]:
    """Pairs of blocks, those that are most alike first."""
    if len(gone) * len(come) > _MOST_PAIRS:
        return {}
    before = {was: Counter(old[was].key.split()) for was in gone}
    after = {at: Counter(new[at].key.split()) for at in come}
    scores = [
        (2 * (words & others).total() / (words.total() + others.total()), at, was)
        for was, words in before.items()
        for at, others in after.items()
    ]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for score, at, was in sorted(scores, key=lambda one: (-one[0], one[1], one[2])):
        if score >= least and at not in found and was not in taken:
            found[at] = was
            taken.add(was)
    return found


def _folded(found: Iterator[Difference]) -> Iterator[Difference]:
    """The differences with each run of unchanged blocks as one."""
    unchanged = 0
    for one in found:
        if one.kind is DifferenceKind.UNCHANGED:
            unchanged += 1
            continue
        if unchanged:
            yield Difference(kind=DifferenceKind.UNCHANGED, blocks=unchanged)
        unchanged = 0
        yield one
    if unchanged:
        yield Difference(kind=DifferenceKind.UNCHANGED, blocks=unchanged)


def _whole(block: Passage, kind: DifferenceKind, fate: Fate) -> Difference:
    return Difference(kind=kind, words=(Words(fate=fate, text=_shown(block.line)),))


def _shown(line: str) -> str:
    return " ".join(without_churn(line).split())


def _replaced(old: str, new: str) -> tuple[Words, ...]:
    lines = ((Fate.REMOVED, old), (Fate.ADDED, new))
    return tuple(Words(fate=fate, text=text) for fate, text in lines if text)


def _compared(old: str, new: str) -> tuple[Words, ...]:
    """The words of two lines in one, what went before what came in its place."""
    before, after = old.split(), new.split()
    if len(before) + len(after) > _MOST_WORDS:
        return _replaced(old, new)
    forms = [[normalize_text(word) or word for word in words] for words in (before, after)]
    matcher = SequenceMatcher(None, forms[0], forms[1], autojunk=False)
    found: list[Words] = []
    gone: list[str] = []
    come: list[str] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        bridge = tag == "equal" and d - c == 1 and len(after[c]) <= _BRIDGE and bool(gone or come) and d < len(after)
        if tag != "equal" or bridge:
            gone += before[a:b]
            come += after[c:d]
            continue
        found += [*_replaced(" ".join(gone), " ".join(come)), Words(fate=Fate.KEPT, text=" ".join(after[c:d]))]
        gone, come = [], []
    return (*found, *_replaced(" ".join(gone), " ".join(come)))
