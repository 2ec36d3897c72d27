"""A story in the structure of a news site's page."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "layouts"
# A block of a story: its kind and what it says. Lists and tables are told apart by `|` and `;`.
Block = dict[str, str]
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def fill(layout: str, values: dict[str, str]) -> str:
    """A layout with its places filled; an unknown place is a mistake of ours. Raises `KeyError`."""
    return _PLACE.sub(lambda found: values[found[1]], _layout(layout))


@cache
def _layout(name: str) -> str:
    return (FOLDER / f"{name}.html").read_text(encoding="utf-8")


@cache
def _words() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "_words.yaml").read_text(encoding="utf-8"))
    return found


def words(language: str) -> dict[str, str]:
    """What stands around an article, in its language, as places of a layout."""
    return {f"word_{name}": html.escape(text) for name, text in _words()[language].items()}


def in_json(value: Any) -> str:
    """A value inside a script element: nothing in it can end the script."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def body(blocks: list[Block], *, origin: str, also: str) -> str:
    """The blocks of a story as HTML. `also` is what stands before the link to another story."""
    return "\n".join(_block(kind, text, origin, also) for block in blocks for kind, text in block.items())


def _block(kind: str, text: str, origin: str, also: str) -> str:
    match kind:
        case "p":
            return f"<p>{_inline(text, origin)}</p>"
        case "h2":
            return f"<h2>{html.escape(text)}</h2>"
        case "quote":
            return f"<blockquote><p>{html.escape(text)}</p></blockquote>"
        case "list":
            return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in _split(text, "|")) + "</ul>"
        case "table":
            rows = "".join(
                "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _split(row, "|")) + "</tr>"
                for row in _split(text, ";")
            )
            return f'<table class="figures" border="1">{rows}</table>'
        case "also" | "live":
            title, _, slug = text.partition(" -> ")
            before = f"{also}: " if kind == "also" else ""
            return f'<p class="inline-link">{before}<a href="{origin}/{slug}">{html.escape(title)}</a></p>'
        case "embed":
            return f'<figure class="wp-block-embed"><iframe src="{text}" title="video"></iframe></figure>'
        case "captions":
            return "\n".join(
                f'<figure><img src="{origin}/picture-{n}.jpg" alt=""><figcaption>{html.escape(caption)}</figcaption></figure>'
                for n, caption in enumerate(_split(text, "|"), 1)
            )
    message = f"there is no block of the kind {kind!r}"
    raise ValueError(message)


def _split(text: str, mark: str) -> list[str]:
    return [part.strip() for part in text.split(mark)]


def _inline(text: str, origin: str) -> str:
    """A paragraph's text with its `[links](slug)`."""
    return _LINK.sub(lambda found: f'<a href="{origin}/{found[2]}">{found[1]}</a>', html.escape(text, quote=False))
