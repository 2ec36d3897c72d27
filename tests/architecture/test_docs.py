"""The documentation says what is: generated pages are current, links lead somewhere, the commands that it names exist."""

from __future__ import annotations

import re
import runpy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.architecture.source import ROOT
from worker.cli.main import app
from worker.news.record import Record
from worker.sinks.build import BUILT_IN, kind_of

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
MOST_LINES_OF_README = 150


def _generator() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))


def test_generated_pages_are_current() -> None:
    for file, text in _generator()["pages"]().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run `make docs`"


def test_every_field_of_the_record_is_described() -> None:
    described = _generator()["records"]()
    assert all(f"| `{name}` |" in described for name in Record.__dataclass_fields__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and not target.startswith(("http://", "https://"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


# In the transcript the commands were really typed, and their output speaks of itself.
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem != "first-five-minutes"], ids=lambda page: page.name
)
def test_the_commands_that_are_named_exist(page: Path) -> None:
    known: set[str] = set(getattr(get_command(app), "commands", {}))
    named = re.findall(r"(?:`|^|\s)copydesk ([a-z]+)", "\n".join(re.findall(r"`[^`]+`", page.read_text("utf-8"))))
    assert set(named) <= known


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_README


def test_every_decision_is_numbered() -> None:
    names = sorted(file.name for file in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize("kind", sorted(BUILT_IN))
def test_every_option_of_a_sink_stands_on_its_page(kind: str) -> None:
    page = (ROOT / "docs" / "sinks" / f"{kind}.md").read_text(encoding="utf-8")
    missing = [
        option.name for option in fields(kind_of(kind).options) if not re.search(rf"\b{option.name}(_file)?\b", page)
    ]
    assert missing == []
