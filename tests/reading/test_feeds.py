"""The `FeedReader` port: every form with its entries to the letter, and feeds as they come: mislabelled, broken, odd."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.entry import Entry, FeedDocument, Hints
from worker.news.errors import Broken
from worker.news.outlet import FeedKind
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.feeds import FeedparserReader
from worker.reading.sitemaps import MOST_CHILDREN

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://paper.example/feeds/all.xml"


def read(body: str | bytes, content_type: str = "application/xml", policy: ReadingPolicy | None = None) -> FeedDocument:
    reader = FeedparserReader(policy or ReadingPolicy())
    packed = body.encode() if isinstance(body, str) else body
    return reader.read(packed, url=URL, content_type=content_type, kind=FeedKind.FEED, now=NOW)


def failure(body: str | bytes, content_type: str = "application/xml") -> Reason:
    with pytest.raises(Broken) as caught:
        read(body, content_type)
    return caught.value.reason


def at(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def rss(items: str, head: str = "<link>https://paper.example/</link>", *, attributes: str = "") -> str:
    """An RSS 2.0 feed with the namespaces that are in use."""
    return f"""<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" {attributes}
  xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">
<channel><title>The Paper</title>{head}{items}</channel></rss>"""


def item(name: str, more: str = "") -> str:
    return f"<item><title>{name}</title><link>https://paper.example/{name}</link>{more}</item>"


def titles(document: FeedDocument) -> list[str]:
    return [entry.title for entry in document.entries]


# --- the forms ------------------------------------------------------------------------------------------------------
RSS_091 = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://paper.example/rss-0.91.dtd">
<rss version="0.91"><channel>
<title>The Paper</title><link>https://paper.example/</link><description>News</description><language>en-gb</language>
<skipHours><hour>0</hour><hour>13</hour><hour>24</hour></skipHours>
<skipDays><day>Saturday</day><day>Sunday</day></skipDays>
<item><title>The bridge &amp; the river</title><link>https://paper.example/bridge</link>
<description>It is &lt;b&gt;repaired&lt;/b&gt;.</description></item>
<item><title>The ferry</title><link>/ferry</link></item>
</channel></rss>"""

RSS_092 = """<rss version="0.92"><channel><title>The Paper</title><link>https://paper.example</link>
<item><description>Only a description, as this version allows.</description></item>
<item><title>The pier</title><link>https://paper.example/pier</link><category domain="sections">City</category>
<source url="https://wire.example/rss">The Wire</source>
<enclosure url="https://paper.example/pier.jpg" length="100" type="image/jpeg"/></item>
</channel></rss>"""

RDF = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://paper.example/rdf"><title>O Jornal</title><link>https://paper.example/</link>
<dc:language>pt</dc:language><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<items><rdf:Seq><rdf:li resource="https://paper.example/ponte"/></rdf:Seq></items></channel>
<item rdf:about="https://paper.example/ponte"><title>A ponte</title><link>https://paper.example/ponte</link>
<description>Um resumo.</description><dc:creator>Ana Silva</dc:creator><dc:date>2026-03-01T10:00:00+01:00</dc:date>
<dc:subject>Cidade</dc:subject>
<content:encoded><![CDATA[<p>Um.</p><p>Dois &amp; três.</p>]]></content:encoded></item>
</rdf:RDF>"""

RSS_20 = rss(
    """<item><title><![CDATA[A ponte <em>velha</em> &amp; o rio]]></title>
