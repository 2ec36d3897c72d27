"""Articles of which each two are known to be copies or not, from a file `dups/helsinki.json` or one of the same form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "dups/helsinki.json"
COPIES = frozenset({"dup", "contained"})
_LABELS = COPIES | {"ambiguous"}

Pair = frozenset[str]


class NotPairs(ValueError):
    """A file that is not in this form; its words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """An article."""

    id: str
    publisher: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The articles in the order of their time, and the labels of pairs; one without a label is no copy."""

    docs: tuple[Doc, ...]
    labels: Mapping[Pair, str]

    def of(self, publishers: frozenset[str]) -> Data:
        """The articles of some publishers only, and the pairs among them."""
        docs = tuple(doc for doc in self.docs if doc.publisher in publishers)
        ids = {doc.id for doc in docs}
        return Data(docs=docs, labels={pair: label for pair, label in self.labels.items() if pair <= ids})

    def copies(self) -> set[Pair]:
        """The pairs that are to be found."""
        return {pair for pair, label in self.labels.items() if label in COPIES}


def read(place: Path) -> Data:
    """The articles and labels of a file, or of the one in a folder. Raises `NotPairs`."""
    file = place if place.is_file() else place / FILE
    if not file.is_file():
        raise NotPairs(f"{place} holds no {FILE}")
    try:
        told = json.loads(file.read_bytes())
        docs = sorted(map(_doc, told["docs"]), key=lambda doc: (doc.at, doc.id))
        # Ids are in the order of time, as those of the service are.
        ids = {doc.id: f"{place:05} {doc.id}" for place, doc in enumerate(docs, 1)}
        labels = {frozenset((ids[a], ids[b])): label for a, b, _, _, label in told["pairs"]}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise NotPairs(f"{file}: {type(error).__name__}: {error}") from error
    if not docs or len(ids) < len(docs):
        raise NotPairs(f"{file}: {'an id stands there twice' if docs else 'no article'}")
    for pair, label in labels.items():
        if len(pair) < 2 or label not in _LABELS:
            raise NotPairs(f"{file}: {label!r} is no label of {' and '.join(sorted(pair))}")
    return Data(docs=tuple(replace(doc, id=ids[doc.id]) for doc in docs), labels=labels)


def _doc(told: Mapping[str, Any]) -> Doc:
    at = datetime.fromisoformat(told["scrape_time"])
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Doc(id=str(told["id"]), publisher=str(told["publisher"]), at=aware, text=str(told["text"]))
