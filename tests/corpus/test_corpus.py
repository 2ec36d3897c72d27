"""The corpus keeps its own promises: complete, two honest halves, and truths that stand in the pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.corpus.pages import FOLDER, LOOK_ALIKES, NON_ARTICLES, Case, cases

BLANKS = re.compile(r"\s+")


class _Text(HTMLParser):
    """Collects what a page says outside its scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        if tag == "br":
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def text_of(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return BLANKS.sub(" ", "".join(parser.parts))


def test_no_two_pages_share_an_id_or_an_address() -> None:
    assert len({case.id for case in cases()}) == len(cases())
    assert len({case.url for case in cases()}) == len(cases())


def test_every_page_of_the_list_is_there_and_every_file_is_in_the_list() -> None:
    files = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "pages").iterdir()}
    assert files == {case.file for case in cases()}


def test_at_least_a_hundred_pages_are_no_articles_and_each_half_has_its_share() -> None:
    assert len(cases(set_=NON_ARTICLES)) >= 100
    assert min(len(cases(half, NON_ARTICLES)) for half in ("dev", "test")) >= 50
    assert min(len(cases(half, LOOK_ALIKES)) for half in ("dev", "test")) >= 30


def test_every_page_is_in_one_of_the_sets_and_halves() -> None:
    assert {case.half for case in cases()} == {"dev", "test"}
    assert {case.is_article for case in cases(set_=LOOK_ALIKES)} == {True}
    assert {case.is_article for case in cases(set_=NON_ARTICLES)} == {False}
    assert {case.set for case in cases()} == {LOOK_ALIKES, NON_ARTICLES}


def test_every_kind_has_pages_in_both_halves() -> None:
    dev, test = ({case.kind for case in cases(half)} for half in ("dev", "test"))
    assert dev == test


def test_no_structure_of_the_test_half_is_in_the_development_half() -> None:
    dev, test = ({case.structure for case in cases(half)} for half in ("dev", "test"))
    assert dev & test == set()


def test_some_languages_are_only_in_the_test_half() -> None:
    dev, test = ({case.language for case in cases(half)} for half in ("dev", "test"))
    assert len(dev | test) >= 10
    assert len(test - dev) >= 5


def test_no_host_is_in_both_halves_and_none_is_on_the_real_web() -> None:
    dev, test = ({case.url.split("/")[2].removeprefix("www.") for case in cases(half)} for half in ("dev", "test"))
    assert dev & test == set()
    assert [host for host in dev | test if not host.endswith(".example")] == []


def test_the_corpus_stays_small() -> None:
    assert sum(case.path.stat().st_size for case in cases()) < 1_500_000


def test_a_page_that_is_no_article_says_why_and_expects_no_text() -> None:
    for case in cases(set_=NON_ARTICLES):
        assert case.expected_reason, case.id
        assert case.expected_text is None, case.id


@pytest.mark.parametrize("case", cases(set_=LOOK_ALIKES), ids=lambda case: case.id)
def test_the_expected_title_and_every_paragraph_stand_in_the_page_in_their_order(case: Case) -> None:
    assert case.expected_text
    assert case.expected_title
    page = text_of(case.body.decode(case.charset))
    title = BLANKS.sub(" ", case.expected_title)
    at = page.index(title)
    for paragraph in case.expected_text.split("\n"):
        at = page.find(paragraph, at) + len(paragraph)
        assert at >= len(paragraph), paragraph


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_page_can_be_decoded_as_its_content_type_says(case: Case) -> None:
    assert "<" in case.body.decode(case.charset)


def test_the_folder_has_no_program_that_makes_the_pages() -> None:
    assert sorted(Path(FOLDER).glob("*.py")) == [
        FOLDER / name for name in ("__init__.py", "pages.py", "test_corpus.py")
    ]
