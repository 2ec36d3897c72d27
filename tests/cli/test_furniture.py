"""`copydesk outlets furniture`: what is left out of an outlet's articles, and having a line let in again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.cli.conftest import Command
from worker.clock import new_id
from worker.news.policy import FurniturePolicy
from worker.news.record import Line
from worker.store.database import open_database
from worker.store.furniture import count_lines

BOX = Line(
    hash=b"boxboxbo",
    sample="Our letter [daily]\nSign up here, and read it over breakfast, on the tram or wherever you are in the morning.",
)
STORY = Line(hash=b"storysto", sample="The bridge was closed in May.")


@pytest.fixture
def learnt(command: Command) -> Command:
    """The command over a database in which one outlet has one line of furniture."""
    command("migrate")
    database = open_database(command.database_url, new_id=new_id)
    with database.write() as c:
        for n in range(20):
            lines = [BOX, STORY] if n < 3 else [BOX]
            day = date(2026, 11, 1) + timedelta(days=n)
            count_lines(c, "paper", lines, day=day, policy=FurniturePolicy())
    database.close()
    return command


def test_the_lines_are_listed_with_what_is_known_of_them(learnt: Command) -> None:
    first, head, box, story = learnt("outlets", "furniture", "paper").out.splitlines()
    assert first == "paper: 20 articles counted, 1 line of furniture left out of new ones"
    assert head.split() == ["hash", "state", "articles", "days", "last", "met", "line"]
    assert box.split()[:5] == [BOX.hash.hex(), "furniture", "20", "20", "2026-11-20"]
    assert "Our letter [daily] / Sign up here, and read it" in box
    assert box.rstrip().endswith("…")
    assert story.split()[:3] == [STORY.hash.hex(), "counted", "3"]


def test_an_outlet_of_which_nothing_is_known_is_one_line(learnt: Command) -> None:
    said = learnt("outlets", "furniture", "other").out
    assert said == "other: 0 articles counted, 0 lines of furniture left out of new ones\n"


def test_programs_get_all_of_it(learnt: Command) -> None:
    other, paper = learnt("outlets", "furniture", "pt", "--json").json
    assert (other["outlet"], other["lines"]) == ("other", [])
    assert (paper["articles"], paper["lines"][0]["sample"]) == (20, BOX.sample)


def test_a_line_that_is_text_is_let_in_for_good(learnt: Command) -> None:
    said = learnt("outlets", "furniture", "paper", "--forget", BOX.hash.hex()).out
    assert said.startswith("paper: 20 articles counted, 0 lines of furniture")
    assert f"{BOX.hash.hex()} spared" in " ".join(said.split())


@pytest.mark.parametrize("word", ["beef", "nonsense", ""])
def test_a_line_that_there_is_not_is_said_so(learnt: Command, word: str) -> None:
    said = learnt.fails("outlets", "furniture", "paper", "--forget", word)
    assert said == f"paper has no line {word}; `copydesk outlets furniture paper` shows those that it has"


def test_a_line_belongs_to_one_outlet(learnt: Command) -> None:
    assert "name one outlet" in learnt.fails("outlets", "furniture", "pt", "--forget", BOX.hash.hex())
    assert learnt("outlets", "furniture", "paper", "--json").json[0]["lines"][0]["state"] == "furniture"
