"""The language of texts, long and short."""

from __future__ import annotations

import pytest

from worker.reading.language import read_language, tag

PORTUGUESE = (
    "A travessia do rio voltou a funcionar no domingo, quatro meses depois da tempestade que destruiu o cais da cidade."
)
GERMAN = "Die Fähre zwischen den beiden Ufern fährt seit Sonntag wieder, vier Monate nach dem Sturm, der ihren Steg zerstörte."


def test_the_words_decide_against_a_wrong_attribute() -> None:
    language = read_language(PORTUGUESE, html="en-US", feed="en", outlet="en")
    assert language is not None
    assert (language.code, language.source) == ("pt", "text")
    assert language.confidence > 0.8


def test_the_region_comes_from_a_witness_that_agrees() -> None:
    language = read_language(PORTUGUESE, html="en", feed="pt_br", outlet="pt-PT")
    assert language is not None
    assert (language.code, language.source) == ("pt-BR", "text")


@pytest.mark.parametrize(
    ("html", "feed", "outlet", "expected"),
    [
        ("de-at", "de", "en", ("de-AT", "html")),
        (None, "pt", "en", ("pt", "feed")),
        ("", "not a language", "en", ("en", "outlet")),
    ],
)
def test_a_short_text_has_the_language_that_others_say(
    html: str | None, feed: str, outlet: str, expected: tuple[str, str]
) -> None:
    language = read_language("1:0.", html=html, feed=feed, outlet=outlet)
    assert language is not None
    assert (language.code, language.source) == expected
    assert 0 < language.confidence < 1


def test_nobody_knows_the_language_of_nothing() -> None:
    assert read_language("", html=None, feed=None, outlet="") is None


def test_only_the_beginning_is_read() -> None:
    assert read_language(GERMAN * 4 + PORTUGUESE * 9, html=None, feed=None, outlet=None) == read_language(
        GERMAN * 4, html=None, feed=None, outlet=None
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("PT_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("en-US.UTF-8", "en-US"),
        ("english", None),
        ("", None),
        (None, None),
        ("es-419", "es-419"),
    ],
)
def test_tags_are_brought_to_their_usual_form(raw: str | None, code: str | None) -> None:
    assert tag(raw) == code
