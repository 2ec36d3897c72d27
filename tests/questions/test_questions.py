"""Twenty questions of an operator: the decisive words of each answer; and the page that shows them is what the command prints."""

from __future__ import annotations

import runpy

from tests.architecture.source import ROOT
from tests.questions.newsroom import WIDTH
from tests.questions.scenes import QUESTIONS, answer

FIRST = "019eb4a0-0000-7000-8000-000000000001"
SECOND = "019eb4a0-0000-7000-8000-000000000002"


def test_why_is_it_late() -> None:
    said = answer("late").text
    assert "due for fetch since 12:00:00 UTC: 3 of paper.example go first" in said
    assert "paper.example is asked again at 12:01:00 UTC" in said


def test_who_has_it_now() -> None:
    assert "in fetch since 12:00:02 UTC, held by a worker until 12:02:02 UTC at the latest" in answer("held").text


def test_when_is_it_tried_next() -> None:
    said = answer("next").text
    assert said.endswith("now: waiting: next fetch 13:00:02 UTC; 1 try so far; there is no such page (HTTP 404)")


def test_why_was_it_dropped() -> None:
    said = answer("dropped").text
    assert "2026-11-24 13:00:02 fetch: dropped: there is no such page (HTTP 404)" in said
    assert said.endswith("now: dropped: there is no such page (HTTP 404)")


def test_what_did_the_sink_say() -> None:
    said = answer("sink").text
    assert "files: revision 1 waits: tried again at 12:07:56 UTC; last time (tried 6 times)" in said
    assert "the sink refused the record (as scripted)" in said


def test_which_of_two_won_and_why() -> None:
    (_, by_address), (_, loser) = answer("twin").typed
    said = " ".join(by_address.split())
    assert f"this address came with {SECOND}, which turned out to be this article" in said
    assert f"2026-11-24 12:05:02 {SECOND} turned out to be this article: the same text" in said
    assert f"https://paper.example/news/ferry-again: announced by a feed; came with {SECOND}" in said
    assert f"again-1124 (guid at paper): its guid in a feed; came with {SECOND}" in said
    assert f"now: duplicate of {FIRST}, since 12:05:02 UTC: the same text" in " ".join(loser.split())


def test_what_changed() -> None:
    said = answer("changed").text
    assert "2026-11-24 12:30:00 revision 2: correction" in said
    assert "revision 2, 2026-11-24 12:30 UTC: correction" in said
    assert "+ Correction: the ferry is back since Monday, not since Sunday." in said


def test_did_the_outlet_take_it_down() -> None:
    said = answer("taken-down").text
    assert "the outlet took the page down (HTTP 410)" in said
    assert "last visit: gone, 13:30:00 UTC" in said


def test_was_it_ever_announced() -> None:
    said = answer("announced").text
    assert "outlet paper (The Paper) is enabled: the site of its homepage" in said
    assert "it was read all the time, and did not hold this address" in said
    assert "was never met: its feeds were read, and did not announce it under this address" in said


def test_could_a_poll_have_missed_it() -> None:
    said = answer("missed").text
    assert (
        "2026-11-24 12:05:00 UTC a gap: nothing in it was known; it was read before at 2026-11-24 12:00:00 UTC" in said
    )
    assert "was never met: a poll may have missed it" in said
    assert "`copydesk ingest https://paper.example/2026/11/24/lighthouse` takes it in" in said


def test_why_has_it_no_text() -> None:
    said = answer("textless").text
    assert "extract: dropped: no article text was found" in said


def test_why_did_it_come_twice() -> None:
    said = answer("twice").text
    assert f"article {FIRST} of paper, found by its guid at paper" in said
    assert f"article {SECOND} of times, found by its guid at times" in said


def test_which_feed_brought_it() -> None:
    said = answer("feed").text
    first, second = said.index("12:00:00 announced by https://paper.example/feed"), said.index("12:05:00 announced by")
    assert first < second
    assert (
        "https://paper.example/sports/rss as https://paper.example/ferry?utm_source=sports, guid sports/88121" in said
    )


def test_how_often_was_it_asked_for() -> None:
    said = answer("asked").text
    assert "runs so far: fetch 4, extract 4" in said
    assert "next visit 2026-11-25 12:00:00 UTC, 24 h after it was discovered" in said


def test_is_the_host_paused() -> None:
    said = answer("paused").text
    assert "fetch waits for paper.example until 12:00:47 UTC: the host asked for fewer requests" in said


def test_did_the_correction_reach_the_sinks() -> None:
    said = answer("reached").text
    assert "revision 1 to files: delivered" in said
    assert "files: revision 2 waits until 12:33:54 UTC: the sink can't be reached (as scripted)" in said


def test_what_is_it_grouped_with() -> None:
    said = answer("grouped").text
    assert "grouped with 1 article: times: No ferry today (https://times.example/ferry)" in said


def test_why_was_it_not_fetched() -> None:
    assert answer("robots").text.endswith("now: dropped: robots.txt forbids it")


def test_who_took_it_out() -> None:
    said = answer("withdrawn").text
    assert said.endswith("it was taken down here, and does not come back (a court order, file 12/26)")


def test_how_many_of_yesterday_s_are_accounted_for() -> None:
    (_, both), (_, times) = answer("accounted").typed
    rows = {line.split()[0]: line.split() for line in both.splitlines()}
    assert rows["all"] == ["all", "9", "5", "56", "%", "1", "11", "%", "2", "22", "%", "0", "0", "%", "1", "11", "%"]
    assert "no_text: no article text was found" in both
    assert "compared with the articles themselves: 2026-11-25 04:00 UTC" in both
    assert [line.split()[:2] for line in times.splitlines() if line.startswith("2026")] == [
        ["2026-11-24", "2"],
        ["2026-11-25", "1"],
    ]


def test_there_is_a_test_of_every_question() -> None:
    tests = [name for name in globals() if name.startswith("test_")]
    assert len(QUESTIONS) == 20
    assert len(tests) == len(QUESTIONS) + 3


def test_no_line_is_wider_than_the_console_but_for_the_one_that_programs_read() -> None:
    lines = [line for each in QUESTIONS for _, output in answer(each.key).typed for line in output.splitlines()]
    # An error is one line, however long.
    assert [line for line in lines if len(line) > WIDTH and "was never met" not in line] == []


def test_the_page_of_the_documentation_is_what_the_command_prints() -> None:
    written = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    program = runpy.run_path(str(ROOT / "docs" / "questions.py"))
    assert program["page"]() == written, "run `python docs/questions.py`"
