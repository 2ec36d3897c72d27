"""What an answer about a page means for its article."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.pages import (
    Drop,
    Read,
    TryAgain,
    Unchanged,
    UseFeedText,
    looks_like_html,
    too_long_unreachable,
    verdict,
)
from worker.news.policy import ArticlePolicy
from worker.news.reason import Reason

POLICY = ArticlePolicy()
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("status", [200, 202, 203, 206, 299])
def test_a_body_is_read(status: int) -> None:
    assert verdict(status, 0, POLICY) == Read()


@pytest.mark.parametrize("status", [204, 205])
def test_an_answer_that_never_has_a_body_is_an_empty_one(status: int) -> None:
    assert verdict(status, 0, POLICY) == Drop(Reason.EMPTY_BODY)


def test_not_modified_is_unchanged() -> None:
    assert verdict(304, 0, POLICY) == Unchanged()


@pytest.mark.parametrize(("status", "reason"), [(404, Reason.NOT_FOUND), (410, Reason.GONE), (408, Reason.TIMEOUT)])
def test_one_such_answer_proves_nothing_and_two_do(status: int, reason: Reason) -> None:
    assert verdict(status, 0, POLICY) == TryAgain(HOUR, reason)
    assert verdict(status, 1, POLICY) == Drop(reason)
    assert verdict(status, 7, POLICY) == Drop(reason)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, Reason.UNAUTHORIZED), (402, Reason.PAYWALL), (403, Reason.FORBIDDEN), (451, Reason.LEGAL)],
)
def test_a_closed_page_leaves_the_feeds_own_text(status: int, reason: Reason) -> None:
    assert verdict(status, 0, POLICY) == UseFeedText(reason)


@pytest.mark.parametrize(
    ("status", "reason"), [(400, Reason.CLIENT_ERROR), (418, Reason.CLIENT_ERROR), (300, Reason.BAD_REDIRECT)]
)
def test_any_other_answer_drops(status: int, reason: Reason) -> None:
    assert verdict(status, 0, POLICY) == Drop(reason)


@given(st.integers(100, 999), st.integers(POLICY.missing_tries, 100))
def test_nothing_is_tried_for_ever(status: int, tries: int) -> None:
    assert not isinstance(verdict(status, tries, POLICY), TryAgain)


@pytest.mark.parametrize(
    ("content_type", "start"),
    [
        ("text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("TEXT/HTML", b""),
        ("text/html, text/html", b"anything"),
        ("application/xhtml+xml", b"<?xml version='1.0'?><html>"),
        ("", b"\n\n<!doctype HTML>"),
        ("text/plain", b"<!-- hello --><HTML lang=pt>"),
        ("application/xml", b"<?xml version='1.0'?>\n<html xmlns='x'>"),
        ("", b"\xef\xbb\xbf<html>"),
        ("", "\ufeff<html>".encode("utf-16-le")),
        ("", "\ufeff<html>".encode("utf-16-be")),
    ],
)
def test_html_is_taken_under_any_name(content_type: str, start: bytes) -> None:
    assert looks_like_html(content_type, start)


@pytest.mark.parametrize(
    ("content_type", "start"),
    [
        ("text/html", b"%PDF-1.7"),
        ("text/html", b"\xff\xd8\xff\xe0"),
        ("text/html", b"\x1f\x8b\x08"),
        ("text/html", b"\xef\xbb\xbf <?xml version='1.0'?><!-- a --><rss version='2.0'>"),
        ("text/xml", b"<feed xmlns='http://www.w3.org/2005/Atom'>"),
        ("application/pdf", b"<html>"),
        ("image/jpeg", b""),
        ("application/json", b'{"html": "<p>"}'),
        ("text/plain", b"a < b"),
        ("", b""),
    ],
)
def test_what_is_no_html_is_not_taken(content_type: str, start: bytes) -> None:
    assert not looks_like_html(content_type, start)


def test_a_host_that_is_down_for_a_week_gives_the_article_up() -> None:
    found = datetime(2026, 3, 2, tzinfo=UTC)
    assert not too_long_unreachable(found, found + timedelta(days=6, hours=23), POLICY)
    assert too_long_unreachable(found, found + timedelta(days=7), POLICY)
