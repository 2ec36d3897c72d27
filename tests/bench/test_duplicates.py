"""The whole bench, over a few made articles of two halves of publishers."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import duplicates
from bench.duplicates import figures, run, sketched
from bench.pairs import NotPairs, read
from worker.news.policy import NearPolicy

ROOT = Path(__file__).parents[2]


def words(seed: int, count: int = 300) -> list[str]:
    """Words that stand in no other text."""
    chance = random.Random(seed)
    return [f"w{chance.randrange(10**9)}" for _ in range(count)]


def doc(name: str, publisher: str, minute: int, text: list[str]) -> dict[str, str]:
    return {
        "id": name,
        "publisher": publisher,
        "scrape_time": f"2026-05-12T10:{minute:02}:00+00:00",
        "title": name,
        "text": " ".join(text),
    }


def made() -> dict[str, Any]:
    """In each half a wire copy at two publishers, a part of it that is said to be none, and one on another subject."""
    docs, pairs = [], []
    for half, publishers in enumerate((["a.example", "c.example"], ["b.example", "d.example"])):
        wire, first, second = words(half), publishers[0], publishers[1]
        docs += [
            doc(f"{half}-copy", second, 2, [*wire[20:], "more", "words"]),
            doc(f"{half}-wire", first, 1, wire),
            doc(f"{half}-part", second, 3, wire[:120]),
            doc(f"{half}-other", first, 4, words(10 + half)),
        ]
        pairs += [
            [f"{half}-wire", f"{half}-copy", 0.9, 0.98, "dup"],
            [f"{half}-wire", f"{half}-part", 0.4, 1.0, "contained"],
            [f"{half}-copy", f"{half}-part", 0.3, 0.8, "ambiguous"],
        ]
    return {"docs": docs, "pairs": pairs}


def write(folder: Path, told: object) -> Path:
    (folder / "dups").mkdir()
    (folder / "dups/helsinki.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def reached(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_what_is_reached_is_one_object_on_the_last_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert duplicates.main(["--data", str(write(tmp_path, made())), "--json"]) == 0
    found = reached(capsys)
    for part in (found, found["swapped"], found["all"]):
        assert (part["precision"], part["recall"], part["f1"], part["candidate_recall"]) == (1, 1, 1, 1)
        assert (part["group_recall"], part["joined_negatives"]) == (1, 0)
    assert found["threshold"] == NearPolicy().jaccard
    assert (found["articles"], found["copies"], found["pairs"]) == (4, 2, 5)
    assert (found["all"]["articles"], found["all"]["copies"], found["all"]["pairs"]) == (8, 4, 26)
    assert found["ms_per_article"] > 0


def test_a_pair_that_is_called_none_and_is_found_counts_against_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = made()
    told["pairs"] = told["pairs"][:1]
    duplicates.main(["--data", str(write(tmp_path, told)), "--json"])
    out = capsys.readouterr().out
    found = json.loads(out.splitlines()[-1])["all"]
    assert found["recall"] == 1
    assert found["precision"] == pytest.approx(1 / 6, abs=1e-5)
    assert found["joined_negatives"] == 5
    assert "near, no copy: 00003 1-wire, 00005 0-part" not in out
    assert "near, no copy: 00001 0-wire, 00005 0-part (no copy): 298 and 118 shingles, 0.396 jaccard, 1.000" in out


def test_a_copy_that_is_not_found_is_named_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = made()
    told["docs"].append(doc("short", "a.example", 9, words(0)[:30]))
    told["pairs"] += [["0-wire", "0-other", 0.0, 0.0, "dup"], ["0-wire", "short", 0.1, 1.0, "contained"]]
    duplicates.main(["--data", str(write(tmp_path, told)), "--json"])
    out = capsys.readouterr().out
    assert json.loads(out.splitlines()[-1])["all"]["recall"] == pytest.approx(4 / 6, abs=1e-5)
    assert "no candidate: 00001 0-wire, 00007 0-other (dup): 298 and 298 shingles, 0.000 jaccard" in out
    assert "no candidate: 00001 0-wire, 00009 short (contained): too short for a sketch" in out


def test_no_more_candidates_are_looked_at_and_no_fuller_bands_than_the_policy_says(tmp_path: Path) -> None:
    told = {"docs": [doc(f"{n}", "a.example", n, words(0)) for n in range(5)], "pairs": []}
    data = read(write(tmp_path, told))
    sketches, _, _ = sketched(data.docs)
    assert figures(data, run(data, sketches, NearPolicy())).candidates_per_article == 2
    # One is looked at, and the first of its group, which is that one.
    assert figures(data, run(data, sketches, NearPolicy(looked_at=1))).candidates_per_article == 0.8
    assert figures(data, run(data, sketches, NearPolicy(band_members=2))).candidates_per_article == 0.6


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"docs": []}, "KeyError: 'pairs'"),
        ({"docs": [], "pairs": []}, "no article"),
        ({"docs": [{"id": "a"}], "pairs": []}, "KeyError"),
        ({"docs": [doc("a", "a.example", 1, [])] * 2, "pairs": []}, "an id stands there twice"),
        ({"docs": [doc("a", "a.example", 1, [])], "pairs": [["a", "b", 0, 0, "dup"]]}, "KeyError: 'b'"),
        ({"docs": [doc("a", "a.example", 1, [])], "pairs": [["a", "a", 0, 0, "dup"]]}, "'dup' is no label of 00001 a"),
        (
            {"docs": [doc(n, "a.example", 1, []) for n in "ab"], "pairs": [["a", "b", 0, 0, "twin"]]},
            "'twin' is no label of 00001 a and 00002 b",
        ),
    ],
)  # fmt: skip
def test_a_file_in_another_form_says_where(tmp_path: Path, told: object, complaint: str) -> None:
    with pytest.raises(NotPairs, match=complaint):
        read(write(tmp_path, told))


def test_a_folder_without_the_file_is_an_error_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert duplicates.main(["--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"not a folder of articles with known copies: {tmp_path} holds no dups/helsinki.json\n"
    )


def test_without_recorded_articles_it_says_how_to_name_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COPYDESK_RECORDED", raising=False)
    assert duplicates.main([]) == 0
    assert "--data" in capsys.readouterr().out


def test_it_runs_as_a_file_on_a_file(tmp_path: Path) -> None:
    file = write(tmp_path, made()) / "dups/helsinki.json"
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/duplicates.py"), "--data", str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.startswith("-- reported: 4 articles, 2 copies among 5 pairs\n")
