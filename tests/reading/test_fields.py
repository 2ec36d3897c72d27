"""Where the fields of a record are from, and what the lesser sources say."""

from __future__ import annotations

import pytest
from lxml import html

from tests.reading.test_metadata import NOW, URL, metadata
from worker.news.entry import Entry
from worker.news.policy import ReadingPolicy
from worker.news.record import ArticleType
from worker.pipeline.ports import PageInput
from worker.reading.metadata import read_metadata


def test_every_field_says_where_it_is_from() -> None:
    node = {
        "@type": "NewsArticle",
        "headline": "Ferry returns",
        "author": {"name": "Ana Silva"},
        "articleSection": "Opinion",
        "keywords": "ferry, quay",
        "description": "It is back.",
        "image": "/a.jpg",
    }
    found = metadata('<link rel="canonical" href="/city/ferry-returns">', json_ld=node)
    words = dict.fromkeys(("title", "authors", "section", "topics", "summary", "images", "type"), "json-ld")
    assert found.sources == words | {"canonical": "meta"}
    assert found.type is ArticleType.OPINION
    assert metadata(url="https://a.example/opinion/ferry-2").sources == {"type": "url"}


def test_the_feed_is_the_last_witness() -> None:
    entry = Entry(title="Ferry returns", summary="It is back.", authors=("Ana Silva",), topics=("ferry",))
    found = metadata(announced=entry)
    assert (found.title, found.summary, found.authors, found.topics) == (
        "Ferry returns",
        "It is back.",
        ("Ana Silva",),
        ("ferry",),
    )
    assert found.sources == dict.fromkeys(("title", "summary", "authors", "topics"), "feed")


LANGUAGES = {
    "an attribute": ("pt", "<html lang='pt'><head></head>"),
    "two against the template": (
        "pt-PT",
        "<html lang='en'><head><meta property='og:locale' content='pt_PT'><meta http-equiv='content-language' content='pt'></head>",
    ),
    "the one with a region": ("de_AT", "<html lang='de'><head><meta property='og:locale' content='de_AT'></head>"),
    "nobody": (None, "<html><head></head>"),
    "what is no language": ("fr", "<html lang='unknown'><head><meta property='og:locale' content='fr'></head>"),
}  # fmt: skip


@pytest.mark.parametrize(("stated", "page"), LANGUAGES.values(), ids=list(LANGUAGES))
def test_the_stated_language_is_what_most_say(stated: str | None, page: str) -> None:
    tree = html.document_fromstring(f"{page}<body><p>x</p></body></html>")
    given = PageInput(body=b"", url=URL, content_type="text/html", language="")
    found = read_metadata(tree, (), page=given, ruled=None, policy=ReadingPolicy(), now=NOW)
    assert (found.language or "").replace("_", "-") == (stated or "").replace("_", "-")


def test_microdata_names_section_and_topics() -> None:
    body = (
        "<article itemscope itemtype='https://schema.org/NewsArticle'><meta itemprop='articleSection' content='City'>"
        "<span itemprop='keywords'>ferry</span><span itemprop='keywords'>Ferry</span><span itemprop='keywords'>quay</span></article>"
    )
    found = metadata(body=body)
    assert (found.section, found.topics) == ("City", ("ferry", "quay"))


def test_an_overline_is_no_part_of_a_heading() -> None:
    body = "<h1><span class='headline__kicker'>City news</span> <span>Ferry returns to the old town</span></h1>"
    assert metadata(body=body).title == "Ferry returns to the old town"
