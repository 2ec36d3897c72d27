"""What differs between two states of an article, as a person reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.news.differences import Difference, DifferenceKind, Fate, Words, blocks_of, differences

TITLE = "Ponte reabre ao trânsito"
FIRST = "A ponte sobre o rio reabriu ao trânsito na segunda-feira, depois de quatro meses de obras nos pilares."
SECOND = "As obras custaram nove milhões de euros, pagos pela região e pelo porto em partes iguais."
THIRD = "“Contámos os dias”, disse uma padeira da margem norte, que no inverno dava a volta pela barragem."
LAST = "A passagem de camiões continua proibida durante a noite."


def text(*lines: str) -> str:
    return "\n".join(lines)


def found(old: str, new: str, *, title: str = TITLE) -> list[tuple[str, str]]:
    """The differences as kinds, with the words between marks, or how many blocks did not change."""
    return [(one.kind.value, _marked(one)) for one in differences(TITLE, old, title, new)]


def _marked(one: Difference) -> str:
    marks = {Fate.KEPT: "{}", Fate.REMOVED: "[-{}-]", Fate.ADDED: "[+{}+]"}
    return " ".join(marks[words.fate].format(words.text) for words in one.words) or str(one.blocks)


def test_two_states_that_read_alike_have_no_differences() -> None:
    assert differences(TITLE, text(FIRST, SECOND), TITLE, text(FIRST, SECOND)) == ()
    assert differences(TITLE, text(FIRST, SECOND), TITLE.upper(), text(FIRST.replace(",", ";"), SECOND)) == ()


def test_a_new_title_is_shown_whole_beside_the_old_one() -> None:
    old, new = Words(fate=Fate.REMOVED, text=TITLE), Words(fate=Fate.ADDED, text="Ponte fecha outra vez")
    assert differences(TITLE, FIRST, "Ponte fecha outra vez", FIRST) == (
        Difference(kind=DifferenceKind.TITLE, words=(old, new)),
    )


def test_a_changed_paragraph_is_shown_once_with_its_old_and_new_words() -> None:
    changed = SECOND.replace("nove", "onze").replace("e pelo porto ", "")
    assert found(text(FIRST, SECOND, THIRD), text(FIRST, changed, THIRD)) == [
        ("unchanged", "1"),
        ("changed", "As obras custaram [-nove-] [+onze+] milhões de euros, pagos pela região [-e pelo porto-] em partes iguais."),
        ("unchanged", "1"),
    ]  # fmt: skip


def test_a_short_word_between_two_changes_is_part_of_one_change() -> None:
    changed = SECOND.replace("pela região e pelo porto", "pelo estado e por dois bancos")
    ((_, words),) = found(SECOND, changed)
    assert "[-pela região e pelo porto-] [+pelo estado e por dois bancos+]" in words


def test_whole_paragraphs_come_and_go_in_their_places() -> None:
    assert found(text(FIRST, SECOND, LAST), text(FIRST, LAST, THIRD)) == [
        ("unchanged", "1"),
        ("removed", f"[-{SECOND}-]"),
        ("unchanged", "1"),
        ("added", f"[+{THIRD}+]"),
    ]


def test_a_paragraph_that_gave_way_to_another_is_not_mixed_with_it() -> None:
    assert found(text(FIRST, SECOND), text(FIRST, THIRD)) == [
        ("unchanged", "1"),
        ("removed", f"[-{SECOND}-]"),
        ("added", f"[+{THIRD}+]"),
    ]


def test_what_moved_is_no_difference_but_what_changed_on_the_way_is() -> None:
    assert {kind for kind, _ in found(text(FIRST, SECOND, THIRD), text(THIRD, FIRST, SECOND))} == {"unchanged"}
    moved = found(text(FIRST, SECOND, THIRD, LAST), text(SECOND.replace("nove", "dez"), FIRST, THIRD, LAST))
    assert [kind for kind, _ in moved] == ["changed", "unchanged"]


def test_a_paragraph_that_is_repeated_counts_each_time() -> None:
    assert found(text(FIRST, LAST), text(FIRST, LAST, LAST)) == [("unchanged", "2"), ("added", f"[+{LAST}+]")]


def test_churn_is_neither_a_difference_nor_shown() -> None:
    old, new = text("Atualizado há 3 minutos", FIRST, SECOND), text("Atualizado há 9 minutos", FIRST, SECOND)
    assert differences(TITLE, old, TITLE, new) == ()
    shown = found(text(FIRST, f"{LAST} há 3 minutos"), text(FIRST, f"{LAST.replace('camiões', 'carros')} há 9 minutos"))
    assert "minutos" not in str(shown)
    assert shown[1][1] == "A passagem de [-camiões-] [+carros+] continua proibida durante a noite."


def test_where_lines_break_makes_no_difference() -> None:
    assert differences(TITLE, text(FIRST, SECOND), TITLE, f"{FIRST} {SECOND}") == ()


def test_the_first_text_of_an_article_is_all_new() -> None:
    assert found("", text(FIRST, SECOND)) == [("added", f"[+{FIRST}+]"), ("added", f"[+{SECOND}+]")]
    assert found(text(FIRST), "") == [("removed", f"[-{FIRST}-]")]


def test_a_very_long_paragraph_is_shown_as_old_and_new() -> None:
    long = " ".join(f"palavra{n}" for n in range(3000))
    ((kind, words),) = found(long, long.replace("palavra7 ", "sete "))
    assert kind == "changed"
    assert words.startswith("[-palavra0 ")


LINES = st.lists(
    st.sampled_from([FIRST, SECOND, THIRD, LAST, SECOND.replace("nove", "dez"), "Atualizado há 2 minutos"])
)


@given(LINES, LINES)
def test_every_block_of_both_texts_is_accounted_for(old: list[str], new: list[str]) -> None:
    told = differences(TITLE, text(*old), TITLE, text(*new))
    counts = {kind: sum(one.blocks for one in told if one.kind is kind) for kind in DifferenceKind}
    stayed = counts[DifferenceKind.UNCHANGED] + counts[DifferenceKind.CHANGED]
    if told:
        assert stayed + counts[DifferenceKind.ADDED] == len(blocks_of(text(*new)))
        assert stayed + counts[DifferenceKind.REMOVED] == len(blocks_of(text(*old)))
