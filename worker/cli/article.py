"""An article as a person reads it in a terminal."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from rich.padding import Padding
from rich.text import Text

from worker.cli.output import out
from worker.store.lives import RevisionLine

# A line that is longer is hard to read.
MEASURE = 88


def print_article(record: dict[str, Any]) -> None:
    """Title, byline, blocks, related articles, and where it is from."""
    width = min(MEASURE, out.width)
    out.print(Text(record["title"], style="bold"), width=width, soft_wrap=False)
    out.print(Text(byline(record), style="dim"), width=width, soft_wrap=False)
    if record["change"] != "new":
        out.print(Text(f"revision {record['revision']}: {record['change']}", style="yellow"))
    for block in record["blocks"]:
        out.print()
        out.print(_block(block), width=width, soft_wrap=False)
    related = [f"{item['title']}\n  {item['url']}" for item in record["related"]]
    if record["live_blog"]:
        related.append(f"liveblog\n  {record['live_blog']}")
    if related:
        out.print()
        out.print(Text("Related\n" + "\n".join(related), style="dim"), width=width, soft_wrap=False)
    out.print()
    out.print(Text("\n".join(_facts(record)), style="dim"), soft_wrap=True)


def byline(record: dict[str, Any]) -> str:
    """Who, where, when."""
    parts = [", ".join(record["authors"]), record["outlet"]["name"], record["section"] or "", _day(record)]
    return " · ".join(part for part in parts if part)


def _day(record: dict[str, Any]) -> str:
    at = record["published_at"]
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M} UTC" if at else "no date"


def _block(block: dict[str, Any]) -> Any:
    text = block["text"]
    match block["kind"]:
        case "heading":
            return Text(text, style="bold")
        case "list":
            return Text("\n".join(f"• {line}" for line in text.splitlines()))
        case "quote":
            return Padding(Text(text, style="italic"), (0, 0, 0, 4))
        case "image" | "embed":
            return Text(f"[{block['kind']}] {text}".strip(), style="dim")
    return Text(text)


def _facts(record: dict[str, Any]) -> list[str]:
    language = record["language"]["code"] if record["language"] else "language unknown"
    engine = record["extraction"]
    access = "" if record["access"]["value"] == "unknown" else f", {record['access']['value']}"
    return [
        record["url"] or "no address",
        f"{record['type']}, {language}{access}, read by {engine['engine']} (quality {engine['quality']:.2f})",
        f"id {record['id']}, revision {record['revision']}; --json shows all of it",
    ]


def print_diff(found: Sequence[RevisionLine]) -> None:
    """What the latest revision changed against the one before, line by line."""
    if len(found) < 2:  # noqa: PLR2004 - two are needed to differ
        out.print("there is one revision only", style="dim")
        return
    before, after = (orjson.loads(line.record) for line in found[-2:])
    lines = difflib.unified_diff(
        [before["title"], *before["text"].splitlines()],
        [after["title"], *after["text"].splitlines()],
        f"revision {before['revision']}, {found[-2].at:%Y-%m-%d %H:%M} UTC",
        f"revision {after['revision']}, {found[-1].at:%Y-%m-%d %H:%M} UTC: {after['change']}",
        lineterm="",
        n=1,
    )
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        out.print(Text(line, style=styles.get(line[:1], "")))
