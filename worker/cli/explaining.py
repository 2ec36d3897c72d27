"""`ingest --dry-run --explain`: which reader, rule or statement gave each field of a record, and what else was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LONGEST_VALUE = 70  # letters of a field that are shown
# The fields that have a source, as a person reads them: what a page is about first.
FIELDS = (
    *("title", "authors", "published_at", "modified_at", "section", "topics", "summary"),
    *("text", "images", "language", "type", "access", "canonical"),
)
UNSAID = "nobody said it"


def explanation(record: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Lines of (field, where it is from, what it is): the fields, then the readings of the text, then all dates that were found."""
    sources = record["extraction"]["sources"]
    for field in FIELDS:
        value = _value(record, field)
        yield field, sources.get(field) or (_own_source(record, field) if value else UNSAID), value
    for reading, score in sorted(record["extraction"]["scores"].items(), key=lambda pair: -pair[1]):
        taken = " (taken)" if reading in sources.get("text", "").replace(",", " ").split() else ""
        yield (
            "reading",
            f"{reading}{taken}",
            f"has {score:.2f} of what a second engine, or the article's text elsewhere, has",
        )
    for role, found in record["dates"].items():
        for dated in found:
            zone = ", zone assumed" if dated["tz_assumed"] else ""
            read = (
                f"{dated['value']} to the {dated['precision']}{zone}" if dated["value"] else "could not be a date of it"
            )
            yield role, dated["source"], f"{_short(dated['raw'])} → {read}"


def _own_source(record: dict[str, Any], field: str) -> str:
    """Of what carries its source with it."""
    match field:
        case "language":
            return str(record["language"]["source"])
        case "access":
            return str(record["access"]["evidence"] or UNSAID)
        case "published_at" | "modified_at":
            dated = record["dates"][field.removesuffix("_at")]
            return next((str(by["source"]) for by in dated if by["value"] == record[field]), UNSAID)
    return "feed" if field in {"title", "authors", "topics", "summary"} else "by default"


def _value(record: dict[str, Any], field: str) -> str:
    """A field in a few words; empty when there is none."""
    match field:
        case "text":
            return f"{len(record['text']):,} letters, {_short(record['text'])}" if record["text"] else ""
        case "images":
            return f"{len(record['images'])}, {_short(record['images'][0]['url'])}" if record["images"] else ""
        case "language":
            found = record["language"]
            return f"{found['code']} ({found['confidence']:.2f})" if found else ""
        case "access":
            return str(record["access"]["value"])
        case "canonical":
            return _short(record["urls"]["canonical"] or "")
    value = record[field]
    return _short(", ".join(value) if isinstance(value, list) else str(value or ""))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"
