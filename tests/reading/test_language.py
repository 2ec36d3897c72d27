"""The language of texts, long and short."""

from __future__ import annotations

import pytest

from worker.reading.language import read_language, tag
from worker.reading.portuguese import Variety, variety_of

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


PORTUGAL = (
    "A equipa está a preparar o regresso do comboio à vila. O autarca disse esta segunda-feira que o projeto custa mil milhões, "
    "facto que o Governo confirma. Os utilizadores vão ter um novo ecrã na paragem."
)
BRAZIL = (
    "A equipe está preparando a volta do trem à cidade. O prefeito disse nesta segunda-feira que o projeto custa um bilhão, "
    "fato que o governo confirma. Os usuários vão ter um novo ônibus no bairro."
)
# Says nothing of its country.
NEUTRAL = PORTUGUESE


@pytest.mark.parametrize(
    ("text", "html", "feed", "code"),
    [
        (PORTUGAL, "pt", None, "pt-PT"),
        (BRAZIL, "pt", None, "pt-BR"),
        (PORTUGAL, "pt-BR", "pt-BR", "pt-PT"),
        (BRAZIL, "pt-PT", None, "pt-BR"),
        (BRAZIL, "en-US", "en", "pt-BR"),
        (PORTUGAL, "pt-AO", None, "pt-AO"),
        (NEUTRAL, "pt-BR", None, "pt-BR"),
        (NEUTRAL, "pt", "pt-PT", "pt-PT"),
        (NEUTRAL, "pt", None, "pt"),
        (NEUTRAL + " O facto é conhecido.", "pt", None, "pt-PT"),
        (NEUTRAL + " O facto é conhecido.", "pt-BR", None, "pt-BR"),
        (NEUTRAL + " O facto é conhecido.", "pt-BR", "pt-PT", "pt-PT"),
    ],
)
def test_portugal_and_brazil_are_told_apart(text: str, html: str, feed: str | None, code: str) -> None:
    language = read_language(text, html=html, feed=feed, outlet=None)
    assert language is not None
    assert (language.code, language.source) == (code, "text")


def test_the_confidence_says_how_sure_the_country_is() -> None:
    sure = read_language(PORTUGAL, html=None, feed=None, outlet=None)
    unsure = read_language(NEUTRAL + " O facto é conhecido.", html=None, feed=None, outlet=None)
    against = read_language(NEUTRAL + " O facto é conhecido.", html="pt-BR", feed=None, outlet=None)
    assert sure is not None
    assert unsure is not None
    assert against is not None
    assert sure.confidence > unsure.confidence > 0.5
    assert against.confidence < sure.confidence


def test_other_regions_are_only_stated() -> None:
    language = read_language(GERMAN, html="de", feed="de-AT", outlet="de-CH")
    assert language is not None
    assert language.code == "de-AT"
    alone = read_language(GERMAN, html="de", feed=None, outlet=None)
    assert alone is not None
    assert alone.code == "de"


def test_words_of_both_countries_decide_nothing() -> None:
    assert variety_of("A equipa e a equipe, o ônibus e o autocarro.") == Variety()
    assert variety_of(PORTUGAL).strong
    assert not variety_of("O facto é conhecido.").strong
