"""The whole bench, over a made folder of four pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bench import extraction, memory
from bench.engines import Engine, Found, Page
from bench.figures import p99
from bench.samples import NotSamples, Sample, page_samples, samples

ROOT = Path(__file__).parents[2]
FIRST = (
    "The council agreed on Tuesday to repair the old bridge before the winter, at a cost of two million.",
    "Work begins in May and takes twenty weeks, in which the ferry sails twice as often as it does now.",
    "Residents had asked for a second lane; there is no money for one, said the councillor for roads.",
)
SECOND = (
    "A ponte velha reabre na segunda-feira, depois de vinte semanas de obras que custaram dois milhões de euros.",
    "Os barcos voltam ao horário de inverno, e a câmara promete estudar uma segunda faixa no próximo ano.",
    "Os moradores da margem sul pediam a reabertura desde o verão, quando as obras deviam ter acabado.",
)
FIGURES = {
    *(
        "f1",
        "precision",
        "recall",
        "exact",
        "rouge_lsum",
        "title",
        "day",
        "authors_f1",
        "language",
        "ms_mean",
        "ms_p99",
    ),
    *("ms_max", "mb_per_s", "non_articles_stored", "articles_refused", "articles", "non_articles", "pages"),
}
COMPARED = {"ms_trafilatura_metadata", "f1_diff", "f1_diff_low", "f1_diff_high", "f1_p", "engines"}


def _html(title: str, paragraphs: tuple[str, ...], *, language: str, day: str, author: str) -> str:
    return (
        f'<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title><meta name="author" content="{author}">'
        f'<meta property="og:title" content="{title}"><meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="{day}T10:00:00+00:00"></head><body><article><h1>{title}</h1>'
        + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        + "</article></body></html>"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two articles, a page that is none, and one that can't be read."""
    (tmp_path / "pages/ours").mkdir(parents=True)
    pages: list[tuple[dict[str, Any], bytes]] = [
        (
            {
                "id": "bridge",
                "language": "en",
                "expected_text": "\n".join(FIRST),
                "expected_title": "Council to repair the old bridge",
                "expected_date": "2025-03-04",
                "expected_authors": ["Ann Miller"],
            },
            _html(
                "Council to repair the old bridge", FIRST, language="en", day="2025-03-04", author="Ann Miller"
            ).encode(),
        ),
        (
            {
                "language": "pt-PT",
                "expected_text": "\n".join(SECOND),
                "expected_title": "Outro título",
                "expected_date": "2025-09-02",
                "expected_authors": None,
            },
            _html("A ponte velha reabre", SECOND, language="pt", day="2025-09-01", author="Rui Sá").encode(),
        ),
        (
            {"is_article": False, "language": None},
            b'<html lang="en"><head><title>Sign in</title></head><body><form><input name="user"></form></body></html>',
        ),
        ({"expected_text": "A text that nobody can read here.", "content_type": "text/html"}, b"\x00\x01\x02" * 40),
    ]
    with (tmp_path / "pages.jsonl").open("w", encoding="utf-8") as index:
        for number, (known, body) in enumerate(pages):
            file = f"pages/ours/{number}.html"
            (tmp_path / file).write_bytes(body)
            index.write(
                json.dumps({"file": file, "set": "ours", "url": f"https://news.example/{number}"} | known) + "\n"
            )
    return tmp_path


def _last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_the_figures_of_a_set_are_one_object_on_the_last_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert extraction.main(["--data", str(folder), "--only", "copydesk", "--json"]) == 0
    found = _last_line(capsys)
    assert list(found) == ["ours"]
    ours = found["ours"]
    assert ours.keys() == FIGURES | COMPARED
    # Two texts are right and one is missing; the title, the day and the language are right on one of two, two of two …
    assert ours["f1"] == ours["precision"] == ours["recall"] == ours["exact"] == ours["rouge_lsum"] == 0.66667
    assert (ours["title"], ours["day"], ours["authors_f1"], ours["language"]) == (0.5, 0.5, 1.0, 1.0)
    assert (ours["non_articles_stored"], ours["articles_refused"]) == (0, 1)
    assert (ours["pages"], ours["articles"], ours["non_articles"]) == (4, 3, 1)
    assert 0 < ours["ms_mean"] <= ours["ms_p99"] == ours["ms_max"]
    assert ours["mb_per_s"] > 0


