"""A sketch of a text, by which its near duplicates are found and compared. The only module that knows rensa.

Sketches stay in the database for days: whoever changes what is made here has old and new texts miss each other for so long.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from rensa import RMinHash  # type: ignore[import-untyped]

from worker.news.content import normalize_text
from worker.news.near import BAND_BYTES, Sketch
from worker.news.policy import NearPolicy

# Two texts share a band of two rows with a chance of jaccard²: one of 16 at 0.5 in 99 % of all cases, at 0.35 in 88 %.
BANDS = 16
ROWS = 2
# A short text within a long one shares no such band. So what stands at the lowest hashes are keys too: of those of the whole, a
# part has as large a share as it is large. They are twice as long as a shingle, and hardly in texts that are no copies.
PLACES = 24
# Hashes that are kept: of 512, a share of one half is known to about 0.02 (standard error).
SAMPLE = 512
# Of the 64 of a hash. The rest tells the shingles of a text apart, and numbers that small are sorted in half the time.
_UNUSED_BITS = 34
_SEED = 20240229
# Letters of one shingle where words stand without blanks; about as telling as three words.
_WORDS = 3
_LETTERS = 6
# Scripts without blanks between words: Thai and Lao, Burmese, Khmer, kana, Han.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# A text is in such a script when this share of its signs is; names and numbers are in Latin.
_UNSPACED_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class MinHashSketcher:
    """Sketches by MinHash over shingles of the normalized text: three words, or six letters where words have no blanks."""

    policy: NearPolicy = NearPolicy()

    def sketch(self, text: str) -> Sketch | None:
        """The sketch of a text, the same in every process; None for one that is too short to be a copy of anything."""
        normal = normalize_text(text)
        if _is_unspaced(normal):
            return _sketch(normal.replace(" ", ""), _LETTERS, "", 2 * self.policy.fewest)
        return _sketch(normal.split(), _WORDS, " ", self.policy.fewest)


def _is_unspaced(normal: str) -> bool:
    return not normal.isascii() and len(_UNSPACED.findall(normal)) >= _UNSPACED_SHARE * len(normal)


def _sketch(units: Sequence[str], width: int, between: str, fewest: int) -> Sketch | None:
    shingles = list(map(between.join, zip(*(units[i:] for i in range(width)), strict=False)))
    if len(shingles) < fewest:
        return None
    hashes = [hash_ >> _UNUSED_BITS for hash_ in RMinHash.hash_token_sets([shingles])[0]]
    # Where each shingle stands first.
    places = dict(zip(reversed(hashes), range(len(hashes) - 1, -1, -1), strict=True))
    lowest = sorted(places)
    if len(lowest) < fewest:
        return None
    starts = [places[hash_] for hash_ in lowest[:PLACES]]
    keys = [f"place {between.join(units[start : start + 2 * width])}" for start in starts]
    sample = lowest[:SAMPLE]
    return Sketch(
        bands=tuple(dict.fromkeys(map(_key, [*_bands(shingles), *keys]))),
        size=len(lowest),
        sample=struct.pack(f"<{len(sample)}I", *sample),
    )


def _bands(shingles: list[str]) -> list[str]:
    hashed = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    hashed.update(shingles)
    digest = hashed.digest()
    return [f"band {i} {digest[i * ROWS : (i + 1) * ROWS]}" for i in range(BANDS)]


def _key(told: str) -> bytes:
    return blake2b(told.encode(), digest_size=BAND_BYTES).digest()
