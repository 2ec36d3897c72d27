"""Every bomb ends in a named outcome within little memory and time, and what is healthy beside it is read."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from tests.hostile.bodies import GROUPS, READ
from tests.hostile.cell import Alarm, Cell
from tests.hostile.mutants import SEEDS

MOST_MEGABYTES = 640
# Who takes longer is named at the end of the run.
SLOW_S = 5.0
_CASES = [pytest.param(group, name, id=f"{group}: {name}") for group, cases in GROUPS.items() for name in cases]
# Mutants of each group, by what one of them takes.
_FUZZ = {"feeds": 600, "sitemaps": 800, "json": 800, "opml": 800, "homes": 250, "pages": 150}


@pytest.mark.parametrize(("group", "name"), _CASES)
def test_a_hostile_body_ends_in_a_named_outcome(
    group: str, name: str, alarm: Alarm, cells: dict[str, Cell], report: Callable[[str], None]
) -> None:
    case = GROUPS[group][name]
    cell = cells.setdefault(group, Cell(alarm.trap))
    found = cell.ask(group=group, case=name)
    assert found["ended"] in case.ends
    assert found["unfit"] == []
    assert not found["canary"]
    assert alarm.heard() == []
    assert found["healthy"] >= case.healthy
    assert found["megabytes"] < MOST_MEGABYTES
    if case.truncated is not None:
        assert found["truncated"] == case.truncated
    if found["seconds"] > SLOW_S:
        report(f"hostile {group}: {name}: {found['seconds']:.1f} s, {found['megabytes']} MB")


@pytest.mark.parametrize("group", _FUZZ)
def test_a_mutant_ends_in_a_named_outcome(group: str, alarm: Alarm, cells: dict[str, Cell]) -> None:
    cell = cells.setdefault(group, Cell(alarm.trap))
    found = cell.ask(group=group, seed=1, count=_FUZZ[group])
    assert found.get("wrong") == [], found
    assert found["ends"].get(READ, 0) > 0, "some are still what they were"
    assert sum(found["ends"].values()) == _FUZZ[group]
    assert alarm.heard() == []


def test_every_kind_of_document_is_mutated() -> None:
    assert SEEDS.keys() == _FUZZ.keys() == GROUPS.keys()


def test_the_traps_tell_who_touches_them(alarm: Alarm) -> None:
    assert alarm.heard() == []
    alarm.trap.file.read_text(encoding="utf-8")
    socket.create_connection(("127.0.0.1", alarm.trap.port), timeout=5).close()
    assert alarm.heard() == ["a connection", "the file was opened"]


def test_a_cell_says_what_its_child_died_of(alarm: Alarm) -> None:
    cell = Cell(alarm.trap)
    found = cell.ask(group="no such group", case="none")
    assert found["ended"].endswith("ended with 1")