<link>https://paper.example/ponte?a=1&amp;b=2</link><guid isPermaLink="false">tag-1</guid>
<pubDate>Mon, 02 Mar 2026 08:30:00 +0100</pubDate><atom:updated>2026-03-02T09:00:00Z</atom:updated>
<dc:creator><![CDATA[Ana Silva]]></dc:creator><dc:creator>Rui Costa</dc:creator>
<category>Cidade</category><category><![CDATA[Obras & Rios]]></category><category>Cidade</category>
<description><![CDATA[<p>Um resumo.</p><img src="x.jpg"><script>var x;</script>]]></description>
<content:encoded><![CDATA[<p>Um.</p><p>Dois.</p>]]></content:encoded>
<media:content url="https://paper.example/ponte.mp4" medium="video"/>
<media:content url="https://paper.example/ponte.jpg" medium="image"/>
<enclosure url="https://paper.example/ponte.mp3" type="audio/mpeg" length="9"/></item>""",
    "<link>https://paper.example/</link><language>pt-PT</language><ttl>30</ttl>"
    '<atom:link href="https://paper.example/self.xml" rel="self" type="application/rss+xml"/>',
)

ATOM_03 = """<?xml version="1.0"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="en"><title>The Paper</title>
<link rel="alternate" type="text/html" href="https://paper.example/"/><modified>2026-03-02T08:00:00Z</modified>
<entry><title>The bridge</title><link rel="alternate" type="text/html" href="https://paper.example/bridge"/>
<id>tag:paper.example,2026:bridge</id><issued>2026-03-01T08:00:00Z</issued>
<modified>2026-03-02T05:00:00-03:00</modified><author><name>Ana Silva</name></author>
<summary type="text/plain">A summary.</summary>
<content type="text/html" mode="escaped">&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content></entry></feed>"""

ATOM_10 = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="html">The &lt;b&gt;Paper&lt;/b&gt;</title>
<id>urn:paper</id><updated>2026-03-02T08:00:00Z</updated><link href="https://paper.example/"/>
<link rel="self" href="https://paper.example/atom"/>
<entry xml:lang="de"><title type="text">A &lt; B</title><link href="https://paper.example/bridge"/>
<link rel="enclosure" type="image/png" href="https://paper.example/bridge.png"/>
<id>tag:paper.example,2026:bridge</id><published>2026-03-01T08:00:00.5+01:00</published>
<updated>2026-03-02T08:00:00Z</updated>
<author><name>Ana Silva</name><email>ana@paper.example</email></author><author><name>Rui Costa</name></author>
<category term="city-1" label="The city"/><category term="rivers"/><summary type="html">&lt;p&gt;Short.&lt;/p&gt;</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p><p>Two.</p></div></content></entry>
</feed>"""

JSON_10 = """{"version": "https://jsonfeed.org/version/1", "title": "The Paper", "items": [
{"id": "a", "url": "bridge", "author": {"name": "Ana Silva"}, "banner_image": "bridge.jpg", "date_published": "soon"}]}"""

JSON_11 = """{"version": "https://jsonfeed.org/version/1.1", "title": "The Paper", "language": "en", "items": [
{"id": 7, "url": "https://paper.example/bridge", "title": "The bridge", "summary": "Short.",
 "content_html": "<p>One.</p><p>Two.</p>", "content_text": "not this", "language": "pt", "image": "/bridge.jpg",
 "date_published": "2026-03-01T08:00:00-05:00", "date_modified": "2026-03-02T08:00:00Z",
 "authors": [{"name": "Ana Silva"}, {"url": "https://paper.example/rui"}], "tags": ["City", " "]},
{"id": "b", "external_url": "https://other.example/ferry", "content_text": "a < b\\nand c"},
"odd"]}"""

SITEMAP = """<?xml version="1.0"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
<url><image:image><image:title>A picture</image:title><image:loc>/ponte.jpg</image:loc></image:image>
<loc>https://paper.example/ponte</loc><lastmod>2026-03-02</lastmod><news:news>
<news:publication><news:name>O Jornal</news:name><news:language>pt</news:language></news:publication>
<news:publication_date>2026-03-01T10:00:00+01:00</news:publication_date>
<news:title>A ponte &amp; o rio</news:title><news:keywords>Cidade, Obras,, </news:keywords></news:news></url>
<url><loc> https://paper.example/ferry </loc><video:video><video:title>A film</video:title>
<video:publication_date>2020-01-01</video:publication_date></video:video></url>
</urlset>"""

INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://paper.example/old.xml</loc><lastmod>2026-01-01</lastmod></sitemap>
<sitemap><loc>/undated.xml</loc></sitemap>
<sitemap><loc>https://paper.example/new.xml</loc><lastmod>2026-02-01T00:00:00Z</lastmod></sitemap>
<sitemap><loc>https://paper.example/old.xml</loc></sitemap><sitemap><loc>ftp://paper.example/x.xml</loc></sitemap>
</sitemapindex>"""

BRIDGE = "https://paper.example/bridge"
PONTE = "https://paper.example/ponte"
DOCUMENTS = {
    "RSS 0.91": (
        RSS_091,
        FeedDocument(
            format="rss",
            title="The Paper",
            language="en-gb",
            entries=(
                Entry(url=BRIDGE, raw_link=BRIDGE, title="The bridge & the river", summary="It is repaired."),
                Entry(url="https://paper.example/ferry", raw_link="/ferry", title="The ferry"),
            ),
            hints=Hints(skip_hours=frozenset({0, 13}), skip_days=frozenset({5, 6})),
        ),
    ),
    "RSS 0.92": (
        RSS_092,
        FeedDocument(
            format="rss",
            title="The Paper",
            entries=(
                Entry(summary="Only a description, as this version allows."),
                Entry(
                    url="https://paper.example/pier",
                    raw_link="https://paper.example/pier",
                    title="The pier",
                    topics=("City",),
                    image="https://paper.example/pier.jpg",
                ),
            ),
        ),
    ),
    "RSS 1.0": (
        RDF,
        FeedDocument(
            format="rdf",
            title="O Jornal",
            language="pt",
            entries=(
                Entry(
                    url=PONTE,
                    raw_link=PONTE,
                    guid=PONTE,
                    title="A ponte",
                    summary="Um resumo.",
                    content="Um.\nDois & três.",
                    authors=("Ana Silva",),
                    topics=("Cidade",),
                    published_at=at(1, 9),
                    modified_at=at(1, 9),
                    raw_date="2026-03-01T10:00:00+01:00",
                ),
            ),
            hints=Hints(ttl=timedelta(minutes=30)),
        ),
    ),
    "RSS 2.0": (
        RSS_20,
        FeedDocument(
            format="rss",
            title="The Paper",
            language="pt-PT",
            entries=(
                Entry(
                    url=f"{PONTE}?a=1&b=2",
                    raw_link=f"{PONTE}?a=1&b=2",
                    guid="tag-1",
                    title="A ponte velha & o rio",
                    summary="Um resumo.",
                    content="Um.\nDois.",
                    authors=("Ana Silva", "Rui Costa"),
                    topics=("Cidade", "Obras & Rios"),
                    image="https://paper.example/ponte.jpg",
                    published_at=at(2, 7, 30),
                    modified_at=at(2, 9),
                    raw_date="Mon, 02 Mar 2026 08:30:00 +0100",
                ),
            ),
            hints=Hints(ttl=timedelta(minutes=30)),
        ),
    ),
    "Atom 0.3": (
        ATOM_03,
        FeedDocument(
            format="atom",
            title="The Paper",
            language="en",
            entries=(
                Entry(
                    url=BRIDGE,
                    raw_link=BRIDGE,
                    guid="tag:paper.example,2026:bridge",
                    title="The bridge",
                    summary="A summary.",
                    content="One.\nTwo.",
                    authors=("Ana Silva",),
                    language="en",
                    published_at=at(1, 8),
                    modified_at=at(2, 8),
                    raw_date="2026-03-01T08:00:00Z",
                ),
            ),
        ),
    ),
    "Atom 1.0": (
        ATOM_10,
        FeedDocument(
            format="atom",
            title="The Paper",
            language="en",
            entries=(
                Entry(
                    url=BRIDGE,
                    raw_link=BRIDGE,
                    guid="tag:paper.example,2026:bridge",
                    title="A < B",
                    summary="Short.",
                    content="One.\nTwo.",
                    authors=("Ana Silva", "Rui Costa"),
                    topics=("The city", "rivers"),
                    image="https://paper.example/bridge.png",
                    language="de",
                    published_at=at(1, 7) + timedelta(milliseconds=500),
                    modified_at=at(2, 8),
                    raw_date="2026-03-01T08:00:00.5+01:00",
                ),
            ),
        ),
    ),
    "JSON Feed 1.0": (
        JSON_10,
        FeedDocument(
            format="json",
            title="The Paper",
            entries=(
                Entry(
                    url="https://paper.example/feeds/bridge",
                    raw_link="bridge",
                    guid="a",
                    authors=("Ana Silva",),
                    image="https://paper.example/feeds/bridge.jpg",
                    raw_date="soon",
                ),
            ),
        ),
    ),
    "JSON Feed 1.1": (
        JSON_11,
        FeedDocument(
            format="json",
            title="The Paper",
            language="en",
            entries=(
                Entry(
                    url=BRIDGE,
                    raw_link=BRIDGE,
                    guid="7",
                    title="The bridge",
                    summary="Short.",
                    content="One.\nTwo.",
                    authors=("Ana Silva",),
                    topics=("City",),
                    image="https://paper.example/bridge.jpg",
                    language="pt",
                    published_at=at(1, 13),
                    modified_at=at(2, 8),
                    raw_date="2026-03-01T08:00:00-05:00",
                ),
                Entry(
                    url="https://other.example/ferry",
                    raw_link="https://other.example/ferry",
                    guid="b",
                    content="a < b\nand c",
                ),
            ),
            warnings=("odd items",),
        ),
    ),
    "news sitemap": (
        SITEMAP,
        FeedDocument(
            format="sitemap",
            entries=(
                Entry(
                    url=PONTE,
                    raw_link=PONTE,
                    title="A ponte & o rio",
                    topics=("Cidade", "Obras"),
                    image="https://paper.example/ponte.jpg",
                    language="pt",
                    published_at=at(1, 9),
                    modified_at=at(2, 0),
                    raw_date="2026-03-01T10:00:00+01:00",
                ),
                Entry(url="https://paper.example/ferry", raw_link="https://paper.example/ferry"),
            ),
        ),
    ),
    "sitemap index": (
        INDEX,
        FeedDocument(
            format="sitemap-index",
            children=(
                "https://paper.example/new.xml",
                "https://paper.example/old.xml",
                "https://paper.example/undated.xml",
            ),
        ),
    ),
}


@pytest.mark.parametrize("form", list(DOCUMENTS))
def test_a_feed_is_read_to_the_letter(form: str) -> None:
    body, document = DOCUMENTS[form]
    assert read(body) == document


@pytest.mark.parametrize("form", list(DOCUMENTS))
@pytest.mark.parametrize("label", ["", "text/html; charset=utf-8", "image/png", "application/json", "x;charset=binary"])
def test_what_a_body_holds_decides_whatever_its_label_says(form: str, label: str) -> None:
    body, document = DOCUMENTS[form]
    assert read(body, label) == document


@pytest.mark.parametrize("form", list(DOCUMENTS))
def test_marks_and_blanks_before_a_feed_are_none_of_it(form: str) -> None:
    body, document = DOCUMENTS[form]
    for start in ("\ufeff", "\ufeff\n\n", "\r\n \t", "\n\ufeff"):
        assert replace(read(start + body), warnings=document.warnings) == document


@pytest.mark.parametrize("form", list(DOCUMENTS))
def test_a_feed_may_be_written_in_utf_16(form: str) -> None:
    body, document = DOCUMENTS[form]
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read(("\ufeff" + body.replace('"utf-8"', '"utf-16"')).encode(encoding)) == document


def test_a_feed_without_entries_is_not_broken() -> None:
    assert read(rss("")).entries == ()
    assert read('<feed xmlns="http://www.w3.org/2005/Atom"><title>The Paper</title></feed>').entries == ()
    assert read('{"version": "https://jsonfeed.org/version/1.1", "items": []}').entries == ()
    assert read("<urlset></urlset>").entries == ()
    assert read("<sitemapindex></sitemapindex>").children == ()


# --- letters --------------------------------------------------------------------------------------------------------
PLAIN, TYPOGRAPHIC = "Ação à tarde não é são", "“Ação” à tarde – só €5"


def declared(text: str, encoding: str | None) -> str:
    body = rss(f"<item><title>{text}</title><link>https://paper.example/a</link></item>")
    return body if encoding is None else body.replace('version="1.0"?', f'version="1.0" encoding="{encoding}"?', 1)


@pytest.mark.parametrize(
    ("written", "declaration", "label", "text"),
    [
        ("latin-1", "iso-8859-1", "text/xml", PLAIN),
        ("latin-1", "ISO-8859-1", "text/xml; charset=ISO-8859-1", PLAIN),
        ("latin-1", None, "text/xml; charset=iso-8859-1", PLAIN),
        ("cp1252", "windows-1252", "text/xml", TYPOGRAPHIC),
        ("cp1252", "iso-8859-1", "text/xml", TYPOGRAPHIC),
        ("cp1252", None, "text/xml; charset=windows-1252", TYPOGRAPHIC),
        ("iso-8859-15", "iso-8859-15", "text/xml", "Ação de 5 €"),
        ("cp1251", "windows-1251", "text/xml", "Міст відремонтовано"),
        ("utf-8", "iso-8859-1", "text/xml; charset=iso-8859-1", TYPOGRAPHIC),
        ("utf-8", None, "text/xml", "Міст 橋 جسر 🌉"),
    ],
)
def test_letters_are_read_as_they_were_written(written: str, declaration: str | None, label: str, text: str) -> None:
    assert titles(read(declared(text, declaration).encode(written), label)) == [text]


NEWS = (
    "A ponte sobre o rio reabriu ao trânsito na manhã de terça-feira, após três semanas de obras de reparação.",
    "A câmara diz que os trabalhos custaram dois milhões de euros e não há previsão de novas intervenções.",
    "É a terceira vez em cinco anos que a travessia é encerrada; à noite a circulação continua condicionada.",
)


@pytest.mark.parametrize("declaration", [None, "utf-8"])
@pytest.mark.parametrize("written", ["latin-1", "cp1252"])
def test_letters_are_guessed_when_nothing_says_how_they_were_written(written: str, declaration: str | None) -> None:
    body = declared("Notícias", declaration).replace("</channel>", "".join(map(item, NEWS)) + "</channel>")
    assert titles(read(body.encode(written), "text/xml")) == ["Notícias", *NEWS]


@pytest.mark.parametrize(
    ("written", "news"),
    [
        ("cp1250", ("Sąd uznał, że żaden ze świadków nie mógł tego widzieć.", "Łódź: pociągi wróciły na trasę po trzech dniach przerwy.")),
        ("cp1250", ("Az új híd egy évvel később készül el, közölte a főváros.", "A tűzoltók órákig küzdöttek a lángokkal a kikötőben.")),
        ("cp1250", ("Vláda schválila rozpočet na příští rok, řekl ministr.", "Vlaky po povodni opět jezdí, cestující děkují železničářům.")),
        ("cp1252", ("Le maire a inauguré hier la médiathèque, très attendue par les élèves.", "La fête de l'été aura lieu près du château.")),
        ("cp1252", ("Der Bürgermeister eröffnete die Brücke über die Flöße.", "Größere Schäden gab es in den Straßen der Altstadt.")),
    ],
    ids=["Polish", "Hungarian", "Czech", "French", "German"],
)  # fmt: skip
def test_the_guess_tells_the_east_from_the_west(written: str, news: tuple[str, ...]) -> None:
    body = declared("News", None).replace("</channel>", "".join(map(item, news)) + "</channel>")
    assert titles(read(body.encode(written), "text/xml")) == ["News", *news]


# --- links and names ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("a/b", "https://paper.example/a/b"),
        ("/a", "https://paper.example/a"),
        ("?id=3", "https://paper.example/?id=3"),
        ("//cdn.example/a", "https://cdn.example/a"),
        ("\n https://paper.example/a \n", "https://paper.example/a"),
        ("HTTPS://Paper.Example:443/A#part", "https://paper.example/A"),
        ("https://me:word@paper.example/a", "https://paper.example/a"),
        ("https://paper.example/notícia de hoje", "https://paper.example/not%C3%ADcia%20de%20hoje"),
        ("javascript:alert(1)", None),
        ("mailto:a@paper.example", None),
        ("https://", None),
        ("https://[::1/a", None),
        ("", None),
    ],
)
def test_a_link_is_an_address_or_none(link: str, url: str | None) -> None:
    (entry,) = read(rss(f"<item><title>t</title><link>{link}</link></item>")).entries
    assert (entry.url, entry.raw_link) == (url, link.strip())


@pytest.mark.parametrize(
    ("head", "attributes", "url"),
    [
        ("<link>https://paper.example/news/</link>", "", "https://paper.example/news/a"),
        ("<link></link>", "", "https://paper.example/feeds/a"),
        ("", "", "https://paper.example/feeds/a"),
        ('<atom:link rel="self" href="https://feeds.example/x/y"/>', "", "https://paper.example/feeds/a"),
        ("<link>https://paper.example/</link>", 'xml:base="https://base.example/x/"', "https://base.example/x/a"),
    ],
)
def test_a_relative_link_of_rss_is_relative_to_its_base_its_site_or_itself(
    head: str, attributes: str, url: str
) -> None:
    (entry,) = read(rss("<item><title>t</title><link>a</link></item>", head, attributes=attributes)).entries
    assert entry.url == url


@pytest.mark.parametrize(
    ("base", "url"),
    [("", "https://paper.example/feeds/a"), ('xml:base="https://base.example/x/"', "https://base.example/x/a")],
)
def test_a_relative_link_of_atom_is_relative_to_its_base_or_its_document(base: str, url: str) -> None:
    (entry,) = read(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://paper.example/site/"/>'
        f'<entry {base}><title>t</title><link href="a"/></entry></feed>'
    ).entries
    assert entry.url == url


@pytest.mark.parametrize(
    ("guid", "link", "url", "kept"),
    [
        ('<guid isPermaLink="true">https://paper.example/a</guid>', "", "https://paper.example/a", "https://paper.example/a"),
        ("<guid>https://paper.example/a</guid>", "", "https://paper.example/a", "https://paper.example/a"),
        ('<guid isPermaLink="false">https://paper.example/a</guid>', "", None, "https://paper.example/a"),
        ('<guid isPermaLink="false">17</guid>', "", None, "17"),
        ("<guid>17</guid>", "", None, "17"),
        ('<guid isPermaLink="true">https://paper.example/a</guid>', "<link>/b</link>", "https://paper.example/b", "https://paper.example/a"),
        ("<guid> \n 17 \t </guid>", "<link>/b</link>", "https://paper.example/b", "17"),
        ("<guid></guid>", "<link>/b</link>", "https://paper.example/b", None),
        ("", "<link>/b</link>", "https://paper.example/b", None),
    ],
)  # fmt: skip
def test_a_guid_is_a_link_only_where_it_says_so(guid: str, link: str, url: str | None, kept: str | None) -> None:
    (entry,) = read(rss(f"<item><title>t</title>{guid}{link}</item>")).entries
    assert (entry.url, entry.guid) == (url, kept)


def test_ten_entries_with_one_guid_are_ten_entries() -> None:
    document = read(rss("".join(item(str(n), "<guid>same</guid>") for n in range(10))))
    assert titles(document) == [str(n) for n in range(10)]
    assert {entry.guid for entry in document.entries} == {"same"}


def test_the_link_behind_a_counting_service_is_taken() -> None:
    (entry,) = read(
        rss(
            "<item><title>t</title><link>https://feeds.example/~r/17</link>"
            "<feedburner:origLink>https://paper.example/a</feedburner:origLink></item>"
        )
    ).entries
    assert entry.url == "https://paper.example/a"


@pytest.mark.parametrize("element", ["author", "dc:creator"])
@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Rui Costa", ("Rui Costa",)),
        ("rui@paper.pt (Rui Costa)", ("Rui Costa",)),
        ("rui@paper.example (Rui Costa)", ("Rui Costa",)),
        ("Rui Costa &lt;rui@paper.online&gt;", ("Rui Costa",)),
        ("<![CDATA[Rui Costa <rui@paper.online>]]>", ("Rui Costa",)),
        ("Rui Costa (rui.costa+news@desk.paper.online)", ("Rui Costa",)),
        ("Rui Costa, rui@paper.online", ("Rui Costa",)),
        ("rui@paper.online", ()),
        ("mailto:rui@paper.pt", ()),
        ("Rui Costa (Lisboa)", ("Rui Costa (Lisboa)",)),
        ("Da Reda&#231;&#227;o", ("Da Redação",)),
        ("Por &lt;b&gt;Rui&lt;/b&gt;", ("Por Rui",)),
        ("@rui", ("@rui",)),
        (" ", ()),
    ],
)
def test_an_author_is_a_name_without_an_address(element: str, written: str, names: tuple[str, ...]) -> None:
    (entry,) = read(rss(item("a", f"<{element}>{written}</{element}>"))).entries
    assert entry.authors == names


# --- dates ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "when"),
    [
        ("Mon, 24 Sep 2018 10:20:30 +0100", "2018-09-24T09:20:30"),
        ("Mon, 24 Sep 2018 10:20:30 EST", "2018-09-24T15:20:30"),
        ("Mon, 24 Sep 18 10:20:30 GMT", "2018-09-24T10:20:30"),
        ("24 Sep 2018 10:20 Z", "2018-09-24T10:20:00"),
        ("2018-09-24T10:20:30.5-03:00", "2018-09-24T13:20:30.500"),
        ("2018-09-24 10:20:30", "2018-09-24T10:20:30"),
        ("2018-09-24", "2018-09-24T00:00:00"),
        ("Seg, 24 Set 2018 10:20:30 +0100", "2018-09-24T09:20:30"),
        ("Sáb, 1 Dez 2018 08:00 GMT", "2018-12-01T08:00:00"),
        ("Ter, 06 Fev 2018 10:20:30 -0300", "2018-02-06T13:20:30"),
        ("segunda-feira, 24 de setembro de 2018 10:20", "2018-09-24T10:20:00"),
        ("lun, 24 sep 2018 10:20:30 +0200", "2018-09-24T08:20:30"),
        ("24/09/2018 10:20", "2018-09-24T10:20:00"),
        ("Пн, 24 вер 2018 10:20:30 +0300", "2018-09-24T07:20:30"),
    ],
)
def test_a_date_is_utc_in_whatever_language_it_is_written(raw: str, when: str) -> None:
    (entry,) = read(rss(item("a", f"<pubDate>{raw}</pubDate>"))).entries
    assert entry.published_at == datetime.fromisoformat(f"{when}+00:00")
    assert (entry.modified_at, entry.raw_date) == (None, raw)


@pytest.mark.parametrize(
    "raw",
    ["", "ontem", "Mon, 24 Sep 2018 25:20:30 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 04 Mar 2026 12:00:00 GMT",
     "0000-00-00 00:00:00", "2018-13-45", "31 Fev 2018", "Mon, 24 Sep 9999 10:20:30 GMT"],
)  # fmt: skip
def test_what_can_be_no_date_of_publication_is_none_and_kept_as_it_was(raw: str) -> None:
    (entry,) = read(rss(item("a", f"<pubDate>{raw}</pubDate>"))).entries
    assert (entry.published_at, entry.raw_date) == (None, raw)


# --- feeds as they come ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("middle", "title"),
    [
        ("<item><title>two <b>bold</title><link>https://paper.example/two</link></item>", "two bold"),
        ("<item><title>two & more</title><link>https://paper.example/two</link></item>", "two & more"),
        ("<item><title>two&nbsp;caf&eacute;s</title><link>https://paper.example/two</link></item>", "two cafés"),
        ("<item><title>two &#0;&#31;&#xD800;&#99999999999;</title></item>", "two"),
        ("<item><title>two \x00\x08\x1b</title></item>", "two"),
        ("<item><title>two</title><unknown:tag>x</unknown:tag></item>", "two"),
        ("<item><title>two</title><description>a < b</description></item>", "two"),
    ],
)
def test_a_feed_with_a_fault_still_gives_its_entries(middle: str, title: str) -> None:
    document = read(rss(item("one") + middle + item("three")))
    assert titles(document) == ["one", title, "three"]


def test_a_fault_is_told() -> None:
    assert read(rss(item("one"))).warnings == ()
    (warning,) = read(rss("<item><title>two <b>bold</title></item>")).warnings
    assert "mismatched tag" in warning


def test_an_entry_that_was_cut_off_is_left_out() -> None:
    body = rss(item("one") + item("two"))
    document = read(body[: body.index("two</link>")])
    assert titles(document) == ["one"]
    assert document.warnings[0] == "cut off"


@pytest.mark.parametrize("start", ["<!-- cached -->\n", "<br />\n<b>Warning</b>: date() in feed.php\n", "\n\n\n"])
def test_what_stands_before_a_feed_does_not_hide_it(start: str) -> None:
    assert titles(read(start + rss(item("one")))) == ["one"]


def three(form: str) -> str:
    """A feed of some form with three entries named 0, 1, 2."""
    match form:
        case "rss":
            return rss("".join(item(str(n)) for n in range(3)))
        case "rdf":
            return RDF.replace("<item ", "<item><title>0</title></item><item><title>1</title></item><item ")
        case "atom":
            return f'<feed xmlns="http://www.w3.org/2005/Atom">{"<entry><title>0</title></entry>" * 3}</feed>'
        case "json":
            return json.dumps({"items": [{"title": str(n)} for n in range(3)]})
        case _:
            return f"<urlset>{'<url><loc>/a</loc></url>' * 3}</urlset>"


@pytest.mark.parametrize("form", ["rss", "rdf", "atom", "json", "sitemap"])
@pytest.mark.parametrize(("most", "kept"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_entries_over_the_cap_are_left_out_and_counted(form: str, most: int, kept: int) -> None:
    document = read(three(form), policy=ReadingPolicy(max_entries=most))
    assert (len(document.entries), document.truncated) == (kept, 3 - kept)
    assert not document.warnings


def test_an_index_gives_its_newest_parts_and_counts_the_others() -> None:
    parts = [f"<sitemap><loc>/{n}.xml</loc><lastmod>2025-{n:02}-01</lastmod></sitemap>" for n in range(1, 13)]
    undated = [f"<sitemap><loc>/undated-{n}.xml</loc></sitemap>" for n in range(12)]
    document = read(f"<sitemapindex>{''.join([*undated, *parts])}</sitemapindex>")
    newest = [f"https://paper.example/{n}.xml" for n in range(12, 0, -1)]
    assert list(document.children) == [*newest, *(f"https://paper.example/undated-{n}.xml" for n in range(8))]
    assert document.truncated == 24 - MOST_CHILDREN


@pytest.mark.parametrize("odd", ["<?php x ?>", "&undeclared;", "<!-- a comment -->", "text", "<other/>"])
def test_what_stands_between_the_lines_of_a_sitemap_is_passed_over(odd: str) -> None:
    line = f"<url>{odd}<loc>https://paper.example/a</loc></url>"
    assert [entry.url for entry in read(f"<urlset>{odd}{line}{odd}</urlset>").entries] == ["https://paper.example/a"]
    part = f"<sitemap>{odd}<loc>https://paper.example/a.xml</loc></sitemap>"
    assert read(f"<sitemapindex>{odd}{part}{odd}</sitemapindex>").children == ("https://paper.example/a.xml",)


def test_a_sitemap_whose_prefixes_are_not_declared_is_read() -> None:
    (entry,) = read(
        "<urlset><url><loc>/a</loc><news:news><news:title>The bridge</news:title></news:news></url></urlset>"
    ).entries
    assert (entry.url, entry.title) == ("https://paper.example/a", "The bridge")


# --- hints ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("head", "hints"),
    [
        ("", Hints()),
        ("<ttl>60</ttl>", Hints(ttl=timedelta(hours=1))),
        ("<ttl> 5 </ttl>", Hints(ttl=timedelta(minutes=5))),
        ("<ttl>99999999</ttl>", Hints(ttl=timedelta(minutes=10_000))),
        ("<ttl>soon</ttl>", Hints()),
        ("<ttl>-5</ttl>", Hints()),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", Hints(ttl=timedelta(hours=1))),
        (
            "<sy:updatePeriod>\n daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Hints(ttl=timedelta(hours=6)),
        ),
        (
            "<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            Hints(ttl=timedelta(days=7)),
        ),
        ("<sy:updatePeriod>often</sy:updatePeriod>", Hints()),
        ("<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod>", Hints(ttl=timedelta(hours=1))),
        (
            "<skipHours><hour>1</hour><hour> 23 </hour></skipHours><skipDays><day>sunday</day><day>MONDAY</day></skipDays>",
            Hints(skip_hours=frozenset({1, 23}), skip_days=frozenset({0, 6})),
        ),
        ("<skipHours></skipHours><skipDays><day>Domingo</day></skipDays>", Hints()),
    ],
)
def test_what_a_publisher_says_of_coming_back(head: str, hints: Hints) -> None:
    assert read(rss(item("one"), head)).hints == hints


# --- what is no feed ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", ["", " \r\n\t ", "\ufeff", "\ufeff \n"])
def test_a_body_of_nothing_is_empty(body: str) -> None:
    assert failure(body) is Reason.EMPTY_BODY


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><head><title>News</title></head><body><item><title>t</title></item></body></html>",
        "<html><body>Checking your browser</body></html>",
        "  <!-- x --><HTML lang='en'></HTML>",
        "The feed is gone.",
        "%PDF-1.7",
        '{"error": "no such feed"}',
        '{"items": {"a": 1}}',
        "[1, 2, 3]",
        "https://paper.example/feed",
        "\x1f\x8b\x08",
    ],
)
def test_what_is_something_else_is_no_feed(body: str) -> None:
    assert failure(body) is Reason.NOT_A_FEED


@pytest.mark.parametrize("body", ['{"items": [', '{"items": NaN', "[" * 100_000, "<rss", "<opml><outline"])
def test_what_cannot_be_parsed_is_told_from_what_is_no_feed(body: str) -> None:
    assert failure(body) is Reason.UNPARSABLE


def test_a_body_that_names_a_file_or_an_address_opens_neither(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(rss(item("secret")), encoding="utf-8")
    assert failure(str(file)) is Reason.NOT_A_FEED
    assert failure(file.as_uri()) is Reason.NOT_A_FEED


@pytest.mark.parametrize("kind", ["SYSTEM", 'PUBLIC "x"'])
@pytest.mark.parametrize("form", ["rss", "sitemap"])
def test_an_entity_brings_in_no_file(tmp_path: Path, kind: str, form: str) -> None:
    file = tmp_path / "secret"
    file.write_text("open-sesame", encoding="utf-8")
    doctype = f'<!DOCTYPE x [<!ENTITY e {kind} "{file.as_uri()}">]>'
    bodies = {
        "rss": "<rss version='2.0'><channel><title>&e;</title><item><title>t &e;</title></item></channel></rss>",
        "sitemap": "<urlset><url><loc>/a</loc><news><title>t &e;</title></news></url></urlset>",
    }
    assert "sesame" not in str(read(doctype + bodies[form]))


def test_entities_that_grow_without_end_are_not_followed() -> None:
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "0123456789">{grown}]>'
    (entry,) = read(f"{doctype}<rss version='2.0'><channel><item><title>t &e9;</title></item></channel></rss>").entries
    assert len(entry.title) <= 1000


@pytest.mark.parametrize("title", ["x" * 100_000, "a" * 5000 + " " + "b" * 5000])
def test_texts_are_no_longer_than_is_kept(title: str) -> None:
    (entry,) = read(rss(f"<item><title>{title}</title><author>{title}</author></item>")).entries
    assert len(entry.title) == 1000
    assert all(len(author) <= 500 for author in entry.authors)


BROKEN = {Reason.EMPTY_BODY, Reason.NOT_A_FEED, Reason.UNPARSABLE}
BODIES = [body.encode() for body, _ in DOCUMENTS.values()]
# What is put into a feed: pieces of markup, odd letters, and any bytes.
ODD = [
    b"<item>",
    b"</item>",
    b"<![CDATA[",
    b"]]>",
    b"&",
    b"&#xD800;",
    b"<",
    b">",
    b'"',
    b"\x00",
    b"<!--",
    b"</rss>",
    b"{",
]


def reason_or_document(body: bytes, label: str = "text/xml") -> Reason | FeedDocument:
    try:
        return read(body, label)
    except Broken as error:
        return error.reason


@given(
    body=st.sampled_from(BODIES),
    cut=st.tuples(st.integers(0, 1500), st.integers(0, 60)),
    put=st.sampled_from(ODD) | st.binary(max_size=20),
    label=st.sampled_from(["text/xml", "text/xml; charset=utf-7", "text/html; charset=gb18030", "x; charset=rot13"]),
)
def test_whatever_happens_to_a_feed_it_is_read_or_broken(
    body: bytes, cut: tuple[int, int], put: bytes, label: str
) -> None:
    start, size = cut
    found = reason_or_document(body[:start] + put + body[start + size :], label)
    assert isinstance(found, FeedDocument) or found in BROKEN
    entries = found.entries if isinstance(found, FeedDocument) else ()
    assert all(entry.url is None or entry.url.startswith("http") for entry in entries)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_whatever_comes_is_read_or_broken(body: str | bytes) -> None:
    packed = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    for start in (b"", b"<rss>", b"{", b"<urlset>", b"<feed>"):
        found = reason_or_document(start + packed)
        assert isinstance(found, FeedDocument) or found in BROKEN
