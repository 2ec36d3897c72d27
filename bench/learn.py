"""Grow the trees by which `quality = "best"` judges lines, from pages whose text is known, and say how well they judge unseen ones.

    python -m bench.learn --data FOLDER [--write]

Needs lightgbm (`pip install -e '.[bench]'`). Each page gives two cases: the lines that the plain reading kept, and those that
were left of them by the rules; so the trees can't lean on rules that were written with these pages at hand. A line is the
article's when more than half of its 4-word shingles are in the expected text. Figures are of pages of outlets that the trees
have not seen: five folds by outlet. `--write` grows them from all pages and puts them where the reader finds them.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from bench.samples import Sample, samples
from bench.scoring import words
from worker.news.errors import CopydeskError
from worker.news.policy import ReadingPolicy
from worker.pipeline.ports import PageInput
from worker.reading.extractor import cases_of
from worker.reading.judge import MODEL, evidence, near_kept
from worker.reading.markup import read_markup
from worker.reading.metadata import read_metadata
from worker.reading.texts import known_of

_NOW = datetime(2026, 12, 1, tzinfo=UTC)
_POLICY = ReadingPolicy()
_FOLDS = 5
_ROUNDS = 250
_MOST_WORDS = 150  # of a line, by which it weighs
_GROWN = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "verbose": -1,
    "num_threads": 2,
    "seed": 1,
    "deterministic": True,
}


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """The lines of one case of a page: what is known of each, whether it is the article's, and how much it weighs."""

    outlet: int
    rows: Any
    right: Any
    weight: Any


def main(arguments: Sequence[str]) -> int:
    """Grow, judge, and write when asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    pages = [page for sample in samples(options.data) if sample.text for page in _pages(sample, sample.text)]
    kept, judged = _unseen(pages)
    print(
        f"{len(pages)} cases. Words of outlets that the trees have not seen, on the right side of the article's text:"
    )
    print(f"  by the reading alone {kept:.4f}, by the trees {judged:.4f}")
    if options.write:
        file = Path(__file__).parents[1] / "worker/reading" / MODEL
        file.write_text(
            json.dumps(as_arrays(_grown(pages).dump_model()), separators=(",", ":")) + "\n", encoding="utf-8"
        )
        print(f"{file.stat().st_size:,} bytes in {MODEL}")
    return 0


def _pages(sample: Sample, text: str) -> Iterator[Page]:
    page = PageInput(body=sample.body, url=sample.url, content_type=sample.content_type, language="")
    try:
        markup = read_markup(page.body, content_type=page.content_type, policy=_POLICY)
        metadata = read_metadata(markup.tree, markup.json_ld, page=page, ruled=None, policy=_POLICY, now=_NOW)
        cases = cases_of(markup.tree, markup.html, known=known_of(page, metadata))
    except CopydeskError:
        return
    expected = words(text.casefold())
    shingles, whole = {tuple(expected[at : at + 4]) for at in range(len(expected) - 3)}, f" {' '.join(expected)} "
    host = ".".join((urlsplit(sample.url).hostname or "").split(".")[-2:])
    for case in cases:
        near = near_kept(case)
        found = [words(case.lines[at].text.casefold()) for at in near]
        if near:
            right = np.array([_is_in(line, shingles, whole) for line in found])
            weight = np.array([min(len(line), _MOST_WORDS) + 1 for line in found]) / (len(expected) + 50)
            yield Page(zlib.crc32(host.encode()), np.array(evidence(case, near), dtype=np.float32), right, weight)


def _is_in(line: Sequence[str], shingles: set[tuple[str, ...]], whole: str) -> bool:
    if len(line) < 4:
        return bool(line) and f" {' '.join(line)} " in whole
    own = [tuple(line[at : at + 4]) for at in range(len(line) - 3)]
    return sum(shingle in shingles for shingle in own) > len(own) / 2


def _grown(pages: Sequence[Page]) -> Any:
    import lightgbm  # noqa: PLC0415 - only those who learn need it

    weight = np.concatenate([page.weight for page in pages])
    data = lightgbm.Dataset(
        np.vstack([page.rows for page in pages]),
        np.concatenate([page.right for page in pages]),
        weight=weight * len(weight) / weight.sum(),
    )
    return lightgbm.train(_GROWN, data, _ROUNDS)


def _unseen(pages: Sequence[Page]) -> tuple[float, float]:
    """The share of words that the reading, and the trees that have seen no page of its outlet, put on the right side."""
    kept = judged = every = 0.0
    for fold in range(_FOLDS):
        grown = _grown([page for page in pages if page.outlet % _FOLDS != fold])
        for page in pages:
            if page.outlet % _FOLDS == fold:
                kept += float((page.weight * ((page.rows[:, 0] > 0) == page.right)).sum())
                judged += float((page.weight * ((grown.predict(page.rows) > 0.5) == page.right)).sum())
                every += float(page.weight.sum())
    return kept / every, judged / every


def as_arrays(model: dict[str, Any]) -> dict[str, Any]:
    """A dumped model as the arrays that `worker.reading.forest` reads, one row a tree."""
    trees = [_flat(tree["tree_structure"]) for tree in model["tree_info"]]
    longest = max(len(nodes) for nodes, _ in trees)
    empty = (-1, 0.0, 0, 0, 0.0)
    columns = zip(
        *([*zip(*(nodes + [empty] * (longest - len(nodes))), strict=True)] for nodes, _ in trees), strict=True
    )
    names = ("feature", "threshold", "left", "right", "value")
    depth = max(depth for _, depth in trees)
    return {
        **{name: [list(row) for row in column] for name, column in zip(names, columns, strict=True)},
        "depth": depth,
        "width": model["max_feature_idx"] + 1,
    }


def _flat(root: dict[str, Any]) -> tuple[list[tuple[int, float, int, int, float]], int]:
    """The nodes of a tree, the root first, and its depth."""
    nodes: list[tuple[int, float, int, int, float]] = []
    deepest = 0

    def put(node: dict[str, Any], depth: int) -> int:
        nonlocal deepest
        deepest = max(deepest, depth)
        at = len(nodes)
        if "leaf_value" in node:
            nodes.append((-1, 0.0, 0, 0, round(node["leaf_value"], 5)))
            return at
        nodes.append((0, 0.0, 0, 0, 0.0))
        left, right = put(node["left_child"], depth + 1), put(node["right_child"], depth + 1)
        nodes[at] = (node["split_feature"], float(f"{node['threshold']:.6g}"), left, right, 0.0)
        return at

    put(root, 0)
    return nodes, deepest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
