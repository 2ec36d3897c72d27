"""How texts and fields are compared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rouge import rouge_lsum
from bench.scoring import (
    Overlap,
    names_f1,
    same_day,
    same_language,
    same_title,
    same_words,
    set_f1,
    shingle_overlap,
    token_f1,
)

# Few words, so that texts have much in common.
TEXTS = st.lists(st.sampled_from(["sea", "wind", "Harbour", "42", ".", "\n"]), max_size=30).map(" ".join)


def test_shingles_of_four_words_are_counted_as_often_as_they_stand_there() -> None:
    # a-b-c-d, b-c-d-e against a-b-c-d, b-c-d-f: one of three.
    assert shingle_overlap("a b c d e", "a b c d f") == Overlap(1 / 3, 1 / 3, 1 / 3)
    # a a a a twice against once.
    assert shingle_overlap("a a a a a", "a a a a") == Overlap(0.5, 0.5, 0.0)


def test_precision_is_of_the_found_and_recall_of_the_expected_text() -> None:
    found = shingle_overlap("a b c d e f", "a b c d")
    assert (found.precision, found.recall, found.f1) == pytest.approx((1 / 3, 1.0, 0.5))


def test_a_text_of_less_than_four_words_is_one_shingle() -> None:
    assert shingle_overlap("The bridge", "The, bridge!").f1 == 1.0
    assert shingle_overlap("The bridge", "The bridge reopens").f1 == 0.0


def test_case_counts_in_shingles_and_punctuation_does_not() -> None:
    assert shingle_overlap("the bridge", "The bridge").f1 == 0.0
    assert shingle_overlap("«The» bridge…", "The bridge").f1 == 1.0


def test_an_empty_text_misses_everything_and_adds_nothing() -> None:
    assert shingle_overlap("", "a b c d") == Overlap(0.0, 0.0, 1.0)
    assert shingle_overlap("", "a b c d").precision == 0.0
    assert shingle_overlap("a b", "").recall == 0.0
    assert shingle_overlap("", "").f1 == 1.0


def test_the_f1_of_a_set_is_that_of_its_mean_precision_and_recall() -> None:
    pages = [shingle_overlap("a b c d e f", "a b c d"), shingle_overlap("", "a b c d")]
    # The mean of the three pages' own F1 is 1/2.
    assert set_f1([*pages, shingle_overlap("a", "a")]) == pytest.approx((8 / 15, 4 / 9, 2 / 3))


def test_a_text_is_exact_when_all_words_are_the_same_in_the_same_order() -> None:
    assert same_words("One, two.\n\nThree", "One two Three")
    assert not same_words("One two three", "One three two")
    assert not same_words("", "One")
    assert same_words(" ", "")


@given(TEXTS, TEXTS)
def test_measures_of_texts_are_bounded_and_the_same_both_ways(one: str, other: str) -> None:
    for measure in (lambda a, b: shingle_overlap(a, b).f1, token_f1):
        assert 0.0 <= measure(one, other) <= 1.0
        assert measure(one, other) == pytest.approx(measure(other, one))
    assert 0.0 <= rouge_lsum(one, other) <= 1.0


@given(TEXTS)
def test_the_same_text_has_the_best_score(text: str) -> None:
    assert shingle_overlap(text, text).f1 == token_f1(text, text) == 1.0
    assert same_words(text, text)
    assert rouge_lsum(text, text) == float(any(letter.isalnum() for letter in text))


@given(TEXTS, TEXTS)
def test_all_shares_of_an_overlap_add_up(one: str, other: str) -> None:
    overlap = shingle_overlap(one, other)
    assert overlap.both + overlap.found_only + overlap.expected_only in (0.0, pytest.approx(1.0))


# The figures are those of the package rouge-score 0.1.2 for the same texts.
@pytest.mark.parametrize(
    ("found", "expected", "score"),
    [
        ("police killed the gunman", "police kill the gunman", 0.75),
        ("the gunman killed police", "police killed the gunman", 0.5),
        ("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", 8 / 15),
        ("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", 8 / 15),
        (
            "The council met on Monday.\nIt agreed to repair the bridge.",
            "The council met on Tuesday evening.\nThe bridge will be repaired, it agreed.",
            0.5,
        ),
        ("a a a", "a b\na b\nb", 0.5),
        ("a b", "", 0.0),
        ("...", "...", 0.0),
    ],
)
def test_rouge_lsum_has_known_values(found: str, expected: str, score: float) -> None:
    assert rouge_lsum(found, expected) == pytest.approx(score)


def test_rouge_lsum_knows_words_of_every_script() -> None:
    assert rouge_lsum("Η γέφυρα ανοίγει", "Η γέφυρα κλείνει") == pytest.approx(2 / 3)


@given(st.lists(st.text("ab ", max_size=12), max_size=4), st.lists(st.text("ab ", max_size=12), max_size=4))
def test_rouge_lsum_of_single_lines_is_by_the_longest_common_subsequence(left: list[str], right: list[str]) -> None:
    one, other = " ".join(left).split(), " ".join(right).split()
    length = _longest(tuple(one), tuple(other))
    wanted = 2 * length / (len(one) + len(other)) if length else 0.0
    assert rouge_lsum(" ".join(one), " ".join(other)) == pytest.approx(wanted)


def _longest(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """The length of the longest common subsequence, by the textbook's table."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = row
        row = [0]
        for at, other_word in enumerate(other):
            row.append(before[at] + 1 if word == other_word else max(row[at], before[at + 1]))
    return row[-1]


def test_a_title_is_right_letter_for_letter_but_for_blanks_and_quotation_marks() -> None:
    assert same_title("The  “bridge”", 'The "bridge"')
    assert not same_title("The bridge", "The Bridge")


def test_a_day_is_right_by_utc_or_by_the_clock_on_the_page() -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    assert same_day(late, "2026-03-04T00:30:00+01:00", "2026-03-04")
    assert same_day(late, "", "2026-03-04T00:30:00+01:00")
    assert not same_day(late, "", "2026-03-04")
    assert not same_day(None, "2026-03-04", "2026-03-04")


def test_a_language_is_right_by_its_primary_subtag() -> None:
    assert same_language("pt", "pt-BR")
    assert same_language("PT_br", "pt")
    assert same_language("nb", "no")
    assert not same_language("pt", "es")
    assert not same_language(None, "es")


def test_authors_are_compared_as_sets_of_names() -> None:
    assert names_f1(["Ann Miller", "ben ode"], ["Ben Ode", "Ann  Miller"]) == 1.0
    assert names_f1(["Ann Miller", "Ben Ode"], ["Ann Miller"]) == pytest.approx(2 / 3)
    assert names_f1([], ["Ann Miller"]) == 0.0
