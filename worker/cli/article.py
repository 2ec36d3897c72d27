"""An article as a person reads it in a terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from rich.padding import Padding
from rich.text import Text

from worker.cli.output import counted, out
from worker.news.differences import Difference, DifferenceKind, Fate, differences
from worker.news.markdown import updates_of
from worker.news.record import Block, BlockKind, Change
from worker.store.lives import RevisionLine

# A line that is longer is hard to read.
MEASURE = 88
_COLOURS = {Fate.REMOVED: "red", Fate.ADDED: "green"}
_MARKS = {Fate.REMOVED: Text("-", "red"), Fate.ADDED: Text("+", "green")}
# Revisions that change no text, in words.
_WITHOUT_TEXT: dict[str, str] = {
    Change.MERGED: "merged: this article turned out to be {}",
    Change.WITHDRAWN: "withdrawn: its text was taken out",
    Change.GONE: "gone: the outlet took its page down",
}


def print_article(record: dict[str, Any]) -> None:
    """Title, byline, blocks, related articles, and where it is from."""
    width = min(MEASURE, out.width)
    out.print(Text(record["title"], style="bold"), width=width, soft_wrap=False)
    out.print(Text(byline(record), style="dim"), width=width, soft_wrap=False)
    if record["change"] != "new":
        out.print(Text(f"revision {record['revision']}: {record['change']}", style="yellow"))
    for at, update in updates_of([_as_block(block) for block in record["blocks"]]):
        if at:
            out.print()
            out.print(Text(f"{at:%Y-%m-%d %H:%M} UTC", style="cyan"))
        for n, block in enumerate(update):
            if n or not at:
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


def _as_block(block: dict[str, Any]) -> Block:
    """A block of a record; records that are older than the times of updates have none."""
    at = block.get("at")
    kind, when = BlockKind(block["kind"]), datetime.fromisoformat(at) if at else None
    return Block(kind=kind, text=block["text"], level=block["level"], at=when)


def _block(block: Block) -> Any:
    match block.kind:
        case BlockKind.HEADING:
            return Text(block.text, style="bold")
        case BlockKind.LIST:
            return Text("\n".join(f"• {line}" for line in block.text.splitlines()))
        case BlockKind.QUOTE:
            return Padding(Text(block.text, style="italic"), (0, 0, 0, 4))
        case BlockKind.IMAGE | BlockKind.EMBED:
            return Text(f"[{block.kind}] {block.text}".strip(), style="dim")
    return Text(block.text)


def _facts(record: dict[str, Any]) -> list[str]:
    language = record["language"]["code"] if record["language"] else "language unknown"
    engine = record["extraction"]
    access = "" if record["access"]["value"] == "unknown" else f", {record['access']['value']}"
    return [
        record["url"] or "no address",
        f"{record['type']}, {language}{access}, read by {engine['engine']} (quality {engine['quality']:.2f})",
        f"id {record['id']}, revision {record['revision']}; --json shows all of it",
    ]


def print_diff(found: Sequence[RevisionLine], n: int | None = None) -> None:
    """What a revision (by default the latest) changed against the one before, block by block, as a person reads it."""
    at = len(found) - 1 if n is None else next((at for at, line in enumerate(found) if line.n == n), None)
    if at is None:
        out.print(f"there is no revision {n}; the latest is {found[-1].n}", style="dim")
        return
    if not at:
        one = len(found) == 1
        words = "there is one revision only" if one else f"revision {found[0].n} is the first: it changed nothing"
        out.print(words, style="dim")
        return
    line, after = found[at], orjson.loads(found[at].record)
    what = _WITHOUT_TEXT.get(line.change, "").format(after.get("merged_into"))
    out.print(Text(f"revision {line.n}, {line.at:%Y-%m-%d %H:%M} UTC: {what or line.change}", style="bold"))
    if not what:
        _print_differences(_differences_at(found, at))


def diff_of(found: Sequence[RevisionLine], n: int | None = None) -> dict[str, Any]:
    """What a revision that is there (by default the latest) changed, for programs; nothing when it is the first."""
    at = len(found) - 1 if n is None else next(at for at, line in enumerate(found) if line.n == n)
    line = found[at]
    changed = [dataclasses.asdict(one) for one in _differences_at(found, at)]
    return {"revision": line.n, "at": line.at, "change": line.change, "differences": changed}


def _differences_at(found: Sequence[RevisionLine], at: int) -> Sequence[Difference]:
    """Against the last state before that had a text."""
    before = next((one for one in reversed(found[:at]) if one.change not in _WITHOUT_TEXT), None)
    if before is None or found[at].change in _WITHOUT_TEXT:
        return ()
    old, new = orjson.loads(before.record), orjson.loads(found[at].record)
    return differences(old["title"], old["text"], new["title"], new["text"])


def _print_differences(found: Sequence[Difference]) -> None:
    if not found:
        out.print("its title and text read as before", style="dim")
    for difference in found:
        out.print()
        for mark, text in _rows(difference):
            for n, line in enumerate(text.wrap(out, min(MEASURE, out.width) - 2)):
                line.rstrip()
                out.print(Text.assemble(Text(" ") if n else mark, " ", line), soft_wrap=True)


def _rows(difference: Difference) -> Iterator[tuple[Text, Text]]:
    """The lines of a difference, each with the mark that stands before it."""
    match difference.kind:
        case DifferenceKind.UNCHANGED:
            yield Text(" "), Text(f"… {counted(difference.blocks, 'paragraph')} unchanged …", style="dim")
        case DifferenceKind.CHANGED:
            yield Text(" "), Text(" ").join(_words(words.text, words.fate) for words in difference.words)
        case DifferenceKind.TITLE:
            yield Text(" "), Text("title", style="dim")
            yield from (
                (_MARKS[words.fate], Text(words.text, f"bold {_COLOURS[words.fate]}")) for words in difference.words
            )
        case DifferenceKind.ADDED | DifferenceKind.REMOVED:
            yield from ((_MARKS[words.fate], Text(words.text, _COLOURS[words.fate])) for words in difference.words)


def _words(text: str, fate: Fate) -> Text:
    """Words of a paragraph: struck and red or green, or between marks where there are no colours."""
    if fate is Fate.KEPT:
        return Text(text)
    if out.color_system is None or out.no_color:
        return Text(f"[-{text}-]" if fate is Fate.REMOVED else f"{{+{text}+}}")
    return Text(text, f"strike {_COLOURS[fate]}" if fate is Fate.REMOVED else _COLOURS[fate])
