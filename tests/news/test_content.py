"""The text as identity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.content import content_hash, letters, normalize_text

_TEXTS = st.text(st.characters(exclude_categories=())) | st.text("aZé_ .,:/-+−–%$€5\u00a0\u00ad\n(ß")


@given(_TEXTS)
def test_normalizing_again_changes_nothing(text: str) -> None:
    once = normalize_text(text)
    assert normalize_text(once) == once


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_is_read_the_same_way_beside_other_letters(text: str) -> None:
    assert normalize_text(f"{text}\né") == f"{normalize_text(text)} é".strip()


@given(st.lists(st.text("abcé5.", min_size=1)), st.sampled_from([" ", "\n", "\t ", "\u00a0", " \n\n "]))
def test_blanks_make_no_difference(words: list[str], blank: str) -> None:
    assert content_hash(blank.join(words)) == content_hash(" ".join(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("„Straße“, sagte er", '"STRASSE" sagte er'),
        ("l’homme", "l'homme"),
        ("ﬁnal", "final"),
        ("Donau\u00addampf\u200bschiff", "Donaudampfschiff"),
        ("5 %", "5%"),
        ("5\u202f€", "5 €"),
        ("−3 Grad", "-3 Grad"),
        ("–3 Grad", "-3 Grad"),
        ("2020–2021", "2020-2021"),
        ("Cafe\u0301", "Café"),
        ("snake_case", "snake case"),
    ],
)
def test_looks_make_no_difference(one: str, other: str) -> None:
    assert normalize_text(one) == normalize_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5", "15"),
        ("1,5", "1.5"),
        ("3 Grad", "-3 Grad"),
        ("3 Grad", "(-3 Grad"),
        ("5", "5 %"),
        ("5 %", "5 ‰"),
        ("$5", "5"),
        ("€5", "$5"),
        ("10:30", "1030"),
        ("12/05", "12 05"),
        ("कि", "की"),
        ("é", "e"),
    ],
)
def test_what_makes_another_number_or_word_stays(one: str, other: str) -> None:
    assert content_hash(one) != content_hash(other)


def test_a_currency_goes_with_its_own_number() -> None:
    assert normalize_text("5 $10 and 5 €10") == "5 $10 and 5 €10"


def test_a_hash_has_32_bytes_and_takes_broken_characters() -> None:
    assert len(content_hash("\ud800")) == 32


def test_only_letters_and_numbers_count() -> None:
    assert letters(" — Olá, mundo! … ") == 8
    assert letters("") == 0
