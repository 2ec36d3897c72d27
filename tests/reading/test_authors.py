"""Names of authors: as they are stated, as they are printed, and where a page shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.test_metadata import metadata
from worker.news.entry import Entry
from worker.reading.bylines import looks_like_a_person, read_authors

NAMES = {
    "By": (["By Ana Silva"], ("Ana Silva",)),
    "upper-case byline": (["VON ANNA MUSTER"], ("ANNA MUSTER",)),
    "a byline with a capital": (["Von Anna Muster"], ("Anna Muster",)),
    "a surname": (["Von Miller", "von der Leyen"], ("Von Miller", "von der Leyen")),
    "a particle of a name": (["Ursula von der Leyen", "De Morgen"], ("Ursula von der Leyen", "De Morgen")),
    "several in a line": (["Ana Silva, Rui Costa and José Melo"], ("Ana Silva", "Rui Costa", "José Melo")),
    "a conjunction in a name": (["José Ortega y Gasset"], ("José Ortega y Gasset",)),
    "two joined": (["Ana Silva e Rui Costa"], ("Ana Silva", "Rui Costa")),
    "two joined in Danish, Lithuanian, Turkish": (
        ["Ana Holm og Bo Lund", "Ona Jonienė ir Jonas Kazlauskas", "Ayşe Kaya ve Ali Demir"],
        ("Ana Holm", "Bo Lund", "Ona Jonienė", "Jonas Kazlauskas", "Ayşe Kaya", "Ali Demir"),
    ),
    "two joined in Russian and Ukrainian": (
        ["Анна Иванова и Пётр Петров", "Олена Коваль і Іван Бойко"],
        ("Анна Иванова", "Пётр Петров", "Олена Коваль", "Іван Бойко"),
    ),
    "a list in Japanese": (["文／佐藤花子、鈴木一郎"], ("佐藤花子", "鈴木一郎")),
    "an office in Korean and Chinese": (["김하나 기자", "李小明 记者"], ("김하나", "李小明")),
    "a place": (["Ana Silva, Lisbon"], ("Ana Silva",)),
    "an office behind a comma": (["Ana Silva, Political Editor"], ("Ana Silva",)),
    "an office behind a bar": (["Ana Silva | Chefredakteurin"], ("Ana Silva",)),
    "an office in front": (["Enviado especial Rui da Costa"], ("Rui da Costa",)),
    "an office in small letters": (
        ["Ona Jonienė, universiteto mokslo ir meno profesorė, Uostas.example"],
        ("Ona Jonienė",),
    ),
    "an office in brackets": (["Ana Silva (Bruxelas, correspondente)"], ("Ana Silva",)),
    "a newsroom that signs alone": (["HP-Redaktion"], ("HP-Redaktion",)),
    "an agency beside persons": (["Anna Muster und Jan Beispiel, dpa"], ("Anna Muster", "Jan Beispiel", "dpa")),
    "an agency and a place": (["AFP, MANILA"], ("AFP",)),
    "surname first": (["Silva, Ana"], ("Ana Silva",)),
    "surname first beside the same name": (["Ana Silva", "Silva, Ana"], ("Ana Silva",)),
    "the outlet beside a person": (["Harbour Post", "Ana Silva"], ("Ana Silva",)),
    "the outlet alone": (["Harbour Post"], ("Harbour Post",)),
    "addresses and handles": (["https://facebook.com/harbour", "@anasilva", "ana@post.example"], ()),
    "a mail address behind a name": (["Ana Silva | ana@post.example"], ("Ana Silva",)),
    "placeholders": (["admin", "null", ""], ()),
    "twice": (["Ana Silva", "ANA SILVA"], ("Ana Silva",)),
    "the better spelling of two": (["ANA SIMOES", "Ana Simões"], ("Ana Simões",)),
    "capitals that nobody spells otherwise": (["Bill MCTEST"], ("Bill MCTEST",)),
    "a whole sentence": (["Ana Silva has been our correspondent in the north of the country for ten years"], ()),
}


@pytest.mark.parametrize(("raw", "names"), NAMES.values(), ids=list(NAMES))
def test_names_are_read_as_printed(raw: list[str], names: tuple[str, ...]) -> None:
    assert read_authors(raw, outlet_names=["Harbour Post"], at_most=500) == names


@given(
    st.lists(
        st.lists(st.text(st.sampled_from("Aeioé nMrs,-|()"), min_size=1, max_size=30), max_size=3).map(" ".join),
        max_size=4,
    )
)
def test_the_authors_of_authors_are_the_same(raw: list[str]) -> None:
    once = read_authors(raw, outlet_names=["Harbour Post"], at_most=500)
    assert read_authors(once, outlet_names=["Harbour Post"], at_most=500) == once


PEOPLE = {
    "Ana Silva": True,
    "Ursula von der Leyen": True,
    "佐藤花子": True,
    "Олена Коваль": True,
    "Ana": False,
    "Political Editor": False,
    "Storm of the Century": False,
    "Ferry returns to town": False,
    "Seen 14 times": False,
}


@pytest.mark.parametrize(("words", "person"), PEOPLE.items())
def test_words_that_can_be_a_name_are_known(words: str, person: bool) -> None:
    assert looks_like_a_person(words) is person


TEXT = "".join(
    f"<p>{'The ferry between the two banks is running again after the storm, as the town had hoped for. ' * 2}</p>"
    for _ in range(3)
)
SHOWN = {
    "by the class": "<h1>Ferry returns to town</h1><div class='c-byline'>By Ana Silva</div>",
    "by the word in front": "<h1>Ferry returns to town</h1><div><span>By</span> <b>Ana Silva</b></div>",
    "by the word in front, in one element": "<h1>Ferry returns to town</h1><p>Von: <span><a href='/x'>Ana Silva</a>, </span></p>",
    "by a label": f"<h1>Ferry returns to town</h1>{TEXT * 3}<ul><li><strong>Autorin/Autor</strong> Ana Silva</li></ul>",
    "by the address of a link": "<h1>Ferry returns to town</h1><div><a href='/author/77/'>Ana Silva</a></div>",
    "by rel": "<h1>Ferry returns to town</h1><p><a rel='author' href='/ana'>Ana Silva</a></p>",
    "by the date beside it": "<h1>Ferry returns to town</h1><div><span>Ana Silva |</span><span>05.04.2026 - 10:00</span></div>",
    "by a bold line before the text": f"<h1>Ferry returns to town</h1><div><p><strong>Ana Silva</strong></p>{TEXT}</div>",
    "by a bold line after the text": f"<h1>Ferry returns to town</h1><div>{TEXT}<p><strong>Ana Silva</strong></p></div>",
}


@pytest.mark.parametrize("body", SHOWN.values(), ids=list(SHOWN))
def test_a_byline_is_seen_where_nobody_is_stated(body: str) -> None:
    found = metadata(body=body)
    assert (found.authors, found.sources["authors"]) == (("Ana Silva",), "byline")


NOT_SHOWN = {
    "a teaser": "<h1>Ferry returns to town</h1><div class='teaser'><div class='byline'>By Ana Silva</div></div>",
    "a comment": "<h1>Ferry returns to town</h1><div class='comments'><span class='author'>Ana Silva</span></div>",
    "the foot": "<h1>Ferry returns to town</h1><footer><span class='author'>Ana Silva</span></footer>",
    "a heading in the text": f"<h1>Ferry returns to town</h1><div>{TEXT}<p><strong>Lower Town</strong></p>{TEXT}</div>",
    "a sentence": f"<h1>Ferry returns to town</h1>{TEXT}<p>By Friday Night the ferry will run again.</p>",
    "a label of a date": "<h1>Ferry returns to town</h1><div><span>Last Update</span><span>05.04.2026 - 10:00</span></div>",
}


@pytest.mark.parametrize("body", NOT_SHOWN.values(), ids=list(NOT_SHOWN))
def test_what_only_looks_like_a_byline_is_none(body: str) -> None:
    assert metadata(body=body).authors == ()


def test_the_byline_under_the_heading_comes_before_those_of_other_articles() -> None:
    body = (
        "<div class='byline'>By Rui Costa</div><h1>Ferry returns to town</h1><div class='byline'>By Ana Silva</div>"
        f"{TEXT}<div class='byline'>By José Melo</div>"
    )
    assert metadata(body=body).authors == ("Ana Silva",)


STATED = {
    "a list of persons": ({"author": [{"name": "Ana Silva"}, {"name": "Rui Costa"}]}, "", ("Ana Silva", "Rui Costa"), "json-ld"),
    "an agency as organization": (
        {"author": [{"@type": "Person", "name": "Ana Silva"}, {"@type": "Organization", "name": "dpa"}]},
        "",
        ("Ana Silva", "dpa"),
        "json-ld",
    ),
    "the outlet, but a person in a meta": (
        {"author": {"name": "Harbour Post"}, "publisher": {"name": "Harbour Post"}},
        "<meta name='author' content='Ana Silva'>",
        ("Ana Silva",),
        "meta",
    ),
    "an account, but a person in a meta": (
        {},
        "<meta name='author' content='anasilva'><meta name='byl' content='By Ana Silva'>",
        ("Ana Silva",),
        "meta",
    ),
    "all of them in a meta": (
        {"author": {"name": "Ana Silva"}},
        "<meta name='author' content='Ana Silva, Rui Costa'>",
        ("Ana Silva", "Rui Costa"),
        "meta",
    ),
    "a card's label and value": (
        {},
        "<meta name='twitter:label1' content='Verfasst von'><meta name='twitter:data1' content='Ana Silva'>",
        ("Ana Silva",),
        "meta",
    ),
    "a value that is no content": ({}, "<meta name='author' value='Ana Silva'>", ("Ana Silva",), "meta"),
}  # fmt: skip


@pytest.mark.parametrize(("node", "head", "names", "source"), STATED.values(), ids=list(STATED))
def test_the_best_statement_is_taken(node: dict[str, object], head: str, names: tuple[str, ...], source: str) -> None:
    found = metadata(head, json_ld={"@type": "NewsArticle", "headline": "Ferry returns", **node})
    assert (found.authors, found.sources["authors"]) == (names, source)


def test_the_feed_names_who_the_page_does_not() -> None:
    found = metadata(announced=Entry(authors=("ana@post.example (Ana Silva)",)))
    assert found.authors == ("Ana Silva",)
    assert metadata(announced=Entry(authors=("ana@post.example",))).authors == ()
    found = metadata(announced=Entry(authors=("Ana Silva",)))
    assert (found.authors, found.sources["authors"]) == (("Ana Silva",), "feed")


def test_in_microdata_the_authors_of_pictures_comments_and_teasers_are_not_the_articles() -> None:
    body = (
        "<article itemscope itemtype='https://schema.org/NewsArticle'><h1 itemprop='headline'>Ferry returns</h1>"
        "<figure itemprop='image' itemscope itemtype='https://schema.org/ImageObject'><i itemprop='author'>Foto Costa</i></figure>"
        "<span itemprop='author' itemscope><meta itemprop='name' content='Ana Silva'></span>"
        "<div itemprop='comment' itemscope itemtype='https://schema.org/Comment'><i itemprop='author'>Rui Costa</i></div></article>"
        "<article itemscope itemtype='https://schema.org/NewsArticle'><i itemprop='author'>José Melo</i></article>"
    )
    found = metadata(body=body)
    assert (found.authors, found.sources["authors"]) == (("Ana Silva",), "microdata")
