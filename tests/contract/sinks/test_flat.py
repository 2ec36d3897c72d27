"""A record as a row."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from tests.contract.sinks.parcels import ODD, new_article, record
from worker.news.record import Change, Extraction, Language, OutletRef, Record
from worker.sinks.flat import COLUMNS, flat
from worker.store.values import dump

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_record_is_a_row_of_its_main_fields_in_the_order_of_the_columns() -> None:
    article, first, whole = new_article(), new_article(), new_article()
    said = record(
        article,
        3,
        change="merged",
        merged_into=whole,
        group={"id": first},
        title=ODD,
        section="Economia",
        topics=["a", ODD],
        modified_at="2026-11-24T13:00:00+01:00",
    )
    row = flat(json.dumps(said))
    assert list(row) == list(COLUMNS)
    assert row == {
        "id": article,
        "revision": 3,
        "change": "merged",
        "merged_into": whole,
        "url": f"https://paper.example/{article}",
        "outlet": "paper",
        "country": "PT",
        "language": "pt",
        "type": "article",
        "access": "free",
        "title": ODD,
        "summary": "",
        "section": "Economia",
        "authors": ["Ana Reis"],
        "topics": ["a", ODD],
        "published_at": NOON,
        "modified_at": NOON,
        "fetched_at": datetime(2026, 11, 24, 12, 1, 2, 345678, UTC),
        "group_id": first,
        "content_hash": "00ff",
        "text": "A text.",
    }


def test_a_record_with_nothing_but_what_it_must_have_has_nulls_and_empty_lists() -> None:
    bare = Record(
        id=new_article(),
        revision=1,
        change=Change.NEW,
        url=None,
        outlet=OutletRef(id="paper", name="The Paper", country="PT", language="pt-PT"),
        title="A title",
        text="",
        extraction=Extraction(engine="none", version="", quality=0.0),
    )
    row = flat(dump(bare))
    nulls = {name for name, value in row.items() if value is None}
    assert nulls == {
        *("merged_into", "url", "language", "section", "published_at", "modified_at", "fetched_at", "group_id"),
        "content_hash",
    }
    assert (row["authors"], row["topics"], row["access"], row["summary"]) == ([], [], "unknown", "")


def test_what_the_service_files_is_a_record() -> None:
    filed = Record(
        id=new_article(),
        revision=1,
        change=Change.NEW,
        url="https://paper.example/1",
        outlet=OutletRef(id="paper", name="The Paper", country="PT", language="pt-PT"),
        title=ODD,
        text=ODD,
        language=Language(code="pt-PT", source="text", confidence=0.5),
        published_at=NOON,
        extraction=Extraction(engine="feed", version="1", quality=1.0),
    )
    row = flat(dump(filed))
    assert (row["title"], row["text"], row["language"], row["published_at"]) == (ODD, ODD, "pt-PT", NOON)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'"a"', b"[]", b"null", b"7", b"{}"])
def test_what_is_no_record_at_all_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it is no record: |line \d+ column \d+"):
        flat(body)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id", None, "id is null"),
        ("id", 5, "id: a text is wanted, not int"),
        ("title", ["a"], "title: a text is wanted, not list"),
        ("revision", True, "revision: a whole number is wanted, not bool"),
        ("revision", "1", "revision: a whole number is wanted, not str"),
        ("authors", "Ana Reis", "authors: a list is wanted, not str"),
        ("topics", ["a", None], "topics: a text is wanted, not NoneType"),
        ("published_at", "yesterday", "published_at: Invalid isoformat string: 'yesterday'"),
        ("published_at", 1764000000, "published_at: a text is wanted, not int"),
        ("fetched_at", "2026-11-24T12:00:00", "fetched_at: a time with its zone is wanted"),
        ("outlet", None, "outlet: an object is wanted, not NoneType"),
        ("outlet", {"country": "PT"}, "it has no id"),
        ("access", "free", "access: an object is wanted, not str"),
        ("language", "pt", "language: an object is wanted, not str"),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(field: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=f"^it is no record: {re.escape(words)}$"):
        flat(json.dumps({**record(new_article(), 1), field: value}))


@pytest.mark.parametrize("field", ["url", "access", "text", "outlet", "topics", "fetched_at"])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    said = record(new_article(), 1)
    del said[field]
    with pytest.raises(ValueError, match=f"it has no {field}$"):
        flat(json.dumps(said))
