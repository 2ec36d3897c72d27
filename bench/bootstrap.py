"""Whether one engine's texts are really better than another's on the same pages, or by chance: a paired bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.scoring import Overlap

RESAMPLES = 10_000
SEED = 20_261_201
# Resamples that are drawn at a time: memory does not grow with their number.
_AT_A_TIME = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """By how much the F1 of a set differs, the interval that holds 95 % of the resamples, and the two-sided p."""

    mean: float
    low: float
    high: float
    p: float


def paired_difference(
    ours: Sequence[Overlap], theirs: Sequence[Overlap], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Difference | None:
    """The set F1 of ours minus that of theirs (`set_f1`), over resamples of the pages; None for fewer than two pages.

    p is twice the smaller share of resamples in which one side is not ahead, the measured one counted among them
    (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 4.2).
    """
    pages = len(ours)
    if pages < 2:
        return None
    pairs = zip(ours, theirs, strict=True)
    columns = np.array([(a.precision, a.recall, b.precision, b.recall) for a, b in pairs], dtype=np.float64)
    chance, found = np.random.default_rng(seed), []
    for drawn in range(0, resamples, _AT_A_TIME):
        counts = chance.multinomial(pages, np.full(pages, 1 / pages), size=min(_AT_A_TIME, resamples - drawn))
        found.append(_difference(counts @ columns / pages))
    every = np.concatenate(found)
    # What is equal but for rounding is equal.
    behind, ahead = int((every <= 1e-12).sum()), int((every >= -1e-12).sum())
    low, high = np.quantile(every, (0.025, 0.975))
    return Difference(
        mean=float(_difference(columns.mean(axis=0, keepdims=True))[0]),
        low=float(low),
        high=float(high),
        p=min(1.0, 2 * (1 + min(behind, ahead)) / (1 + resamples)),
    )


def _difference(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """The F1 of the first two columns minus that of the last two, row by row."""
    return _f1(means[:, 0], means[:, 1]) - _f1(means[:, 2], means[:, 3])


def _f1(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    both = precision + recall
    return 2 * precision * recall / np.where(both, both, 1.0)
