"""Which lines of a page may be furniture of its outlet, when they are, and what is left of a page without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.furniture import (
    HASH_BYTES,
    LONGEST_LINE,
    LONGEST_SAMPLE,
    MOST_BLOCKS,
    furnish,
    is_furniture,
    text_without,
)
from worker.news.policy import FurniturePolicy
from worker.news.record import Block, BlockKind

POLICY = FurniturePolicy()
TITLE = "Harbour bridge reopens to trams"
BOX = "Our letter brings you the day each morning: sign up here"
LEGAL = "All that is printed in this paper is protected, and may be used by others only when they ask first."
BODY = tuple(
    f"Paragraph number {n} says a good deal about what the carpenters did on day {n}, and it goes on for so long that "
    f"nobody would take it for a caption, a button or a note: it has more than two hundred letters, as the paragraphs of "
    f"newspapers mostly do."
    for n in range(10)
)


def paragraphs(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(kind=BlockKind.PARAGRAPH, text=text) for text in texts)


def heading(text: str, level: int = 2) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, level=level)


def samples(blocks: tuple[Block, ...], title: str = TITLE, policy: FurniturePolicy = POLICY) -> list[str]:
    """The lines of a page that are counted."""
    found = furnish(blocks, title=title, known=frozenset(), policy=policy)
    return [line.sample for line in found.furnishing.lines]


def known(*texts: str) -> frozenset[bytes]:
    """The hashes of lines."""
    lines = furnish(paragraphs(*texts), title="", known=frozenset(), policy=POLICY).furnishing.lines
    assert len(lines) == len(texts)
    return frozenset(line.hash for line in lines)


def left(blocks: tuple[Block, ...], hashes: frozenset[bytes], policy: FurniturePolicy = POLICY) -> list[str]:
    """What is left of a page."""
    return [block.text for block in furnish(blocks, title=TITLE, known=hashes, policy=policy).blocks]


# --- what is counted ------------------------------------------------------------------------------------------------
def test_lines_are_counted_at_the_end_and_the_beginning_and_short_ones_between() -> None:
    found = samples(paragraphs(*BODY[:4], BOX, *BODY[4:], LEGAL))
    cut = [text[:LONGEST_SAMPLE] for text in BODY]
    assert found == [LEGAL, *reversed(cut[5:]), *cut[:3], BOX]


def test_no_more_lines_are_counted_than_the_policy_says() -> None:
    short = [f"A short answer, and it is the one with number {n}." for n in range(50)]
    found = samples(paragraphs(*short))
    assert len(found) == POLICY.lines
    assert found[:9] == [*reversed(short[-6:]), *short[:3]]


def test_a_line_that_stands_twice_on_a_page_is_counted_once() -> None:
    assert samples(paragraphs(BOX, *BODY[:8], BOX)).count(BOX) == 1


def test_a_line_with_a_word_of_the_title_speaks_of_the_article_and_is_not_counted() -> None:
    about = "The harbour was closed after the accident of last week."
    assert samples(paragraphs(about, BOX)) == [BOX]
    assert samples(paragraphs(about, BOX), title="Eggs are dear") == [BOX, about]


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Wypadek tramwaju w porcie", "W wypadku sprzed tygodnia zginęły trzy osoby."),
        ("港口大桥重新开放", "上周事故之后，这座大桥一直关闭，直到今天早晨为止。"),
        ("สะพานท่าเรือเปิดอีกครั้ง", "สะพานท่าเรือปิดหลังเกิดอุบัติเหตุเมื่อสัปดาห์ที่แล้ว"),
    ],
)
def test_words_are_known_again_though_they_are_bent_or_have_no_blanks_between_them(title: str, line: str) -> None:
    assert samples(paragraphs(line), title=title) == []
    assert samples(paragraphs(line), title="Eggs") == [line]


@pytest.mark.parametrize("line", ["Read also:", "Yes, no.", "Thank you very", "..."])
def test_a_line_of_few_words_or_letters_is_not_counted(line: str) -> None:
    assert (line in samples(paragraphs(line))) is (line == "Thank you very")


def test_headings_tables_and_endless_lines_are_not_counted() -> None:
    table = Block(kind=BlockKind.TABLE, text="a day in the city | a day by the sea")
    endless = "word " * (LONGEST_LINE // 5 + 1)
    assert samples((heading("What we know so far"), table, *paragraphs(endless))) == []


def test_a_heading_is_counted_only_with_the_line_below_it() -> None:
    assert samples((heading("The letter"), *paragraphs(BOX))) == [f"The letter\n{BOX}", BOX]
    assert samples((heading("The letter", level=1), *paragraphs(BOX))) == [BOX]


def test_case_blanks_and_punctuation_make_no_other_line_but_a_number_does() -> None:
    said = known("Sign up for our letter: 3 times a week")
    assert known("sign  UP for our Letter — 3 times a week!") == said
    assert known("Sign up for our letter: 4 times a week") != said
    assert {len(hash_) for hash_ in said} == {HASH_BYTES}


# --- when a line is furniture ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pages", "days", "counted", "expected"),
    [
        (5, 5, 20, True),
        (4, 5, 20, False),
        (5, 4, 20, False),
        (5, 5, 19, False),
        (5, 5, 50, True),
        (5, 5, 51, False),
        (39, 30, 400, False),
        (40, 30, 400, True),
    ],
)
def test_furniture_stood_in_many_articles_in_a_share_of_all_and_on_many_days(
    pages: int, days: int, counted: int, expected: bool
) -> None:
    assert is_furniture(pages=pages, days=days, counted=counted, policy=POLICY) is expected


def test_the_paragraph_of_a_running_story_is_not_learnt_in_a_few_days_whatever_its_share() -> None:
    assert not is_furniture(pages=200, days=4, counted=200, policy=POLICY)


# --- what is left out -----------------------------------------------------------------------------------------------
def test_known_lines_are_left_out_and_nothing_else_is() -> None:
    page = paragraphs(BOX, *BODY[:5], BOX, *BODY[5:], LEGAL)
    found = furnish(page, title=TITLE, known=known(BOX, LEGAL), policy=POLICY)
    assert [block.text for block in found.blocks] == list(BODY)
    assert found.warnings == ("left out: 3 lines that stand on many pages of the outlet",)
    assert found.furnishing.dropped == known(BOX, LEGAL)
    assert found.furnishing.whole == "\n".join(block.text for block in page)


def test_a_long_line_amid_the_paragraphs_is_one_of_them_whatever_is_known() -> None:
    page = paragraphs(*BODY)
    assert left(page, known(BODY[3])) == list(BODY)
    assert left(page, known(BODY[9])) == list(BODY[:9])
    assert text_without(page, known(BODY[3])) == "\n".join((*BODY[:3], *BODY[4:]))


def test_one_line_is_one_line() -> None:
    found = furnish(paragraphs(*BODY, BOX), title=TITLE, known=known(BOX), policy=POLICY)
    assert found.warnings == ("left out: 1 line that stands on many pages of the outlet",)


def test_what_is_learnt_of_a_page_does_not_depend_on_what_is_known() -> None:
    page = paragraphs(BOX, *BODY, LEGAL)
    fresh, later = (
        furnish(page, title=TITLE, known=hashes, policy=POLICY).furnishing for hashes in (frozenset(), known(BOX))
    )
    assert later.lines == fresh.lines
    assert (fresh.dropped, fresh.whole) == (frozenset(), None)


def test_a_text_that_is_mostly_furniture_is_left_as_it_is_and_says_so() -> None:
    page = paragraphs(BODY[0], BOX, LEGAL)
    found = furnish(page, title=TITLE, known=known(BOX, LEGAL), policy=POLICY)
    assert found.blocks == page
    assert (found.furnishing.dropped, found.furnishing.whole) == (frozenset(), None)
    (said,) = found.warnings
    share = round(100 * (len(BOX) + len(LEGAL)) / len("".join(b.text for b in page)))
    assert said == f"lines that stand on many pages of the outlet make up {share}% of the text: they were left in"
    assert left(page, known(BOX, LEGAL), FurniturePolicy(at_most=0.9)) == [BODY[0]]


def test_a_heading_goes_with_the_line_below_it_and_not_without() -> None:
    page = (*paragraphs(*BODY), heading("The letter"), *paragraphs(BOX))
    pair = {
        line.sample: line.hash for line in furnish(page, title="", known=frozenset(), policy=POLICY).furnishing.lines
    }
    assert left(page, frozenset({pair[f"The letter\n{BOX}"]})) == list(BODY)
    assert left(page, frozenset({pair[BOX]})) == [*BODY, "The letter"]


def test_the_middle_of_an_endless_page_is_not_looked_at() -> None:
    page = paragraphs(BOX, *[f"This is the line with the number {n}." for n in range(2 * MOST_BLOCKS)], BOX)
    lost = (*page[: MOST_BLOCKS + 1], *paragraphs(BOX), *page[MOST_BLOCKS + 1 :])
    assert len(left(lost, known(BOX))) == len(lost) - 2


def test_nothing_known_and_nothing_there_change_nothing() -> None:
    assert left(paragraphs(*BODY), frozenset()) == list(BODY)
    assert left((), known(BOX)) == []


# --- two states of a page -------------------------------------------------------------------------------------------
def test_two_states_are_compared_without_the_lines_however_much_they_are() -> None:
    assert text_without(paragraphs(BODY[0], BOX, LEGAL), known(BOX, LEGAL)) == BODY[0]
    assert text_without(paragraphs(BODY[0], BOX), frozenset()) == f"{BODY[0]}\n{BOX}"


BLOCKS = st.lists(
    st.builds(
        Block,
        kind=st.sampled_from([BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.LIST, BlockKind.TABLE]),
        text=st.sampled_from([BOX, LEGAL, *BODY[:3], "Background", "", "a\nb\nc"]),
        level=st.sampled_from([None, 1, 2]),
    ),
    max_size=15,
).map(tuple)


@given(blocks=BLOCKS, share=st.floats(0, 1))
def test_what_is_left_out_is_bounded_and_the_rest_stays_in_its_order(blocks: tuple[Block, ...], share: float) -> None:
    policy = FurniturePolicy(at_most=share)
    everything = furnish(blocks, title="", known=frozenset(), policy=policy).furnishing.lines
    found = furnish(blocks, title="", known=frozenset(line.hash for line in everything[::2]), policy=policy)
    letters = sum(len(block.text) for block in blocks)
    gone = letters - sum(len(block.text) for block in found.blocks)
    assert gone <= share * letters + 1e-6
    rest = iter(blocks)
    assert all(block in rest for block in found.blocks)
    assert found.furnishing.dropped <= {line.hash for line in everything[::2]}
