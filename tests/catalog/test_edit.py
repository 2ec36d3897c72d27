"""Changes to the outlets' files keep what people wrote there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from worker.catalog.edit import add_outlet, note_verified
from worker.catalog.files import read_catalog
from worker.news.outlet import FeedKind, FeedSource, Outlet

FILE = """\
# Outlets of Portugal.
- id: paper
  name: "The Paper" # quoted
  country: PT
  language: pt
  homepage: https://paper.example/
  feeds:
    # The main one.
    - url: https://paper.example/feed
      known_from: its page
    - url: https://paper.example/sport
"""
FRESH = Outlet(
    id="fresh", name="Fresh", country="PT", language="pt", homepage="https://fresh.example/", enabled=True,
    feeds=(FeedSource(url="https://fresh.example/map", kind=FeedKind.SITEMAP, section="All", known_from="robots.txt"),),
)  # fmt: skip


def test_the_day_is_noted_beside_what_answered(tmp_path: Path) -> None:
    file = tmp_path / "pt.yaml"
    file.write_text(FILE, encoding="utf-8")
    assert (
        note_verified(tmp_path, {"https://paper.example/feed", "https://elsewhere.example/"}, date(2026, 11, 24)) == 1
    )
    after = file.read_text(encoding="utf-8")
    assert after == FILE.replace("known_from: its page\n", "known_from: its page\n      verified: 2026-11-24\n")
    (outlet,), mistakes = read_catalog(tmp_path)
    assert mistakes == []
    assert [feed.verified for feed in outlet.feeds] == ["2026-11-24", ""]


def test_the_day_is_written_out_beside_each_feed(tmp_path: Path) -> None:
    file = tmp_path / "pt.yaml"
    file.write_text(FILE, encoding="utf-8")
    both = {"https://paper.example/feed", "https://paper.example/sport"}
    assert note_verified(tmp_path, both, date(2026, 11, 24)) == 2
    assert file.read_text(encoding="utf-8").count("verified: 2026-11-24\n") == 2


def test_nothing_is_touched_when_nothing_answered(tmp_path: Path) -> None:
    file = tmp_path / "pt.yaml"
    file.write_text(FILE, encoding="utf-8")
    assert note_verified(tmp_path, set(), date(2026, 11, 24)) == 0
    assert file.read_text(encoding="utf-8") == FILE


def test_an_outlet_is_added_to_a_file_that_is_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "pt.yaml").write_text(FILE, encoding="utf-8")
    add_outlet(tmp_path / "pt.yaml", FRESH)
    add_outlet(tmp_path / "new.yaml", replace(FRESH, id="newer"))
    outlets, mistakes = read_catalog(tmp_path)
    assert mistakes == []
    assert [outlet.id for outlet in outlets] == ["newer", "paper", "fresh"]
    assert outlets[2] == FRESH
    assert "# The main one." in (tmp_path / "pt.yaml").read_text(encoding="utf-8")
