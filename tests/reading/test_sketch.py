"""Sketches of real texts: the same everywhere, and alike when the texts are."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.near import BAND_BYTES, HASH_BYTES, Sketch, near, resemblance
from worker.news.policy import NearPolicy
from worker.reading.sketch import BANDS, PLACES, SAMPLE, MinHashSketcher

POLICY = NearPolicy()
SKETCHER = MinHashSketcher()

WIRE = """The council of Harlow agreed on Tuesday to repair the old bridge before the winter, at a cost of two million pounds.
Work begins in May and takes twenty weeks, in which the ferry sails twice as often as it does now, and free of charge.
Residents had asked for a second lane; there is no money for one, said Ann Miller, the councillor for roads and parks.
The bridge was built in 1897 and carried trains until 1964, when the line to the coast was closed and the rails were sold.
Engineers found cracks in three of its seven arches last autumn, and since then no lorry has been allowed to cross it.
A new bridge further up the river, which was planned ten years ago, would cost fifteen times as much, the council said."""
OTHER = """Farmers in the valley expect the best harvest of apples in a decade after a mild spring without a single night of frost.
Prices in the markets have fallen by a tenth since August, and some growers fear that they will not pay for the pickers.
The cider makers of the region are the winners, says Tom Reed, who bought forty tons last week for less than a year ago.
Supermarkets, on the other hand, still sell fruit from overseas, because their contracts run until the end of November."""
JAPANESE = """東京都は火曜日、老朽化した橋の改修工事を来年五月に始めると発表した。費用は約二十億円で、工事の期間はおよそ二十週間になる見込みだという。
住民は車線を増やすよう求めていたが、予算が足りないため見送られた。工事の間は渡し船の便数を二倍に増やし、運賃を無料にするとしている。
橋は明治三十年に造られ、昭和三十九年までは鉄道が通っていた。昨年の秋に七つの橋脚のうち三つでひびが見つかり、大型車の通行が禁止されている。"""
THAI = """สภาเมืองมีมติเมื่อวันอังคารให้ซ่อมสะพานเก่าก่อนฤดูหนาว โดยใช้งบประมาณสองล้านบาท งานจะเริ่มในเดือนพฤษภาคมและใช้เวลายี่สิบสัปดาห์
ชาวบ้านขอให้เพิ่มช่องทางเดินรถ แต่ไม่มีงบประมาณเพียงพอ สะพานนี้สร้างขึ้นเมื่อกว่าร้อยปีก่อนและเคยมีรถไฟวิ่งผ่าน"""


def sketch(text: str) -> Sketch:
    found = SKETCHER.sketch(text)
    assert found is not None
    return found


def shared(a: Sketch, b: Sketch) -> int:
    """How many bands two texts share."""
    return len(set(a.bands) & set(b.bands))


def made_up(words: int, seed: int) -> list[str]:
    """Words that stand in no other text."""
    chance = random.Random(seed)
    return [f"w{chance.randrange(10**9)}" for _ in range(words)]


@given(st.text())
def test_any_text_has_a_sketch_in_its_bounds_or_none(text: str) -> None:
    found = SKETCHER.sketch(text * 30)
    assert found == SKETCHER.sketch(text * 30)
    if found is not None:
        assert found.size >= POLICY.fewest
        assert len(found.sample) == HASH_BYTES * min(found.size, SAMPLE)
        assert len(found.bands) <= BANDS + PLACES
        assert {len(band) for band in found.bands} == {BAND_BYTES}


def test_a_sketch_never_changes_or_the_stored_ones_would_find_nothing() -> None:
    found = sketch(WIRE)
    assert (found.size, len(found.bands)) == (134, BANDS + PLACES)
    assert (
        sha256(b"".join(found.bands) + found.sample).hexdigest()
        == "526e6ae1a8db9aff4c5b5322e84b6302d9f1610027777db16bc7fc809d3460ac"
    )


def test_another_process_makes_the_same_sketch() -> None:
    program = (
        "import sys; from worker.reading.sketch import MinHashSketcher; print(MinHashSketcher().sketch(sys.argv[1]))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program, WIRE],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    assert [run.stdout.strip() for run in runs] == [repr(sketch(WIRE))] * 2


@pytest.mark.parametrize("text", ["", "—", WIRE[:200], "again and " * 500, JAPANESE[:80]])
def test_a_text_of_too_few_words_has_no_sketch(text: str) -> None:
    assert SKETCHER.sketch(text) is None


def test_case_quotes_and_line_breaks_make_no_difference() -> None:
    assert sketch(WIRE.upper().replace("\n", "  ").replace(";", " –")) == sketch(WIRE)


def test_wire_copy_under_another_headline_and_agency_line_is_near() -> None:
    copy = (
        f"HARLOW (Agency) — Old bridge to be mended\n{WIRE}\nReporting by Jane Doe; editing by John Roe. Our standards."
    )
    ours, theirs = sketch(WIRE), sketch(copy)
    assert near(ours, theirs, POLICY)
    assert shared(ours, theirs) > BANDS


def test_the_first_half_of_a_text_is_found_and_is_near() -> None:
    whole, part = sketch(f"{WIRE}\n{OTHER}"), sketch(WIRE)
    assert near(whole, part, POLICY)
    assert shared(whole, part)
    assert resemblance(whole, part).containment == 1


def test_two_texts_on_two_subjects_share_no_band_and_are_not_near() -> None:
    assert shared(sketch(WIRE), sketch(OTHER)) == 0
    assert not near(sketch(WIRE), sketch(OTHER), POLICY)


@pytest.mark.parametrize("text", [JAPANESE, THAI], ids=["Japanese", "Thai"])
def test_texts_without_blanks_between_words_are_known_by_their_letters(text: str) -> None:
    copy = sketch("【共同】" + text.replace("\n", "") + "(写真は昨年)")
    assert near(sketch(text), copy, POLICY)
    assert shared(sketch(text), copy) > BANDS
    assert not near(sketch(text), sketch(WIRE), POLICY)


def test_latin_names_in_a_japanese_text_leave_it_one() -> None:
    named = JAPANESE.replace("東京都", "Tokyo Metropolitan Government")
    assert near(sketch(JAPANESE), sketch(named), POLICY)


def _found(pairs: Sequence[tuple[list[str], list[str]]]) -> float:
    """The share of pairs of texts that share a band."""
    return sum(shared(sketch(" ".join(a)), sketch(" ".join(b))) > 0 for a, b in pairs) / len(pairs)


@pytest.mark.parametrize(("changed", "jaccard"), [(0.2, 0.35), (0.12, 0.5)])
def test_versions_of_a_text_are_found_although_words_all_over_it_are_changed(changed: float, jaccard: float) -> None:
    chance = random.Random(1)
    pairs = []
    for seed in range(100):
        words = made_up(400, seed)
        pairs.append((words, [f"x{n}" if chance.random() < changed else word for n, word in enumerate(words)]))
    alike = [resemblance(sketch(" ".join(a)), sketch(" ".join(b))).jaccard for a, b in pairs]
    assert fmean(alike) == pytest.approx(jaccard, abs=0.03)
    assert _found(pairs) >= 0.95


def test_a_part_is_found_in_a_text_four_times_as_long() -> None:
    parts = [made_up(200, seed) for seed in range(100)]
    pairs = [(part, made_up(300, 1000 + n) + part[10:190] + made_up(300, 2000 + n)) for n, part in enumerate(parts)]
    assert _found(pairs) >= 0.95
