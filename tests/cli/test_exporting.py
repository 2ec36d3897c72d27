"""`export`: which records, and in which form."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.cli.conftest import Command
from worker.sinks.flat import COLUMNS, flat


def titles(out: str) -> list[str]:
    return sorted(json.loads(line)["title"] for line in out.splitlines())


def test_the_latest_record_of_every_article_is_a_line(filled: Command) -> None:
    assert titles(filled("export").out) == ["Bridge", "Clock", "Ferry again"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--outlet", "paper"), 3),
        (("--outlet", "other"), 0),
        (("--outlet", "other", "--outlet", "paper"), 3),
        (("--country", "pt"), 3),
        (("--country", "ES"), 0),
        (("--language", "de"), 0),
        (("--since", "2026-11-24"), 3),
        (("--since", "2026-11-24T12:10:00"), 1),
        (("--until", "2026-11-24T12:10:00"), 2),
        (("--since", "2026-11-25"), 0),
    ],
)
def test_a_selection_is_what_it_says(filled: Command, options: tuple[str, ...], expected: int) -> None:
    assert len(filled("export", *options).out.splitlines()) == expected


def test_an_outlet_that_there_is_not_is_an_error(filled: Command) -> None:
    assert "there is no outlet and no country 'pqper'" in filled.fails("export", "--outlet", "pqper")


def test_csv_has_a_column_for_each_main_field(filled: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(filled("export", "--format", "csv").out)))
    assert list(rows[0]) == list(COLUMNS)
    assert {row["title"] for row in rows} == {"Bridge", "Clock", "Ferry again"}
    (ferry,) = (row for row in rows if row["title"] == "Ferry again")
    assert (ferry["revision"], ferry["outlet"], ferry["country"]) == ("2", "paper", "PT")
    assert "\n" in ferry["text"]


def test_no_cell_of_a_csv_is_a_formula(filled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def evil(record: str) -> dict[str, object]:
        return flat(record) | {"title": "=HYPERLINK(1)", "summary": "-1", "section": "\t=x"}

    monkeypatch.setattr("worker.cli.exporting.flat", evil)
    row = next(csv.DictReader(io.StringIO(filled("export", "--format", "csv").out)))
    assert (row["title"], row["summary"], row["section"]) == ("'=HYPERLINK(1)", "'-1", "'\t=x")


def test_parquet_has_types_and_the_whole_record(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.parquet"
    filled("export", "--format", "parquet", "--to", str(file))
    table = parquet.read_table(file)
    assert table.num_rows == 3
    assert str(table.schema.field("fetched_at").type) == "timestamp[us, tz=UTC]"
    assert json.loads(table.column("record")[0].as_py())["schema"] == "copydesk.article/1"


def test_parquet_wants_a_file(filled: Command) -> None:
    assert filled.fails("export", "--format", "parquet") == "Parquet is no text: name a file with --to"


def test_an_export_can_go_into_a_file(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    assert filled("export", "--to", str(file)).out == ""
    assert len(titles(file.read_text(encoding="utf-8"))) == 3


def test_a_file_that_can_t_be_written_is_one_line(filled: Command, tmp_path: Path) -> None:
    said = filled.fails("export", "--to", str(tmp_path / "nowhere" / "all.jsonl"))
    assert said.endswith("all.jsonl: No such file or directory")


def test_markdown_is_a_file_for_each_article(filled: Command, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    filled("export", "--format", "markdown", "--to", str(folder))
    found = sorted(file.name for file in (folder / "paper").iterdir())
    assert len(found) == 3
    (ferry,) = (name for name in found if "ferry-again" in name)
    text = (folder / "paper" / ferry).read_text(encoding="utf-8")
    assert text.startswith('---\ntitle: "Ferry again"\n')
    assert "\n# Ferry again\n\nO texto do artigo ferry" in text


def test_a_later_markdown_export_renames_what_has_another_title_now(filled: Command, tmp_path: Path) -> None:
    filled("export", "--format", "markdown", "--to", str(tmp_path))
    (ferry,) = (tmp_path / "paper").glob("*ferry-again*")
    former = ferry.with_name(ferry.name.replace("ferry-again", "ferry"))
    ferry.rename(former)
    foreign = former.with_name("my own notes.md")
    foreign.write_text("mine", encoding="utf-8")
    filled("export", "--format", "markdown", "--to", str(tmp_path))
    assert (ferry.exists(), former.exists(), foreign.exists()) == (True, False, True)


def test_markdown_wants_a_folder(filled: Command) -> None:
    wanted = "Markdown is a file for each article: name a folder with --to"
    assert filled.fails("export", "--format", "markdown") == wanted


def test_an_article_can_be_shown_as_markdown(filled: Command) -> None:
    out = filled("show", "https://paper.example/ferry", "--markdown").out
    assert "\n# Ferry again\n\nO texto do artigo ferry" in out
