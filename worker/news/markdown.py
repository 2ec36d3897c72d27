"""A record as Markdown (CommonMark with tables) under YAML front matter, as note-takers and site generators read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from worker.news.record import Block, BlockKind, Record

# What means something inside of a line (CommonMark 0.31, 6; `~` and `|` in its common extensions).
_MARKS = re.compile(r"[\\`*_\[\]<~|]|&(?=#?\w{1,40};)|!$")
# What means something where a line begins: headings, quotes, lists, rules (CommonMark 0.31, 4 and 5).
_BEGINNING = re.compile(r"([#+>=-]|\d{1,9}(?=[.)]))(?P<after>[.)]?)")
# What ends an address that is written without brackets, or begins something in it.
_BRACKETED = re.compile(r"[()<>\\\s*_\[\]`]")
_UNSAFE_IN_ADDRESS = re.compile(r"[<>\\]|&(?=#?\w{1,40};)")
# What JSON leaves as it is and YAML takes for the end of a line, or not at all (YAML 1.2, 5.1).
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
_LEVELS = range(2, 7)  # the first one is the title's
_CELLS_APART = " | "
_ESCAPED_BAR = " \\| "
_MOST_TRIES = 100


def article_markdown(record: Record) -> str:
    """A whole record: front matter, the title as the first heading, and the blocks."""
    parts = [_front_matter(record)]
    if record.title:
        parts.append(f"# {_escaped(record.title, heading=True)}\n")
    body = blocks_markdown(record.blocks)
    if body:
        parts.append(body)
    return "\n".join(parts)


def blocks_markdown(blocks: Sequence[Block]) -> str:
    """Blocks apart by an empty line; quotations that follow each other are one; an update's time stands before it."""
    parts: list[str] = []
    for at, update in updates_of(blocks):
        parts += [f"*{at:%Y-%m-%d %H:%M} UTC*"] if at else []
        groups = groupby(update, key=lambda block: block.kind is BlockKind.QUOTE)
        parts += [part for quoted, group in groups for part in ([_quotes(group)] if quoted else map(_block, group))]
    return "".join(f"{part}\n" for part in _apart(part for part in parts if part))


def updates_of(blocks: Sequence[Block]) -> Iterator[tuple[datetime | None, list[Block]]]:
    """The updates of a liveblog with their times: blocks of one time, up to the next heading that is as high as theirs.

    What is part of no update comes with None, as all blocks of other articles do.
    """
    run: list[Block] = []
    for block in blocks:
        first = run[0] if run else block
        heads = block.at is not None and block.kind is first.kind is BlockKind.HEADING
        if run and (block.at != first.at or (heads and (block.level or 0) <= (first.level or 0))):
            yield first.at, run
            run = []
        run.append(block)
    if run:
        yield run[0].at, run


def _apart(parts: Iterator[str]) -> Iterator[str]:
    """Parts with an empty line between them; between two lists a comment, or they would be one."""
    before = ""
    for part in parts:
        if before:
            yield "\n<!-- -->\n" if before.startswith("- ") and part.startswith("- ") else ""
        yield part
        before = part


def _block(block: Block) -> str:
    match block.kind:
        case BlockKind.HEADING:
            level = min(max(block.level or _LEVELS[0], _LEVELS[0]), _LEVELS[-1])
            return f"{'#' * level} {_linked(block, heading=True)}"
        case BlockKind.LIST:
            return "\n".join(f"- {_begun(line)}" for line in _linked(block).split("\n"))
        case BlockKind.TABLE:
            return _table(block)
        case BlockKind.IMAGE:
            return "\n\n".join(f"![{_escaped(block.text)}]({_address(link.href)})" for link in block.links)
        case BlockKind.EMBED:
            return "\n\n".join(f"[{_escaped(block.text or link.href)}]({_address(link.href)})" for link in block.links)
    return _begun(_linked(block))


def _quotes(blocks: Iterator[Block]) -> str:
    return "\n>\n".join(f"> {_begun(_linked(block))}" for block in blocks)


def _table(block: Block) -> str:
    """A table whose first row is its head, for Markdown knows no other; cells are apart by a bar in the text already."""
    rows = [line.split(_ESCAPED_BAR) for line in _linked(block).split("\n")]
    width = max(len(row) for row in rows)
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _linked(block: Block, *, heading: bool = False) -> str:
    """A block's text with its links where their words stand; each is looked for behind the one before it."""
    parts, at = [], 0
    for link in block.links:
        start = _place(block.text, link.text, at)
        if start < 0 or "\n" in link.text or (block.kind is BlockKind.TABLE and _CELLS_APART in link.text):
            continue
        parts.append(_escaped(block.text[at:start], heading=heading))
        parts.append(f"[{_escaped(link.text, heading=heading)}]({_address(link.href)})")
        at = start + len(link.text)
    parts.append(_escaped(block.text[at:], heading=heading))
    return "".join(parts)


def _place(text: str, words: str, at: int) -> int:
    """Where words stand in a text as words, else anywhere; -1 when nowhere."""
    if not words:
        return -1
    first = found = text.find(words, at)
    for _ in range(_MOST_TRIES):
        end = found + len(words)
        before = found > 0 and text[found - 1].isalnum() and words[0].isalnum()
        behind = text[end : end + 1].isalnum() and words[-1].isalnum()
        if found < 0 or not (before or behind):
            return found if found >= 0 else first
        found = text.find(words, found + 1)
    return first


def _escaped(text: str, *, heading: bool = False) -> str:
    marked = _MARKS.sub(r"\\\g<0>", text)
    return marked.replace("#", "\\#") if heading else marked


def _begun(line: str) -> str:
    """A line that begins nothing but a paragraph."""
    found = _BEGINNING.match(line)
    if not found:
        return line
    if found["after"] and found[1].isdigit():
        return f"{found[1]}\\{line[found.end(1) :]}"
    return line if found[1].isdigit() else f"\\{line}"


def _address(href: str) -> str:
    safe = _UNSAFE_IN_ADDRESS.sub(r"\\\g<0>", href).replace("|", "%7C").replace("\n", "%0A")
    return f"<{safe}>" if _BRACKETED.search(href) else safe


def _front_matter(record: Record) -> str:
    """What is known of the article, one field a line, each value as JSON, which YAML 1.2 reads as it is."""
    fields: dict[str, object] = {
        "title": record.title,
        "id": record.id,
        "revision": record.revision,
        "url": record.url,
        "outlet": record.outlet.name,
        "country": record.outlet.country,
        "language": record.language.code if record.language else None,
        "source": record.source,
        "type": record.type.value,
        "authors": list(record.authors),
        "section": record.section,
        "topics": list(record.topics),
        "summary": record.summary,
        "published": _time(record.published_at),
        "modified": _time(record.modified_at),
        "live_blog": record.live_blog,
        "related": [{"title": pointer.title, "url": pointer.url} for pointer in record.related],
    }
    lines = [f"{name}: {_yaml(value)}" for name, value in fields.items() if value not in (None, "", [])]
    return "\n".join(["---", *lines, "---", ""])


def _time(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _yaml(value: object) -> str:
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