def test_copydesk_alone_is_still_compared_with_trafilatura(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extraction.main(["--data", str(folder), "--only", "copydesk", "--json"])
    ours = _last_line(capsys)["ours"]
    assert list(ours["engines"]) == ["copydesk", "trafilatura_metadata"]
    assert ours["ms_trafilatura_metadata"] == ours["engines"]["trafilatura_metadata"]["ms_mean"] > 0
    assert ours["f1_diff_low"] <= ours["f1_diff"] <= ours["f1_diff_high"]
    assert 0 < ours["f1_p"] <= 1


def test_another_engine_alone_leaves_the_figures_of_copydesk_unknown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extraction.main(["--data", str(folder), "--only", "resiliparse", "--json"])
    ours = _last_line(capsys)["ours"]
    assert (ours["f1"], ours["f1_p"], ours["ms_trafilatura_metadata"], ours["pages"]) == (None, None, None, 4)
    theirs = ours["engines"]["resiliparse"]
    assert theirs.keys() == FIGURES
    assert theirs["recall"] == 0.66667
    assert (theirs["title"], theirs["language"]) == (None, None)


def test_every_engine_that_is_there_has_a_line_and_the_others_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("newspaper", "readability"):
        monkeypatch.setitem(sys.modules, library, None)
    assert extraction.main(["--data", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["newspaper4k is not installed and left out", "readability is not installed and left out"]
    starts = ("Copydesk (normal)", "trafilatura  ", "trafilatura, metadata", "resiliparse", "Copydesk against")
    assert [sum(line.startswith(start) for line in lines) for start in starts] == [1, 1, 1, 1, 1]


def test_the_worst_pages_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extraction.main(["--data", str(folder), "--only", "copydesk", "--worst", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("    title 0.000 pages/ours/1.html 'A ponte velha reabre' for")]
    assert len([line for line in lines if line.startswith("    text ")]) == 1
    # What is right on every page is not among the worst.
    assert not [line for line in lines if line.startswith("    authors ")]
    assert [line for line in lines if line.startswith("    refused 0.000 pages/ours/3.html ")]


def test_only_wanted_sets_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert extraction.main(["--data", str(folder), "--sets", "theirs"]) == 2
    assert "no page of theirs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (None, "holds no pages.jsonl"),
        ("no json", "line 1: JSONDecodeError"),
        ("[]", "line 1: TypeError"),
        ("{}", "line 1: KeyError: 'file'"),
        ('{"file": "pages/gone.html"}', "line 1: FileNotFoundError"),
        ("", "no page of any set"),
    ],
)
def test_a_folder_in_another_form_is_an_error(
    line: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if line is not None:
        (tmp_path / "pages.jsonl").write_text(line, encoding="utf-8")
    assert extraction.main(["--data", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_without_recorded_pages_there_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COPYDESK_RECORDED", raising=False)
    assert extraction.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "no recorded pages here: name the folder that holds pages.jsonl with --data, or in COPYDESK_RECORDED"
    ]


@pytest.mark.parametrize("started", [["-m", "bench.extraction"], ["bench/extraction.py"]])
def test_it_runs_as_a_module_and_as_a_file(started: list[str], folder: Path) -> None:
    command = [sys.executable, *started, "--data", str(folder), "--only", "resiliparse", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True, env={"PATH": os.defpath}
    )
    assert json.loads(done.stdout.splitlines()[-1])["ours"]["pages"] == 4


def test_a_page_needs_no_more_than_its_file(tmp_path: Path) -> None:
    (tmp_path / "pages/abc").mkdir(parents=True)
    (tmp_path / "pages/abc/1.html").write_bytes(b"<p>Words")
    bare = {
        "file": "pages/abc/1.html",
        "expected_date": float("nan"),
        "expected_authors": "Ann Miller",
        "language": None,
    }
    (tmp_path / "pages.jsonl").write_text(json.dumps(bare) + "\n\n", encoding="utf-8")
    page = Sample(name="pages/abc/1.html", group="abc", url="", body=b"<p>Words", authors=["Ann Miller"])
    assert list(samples(tmp_path)) == [page]


def test_pages_are_read_one_by_one(folder: Path) -> None:
    """A page is read when its turn comes: one that goes in between is missed only then."""
    pages = page_samples(folder)
    assert next(pages).name == "bridge"
    (folder / "pages/ours/1.html").unlink()
    with pytest.raises(NotSamples, match="line 2"):
        next(pages)


def test_engines_see_nothing_of_the_truth_and_take_turns() -> None:
    seen: list[tuple[str, Page]] = []

    def engine(name: str) -> Engine:
        def read(page: Page) -> Found:
            seen.append((name, page))
            return Found(text="Words")

        return Engine(name=name, label=name, tells=frozenset({"text"}), read=read)

    def pages() -> Iterator[Sample]:
        for number in range(3):
            yield Sample(name=str(number), group="made", url=f"https://a.example/{number}", body=b"x", text="Words")

    extraction.measure(pages(), [engine("one"), engine("two")])
    last = seen[-6:]
    assert [name for name, _ in last] == ["one", "two", "two", "one", "one", "two"]
    assert [page for _, page in last[::2]] == [Page(url=f"https://a.example/{n}", body=b"x") for n in range(3)]
    # Two pages of its own and the first of the folder, all twice, before anything counts.
    assert len(seen) - len(last) == 12


def test_the_99th_percentile_is_a_number_that_was_measured() -> None:
    assert p99([*range(1, 201)]) == 198
    assert p99([7.0]) == 7.0


def test_no_page_is_read_twice_for_the_memory(folder: Path) -> None:
    bodies = [page.body for page in islice(memory.varied(folder), 8)]
    articles = [body for body in bodies if b"</article>" in body]
    assert len(articles) == len(set(articles)) == 4


def test_the_slope_leaves_out_the_beginning() -> None:
    flat = [(pages, 100.0) for pages in range(1000, 11_000, 1000)]
    assert memory.slope([(1000, 1.0), (2000, 50.0), *flat[2:]]) == pytest.approx(0.0, abs=1e-9)
    assert memory.slope([(pages, 100.0 + pages / 1000) for pages, _ in flat]) == pytest.approx(100 * 7 / 103)


def test_the_memory_is_printed_on_the_way(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert memory.main(["--data", str(folder), "--pages", "40"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21
    assert lines[-2].startswith("     40 pages ")
    assert lines[-2].endswith(" MB, 20 refused")
    assert lines[-1].startswith("slope over the last 80%: ")
