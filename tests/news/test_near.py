"""How much two texts share, who joins which group, and which copies at one outlet are one article."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.near import Candidate, Join, Resemblance, Sketch, Story, choose_group, near, resemblance, same_story
from worker.news.policy import NearPolicy

POLICY = NearPolicy()
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
# Spread over the 32 bits as hashes are.
SPREAD = 2654435761


def sketch(shingles: Iterable[int], *, kept: int = 10_000) -> Sketch:
    """The sketch of a text that has these shingles, with a sample of so many at most."""
    hashes = sorted({shingle * SPREAD % 2**32 for shingle in shingles})
    sample = hashes[:kept]
    return Sketch(bands=(), size=len(hashes), sample=struct.pack(f"<{len(sample)}I", *sample))


def candidate(article: str, shingles: Iterable[int], group: str | None = None) -> Candidate:
    return Candidate(article=article, group=group, sketch=sketch(shingles))


# Texts of runs of shingles out of a few hundred, so that they have much in common, little, or nothing.
RUNS = st.tuples(st.integers(0, 400), st.integers(1, 400)).map(lambda run: range(run[0], run[0] + run[1]))
SKETCHES = st.builds(
    lambda runs, kept: sketch({n for run in runs for n in run}, kept=kept),
    st.lists(RUNS, min_size=1, max_size=3),
    st.sampled_from([8, 64, 10_000]),
)


@given(SKETCHES, SKETCHES)
def test_it_makes_no_difference_which_of_two_texts_is_the_first(a: Sketch, b: Sketch) -> None:
    assert resemblance(a, b) == resemblance(b, a)
    assert near(a, b, POLICY) == near(b, a, POLICY)


@given(SKETCHES)
def test_a_text_has_all_in_common_with_itself(a: Sketch) -> None:
    assert resemblance(a, a) == Resemblance(jaccard=1.0, containment=1.0)
    assert near(a, a, POLICY) == (a.size >= POLICY.fewest)


@given(SKETCHES, SKETCHES)
def test_a_share_is_between_nothing_and_all_and_a_part_is_never_less_than_the_whole(a: Sketch, b: Sketch) -> None:
    found = resemblance(a, b)
    assert 0 <= found.jaccard <= found.containment <= 1


@given(st.sets(st.integers(0, 500), min_size=1), st.sets(st.integers(0, 500), min_size=1))
def test_of_whole_samples_the_shares_are_exact(a: set[int], b: set[int]) -> None:
    shared = len(a & b)
    assert resemblance(sketch(a), sketch(b)) == Resemblance(
        jaccard=shared / len(a | b), containment=shared / min(len(a), len(b))
    )


@pytest.mark.parametrize("kept", [(512, 512), (512, 128), (10_000, 256)])
def test_samples_of_different_rates_tell_the_shares_about_as_the_whole_texts_do(kept: tuple[int, int]) -> None:
    a, b = sketch(range(4000), kept=kept[0]), sketch(range(3000, 5000), kept=kept[1])
    found = resemblance(a, b)
    assert found.jaccard == pytest.approx(0.2, abs=0.05)
    assert found.containment == pytest.approx(0.5, abs=0.1)


def test_a_sketch_without_a_sample_is_like_nothing() -> None:
    empty = Sketch(bands=(), size=0, sample=b"")
    assert resemblance(empty, empty) == resemblance(empty, sketch(range(9))) == Resemblance(jaccard=0, containment=0)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        pytest.param(range(200), range(90, 290), True, id="two long texts with a third in common and more"),
        pytest.param(range(200), range(110, 310), False, id="two long texts with less than that"),
        pytest.param(range(100), range(45, 145), False, id="as large a share of two short texts"),
        pytest.param(range(100), range(30, 130), True, id="more than half of two short texts"),
        pytest.param(range(47), range(47), False, id="the same few words"),
        pytest.param(range(48), range(48), True, id="the same words, just enough"),
        pytest.param(range(100), range(20, 1000), True, id="four fifths of a short text in a long one"),
        pytest.param(range(100), range(21, 1000), False, id="a little less of it"),
        pytest.param(range(99), range(1000), False, id="a text too short to be a part"),
        pytest.param(range(200), range(4000), True, id="a part that is a twentieth"),
        pytest.param(range(200), range(4001), False, id="a smaller part"),
    ],
)  # fmt: skip
def test_what_is_near_depends_on_the_length(a: range, b: range, expected: bool) -> None:
    assert near(sketch(a), sketch(b), POLICY) is expected


def test_a_text_like_no_other_joins_no_group() -> None:
    assert choose_group(sketch(range(200)), [], POLICY) == Join(group=None, near=())
    assert choose_group(sketch(range(200)), [candidate("a", range(180, 380))], POLICY) == Join(group=None, near=())


def test_two_copies_make_a_group_of_the_older_ones_id() -> None:
    found = choose_group(sketch(range(200)), [candidate("b", range(200)), candidate("a", range(50, 250))], POLICY)
    assert found == Join(group="a", near=("a", "b"))


def test_a_third_copy_joins_the_group_that_stands_before_it_makes_a_new_one() -> None:
    candidates = [candidate("a", range(200)), candidate("c", range(40, 240), "b"), candidate("b", range(60, 260), "b")]
    assert choose_group(sketch(range(200)), candidates, POLICY) == Join(group="b", near=("a", "b", "c"))


def test_of_two_groups_the_one_with_the_likest_member_is_joined() -> None:
    candidates = [candidate("a", range(60, 260), "a"), candidate("b", range(10, 210), "b")]
    assert choose_group(sketch(range(200)), candidates, POLICY).group == "b"


def test_the_ends_of_a_chain_of_versions_do_not_meet() -> None:
    first, middle, last = range(200), range(90, 290), range(180, 380)
    assert choose_group(sketch(middle), [candidate("a", first)], POLICY).group == "a"
    chain = [candidate("a", first, "a"), candidate("b", middle, "a")]
    assert choose_group(sketch(last), chain, POLICY) == Join(group=None, near=("b",))


def test_the_first_article_keeps_a_group_closed_although_it_counts_as_alone() -> None:
    chain = [candidate("a", range(200)), candidate("b", range(90, 290), "a")]
    assert choose_group(sketch(range(180, 380)), chain, POLICY).group is None


def test_a_member_that_is_neither_near_nor_unlike_keeps_no_group_closed() -> None:
    candidates = [candidate("a", range(200), "a"), candidate("b", range(60, 260), "a")]
    new = sketch(range(120, 320))
    assert not near(new, candidates[0].sketch, POLICY)
    assert choose_group(new, candidates, POLICY) == Join(group="a", near=("b",))


def test_a_brief_within_a_long_digest_is_near_and_in_no_group_with_it() -> None:
    digest = candidate("a", range(1500))
    assert choose_group(sketch(range(700, 820)), [digest], POLICY) == Join(group=None, near=("a",))


def test_two_different_parts_of_one_text_are_not_in_one_group() -> None:
    whole, one = candidate("a", range(600), "a"), candidate("b", range(200), "a")
    assert choose_group(sketch(range(350, 600)), [whole, one], POLICY) == Join(group=None, near=("a",))


GROUPED = st.lists(st.tuples(SKETCHES, st.sampled_from([None, "0", "1", "2"])), max_size=6).map(
    lambda found: [Candidate(article=str(n), group=group, sketch=one) for n, (one, group) in enumerate(found)]
)


@given(SKETCHES, GROUPED, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_makes_no_difference(
    new: Sketch, candidates: list[Candidate], chance: random.Random
) -> None:
    mixed = list(candidates)
    chance.shuffle(mixed)
    assert choose_group(new, mixed, POLICY) == choose_group(new, candidates, POLICY)


@given(SKETCHES, GROUPED)
def test_no_group_is_joined_without_a_near_member_nor_with_one_that_is_unlike(
    new: Sketch, candidates: list[Candidate]
) -> None:
    found = choose_group(new, candidates, POLICY)
    assert found.near == tuple(sorted(c.article for c in candidates if near(new, c.sketch, POLICY)))
    members = [c for c in candidates if (c.group or c.article) == found.group]
    assert found.group is None or any(c.article in found.near for c in members)
    assert all(resemblance(new, c.sketch).jaccard >= POLICY.apart for c in members)


def story(
    title: str = "Câmara aprova obras na ponte velha",
    text: str = "A câmara de Coimbra aprovou obras de 2,5 milhões de euros na ponte velha, disse Rui Sá.",
    *,
    canonical: str | None = None,
    guids: Iterable[str] = (),
    at: datetime = NOON,
) -> Story:
    return Story(title=title, text=text, canonical=canonical, guids=frozenset(guids), at=at)


LATER = timedelta(hours=5)


def test_a_copy_with_the_same_title_some_hours_later_is_the_same_article() -> None:
    assert same_story(story(), replace(story(), at=NOON + LATER), POLICY)


def test_a_copy_with_more_in_it_is_the_same_article() -> None:
    longer = story(
        text=story().text + "\nA obra começa em maio e custa menos do que em 2019, disse Ana Reis ao jornal."
    )
    assert same_story(story(), longer, POLICY)
    assert same_story(longer, story(), POLICY)


def test_a_copy_with_another_title_needs_another_witness() -> None:
    other = "Ponte velha de Coimbra fecha para obras"
    assert not same_story(story(), story(title=other), POLICY)
    address = "https://www.jornal.example/local/ponte-velha-em-obras"
    assert same_story(
        story(canonical=address),
        story(title=other, canonical=address.replace("https://www.", "http://") + "?utm_source=x"),
        POLICY,
    )


@pytest.mark.parametrize("guid", ["48213", "https://jornal.example/local/48213/", "http://m.jornal.example/?id=48213"])
def test_guids_with_the_same_end_are_a_witness_whatever_stands_before_it(guid: str) -> None:
    retitled = story(title="Ponte velha de Coimbra fecha para obras", guids=["tag:jornal.example,2026:48213"])
    assert same_story(story(guids=[guid]), retitled, POLICY)


@pytest.mark.parametrize(
    ("guid", "other"),
    [
        ("https://jornal.example/?p=412", "https://blogue.example/?p=412"),
        ("https://jornal.example/a/index.html", "https://jornal.example/b/index.html"),
        ("post 1", "post 1/"),
        ("", "/"),
    ],
)  # fmt: skip
def test_the_end_of_a_guid_that_names_nothing_is_no_witness(guid: str, other: str) -> None:
    assert not same_story(story(guids=[guid]), story(title="Outro título", guids=[other]), POLICY)


def test_a_copy_of_more_than_two_days_later_is_another_article() -> None:
    assert same_story(story(), replace(story(), at=NOON + timedelta(hours=48)), POLICY)
    assert not same_story(story(), replace(story(), at=NOON + timedelta(hours=48, seconds=1)), POLICY)
    assert not same_story(replace(story(), at=NOON + timedelta(days=3)), story(), POLICY)


DAILY = {
    "weather": (
        "Weather in Lisbon\nSunny in the morning, with clouds later.\nHighest temperature 24, lowest 15, wind 20 km/h.",
        "Weather in Lisbon\nSunny in the morning, with clouds later.\nHighest temperature 26, lowest 14, wind 20 km/h.",
    ),
    "a table of temperatures": ("Weather in Lisbon\nPorto\n18\nFaro\n26", "Weather in Lisbon\nPorto\n19\nFaro\n25"),
    "markets": (
        "The index closed at 4,512.20 points, down 0.3 %, in a quiet day, said Ann Miller.",
        "The index closed at 4,498.70 points, down 0.3 %, in a quiet day, said Ann Miller.",
    ),
    "match previews": (
        "The team receives Benfica at home on matchday 30, and coach João Pinto expects a hard match.",
        "The team receives Boavista at home on matchday 30, and coach João Pinto expects a hard match.",
    ),
    "live results": ("Full time in Porto: 1-0, with a late goal.", "Full time in Porto: 1-1, with a late goal."),
    "columns that name nothing": (
        "a day for rest and a walk, the stars say, and for the family",
        "a day for rest and a walk, the stars say, and for the friends",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAILY)
def test_what_comes_each_day_from_one_template_is_not_one_article(kind: str) -> None:
    today, tomorrow = (
        story("Today in short", text, at=at)
        for text, at in zip(DAILY[kind], (NOON, NOON + timedelta(days=1)), strict=True)
    )
    assert not same_story(today, tomorrow, POLICY)
    assert not same_story(tomorrow, today, POLICY)


def test_another_number_in_the_title_makes_another_article() -> None:
    title = "Guerra na Ucrânia em direto: tudo o que se passa na frente leste, dia {}"
    assert not same_story(story(title.format(812)), story(title.format(813)), POLICY)


def test_articles_without_a_title_have_no_title_in_common() -> None:
    assert not same_story(story(title=""), story(title="—"), POLICY)
