"""`run --once`: what it says while it runs, and how long it waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
import typer

from tests.cli.conftest import Command
from tests.harness import START
from worker.cli.once import _progress, duration
from worker.clock import new_id
from worker.store.database import open_database
from worker.store.progress import Open, outlet_reports, waits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400), ("45", 45), ("0.5 m", 30), (" 3s ", 3)],
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["soon", "", "-5s", "10 weeks", "1h30m"])
def test_what_is_no_duration_says_what_one_is(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 90s, 10m or 2h"):
        duration(text)


def test_run_wants_to_be_told_that_it_is_one_round(command: Command) -> None:
    assert "for the service that goes on use `copydesk up`" in command.fails("run")


def test_the_progress_names_what_was_done_and_why_the_rest_waits(filled: Command) -> None:
    database = open_database(filled.database_url, new_id=new_id)
    line = _progress(database, Open(feeds=1, articles=1, deliveries=0), START, START + timedelta(seconds=10))
    reports = {report.outlet: report for report in outlet_reports(database, since=START)}
    assert waits(database) == {"there is no such page": 1}
    database.close()
    assert line == (
        "10 s: 2 feeds polled (1 failed), 3 of 4 articles done, 0.3/s; to do: 1 feed, 1 article, 0 deliveries; "
        "waiting: 1 there is no such page"
    )
    assert (reports["paper"].stored, reports["paper"].waiting, reports["paper"].waits) == (
        3,
        1,
        "1 there is no such page",
    )
    assert (reports["other"].feeds, reports["other"].failing) == (1, 1)
