"""The catalog that is shipped: what a person may expect of its files."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from worker.catalog.edit import _read, _write, note_verified
from worker.catalog.files import read_catalog
from worker.news.outlet import Outlet
from worker.sample.outlet import sample_outlet
from worker.sample.policy import SamplePolicy

FOLDER = Path(__file__).parents[2] / "config" / "outlets"
FILES = sorted(FOLDER.glob("*.yaml"))
COUNTRIES = {"BR", "DE", "ES", "FR", "GB", "IT", "PL", "PT", "UA", "US"}
EXPECTED_IN_PORTUGAL = {
    "observador",
    "publico",
    "expresso",
    "rtp",
    "jornal-de-noticias",
    "diario-de-noticias",
    "eco",
    "sic-noticias",
    "cnn-portugal",
    "noticias-ao-minuto",
    "renascenca",
    "correio-da-manha",
    "jornal-de-negocios",
    "the-portugal-news",
}
# The language that an outlet of a country has unless it is listed below.
LANGUAGES = {
    "BR": "pt-BR",
    "DE": "de-DE",
    "ES": "es-ES",
    "FR": "fr-FR",
    "GB": "en-GB",
    "IT": "it-IT",
    "PL": "pl-PL",
    "PT": "pt-PT",
    "UA": "uk-UA",
    "US": "en-US",
}
OTHER_LANGUAGES = {
    "ara": "ca-ES",  # Catalan is a language of Spain.
    "vilaweb": "ca-ES",
    "the-portugal-news": "en",  # Written for readers from abroad, as are those that follow.
    "portugal-resident": "en",
    "notes-from-poland": "en",
    "kyiv-independent": "en",
    "kyiv-post": "en",
}


@pytest.fixture(scope="module")
def outlets() -> list[Outlet]:
    """The whole catalog, which has no mistake."""
    found, mistakes = read_catalog(FOLDER)
    assert mistakes == []
    return found


def of(outlets: list[Outlet], country: str) -> list[Outlet]:
    return [outlet for outlet in outlets if outlet.country == country]


def address(url: str) -> str:
    """An address without what makes no difference between two feeds."""
    return url.partition("://")[2].removeprefix("www.").rstrip("/").lower()


def test_there_is_a_file_for_each_country(outlets: list[Outlet]) -> None:
    assert {file.stem.upper() for file in FILES} == COUNTRIES
    assert {outlet.country for outlet in outlets} == COUNTRIES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_outlets_of_a_file_are_of_its_country(file: Path, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path)
    found, mistakes = read_catalog(tmp_path)
    assert mistakes == []
    assert {outlet.country for outlet in found} == {file.stem.upper()}


def test_only_observador_is_on_and_it_stands_first(outlets: list[Outlet]) -> None:
    assert [outlet.id for outlet in outlets if outlet.enabled] == ["observador"]
    assert of(outlets, "PT")[0].id == "observador"


def test_portugal_is_there_in_full(outlets: list[Outlet]) -> None:
    portugal = {outlet.id for outlet in of(outlets, "PT")}
    assert portugal >= EXPECTED_IN_PORTUGAL
    assert len(portugal) >= 15


@pytest.mark.parametrize("country", sorted(COUNTRIES - {"PT"}))
def test_each_other_country_has_ten_outlets_or_more(outlets: list[Outlet], country: str) -> None:
    assert len(of(outlets, country)) >= 10


def test_no_two_outlets_share_an_id_a_name_or_a_home_page_in_a_country(outlets: list[Outlet]) -> None:
    for same in (
        Counter(outlet.id for outlet in outlets),
        Counter((outlet.country, outlet.name) for outlet in outlets),
        Counter(address(outlet.homepage) for outlet in outlets),
    ):
        assert [what for what, times in same.items() if times > 1] == []


def test_no_outlet_has_the_name_of_the_sample(outlets: list[Outlet]) -> None:
    assert sample_outlet(SamplePolicy()).id not in {outlet.id for outlet in outlets}


def test_each_feed_says_where_its_address_is_known_from(outlets: list[Outlet]) -> None:
    assert [feed.url for outlet in outlets for feed in outlet.feeds if not feed.known_from.strip()] == []


def test_no_feed_claims_to_be_verified(outlets: list[Outlet]) -> None:
    assert [feed.url for outlet in outlets for feed in outlet.feeds if feed.verified] == []


def test_no_two_feeds_share_an_address(outlets: list[Outlet]) -> None:
    times = Counter(address(feed.url) for outlet in outlets for feed in outlet.feeds)
    assert [url for url, number in times.items() if number > 1] == []


def test_a_feed_beside_the_first_one_is_for_a_section(outlets: list[Outlet]) -> None:
    assert [feed.url for outlet in outlets for feed in outlet.feeds[1:] if feed.section is None] == []


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_the_language_is_one_of_the_country(outlets: list[Outlet], country: str) -> None:
    listed = {outlet.id: outlet.language for outlet in of(outlets, country)}
    assert listed == {id_: OTHER_LANGUAGES.get(id_, LANGUAGES[country]) for id_ in listed}


def test_every_exception_of_language_is_an_outlet(outlets: list[Outlet]) -> None:
    assert OTHER_LANGUAGES.keys() <= {outlet.id for outlet in outlets}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_that_is_read_and_written_again_is_the_same(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / file.name
    shutil.copy(file, copy)
    _write(copy, _read(copy))
    assert copy.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_to_note_a_day_adds_one_line_and_changes_no_other(file: Path, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path)
    (*_, outlet), _ = read_catalog(tmp_path)
    assert note_verified(tmp_path, {outlet.feeds[0].url}, date(2026, 11, 24)) == 1
    noted = (tmp_path / file.name).read_text(encoding="utf-8").splitlines(keepends=True)
    noted.remove("      verified: 2026-11-24\n")
    assert "".join(noted) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_begins_with_what_it_holds(file: Path) -> None:
    first, *_ = file.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# Outlets of ")
