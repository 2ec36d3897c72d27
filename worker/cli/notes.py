"""Articles as a folder of Markdown files, one each, in a folder for each outlet; a later export updates them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from worker.news.markdown import article_markdown
from worker.news.record import Record
from worker.store.values import load

_WORD = re.compile(r"\w+")
# File systems take 255 bytes; a letter has up to four.
_LONGEST_SLUG = 120  # bytes
_TAIL = 12  # letters of an article's id: what two articles of one day and title differ in


def write_notes(folder: Path, records: Iterable[str]) -> None:
    """Write each record into `folder/<outlet>/<day>-<title>-<end of its id>.md`; what the article was called before goes."""
    for line in records:
        record = load(Record, line)
        home = folder / (_slug(record.outlet.id) or "outlet")
        home.mkdir(parents=True, exist_ok=True)
        tail = record.id.replace("-", "")[-_TAIL:]
        file = home / note_name(record, tail)
        for former in home.glob(f"*-{tail}.md"):
            if former != file:
                former.unlink()
        file.write_text(article_markdown(record), encoding="utf-8", newline="\n")


def note_name(record: Record, tail: str) -> str:
    """A name that sorts by day and can be read."""
    at = record.published_at or record.fetched_at
    parts = [f"{at:%Y-%m-%d}" if at else "undated", _slug(record.title), tail]
    return "-".join(part for part in parts if part) + ".md"


def _slug(text: str) -> str:
    slug = "-".join(_WORD.findall(text.casefold()))
    return slug.encode()[:_LONGEST_SLUG].decode(errors="ignore").strip("-")
