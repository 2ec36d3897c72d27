"""Recorded pages whose truth is known, from a folder with `pages.jsonl` and `pages/`, and perhaps a recorded web in `demo/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A recorded page and what is known of it; None where nothing is. `group` is the set that it belongs to."""

    name: str
    group: str
    url: str
    body: bytes
    content_type: str = "text/html"
    is_article: bool = True
    text: str | None = None
    title: str | None = None
    date: str | None = None
    authors: Sequence[str] | None = None
    language: str | None = None


def page_samples(folder: Path) -> Iterator[Sample]:
    """The pages of `pages.jsonl`, one by one."""
    for line in (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines():
        page: Mapping[str, Any] = json.loads(line)
        yield Sample(
            name=page["id"],
            group=page["set"],
            url=page["url"],
            body=(folder / page["file"]).read_bytes(),
            content_type=page.get("content_type") or "text/html",
            is_article=page.get("is_article", True),
            text=page.get("expected_text"),
            title=page.get("expected_title"),
            date=page.get("expected_date"),
            authors=page.get("expected_authors"),
            language=page.get("language"),
        )


def demo_samples(folder: Path) -> Iterator[Sample]:
    """The articles of a recorded web (`demo/truth.json`, `site.json`, `blobs/`)."""
    site = json.loads((folder / "demo/site.json").read_bytes())
    for article in json.loads((folder / "demo/truth.json").read_bytes())["articles"]:
        answers = site[article["url"].split("://", 1)[1]]
        answer = answers.get("1") or answers.get("2") or answers["*"]
        yield Sample(
            name=article["id"],
            group="demo",
            url=article["url"],
            body=(folder / "demo/blobs" / answer["blob"]).read_bytes(),
            content_type=answer["ctype"] or "",
            text=article["text"],
            title=article["title"],
            date=article["date"],
            authors=article["authors"],
        )
