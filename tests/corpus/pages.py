"""The pages of the corpus as values. Reads this folder and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
NON_ARTICLES = "non-articles"
LOOK_ALIKES = "look-alikes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One page, and what a reader should make of it."""

    id: str
    set: str
    # "dev" may be looked at while a rule is written; "test" only measures it.
    half: str
    kind: str
    # The family of its markup: none is in both halves.
    structure: str
    url: str
    language: str
    file: str
    is_article: bool
    content_type: str = "text/html; charset=utf-8"
    # Of pages that are no articles.
    expected_reason: str | None = None
    # Of articles. `access` is "free" or "paywalled"; the text's paragraphs are joined by a newline.
    access: str | None = None
    expected_text: str | None = None
    expected_title: str | None = None
    expected_authors: Sequence[str] = ()
    expected_date: str | None = None

    @property
    def path(self) -> Path:
        """Where the page lies."""
        return FOLDER / self.file

    @property
    def body(self) -> bytes:
        """The page as it came over the wire."""
        return self.path.read_bytes()

    @property
    def charset(self) -> str:
        """The charset that its content type names."""
        return self.content_type.rpartition("charset=")[2]


def cases(half: str | None = None, set_: str | None = None) -> tuple[Case, ...]:
    """All pages, or those of one half ("dev", "test") or one set (`NON_ARTICLES`, `LOOK_ALIKES`), in the file's order."""
    lines = (FOLDER / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    every = (Case(**json.loads(line)) for line in lines)
    return tuple(case for case in every if half in (None, case.half) and set_ in (None, case.set))
