"""Changes to the outlets' files that keep what people wrote there: comments, order, quotation marks."""

from __future__ import annotations

import io
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from worker.durable import write_durably
from worker.news.outlet import Outlet


def note_verified(folder: Path, answered: Collection[str], day: date) -> int:
    """Write the day beside each feed that answered, by its address. Returns how many were noted."""
    noted = 0
    for file in sorted(folder.glob("*.yaml")):
        outlets = _read(file)
        found = [feed for outlet in outlets for feed in outlet["feeds"] if feed["url"] in answered]
        for feed in found:
            feed["verified"] = day
        if found:
            _write(file, outlets)
        noted += len(found)
    return noted


def add_outlet(file: Path, outlet: Outlet) -> None:
    """Append an outlet to a file, which is made when it is not there."""
    outlets = _read(file) if file.exists() else []
    outlets.append(as_entry(outlet))
    _write(file, outlets)


def as_entry(outlet: Outlet) -> dict[str, Any]:
    """An outlet as a file names it."""
    feeds = [
        {
            "url": feed.url,
            **({} if feed.kind == "feed" else {"kind": str(feed.kind)}),
            **({"section": feed.section} if feed.section else {}),
            **({"known_from": feed.known_from} if feed.known_from else {}),
        }
        for feed in outlet.feeds
    ]
    return {
        "id": outlet.id,
        "name": outlet.name,
        "country": outlet.country,
        "language": outlet.language,
        "homepage": outlet.homepage,
        **({"enabled": True} if outlet.enabled else {}),
        "feeds": feeds,
    }


def _yaml() -> YAML:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    yaml.width = 200
    # The same day beside two feeds is written out twice, not as a reference to the first.
    yaml.representer.ignore_aliases = lambda _: True
    return yaml


def _read(file: Path) -> Any:
    return _yaml().load(file.read_text(encoding="utf-8")) or []


def _write(file: Path, outlets: Any) -> None:
    text = io.StringIO()
    _yaml().dump(outlets, text)
    # The library sets the outer list in as it does the inner ones, but not the comments; ours stands at the margin.
    lines = text.getvalue().splitlines(keepends=True)
    lines = [line if line.lstrip().startswith("#") else line.removeprefix("  ") for line in lines]
    write_durably(file, ["".join(lines).encode()])
