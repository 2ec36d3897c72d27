"""Decision trees that were grown elsewhere, evaluated all at once; the only module that knows numpy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Forest:
    """Boosted trees for one yes or no: a row of numbers goes down each tree, and the leaves add up to a logit.

    Arrays are (trees, nodes): a node with feature -1 is a leaf; `left` and `right` name nodes of the same tree.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: NDArray[np.float32]
    depth: int
    width: int  # numbers in a row

    def weigh(self, rows: list[list[float]]) -> list[float]:
        """A number from 0 to 1 for each row. Raises `ValueError` when a row is of another length."""
        if not rows:
            return []
        given = np.asarray(rows, dtype=np.float32)
        if given.shape[1] != self.width:
            message = f"{given.shape[1]} numbers in a row, not {self.width}"
            raise ValueError(message)
        trees = np.arange(self.feature.shape[0])
        at = np.zeros((given.shape[0], trees.size), dtype=np.int16)
        lines = np.arange(given.shape[0])[:, None]
        for _ in range(self.depth):
            feature = self.feature[trees, at]
            goes_left = given[lines, feature] <= self.threshold[trees, at]
            at = np.where(feature < 0, at, np.where(goes_left, self.left[trees, at], self.right[trees, at]))
        logit = self.value[trees, at].sum(axis=1, dtype=np.float64)
        found: list[float] = (1 / (1 + np.exp(-logit))).tolist()
        return found


@cache
def forest_of(name: str) -> Forest:
    """The trees of a file beside this module, loaded once."""
    held = json.loads(files("worker.reading").joinpath(name).read_bytes())
    return Forest(
        feature=np.array(held["feature"], dtype=np.int16),
        threshold=np.array(held["threshold"], dtype=np.float32),
        left=np.array(held["left"], dtype=np.int16),
        right=np.array(held["right"], dtype=np.int16),
        value=np.array(held["value"], dtype=np.float32),
        depth=held["depth"],
        width=held["width"],
    )
