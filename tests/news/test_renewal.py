"""Entries that are announced again: what is a change, and when the article is visited then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.entry import Entry
from worker.news.renewal import says_otherwise, visit_at

ENTRY = Entry(
    url="https://a.pt/x", guid="g", title="Três feridos", summary="Há 3 feridos em Braga.", content="Um texto.\nE mais."
)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "now",
    [
        replace(ENTRY, title="Quatro feridos"),
        replace(ENTRY, summary="Há 4 feridos em Braga."),
        replace(ENTRY, content="Um texto.\nE menos."),
        replace(ENTRY, content="Um texto.\nE mais.\nE ainda mais."),
    ],
)
def test_another_title_summary_or_content_says_something_else(now: Entry) -> None:
    assert says_otherwise(ENTRY, now)


@pytest.mark.parametrize(
    "now",
    [
        ENTRY,
        replace(ENTRY, title="TRÊS FERIDOS"),
        replace(ENTRY, summary="Há 3 feridos em  Braga"),
        replace(ENTRY, content="Um texto.\nE mais.\n12 comments"),
        replace(ENTRY, content="Um texto. E mais."),
        replace(ENTRY, content=""),
        replace(ENTRY, url="https://a.pt/x?utm_source=rss", guid="other", topics=("a",), image="https://a.pt/i.jpg"),
        replace(ENTRY, published_at=NOON, modified_at=NOON, raw_date="noon"),
    ],
)
def test_looks_counters_dates_addresses_and_parts_left_out_say_nothing_else(now: Entry) -> None:
    assert not says_otherwise(ENTRY, now)
    assert not says_otherwise(now, ENTRY)


@given(st.text(), st.text(), st.text())
def test_an_entry_never_says_something_else_than_itself(title: str, summary: str, content: str) -> None:
    entry = Entry(title=title, summary=summary, content=content)
    assert not says_otherwise(entry, entry)


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_visit_comes_at_once_but_not_right_after_the_last_request(since: timedelta) -> None:
    wait = timedelta(minutes=5)
    at = visit_at(asked_at=NOON - since, now=NOON, wait=wait)
    assert at == max(NOON, NOON - since + wait)
    assert at - (NOON - since) >= wait
