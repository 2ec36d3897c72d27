"""The outlets' files: what is read, and how each mistake is named: file, outlet, field, what would be right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from worker.catalog.files import LONGEST_QUOTED, read_catalog
from worker.news.outlet import FeedKind, FeedSource, Outlet, OutletRules, PageRules, SecretHeader

URL = "https://paper.example/feed"
PAPER = f"""\
- id: paper
  name: The Paper
  country: PT
  language: pt
  homepage: https://paper.example/
  feeds:
    - url: {URL}
"""
FULL = """\
- id: paper
  name: "O Diário"
  country: PT
  language: pt-PT
  homepage: https://paper.example/
  enabled: true
  feeds:
    - url: https://paper.example/feed
      known_from: its page
      verified: 2026-11-24
    - url: https://paper.example/map.xml
      kind: sitemap
      section: Mundo
      verified: ""
  rules:
    body: .text
    remove:
      - .ad
  headers:
    X-Token: paper_token
  login: paper_login
"""
OUTLET_FIELDS = "id, name, country, language, homepage, enabled, feeds, rules, headers, ignore_robots, login"
LIST_OF_FEEDS = "a list of at least one feed, each beginning with `- url:`"
LIST_OF_OUTLETS = "a list of outlets, each beginning with `- id:`"
AN_OUTLET = "an outlet with id, name, country, language, homepage and feeds"
AN_ID = "small letters, digits and hyphens, such as o-jornal"


def mistakes(folder: Path, content: str | bytes) -> list[str]:
    """What is wrong with one file, without the name of its folder."""
    file = folder / "pt.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    _, found = read_catalog(folder)
    return [line.replace(f"{folder}/", "") for line in found]


def changed(old: str, new: str) -> str:
    """The file of one outlet with one thing changed."""
    assert PAPER.count(old) == 1
    return PAPER.replace(old, new)


def test_everything_that_a_file_may_say_is_read(tmp_path: Path) -> None:
    (tmp_path / "pt.yaml").write_text(FULL, encoding="utf-8")
    (outlet,), wrong = read_catalog(tmp_path)
    assert wrong == []
    assert outlet == Outlet(
        id="paper",
        name="O Diário",
        country="PT",
        language="pt-PT",
        homepage="https://paper.example/",
        enabled=True,
        feeds=(
            FeedSource(url=URL, known_from="its page", verified="2026-11-24"),
            FeedSource(url="https://paper.example/map.xml", kind=FeedKind.SITEMAP, section="Mundo"),
        ),
        rules=OutletRules(periods=(PageRules(body=".text", remove=(".ad",)),)),
        secret_headers=(
            SecretHeader(header="X-Token", secret="paper_token"),
            SecretHeader(header="Authorization", secret="paper_login", basic=True),
        ),
    )


def test_rules_hold_for_the_pages_of_their_days(tmp_path: Path) -> None:
    periods = "  rules:\n    - {until: 2024-06-30, body: .old}\n    - {from: 2024-07-02, body: .new, title: h2}\n"
    (tmp_path / "pt.yaml").write_text(PAPER + periods, encoding="utf-8")
    (outlet,), wrong = read_catalog(tmp_path)
    assert wrong == []
    held = [outlet.rules.on(date(2024, month, day)) for month, day in ((6, 30), (7, 1), (7, 2))]
    assert [(rules.body, rules.title) for rules in held] == [(".old", None), (None, None), (".new", "h2")]


def test_an_outlet_is_off_unless_its_file_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "pt.yaml").write_text(PAPER, encoding="utf-8")
    (outlet,), wrong = read_catalog(tmp_path)
    assert (outlet.enabled, wrong) == (False, [])


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("pt", "es", "fr"):
        (tmp_path / f"{name}.yaml").write_text(PAPER.replace("paper", name), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no catalog", encoding="utf-8")
    outlets, wrong = read_catalog(tmp_path)
    assert ([outlet.id for outlet in outlets], wrong) == (["es", "fr", "pt"], [])


@pytest.mark.parametrize("content", ["", "\n", "# Outlets of Portugal.\n", "---\n", "[]\n"])
def test_a_file_without_outlets_is_no_mistake(tmp_path: Path, content: str) -> None:
    assert mistakes(tmp_path, content) == []


def test_a_folder_that_is_not_there_has_no_outlets(tmp_path: Path) -> None:
    assert read_catalog(tmp_path / "none") == ([], [])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (PAPER + "  pages: 3\n", f"paper: pages: there is no such field; there are {OUTLET_FIELDS}"),
        (
            PAPER + "      lnik: x\n",
            "paper: feeds 1: lnik: there is no such field; there are url, kind, section, known_from, verified",
        ),
        (
            PAPER + "  rules:\n    bdy: x\n",
            "paper: rules: bdy: there is no such field; there are from, until, body, remove, title, author, date",
        ),
        (
            changed("country: PT", "country: Portugal"),
            "paper: country: should be a two-letter country code such as PT (found 'Portugal')",
        ),
        (
            changed("country: PT", "country: pt"),
            "paper: country: should be a two-letter country code such as PT (found 'pt')",
        ),
        (
            changed("language: pt", "language: Portuguese"),
            "paper: language: should be a language code such as pt or pt-PT (found 'Portuguese')",
        ),
        (
            changed("language: pt", "language: pt_PT"),
            "paper: language: should be a language code such as pt or pt-PT (found 'pt_PT')",
        ),
        (PAPER.partition("  feeds:")[0], f"paper: feeds: is missing; should be {LIST_OF_FEEDS}"),
        (PAPER.partition("    - url")[0], f"paper: feeds: should be {LIST_OF_FEEDS} (found nothing)"),
        (PAPER.replace(f"\n    - url: {URL}", " []"), f"paper: feeds: should be {LIST_OF_FEEDS} (found [])"),
        (
            changed(f"- url: {URL}", f"- {URL}"),
            f"paper: feeds 1: should be a feed that begins with `- url:` (found '{URL}')",
        ),
        (
            changed(URL, "paper.example/feed"),
            "paper: feeds 1: url: should be a web address such as https://example.org/feed (found 'paper.example/feed')",
        ),
        (
            PAPER + "    - url: https://\n",
            "paper: feeds 2: url: should be a web address such as https://example.org/feed (found 'https://')",
        ),
        (
            changed("homepage: https://paper.example/", "homepage: ftp://paper.example/"),
            "paper: homepage: should be a web address such as https://example.org/ (found 'ftp://paper.example/')",
        ),
        (PAPER + "      kind: rss\n", "paper: feeds 1: kind: should be feed or sitemap (found 'rss')"),
        (
            PAPER + "      verified: yesterday\n",
            "paper: feeds 1: verified: should be a day such as 2026-11-24 (found 'yesterday')",
        ),
        (PAPER + "      section: [a]\n", "paper: feeds 1: section: should be text (found ['a'])"),
        (PAPER + "  enabled: maybe\n", "paper: enabled: should be true or false (found 'maybe')"),
        (
            PAPER + "  rules:\n    remove: .ad\n",
            "paper: rules: remove: should be a list of CSS selectors (found '.ad')",
        ),
        (
            PAPER + "  rules:\n    - from: 2024-07-01\n    - until: soon\n",
            "paper: rules 2: until: should be a day such as 2026-11-24 (found 'soon')",
        ),
        (
            PAPER + "  rules:\n    - {from: 2024-07-01, until: 2024-06-01}\n",
            "paper: rules: `until: 2024-06-01` stands before `from: 2024-07-01`",
        ),
        (
            PAPER + "  rules:\n    - {until: 2024-07-01}\n    - {from: 2024-07-01}\n",
            "paper: rules: two hold on the same day; each should end before the next begins",
        ),
        (changed("The Paper", '""'), "paper: name: should be the name of the outlet (found '')"),
        (changed("id: paper", "id: The Paper"), f"The Paper: id: should be {AN_ID} (found 'The Paper')"),
        (changed("- id: paper\n  name", "- name"), f"outlet 1: id: is missing; should be {AN_ID}"),
        (PAPER + PAPER.replace("id: paper", "id:"), f"outlet 2: id: should be {AN_ID} (found nothing)"),
        (PAPER + "- second\n", f"outlet 2: should be {AN_OUTLET} (found 'second')"),
        (PAPER + PAPER, "paper: id: stands in pt.yaml already; ids are unique"),
        (PAPER + f"    - url: {URL}\n", f"paper: feeds: {URL} stands there twice; once is right"),
    ],
)
def test_a_mistake_is_one_line_with_its_outlet_its_field_and_what_would_be_right(
    tmp_path: Path, content: str, line: str
) -> None:
    assert mistakes(tmp_path, content) == [f"pt.yaml: {line}"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("paper:\n  name: x\n", f"should be {LIST_OF_OUTLETS} (found {{'paper': {{'name': 'x'}}}})"),
        ("no list\n", f"should be {LIST_OF_OUTLETS} (found 'no list')"),
        ("false\n", f"should be {LIST_OF_OUTLETS} (found False)"),
        (
            "- id: paper\n   name: x\n",
            "should be YAML; line 2, column 8: mapping values are not allowed in this context",
        ),
        ("- id: [\n", "should be YAML; line 2, column 1: did not find expected node content"),
        ("- id: a\x00b\n", "should be YAML: unacceptable character #x0000"),
        # YAML makes it a date before anyone can say which field it was.
        (PAPER + "      verified: 2026-13-01\n", "should be YAML: month must be in 1..12"),
        ("- name: Diário\n".encode("latin-1"), "should be text in UTF-8; byte 11 is not"),
    ],
)
def test_a_file_that_is_no_list_of_outlets_is_one_mistake(tmp_path: Path, content: str | bytes, line: str) -> None:
    (found,) = mistakes(tmp_path, content)
    assert found.startswith(f"pt.yaml: {line}")


def test_a_file_that_can_not_be_read_is_one_mistake(tmp_path: Path) -> None:
    (tmp_path / "pt.yaml").mkdir()
    assert read_catalog(tmp_path) == (
        [],
        [f"{tmp_path}/pt.yaml: should be a file that can be read: Is a directory"],
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            changed("country: PT", "country: NO"),
            "paper: country: should be a two-letter country code such as PT, in quotation marks (found False)",
        ),
        (
            changed("language: pt", "language: no"),
            "paper: language: should be a language code such as pt or pt-PT, in quotation marks (found False)",
        ),
        (changed("The Paper", "24"), "paper: name: should be the name of the outlet, in quotation marks (found 24)"),
    ],
)
def test_what_yaml_takes_for_no_text_needs_quotation_marks(tmp_path: Path, content: str, line: str) -> None:
    assert mistakes(tmp_path, content) == [f"pt.yaml: {line}"]


def test_text_in_quotation_marks_is_text(tmp_path: Path) -> None:
    assert mistakes(tmp_path, PAPER.replace("PT", '"NO"').replace(": pt", ': "no"').replace("The Paper", '"24"')) == []


def test_all_mistakes_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "es.yaml").write_text(PAPER.replace("PT", "Spain").replace("The Paper", '""'), encoding="utf-8")
    (tmp_path / "fr.yaml").write_text("text", encoding="utf-8")
    assert [line.partition(": should")[0] for line in mistakes(tmp_path, changed("id: paper", "id: x y"))] == [
        "es.yaml: paper: name",
        "es.yaml: paper: country",
        "fr.yaml",
        "pt.yaml: x y: id",
    ]


def test_one_id_in_two_files_names_both(tmp_path: Path) -> None:
    (tmp_path / "es.yaml").write_text(PAPER, encoding="utf-8")
    assert mistakes(tmp_path, PAPER) == ["pt.yaml: paper: id: stands in es.yaml already; ids are unique"]


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, changed("country: PT", f"country: {'x' * 5000}"))
    assert line.endswith("…)")
    assert len(line) < LONGEST_QUOTED + 100


@pytest.mark.parametrize("place", ["login: user:hunter2 !", "headers:\n    X-Token: hunter2 !"])
def test_a_secret_that_stands_where_its_name_should_is_not_repeated(tmp_path: Path, place: str) -> None:
    (line,) = mistakes(tmp_path, f"{PAPER}  {place}\n")
    assert "name of" in line
    assert "hunter2" not in line
