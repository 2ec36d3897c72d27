"""What a page says of its article: JSON-LD with its faults, the head, microdata, dates, names and titles."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from worker.news.entry import Entry
from worker.news.policy import ReadingPolicy
from worker.news.record import Access, ArticleType, Image
from worker.pipeline.ports import PageInput
from worker.reading.dates import read_date
from worker.reading.jsonld import read_json_ld
from worker.reading.metadata import Metadata, read_metadata

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://www.harbour-post.example/city/ferry-returns"


def metadata(
    head: str = "",
    body: str = "",
    *,
    json_ld: object = None,
    raw: str = "",
    url: str = URL,
    announced: Entry | None = None,
    language: str = "",
    country: str = "",
) -> Metadata:
    """Read a page with this head, body and JSON-LD."""
    tree = html.document_fromstring(f"<html lang='en'><head>{head}</head><body>{body}<p>x</p></body></html>")
    scripts = (raw,) if raw else (json.dumps(json_ld),) if json_ld is not None else ()
    page = PageInput(
        body=b"", url=url, content_type="text/html", language=language, country=country, announced=announced
    )
    return read_metadata(tree, scripts, page=page, ruled=None, policy=ReadingPolicy(), now=NOW)


def test_a_graph_is_resolved_by_its_ids() -> None:
    graph = [
        {"@type": "WebPage", "@id": URL, "name": "Ferry", "isPartOf": {"@id": "#site"}},
        {
            "@type": ["NewsArticle"],
            "headline": "Ferry returns",
            "mainEntityOfPage": {"@id": URL},
            "author": {"@id": "#ana"},
            "image": {"@id": "#i"},
        },
        {"@type": "Person", "@id": "#ana", "name": "Ana Silva"},
        {
            "@type": "ImageObject",
            "@id": "#i",
            "url": "/i.jpg",
            "caption": "The pier",
            "creditText": "Rui Costa",
            "width": "1200px",
            "height": {"value": 630},
        },
    ]
    found = metadata(json_ld={"@context": "https://schema.org", "@graph": graph})
    assert (found.title, found.authors) == ("Ferry returns", ("Ana Silva",))
    assert found.images == (
        Image(
            url="https://www.harbour-post.example/i.jpg", caption="The pier", credit="Rui Costa", width=1200, height=630
        ),
    )


def test_entities_and_rfc_822_dates_inside_json_ld_are_read() -> None:
    found = metadata(
        json_ld={
            "@type": "http://schema.org/NewsArticle",
            "headline": "Ferry &amp; pier: &quot;It&#39;s back&quot;",
            "datePublished": "Sun, 01 Mar 2026 08:15:00 +0100",
            "dateModified": "2026-03-01T10:00:00Z",
            "author": {"@type": "Person", "name": "Jos&amp;eacute; Melo"},
        }
    )
    assert found.title == 'Ferry & pier: "It\'s back"'
    assert found.authors == ("José Melo",)
    assert found.dated.published_at == datetime(2026, 3, 1, 7, 15, tzinfo=UTC)
    assert found.dated.modified_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


FAULTS = {
    "a trailing comma": '{"@type": "NewsArticle", "headline": "Ferry returns", "keywords": ["a", ], }',
    "a raw line break in a string": '{"@type": "NewsArticle", "headline": "Ferry\nreturns"}',
    "a CDATA wrapper": '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Ferry returns"}\n//]]>',
    "a comment line": '{\n  // ours\n "@type": "NewsArticle", "headline": "Ferry returns"}',
    "something behind it": '{"@type": "NewsArticle", "headline": "Ferry returns"};',
    "HTML escapes": "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Ferry returns&quot;}",
    "a list": '[{"@type": "Organization", "name": "x"}, {"@type": "NewsArticle", "headline": "Ferry returns"}]',
    "a lone surrogate": '{"@type": "NewsArticle", "headline": "Ferry returns\\ud800"}',
}


@pytest.mark.parametrize("raw", FAULTS.values(), ids=list(FAULTS))
def test_common_faults_of_json_ld_are_forgiven(raw: str) -> None:
    assert metadata(raw=raw).title == "Ferry returns"


HOPELESS = {
    "an unclosed string": '{"@type": "NewsArticle", "headline": "' + 'a\\"' * 80_000,
    "100,000 brackets": "[" * 100_000,
    "5,000 digits": '{"@type": "NewsArticle", "headline": "x", "n": ' + "9" * 5000 + "}",
    "blank lines": "x" + "\n " * 100_000,
    "nothing": "",
    "null": "null",
    "a number": "1e999",
    "types that are none": '{"@type": {"a": [1]}, "headline": [[]], "author": [[], 3, {"name": 7}], "image": [null, {"url": {}}]}',
}


@pytest.mark.parametrize("raw", HOPELESS.values(), ids=list(HOPELESS))
def test_hopeless_json_ld_is_passed_over(raw: str) -> None:
    assert metadata("<title>Ferry returns</title>", raw=raw).title == "Ferry returns"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["@id", "@type", "name", "author", "image", "url", "headline", "keywords", "width", "@graph"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_json_is_read_without_a_failure(value: object) -> None:
    read_json_ld(
        [json.dumps([value, {"@type": "NewsArticle", "author": value, "image": value, "keywords": value}])], url=URL
    )


def test_of_two_articles_the_one_that_names_the_page_is_meant() -> None:
    other = {
        "@type": "NewsArticle",
        "headline": "Another",
        "datePublished": "2026-01-01",
        "author": "x",
        "articleBody": "y",
    }
    mine = {
        "@type": "NewsArticle",
        "headline": "Ferry returns",
        "mainEntityOfPage": "http://misspelt.example/city/ferry-returns",
    }
    assert metadata(json_ld=[other, mine]).title == "Ferry returns"


def test_a_post_of_a_running_report_is_not_the_report() -> None:
    post = {
        "@type": "BlogPosting",
        "headline": "The pier is gone",
        "url": f"{URL}#post-2",
        "datePublished": "2026-03-01T10:00:00Z",
        "author": {"name": "Rui Costa"},
        "articleBody": "The pier went at ten.",
    }
    report = {
        "@type": "LiveBlogPosting",
        "headline": "Storm: all that is known",
        "url": URL,
        "liveBlogUpdate": [post, post],
    }
    found = metadata(json_ld=report | {"datePublished": "2026-03-01T08:00:00Z"})
    assert (found.title, found.type) == ("Storm: all that is known", ArticleType.LIVEBLOG)
    assert found.dated.published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_a_page_that_is_only_a_collection_says_so() -> None:
    site = {"@type": "WebSite", "name": "Harbour Post"}
    found = metadata(
        json_ld=[site, {"@type": "CollectionPage", "name": "City", "isPartOf": {"@type": "WebPage", "name": "Home"}}]
    )
    assert found.stated.types == ("collectionpage",)
    assert not found.is_article


def test_the_canonical_address_is_the_pages_own_and_absolute() -> None:
    assert (
        metadata('<link rel="canonical" href="/city/ferry">').canonical == "https://www.harbour-post.example/city/ferry"
    )
    assert (
        metadata('<link rel="canonical" href="/"><meta property="og:url" content="/city/f">').canonical
        == "https://www.harbour-post.example/city/f"
    )
    assert metadata('<link rel="canonical" href="javascript:1">').canonical is None
    other = metadata('<link rel="canonical" href="https://wire.example/city/ferry-is-back">')
    # A copy names its original: that is the page's word, though not its own address.
    assert other.canonical == "https://wire.example/city/ferry-is-back"
    assert metadata('<link rel="amphtml" href="/amp/ferry">').amp == "https://www.harbour-post.example/amp/ferry"


UNBELIEVED = {
    "the home page": '<link rel="canonical" href="/">',
    "a section": '<link rel="canonical" href="/city">',
    "another site in og:url": '<meta property="og:url" content="https://other.example/city/ferry-is-back-again">',
}


@pytest.mark.parametrize("head", UNBELIEVED.values(), ids=list(UNBELIEVED))
def test_an_address_that_cannot_be_the_articles_is_not_believed(head: str) -> None:
    url = "https://www.harbour-post.example/city/ferry-returns-to-town-4711"
    assert metadata(head, url=url).canonical is None
    believed = metadata(f'{head}<meta property="og:url" content="{url}">', url=url)
    assert believed.canonical == (url if "og:url" not in head else None)


def test_a_misspelt_domain_in_json_ld_is_not_believed() -> None:
    node = {
        "@type": "NewsArticle",
        "headline": "a",
        "mainEntityOfPage": "https://www.harbor-post.example/city/ferry-returns",
    }
    found = metadata(json_ld=node)
    assert found.canonical is None
    assert "canonical" not in found.sources
    node["mainEntityOfPage"] = URL
    found = metadata(json_ld=node)
    assert (found.canonical, found.sources["canonical"]) == (URL, "json-ld")


KINDS = {
    "liveblog by type": ({"@type": "LiveBlogPosting", "headline": "a"}, URL, ArticleType.LIVEBLOG),
    "opinion by type": ({"@type": "OpinionNewsArticle", "headline": "a"}, URL, ArticleType.OPINION),
    "video by type": ({"@type": "VideoObject", "name": "a", "uploadDate": "2026-03-01"}, URL, ArticleType.VIDEO),
    "gallery by type": ({"@type": "ImageGallery", "name": "a"}, URL, ArticleType.GALLERY),
    "opinion by section": (
        {"@type": "NewsArticle", "headline": "a", "articleSection": "Opinião"},
        URL,
        ArticleType.OPINION,
    ),
    "opinion by address": (None, "https://a.example/opinion/ferry", ArticleType.OPINION),
    "liveblog by address": (None, "https://a.example/politik/liveticker/ferry", ArticleType.LIVEBLOG),
    "press release by address": (None, "https://a.example/press-releases/ferry", ArticleType.PRESS_RELEASE),
    "an article with a video": (
        {"@type": "NewsArticle", "headline": "a"},
        "https://a.example/video/ferry",
        ArticleType.ARTICLE,
    ),
    "opinion in Norwegian": (None, "https://a.example/meninger/ferry-2", ArticleType.OPINION),
    "opinion in Polish": (None, "https://a.example/komentarze/ferry-2", ArticleType.OPINION),
    "opinion in Russian": (None, "https://a.example/%D0%BC%D0%BD%D0%B5%D0%BD%D0%B8%D1%8F/ferry-2", ArticleType.OPINION),
    "a gallery in German": (None, "https://a.example/bildergalerien/ferry-2", ArticleType.GALLERY),
    "a press release in Italian": (None, "https://a.example/comunicati-stampa/ferry-2", ArticleType.PRESS_RELEASE),
    "a liveblog in Polish": (None, "https://a.example/na-zywo/ferry-2", ArticleType.LIVEBLOG),
    "an article in a folder of live pages": (
        {"@type": "NewsArticle", "headline": "a"},
        "https://a.example/live/ferry-2",
        ArticleType.ARTICLE,
    ),
    "an article": ({"@type": "NewsArticle", "headline": "a"}, URL, ArticleType.ARTICLE),
    "an article about opinions": (None, "https://a.example/city/opinion", ArticleType.ARTICLE),
}


@pytest.mark.parametrize(("json_ld", "url", "kind"), KINDS.values(), ids=list(KINDS))
def test_the_kind_of_a_page_is_read(json_ld: object, url: str, kind: ArticleType) -> None:
    assert metadata(json_ld=json_ld, url=url).type is kind


def test_dates_are_candidates_with_their_source_and_the_best_is_chosen() -> None:
    found = metadata(
        '<meta property="article:published_time" content="2026-03-01T09:00:00+01:00">',
        '<article><time datetime="2026-03-01T08:30:00Z">1 March</time></article>',
        json_ld={"@type": "NewsArticle", "headline": "a", "datePublished": "2026-03-01T08:15:00Z"},
        url="https://a.example/2026/03/01/ferry",
        announced=Entry(published_at=datetime(2026, 3, 1, 9, tzinfo=UTC), raw_date="Sun, 01 Mar 2026 09:00:00 GMT"),
    )
    assert found.dated.published_at == datetime(2026, 3, 1, 8, 15, tzinfo=UTC)
    assert [by.source for by in found.dated.dates.published] == [
        "json-ld",
        "meta",
        "url",
        "time",
        "feed",
    ]


def test_a_finer_date_of_the_same_moment_is_taken() -> None:
    at = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    found = metadata(url="https://a.example/2026/03/01/ferry", announced=Entry(published_at=at))
    assert found.dated.published_at == at


@pytest.mark.parametrize(
    ("raw", "precision"),
    [
        ("2026-03-01", "day"),
        ("2026-03-01T08:15", "minute"),
        ("2026-03-01T08:15Z", "minute"),
        ("2026-03-01T08:15+01:00", "minute"),
        ("2026-03-01 08:15:00+0100", "second"),
        ("2026-03-01T08:15:00.000Z", "second"),
        ("20260301T081500Z", "second"),
    ],
)
def test_the_colon_of_a_zone_makes_no_seconds(raw: str, precision: str) -> None:
    found = read_date(raw, now=NOW)
    assert found is not None
    assert found.precision == precision


def test_a_date_in_the_future_is_kept_as_words_only() -> None:
    found = metadata('<meta property="article:published_time" content="2031-03-01T09:00:00Z">')
    assert found.dated.published_at is None
    assert found.dated.dates.published[0].value is None
    assert found.dated.dates.published[0].raw == "2031-03-01T09:00:00Z"


def test_a_change_before_the_publication_is_none() -> None:
    stated = {
        "@type": "NewsArticle",
        "headline": "a",
        "datePublished": "2026-03-01T08:00:00Z",
        "dateModified": "2026-02-01T08:00:00Z",
    }
    assert metadata(json_ld=stated).dated.modified_at is None


def test_only_a_page_without_dates_is_searched() -> None:
    body = "<article><p class='date'>Published: 1 March 2026</p></article>"
    found = metadata(body=body)
    assert found.dated.published_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert [by.source for by in found.dated.dates.published] == ["text"]
    dated = metadata('<meta property="article:published_time" content="2026-02-27T09:00:00Z">', body)
    assert "htmldate" not in [by.source for by in dated.dated.dates.published]


ACCESS = {
    "isAccessibleForFree false": (
        "",
        {"@type": "NewsArticle", "headline": "a", "isAccessibleForFree": False},
        Access.PAYWALLED,
    ),
    "isAccessibleForFree as an address": (
        "",
        {"@type": "NewsArticle", "headline": "a", "isAccessibleForFree": "http://schema.org/True"},
        Access.FREE,
    ),
    "a locked tier": ('<meta property="article:content_tier" content="locked">', None, Access.PAYWALLED),
    "a premium mark": ('<meta name="isPremium" content="true">', None, Access.PAYWALLED),
    "nothing said": ("", None, Access.UNKNOWN),
}


@pytest.mark.parametrize(("head", "json_ld", "access"), ACCESS.values(), ids=list(ACCESS))
def test_access_is_read(head: str, json_ld: object, access: Access) -> None:
    assert metadata(head, json_ld=json_ld).access.value is access


def test_a_visible_byline_is_read_where_nobody_is_stated() -> None:
    body = "<article><div class='c-byline'><span class='c-byline__author-name'>By Ana Silva</span> 1 March 2026</div></article>"
    assert metadata(body=body).authors == ("Ana Silva",)


def test_microdata_is_read() -> None:
    body = (
        '<div itemscope><h2 itemprop="headline">Ferry returns</h2><span itemprop="author"><b itemprop="name">Ana Silva</b></span>'
        '<time itemprop="datePublished" datetime="2026-03-01T08:00:00Z">1 March</time></div>'
    )
    found = metadata(body=body)
    assert (found.title, found.authors) == ("Ferry returns", ("Ana Silva",))
    assert found.dated.published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
