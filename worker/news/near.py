"""Near duplicates: how much two texts share, which group a text joins, and when two copies at one outlet are one article.

A text is known here by its sketch alone. Shared text groups; it merges nothing without a second witness (`same_story`).
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.news.identity import SHORTEST_NUMBER, normalize_url
from worker.news.policy import NearPolicy
from worker.news.revision import names, numbers
from worker.news.telling import title_share

# The key of a band.
BAND_BYTES = 8
# A hash of the sample, little-endian.
HASH_BYTES = 4
# What stands after the last separator of a guid: `12345` of `https://a.example/?p=12345` and of `tag:a.example,2024:12345`.
_TAIL = re.compile(r"[^\s/=:,;?&#@]+$")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text to find its near duplicates.

    `bands` are the keys of look-up, of `BAND_BYTES` each: texts that share one are candidates. `size` is the number of distinct
    shingles. `sample` holds the lowest of their hashes, ascending and packed: all of them when there are `size`. So in two texts
    the same shingles are sampled, up to the lower of the two last hashes.
    """

    bands: tuple[bytes, ...]
    size: int
    sample: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How much two texts share, 0..1, estimated from their samples."""

    jaccard: float  # shared shingles among those of both
    containment: float  # shared shingles among those of the shorter text


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored text that may be near. The id of a group is that of its first article."""

    article: str
    group: str | None
    sketch: Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Where a new text belongs: the group that it joins or makes, and all candidates that are near, by id."""

    group: str | None
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article of an outlet as `same_story` sees it."""

    title: str
    text: str
    canonical: str | None  # believable: see `identity.believable_canonical`
    guids: frozenset[str]
    at: datetime  # of publication, of discovery when that is not known


def resemblance(a: Sketch, b: Sketch) -> Resemblance:
    """How much two texts share (bottom sketches: Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches")."""
    ours, theirs = _hashes(a), _hashes(b)
    # Above its last hash a sample that is not whole says nothing.
    bounds = [found[-1] for sketch, found in ((a, ours), (b, theirs)) if found and len(found) < sketch.size]
    if bounds:
        ours, theirs = (found[: bisect_right(found, min(bounds))] for found in (ours, theirs))
    if not ours or not theirs:
        return Resemblance(jaccard=0.0, containment=0.0)
    shared = len(frozenset(ours).intersection(theirs))
    return Resemblance(
        jaccard=shared / (len(ours) + len(theirs) - shared),
        containment=shared / min(len(ours), len(theirs)),
    )


def _hashes(sketch: Sketch) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sketch.sample) // HASH_BYTES}I", sketch.sample)


def near(a: Sketch, b: Sketch, policy: NearPolicy) -> bool:
    """Whether two texts are copies, or one a part of the other."""
    return _alike(a, b, resemblance(a, b), policy)


def _alike(a: Sketch, b: Sketch, found: Resemblance, policy: NearPolicy) -> bool:
    shorter, longer = sorted((a.size, b.size))
    if shorter < policy.fewest:
        return False
    if found.jaccard >= (policy.short_jaccard if shorter < policy.short else policy.jaccard):
        return True
    enough = shorter >= policy.contained and shorter >= policy.contained_share * longer
    return enough and found.containment >= policy.containment


def choose_group(new: Sketch, candidates: Sequence[Candidate], policy: NearPolicy) -> Join:
    """Which group a new text joins; the order of the candidates makes no difference.

    The candidates should hold the first article of each group that another one is of. A group is open when one that is near
    is of it and none that is clearly unlike: the ends of a chain of versions do not meet. Standing groups come before a new
    one, the one with the most alike before others, the older one when they are equal.
    """
    nearby: dict[str, float] = {}
    closed: set[str] = set()
    standing: set[str] = set()
    best: dict[str, float] = defaultdict(float)
    for candidate in candidates:
        group = candidate.group or candidate.article
        found = resemblance(new, candidate.sketch)
        if candidate.group:
            standing.add(group)
        if found.jaccard < policy.apart:
            closed.add(group)
        if _alike(new, candidate.sketch, found, policy):
            nearby[candidate.article] = found.jaccard
            best[group] = max(best[group], found.jaccard)
    joined = min(
        (group for group in best if group not in closed),
        key=lambda group: (-best[group] if group in standing else 0.0, group),
        default=None,
    )
    return Join(group=joined, near=tuple(sorted(nearby)))


def same_story(a: Story, b: Story, policy: NearPolicy) -> bool:
    """Whether two articles of one outlet, whose texts are near, are the same one.

    Weather, markets, matches and daily columns are near and titled alike each day. So a second witness is needed, and one
    of the two must have all the numbers and names of the other. Texts with neither have nothing that could agree.
    """
    if abs(a.at - b.at) > policy.within or not _witnessed(a, b, policy):
        return False
    ours, theirs = _facts(a), _facts(b)
    return ours.cover(theirs) or theirs.cover(ours)


def _witnessed(a: Story, b: Story, policy: NearPolicy) -> bool:
    if a.canonical and b.canonical and normalize_url(a.canonical) == normalize_url(b.canonical):
        return True
    return bool(_tails(a.guids) & _tails(b.guids)) or title_share(a.title, b.title) >= policy.title


def _tails(guids: frozenset[str]) -> set[str]:
    """The ends of guids that can name one article: neither words nor short numbers."""
    found = {match[0].casefold() for guid in guids if (match := _TAIL.search(guid.strip().rstrip("/")))}
    return {tail for tail in found if len(tail) >= SHORTEST_NUMBER and any(letter.isdecimal() for letter in tail)}


@dataclass(frozen=True, slots=True)
class _Facts:
    """The numbers of a title and of a text, with how often each stands there, and the names of the text.

    Names are not taken from titles, some of which have a capital on each word. Nothing is left out as churn: a line of a
    table of temperatures looks like a counter.
    """

    titled: Counter[str]
    numbered: Counter[str]
    named: frozenset[str]

    def cover(self, others: _Facts) -> bool:
        """Whether all that the other article tells is told here; never when it tells nothing."""
        told = bool(others.numbered or others.named)
        return told and self.titled >= others.titled and self.numbered >= others.numbered and self.named >= others.named


def _facts(story: Story) -> _Facts:
    blocks = story.text.splitlines()
    return _Facts(titled=numbers([story.title]), numbered=numbers(blocks), named=frozenset(names(blocks)))
