"""Bytes to a tree: encodings, scripts, comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.errors import Refused
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.charset import decode
from worker.reading.markup import read_markup, without_scripts

WORDS = "Über die Brücke führt wieder ein Weg: Straße und Fähre fahren früh."
CYRILLIC = "Паром между двумя берегами реки снова ходит с воскресенья, после бури."
ENCODINGS = {
    "UTF-8, undeclared": (WORDS.encode(), "", WORDS),
    "UTF-8 that says it is Latin-1": (WORDS.encode(), "text/html; charset=iso-8859-1", WORDS),
    "UTF-8 with a byte order mark": (b"\xef\xbb\xbf" + WORDS.encode(), "text/html; charset=koi8-r", WORDS),
    "UTF-16 with a byte order mark": (b"\xff\xfe" + WORDS.encode("utf-16-le"), "", WORDS),
    "Latin-1 by header": (WORDS.encode("latin-1"), "text/html; charset=ISO-8859-1", WORDS),
    "Latin-1 by meta": (
        b'<meta charset="latin1">' + WORDS.encode("latin-1"),
        "text/html",
        '<meta charset="latin1">' + WORDS,
    ),
    "Latin-1 that says it is UTF-8": (WORDS.encode("latin-1"), "text/html; charset=utf-8", WORDS),
    "windows-1252 called Latin-1": ("„Wort“ – 5 €".encode("cp1252"), "text/html; charset=latin1", "„Wort“ – 5 €"),
    "windows-1251 by header": (CYRILLIC.encode("cp1251"), "text/html; charset=windows-1251", CYRILLIC),
    "windows-1251, undeclared": (CYRILLIC.encode("cp1251") * 4, "text/html", CYRILLIC * 4),
    "a header that names no encoding of pages": (WORDS.encode("latin-1"), "text/html; charset=utf-7", WORDS),
    "GB2312 with a letter of GBK": ("这是朱镕基".encode("gbk") * 9, "text/html; charset=gb2312", "这是朱镕基" * 9),
    "ISO-2022-JP": ("日本語の記事".encode("iso2022_jp"), "text/html; charset=iso-2022-jp", "日本語の記事"),
}


@pytest.mark.parametrize(("body", "content_type", "text"), ENCODINGS.values(), ids=list(ENCODINGS))
def test_the_encoding_is_found(body: bytes, content_type: str, text: str) -> None:
    assert decode(body, content_type) == text


def test_a_few_broken_bytes_do_not_change_the_encoding() -> None:
    assert decode(WORDS.encode() * 9 + b" \xff", "text/html; charset=utf-8") == WORDS * 9 + " \ufffd"


def test_a_body_cut_in_a_character_is_still_utf_8() -> None:
    assert decode(WORDS.encode() + "ü".encode()[:1], "") == WORDS + "\ufffd"


@given(st.binary(max_size=200), st.text(max_size=40))
def test_decoding_never_fails(body: bytes, content_type: str) -> None:
    decode(body, content_type).encode("utf-8")


SCANS = {
    "scripts, styles, comments": ("<p>a</p><SCRIPT x='>'>b<p></script ><style>c</style><!-- d --><p>e", "<p>a</p><p>e"),
    "a conditional comment around content": ("<!--[if !IE]><!--><p>a</p><!--<![endif]-->", "<p>a</p>"),
    "comments of two and three dashes": ("<!--><p>a</p><!---><p>b</p>", "<p>a</p><p>b</p>"),
    "a comment that is never closed": ("<p>a</p><!-- <p>b</p>", "<p>a</p> <p>b</p>"),
    "a script that is never closed": ("<p>a</p><script><p>b</p>", "<p>a</p>"),
    "a drawing in a drawing": ("<svg><svg/><svg><title>x</title></svg>y</svg><p>a</p>", "<p>a</p>"),
    "an element whose name begins alike": ("<scripty>a</scripty>", "<scripty>a</scripty>"),
    "a lazy picture": ("<noscript><img src='a.jpg'>Please!</noscript>", "<img src='a.jpg'>"),
    "a pixel": ("<noscript><img width='1' height='1' src='a.gif'></noscript>", ""),
}


@pytest.mark.parametrize(("source", "kept"), SCANS.values(), ids=list(SCANS))
def test_what_is_no_content_is_gone_before_the_parser(source: str, kept: str) -> None:
    assert without_scripts(source, json_ld_at_most=1000)[0] == kept


def test_json_ld_is_kept_apart_up_to_its_cap() -> None:
    scripts = (
        "<script type='application/ld+json'>{\"a\": 1}</script><script type=application/ld+json>"
        + " " * 99
        + "</script>"
    )
    assert without_scripts(scripts, json_ld_at_most=50) == ("", ('{"a": 1}',))


@given(st.text(st.sampled_from("<>!-/ scriptylevg\"'"), max_size=80))
def test_scanning_adds_nothing(source: str) -> None:
    kept, _ = without_scripts(source, json_ld_at_most=1000)
    assert len(kept) <= len(source)


@pytest.mark.parametrize("piece", ["<svg>", "<!--", "<noscript>", "<style></style", "<svg><svg></svg>"])
def test_what_is_never_closed_is_scanned_once(piece: str) -> None:
    kept, _ = without_scripts(piece * 40_000, json_ld_at_most=0)
    assert len(kept) <= len(piece) * 40_000


def test_a_page_nested_too_deep_says_so() -> None:
    markup = read_markup(b"<p>a</p>" + b"<div>" * 1000 + b"b", content_type="", policy=ReadingPolicy())
    assert markup.too_deep
    assert not read_markup(b"<p>a</p>", content_type="", policy=ReadingPolicy()).too_deep


def test_a_binary_body_is_no_html_whatever_its_header_says() -> None:
    with pytest.raises(Refused) as caught:
        read_markup(b"\xff\xd8\xff\xe0<p>", content_type="text/html", policy=ReadingPolicy())
    assert caught.value.reason is Reason.NOT_HTML
