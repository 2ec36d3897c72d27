"""Which of its titles an article has, and what is no part of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.reading.titles import Title, Titles, choose_title

NAMES = ("Harbour Post", "post")


def titles(**said: object) -> Titles:
    """What is said of a title at an outlet."""
    return Titles(**{"names": NAMES, **said})  # type: ignore[arg-type]


TITLES = {
    "an outlet's suffix": (titles(social="Ferry returns | Harbour Post"), "Ferry returns", "meta"),
    "an outlet's prefix": (titles(social="Harbour Post - Ferry returns"), "Ferry returns", "meta"),
    "a section and an outlet": (
        titles(document="Ferry returns - City | Harbour Post"),
        "Ferry returns - City",
        "document title",
    ),
    "a known section and an outlet": (
        titles(document="Ferry returns - City | Harbour Post", sections=("City",)),
        "Ferry returns",
        "document title",
    ),
    "a section that the heading lacks": (titles(social="Ferry returns | City", headings=["Ferry returns"]), "Ferry returns", "meta"),
    "a dash of its own": (titles(social="Ferry – and pier – return"), "Ferry – and pier – return", "meta"),
    "33 headings": (
        titles(
            headings=[f"Story {n}" for n in range(32)] + ["Ferry returns to town"],
            document="Ferry returns to town | Harbour Post",
        ),
        "Ferry returns to town",
        "heading",
    ),
    "only the outlet's name": (
        titles(stated="Harbour Post", social="Harbour Post", headings=["Ferry returns"], document="Harbour Post"),
        "Ferry returns",
        "heading",
    ),
    "a headline cut short": (
        titles(stated="Ferry returns after the …", social="Ferry returns after the storm"),
        "Ferry returns after the storm",
        "meta",
    ),
    "a headline cut at 110 letters": (
        titles(stated=("Ferry returns " * 8)[:109].rstrip(), headings=[("Ferry returns " * 8 + "to the town").strip()]),
        ("Ferry returns " * 8 + "to the town").strip(),
        "heading",
    ),
    "a name that begins the title": (titles(social="Post office - a farewell"), "Post office - a farewell", "meta"),
    "quotation marks at the end": (titles(social="The mayor: « It is back »"), "The mayor: « It is back »", "meta"),
    "nothing": (titles(), "", ""),
    "an outlet without blanks": (
        titles(document="渡船在风暴后恢复运行_港口日报", names=("港口日报",)),
        "渡船在风暴后恢复运行",
        "document title",
    ),
    "a section and an outlet without blanks": (
        titles(social="폭풍 뒤에 나루터의 배가 돌아왔다-정치ㅣ항구일보", names=("항구일보",)),
        "폭풍 뒤에 나루터의 배가 돌아왔다",
        "meta",
    ),
    "a full-width mark": (titles(document="渡し船が嵐の後に戻る：港新聞", names=("港新聞",)), "渡し船が嵐の後に戻る", "document title"),
    "a hyphenated word with the outlet's name": (titles(social="A farewell to the lamp-post"), "A farewell to the lamp-post", "meta"),
    "the logo is the only heading": (
        titles(headings=["Quay Weekly"], document="Ferry returns to town | Quay Weekly", names=()),
        "Ferry returns to town",
        "document title",
    ),
    "a heading with the outlet's name at its end": (
        titles(social="Ferry returns to town", headings=["Ferry returns to townQuay Daily"], document="Ferry returns to town » City » Quay Daily"),
        "Ferry returns to town",
        "heading",
    ),
    "a template that gives the title as the outlet's name": (
        titles(document="Ferry returns to the old town", headings=["Ferry returns to the old town"], names=("Ferry returns to the old town",)),
        "Ferry returns to the old town",
        "heading",
    ),
    "a headline after a bar": (
        titles(stated="Ferry returns to town | City", social="Ferry returns to town"),
        "Ferry returns to town",
        "json-ld",
    ),
    "a headline with a dash": (
        titles(stated="Ferry returns to town - at last", headings=["Ferry returns to town"]),
        "Ferry returns to town - at last",
        "json-ld",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "text", "source"), TITLES.values(), ids=list(TITLES))
def test_the_title_is_chosen(said: Titles, text: str, source: str) -> None:
    assert choose_title(said) == Title(text, source)


CONFLICTS = {
    "the headline is trusted first": (
        titles(stated="Ferry is back for good", social="You won't believe this ferry", headings=["Ferry: the return"]),
        "Ferry is back for good",
    ),
    "a headline for search engines only": (
        titles(
            stated="Ferry timetable 2026 explained",
            social="Ferry is back for good",
            headings=["Ferry is back for good"],
            document="Ferry timetable 2026 explained | Harbour Post",
        ),
        "Ferry is back for good",
    ),
    "what readers see when no headline is stated": (
        titles(social="Ferry!", headings=["Ferry is back for good"], document="Ferry timetable"),
        "Ferry is back for good",
    ),
    "a short heading is a section": (titles(social="Ferry is back for good", headings=["City"]), "Ferry is back for good"),
    "the feed's title against an unseen headline": (
        titles(stated="Ferry timetable 2026", social="Ferry is back for good", feed="Ferry is back for good"),
        "Ferry is back for good",
    ),
    "the feed's old title against the seen headline": (
        titles(
            stated="Ferry sinks again",
            social="Ferry is back for good",
            headings=["Ferry sinks again"],
            feed="Ferry is back for good",
        ),
        "Ferry sinks again",
    ),
    "microdata is a headline as well": (titles(stated="Ferry is back", stated_in="microdata", social="Ferry"), "Ferry is back"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "text"), CONFLICTS.values(), ids=list(CONFLICTS))
def test_titles_that_differ_are_decided(said: Titles, text: str) -> None:
    assert choose_title(said).text == text


def test_the_feed_gives_the_title_of_a_page_without_one() -> None:
    assert choose_title(titles(feed="Ferry returns | Harbour Post")) == Title("Ferry returns", "feed")


LINES = st.text(st.sampled_from("Ferry Post Harbour-|:_–»…. 渡船"), max_size=60).map(
    lambda text: " ".join(text.split())
)


@given(LINES, LINES, LINES, LINES)
def test_choosing_again_changes_nothing(stated: str, social: str, heading: str, document: str) -> None:
    once = choose_title(titles(stated=stated, social=social, headings=[heading], document=document)).text
    again = choose_title(titles(stated=once, social=once, headings=[once], document=once)).text
    assert again == once


@given(LINES)
def test_a_title_that_all_agree_on_is_only_shortened(text: str) -> None:
    chosen = choose_title(titles(stated=text, social=text, headings=[text], document=text)).text
    assert chosen in text
