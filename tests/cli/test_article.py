"""An article and its changes as people read them in a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import orjson
import pytest
from rich.console import Console

from worker.cli import article
from worker.news.record import Block, BlockKind, Change, Extraction, OutletRef, Record
from worker.store.lives import RevisionLine
from worker.store.values import dump

AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
TITLE = "Incêndio na serra faz doze feridos"
FIRST = "O incêndio que deflagrou na terça-feira na serra fez 12 feridos, dois deles em estado grave, segundo a proteção civil."
SECOND = "A estrada nacional está cortada entre o cruzamento da barragem e a saída para a autoestrada."
THIRD = "Dois helicópteros de Évora reforçaram o combate ao princípio da tarde, quando o vento rodou para noroeste."
LAST = "O vento deve abrandar ao cair da noite."
Show = Callable[[Callable[[], None]], str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Show:
    """What is printed on a terminal of 80 columns without colours."""
    return _terminal(monkeypatch, colours=False)


@pytest.fixture
def coloured(monkeypatch: pytest.MonkeyPatch) -> Show:
    """What is printed on one with colours."""
    return _terminal(monkeypatch, colours=True)


def _terminal(monkeypatch: pytest.MonkeyPatch, *, colours: bool) -> Show:
    def show(print_it: Callable[[], None]) -> str:
        paper = StringIO()
        console = Console(
            file=paper,
            width=80,
            soft_wrap=True,
            highlight=False,
            color_system="standard" if colours else None,
            force_terminal=colours,
        )
        monkeypatch.setattr(article, "out", console)
        print_it()
        return paper.getvalue()

    return show  # fmt: skip


def record(*lines: str, title: str = TITLE, n: int = 1, change: Change = Change.NEW) -> Record:
    return Record(
        id="0190a000-0000-7000-8000-000000000001",
        revision=n,
        change=change,
        url="https://paper.example/serra",
        outlet=OutletRef(id="paper", name="Paper", country="PT", language="pt"),
        title=title,
        text="\n".join(lines),
        blocks=tuple(Block(kind=BlockKind.PARAGRAPH, text=line) for line in lines),
        extraction=Extraction(engine="trafilatura", version="1", quality=1.0),
    )


def lines_of(*records: Record) -> list[RevisionLine]:
    return [
        RevisionLine(n=one.revision, at=AT + timedelta(hours=one.revision - 2), change=one.change, record=dump(one))
        for one in records
    ]


BEFORE = record(FIRST, SECOND, LAST)
AFTER = record(
    FIRST.replace("12", "14"), SECOND, THIRD, title="Incêndio na serra faz 14 feridos", n=2, change=Change.CORRECTION
)
TWO = lines_of(BEFORE, AFTER)


def test_a_diff_reads_from_the_title_down_and_shortens_what_did_not_change(shown: Show) -> None:
    assert shown(lambda: article.print_diff(TWO)).splitlines() == [
        "revision 2, 2026-11-24 12:30 UTC: correction",
        "",
        "  title",
        "- Incêndio na serra faz doze feridos",
        "+ Incêndio na serra faz 14 feridos",
        "",
        "  O incêndio que deflagrou na terça-feira na serra fez [-12-] {+14+} feridos,",
        "  dois deles em estado grave, segundo a proteção civil.",
        "",
        "  … 1 paragraph unchanged …",
        "",
        "- O vento deve abrandar ao cair da noite.",
        "",
        "+ Dois helicópteros de Évora reforçaram o combate ao princípio da tarde, quando",
        "  o vento rodou para noroeste.",
    ]


def test_with_colours_old_words_are_struck_and_red_and_new_ones_green(coloured: Show) -> None:
    said = coloured(lambda: article.print_diff(TWO))
    assert "\x1b[9;31m12\x1b[0m" in said
    assert "\x1b[32m14\x1b[0m" in said
    assert not re.search(r"\[-|\{\+", re.sub(r"\x1b\[[\d;]*m", "", said))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change.MERGED, "merged: this article turned out to be 0190b000-0000-7000-8000-000000000002"),
        (Change.WITHDRAWN, "withdrawn: its text was taken out"),
        (Change.GONE, "gone: the outlet took its page down"),
    ],
)
def test_a_revision_that_changed_no_text_is_one_line(shown: Show, change: Change, words: str) -> None:
    third = record(title="", n=3, change=change)
    if change is Change.MERGED:
        third = replace(third, merged_into="0190b000-0000-7000-8000-000000000002")
    found = [*TWO, *lines_of(third)]
    assert shown(lambda: article.print_diff(found)) == f"revision 3, 2026-11-24 13:30 UTC: {words}\n"


def test_an_article_that_came_back_is_compared_with_its_last_text(shown: Show) -> None:
    gone, back = record(title="", n=3, change=Change.GONE), replace(AFTER, revision=4, change=Change.MINOR)
    found = [*TWO, *lines_of(gone, back)]
    assert "its title and text read as before" in shown(lambda: article.print_diff(found))


def test_any_revision_can_be_asked_for(shown: Show) -> None:
    found = [*TWO, *lines_of(replace(AFTER, revision=3, change=Change.MINOR, text=f"{AFTER.text}\n{LAST}"))]
    assert shown(lambda: article.print_diff(found, 2)) == shown(lambda: article.print_diff(TWO))
    assert shown(lambda: article.print_diff(found, 1)) == "revision 1 is the first: it changed nothing\n"
    assert shown(lambda: article.print_diff(found, 9)) == "there is no revision 9; the latest is 3\n"
    assert shown(lambda: article.print_diff(found[:1])) == "there is one revision only\n"


def test_signs_in_a_text_are_no_formatting(shown: Show) -> None:
    found = lines_of(record("Um [bold]texto[/bold] curto."), record("Um [bold]texto[/bold] longo.", n=2))
    assert "[bold]texto[/bold]" in shown(lambda: article.print_diff(found))


def liveblog(*blocks: Block) -> Record:
    return replace(BEFORE, blocks=blocks)


def timed(kind: BlockKind, text: str, *, at: datetime | None) -> Block:
    return Block(kind=kind, text=text, level=2 if kind is BlockKind.HEADING else None, at=at)


def said(shown: Show, made: Record) -> Sequence[str]:
    lines = shown(lambda: article.print_article(orjson.loads(dump(made)))).splitlines()
    return [line for line in lines[2:] if line]


def test_the_time_of_an_update_stands_before_its_heading(shown: Show) -> None:
    made = liveblog(
        timed(BlockKind.PARAGRAPH, "Siga aqui.", at=None),
        timed(BlockKind.HEADING, "Fogo dominado", at=AT),
        timed(BlockKind.PARAGRAPH, "Está dominado.", at=AT),
        timed(BlockKind.PARAGRAPH, "Chegam reforços.", at=AT - timedelta(hours=1)),
    )
    assert said(shown, made)[:6] == [
        "Siga aqui.",
        "2026-11-24 12:30 UTC",
        "Fogo dominado",
        "Está dominado.",
        "2026-11-24 11:30 UTC",
        "Chegam reforços.",
    ]


def test_a_record_that_is_older_than_the_times_of_updates_is_shown(shown: Show) -> None:
    old = orjson.loads(dump(BEFORE))
    for block in old["blocks"]:
        del block["at"]
    assert LAST in shown(lambda: article.print_article(old))
