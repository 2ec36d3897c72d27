"""Recorded pages whose truth is known, from a folder with `pages.jsonl` and `pages/`, and perhaps a recorded web in `demo/`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

INDEX = "pages.jsonl"


class NotSamples(ValueError):
    """A folder that is not in this form; its words say where."""


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


def samples(folder: Path) -> Iterator[Sample]:
    """All pages of a folder, one by one. Raises `NotSamples`."""
    if not (folder / INDEX).is_file():
        raise NotSamples(f"{folder} holds no {INDEX}")
    yield from page_samples(folder)
    if (folder / "demo/truth.json").is_file():
        yield from demo_samples(folder)


def page_samples(folder: Path) -> Iterator[Sample]:
    """The pages of `pages.jsonl`, one by one. Raises `NotSamples`."""
    with (folder / INDEX).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield _page(folder, json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
                raise NotSamples(f"{folder / INDEX}, line {number}: {type(error).__name__}: {error}") from error


def _page(folder: Path, page: Mapping[str, Any]) -> Sample:
    """The page of a line. Only `file` must be there; without `set` the folder below `pages/` names the set."""
    file = Path(page["file"])
    return Sample(
        name=_words(page.get("id")) or file.as_posix(),
        group=_words(page.get("set")) or (file.parts[1] if len(file.parts) > 2 else "pages"),
        url=_words(page.get("url")) or "",
        body=(folder / file).read_bytes(),
        content_type=_words(page.get("content_type")) or "text/html",
        is_article=page.get("is_article") is not False,
        text=_words(page.get("expected_text")),
        title=_words(page.get("expected_title")),
        date=_date(page.get("expected_date")),
        authors=_names(page.get("expected_authors")),
        language=_words(page.get("language")),
    )


def demo_samples(folder: Path) -> Iterator[Sample]:
    """The articles of a recorded web (`demo/truth.json`, `site.json`, `blobs/`). Raises `NotSamples`."""
    site = _read(folder / "demo/site.json", json.loads)
    for article in _read(folder / "demo/truth.json", json.loads)["articles"]:
        answers = site[article["url"].split("://", 1)[1]]
        answer = answers.get("1") or answers.get("2") or answers["*"]
        yield Sample(
            name=article["id"],
            group="demo",
            url=article["url"],
            body=_read(folder / "demo/blobs" / answer["blob"], bytes),
            content_type=answer["ctype"] or "",
            text=article["text"],
            title=article["title"],
            date=_date(article["date"]),
            authors=_names(article["authors"]),
        )


def _read(file: Path, as_: Callable[[bytes], Any]) -> Any:
    try:
        return as_(file.read_bytes())
    except (OSError, ValueError) as error:
        raise NotSamples(f"{file}: {error}") from error


def _words(stated: object) -> str | None:
    """A field that must be text; null, NaN and empty words say nothing."""
    return stated if isinstance(stated, str) and stated else None


def _date(stated: object) -> str | None:
    """A date that can be compared; one that is not in ISO 8601 is not known."""
    try:
        return datetime.fromisoformat(stated).isoformat() if isinstance(stated, str) else None
    except ValueError:
        return None


def _names(stated: object) -> Sequence[str] | None:
    given = [stated] if isinstance(stated, str) else stated
    return [name for name in given if _words(name)] if isinstance(given, list) else None
