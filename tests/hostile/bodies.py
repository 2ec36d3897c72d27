"""Feeds and pages that would exhaust, hang or deceive their readers, each with what must come of it; healthy entries stand beside them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BEFORE, AFTER = "https://paper.example/healthy-before", "https://paper.example/healthy-after"
CANARY = "the canary sang in a file that nobody may read"
SENTENCE = (
    "The council met on Monday to decide about the old bridge over the river, and it took them {} hours to agree. "
)
# Two marks that stand in each other's order, so that a run of them is to be sorted.
MARKS = "\u0301\u0316"
READ = "read"
# A letter after which all is read from right to left.
TURNED = "x\u202e"
BROKEN = ("broken: unparsable", "broken: not_a_feed", "broken: too_large", "broken: empty_body")


@dataclass(frozen=True)
class Trap:
    """What only a reader that leaves its body would touch: a file, and a port on which somebody listens."""

    file: Path
    port: int

    @property
    def url(self) -> str:
        """An address on the port."""
        return f"http://127.0.0.1:{self.port}/feed.xml"


@dataclass(frozen=True)
class Case:
    """A body, and what must come of it: one of these outcomes, and so many healthy entries."""

    body: Callable[[Trap], bytes]
    ends: tuple[str, ...] = (READ,)
    healthy: int = 0
    content_type: str = ""
    truncated: int | None = None


def attributes(count: int, value: str = '="1"') -> str:
    """So many attributes of different names."""
    return " ".join(f"a{n}{value}" for n in range(count))


def item(inner: str, link: str = "https://paper.example/hostile") -> str:
    """One item of RSS."""
    return f"<item><title>A hostile one</title><link>{link}</link>{inner}</item>"


def rss(inner: str, *, head: str = "", doctype: str = "") -> bytes:
    """A feed with a healthy item before and one behind."""
    healthy = [f"<item><title>Healthy</title><link>{url}</link><guid>{url}</guid></item>" for url in (BEFORE, AFTER)]
    return (
        f'<?xml version="1.0"?>{doctype}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Paper</title>{head}'
        f"{healthy[0]}{inner}{healthy[1]}</channel></rss>"
    ).encode("utf-8", "surrogatepass")


def beside(inner: str, **more: str) -> Case:
    """A case of one hostile item between two healthy ones, which are read."""
    return Case(lambda _: rss(item(inner), **more), healthy=2)


def story(n: int = 3, paragraphs: int = 4) -> str:
    """The paragraphs of an article."""
    return "".join(f"<p>{SENTENCE.format(i + n) * 3}</p>" for i in range(paragraphs))


def page(more: str = "", *, head: str = "", body: str = "") -> bytes:
    """A page with an article and something hostile in it."""
    title = "A story about a bridge"
    return (
        f"<html lang=en><head><title>{title}</title>{head}</head><body{body}><article><h1>{title}</h1>"
        f"{story()}{more}</article></body></html>"
    ).encode("utf-8", "surrogatepass")


def article(more: str = "", **where: str) -> Case:
    """A case of a page whose article is read in spite of what is in it."""
    return Case(lambda _: page(more, **where), content_type="text/html; charset=utf-8")


def json_ld(text: str) -> str:
    """A script with JSON-LD."""
    return f'<script type="application/ld+json">{text}</script>'


def _laughs(levels: int) -> str:
    refs = {n: f"&e{n - 1};" * 10 for n in range(1, levels + 1)}
    grown = "".join(f'<!ENTITY e{n} "{ten}">\n' for n, ten in refs.items())
    return f'<!DOCTYPE x [\n<!ENTITY e0 "0123456789">\n{grown}]>'


def _entity(value: str) -> str:
    return f'<!DOCTYPE x [\n<!ENTITY e "{value}">\n]>'


def _external(kind: str) -> str:
    return f"<!DOCTYPE x [\n<!ENTITY e {kind}>\n]>"


_LONG = 200_000
FEEDS: dict[str, Case] = {
    # Entities
    "a billion laughs": Case(lambda _: rss(item("<description>&e9;</description>"), doctype=_laughs(9)), healthy=2),
    "a million laughs": Case(lambda _: rss(item("<description>&e6;</description>"), doctype=_laughs(6)), healthy=2),
    "quadratic entities": Case(
        lambda _: rss(item(f"<description>{'&e;' * 2000}</description>"), doctype=_entity("e" * 100_000)),
        healthy=2,
    ),
    "short entities without end": Case(
        lambda _: rss(item(f"<description>{'&e;' * 500_000}</description>"), doctype=_entity("e" * 60)),
        healthy=2,
    ),
    "an entity that is a file": Case(
        lambda trap: rss(item("<description>&e;</description>"), doctype=_external(f'SYSTEM "{trap.file.as_uri()}"')),
        healthy=2,
    ),
    "an entity that is an address": Case(
        lambda trap: rss(item("<description>&e;</description>"), doctype=_external(f'SYSTEM "{trap.url}"')), healthy=2
    ),
    "a DTD at an address": Case(
        lambda trap: rss(item("<description>&e;</description>"), doctype=f'<!DOCTYPE rss SYSTEM "{trap.url}">'),
        healthy=2,
    ),
    "a parameter entity": Case(
        lambda trap: rss(item(""), doctype=f'<!DOCTYPE x [\n<!ENTITY % p SYSTEM "{trap.url}">\n%p;\n]>'), healthy=2
    ),
    "a parameter entity of a file": Case(
        lambda trap: rss(item(""), doctype=f'<!DOCTYPE x [\n<!ENTITY % p SYSTEM "{trap.file.as_uri()}">\n%p;\n]>'),
        healthy=2,
    ),
    "a body that is a path": Case(lambda trap: str(trap.file).encode(), BROKEN),
    "a body that is an address": Case(lambda trap: trap.url.encode(), BROKEN),
    "a style sheet at an address": Case(
        lambda trap: rss(item(""), doctype=f'<?xml-stylesheet href="{trap.url}" type="text/xsl"?>'), healthy=2
    ),
    "an inclusion": Case(
        lambda trap: rss(
            item(f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{trap.file.as_uri()}" parse="text"/>')
        ),
        healthy=2,
    ),
    # What takes time by the square
    "comments that begin, escaped": beside(f"<description>{'&lt;!--' * 100_000}</description>"),
    "comments that begin, in CDATA": beside(f"<description><![CDATA[{'<!--' * 100_000}]]></description>"),
    "comments that begin, as they are": beside(f"<description>{'<!--' * 100_000}</description>"),
    "CDATA that begins": beside(f"<description>{'<![CDATA[' * 100_000}</description>"),
    "declarations that begin": beside(f"<description>{'<!DOCTYPE ' * 100_000}</description>"),
    "instructions that begin": beside(f"<description>{'<?' * 100_000}</description>"),
    "an address of dots as author": beside(f"<author>{'a@' + 'a.' * 100_000}</author>"),
    "a long word as author": beside(f"<author>{'a' * 200_000}</author>"),
    "a long word as creator": beside(f"<dc:creator>{'a' * 200_000}</dc:creator>"),
    "a long word as publisher": beside(f"<dc:publisher>{'a' * 200_000}</dc:publisher>"),
    "a long word as AUTHOR": beside(f"<AUTHOR>{'a' * 200_000}</AUTHOR>"),
    "a long author behind a bracket": beside(f"<author>x]{'a' * 200_000}</author>"),
    "a long author in parts": beside(f"<author>x<!-- -->{'a' * 200_000}</author>"),
    "a long author of entities": Case(
        lambda _: rss(item(f"<author>{'&e;' * 5000}</author>"), doctype=_entity("a" * 60)),
        healthy=2,
    ),
    "a long manager of the channel": beside("", head=f"<managingEditor>{'a@a.' * 50_000}</managingEditor>"),
    "many categories": beside("".join(f"<category>c{n}</category>" for n in range(4000))),
    "many attributes": beside(f"<x {attributes(50_000)}/>"),
    "many attributes of HTML": beside(
        f"<description><![CDATA[<p {attributes(100_000, value='')}>text]]></description>"
    ),
    "many namespaces": beside("".join(f"<x{n}:a xmlns:x{n}='http://n.example/{n}'/>" for n in range(4500))),
    "hours to skip that never end": beside("", head="<skipHours>" * 20_000),
    "a DOCTYPE of brackets": Case(lambda _: rss("", doctype=f"<!DOCTYPE rss {'[]' * 40}["), (READ, *BROKEN)),
    "empty lines before the feed": Case(lambda _: rss(item(""), doctype=f"<!--{chr(10) * 500_000}-->"), healthy=2),
    "marks without end on a letter": beside(
        f"<title>a{MARKS * 100_000}</title><description>a{MARKS * 100_000}</description>"
    ),
    "marks by their numbers": beside(f"<description>a{'&#769;&#790;' * 100_000}</description>"),
    "an endless base": beside("<b/>" * 500, head=f'<a xml:base="http://a.example/{"../" * 300_000}"/>'),
    # Depth and mass
    "nested 100,000 deep": Case(lambda _: rss(item("<d>" * 100_000)), healthy=2),
    "HTML nested 100,000 deep": beside(f"<description><![CDATA[{'<div>' * 100_000}text]]></description>"),
    "XHTML without end": Case(
        lambda _: rss(item(f"<content:encoded>{'<a>x</a>' * 200_000}</content:encoded>")), healthy=2, truncated=1
    ),
    "100,000 items": Case(
        lambda _: rss("".join(item("", f"https://paper.example/{n}") for n in range(100_000))),
        healthy=1,
        truncated=98_002,
    ),
    "items that begin": Case(lambda _: rss("<item>" * 100_000), healthy=1, truncated=98_002),
    "a title of 10 MB": Case(lambda _: rss("") + rss(f"<item><title>{'x' * 10_000_000}"), healthy=2),
    "a title of 9 MB": beside(f"<title>{'x' * 9_000_000}</title>"),
    "links that begin": beside(f"<description><![CDATA[{'<a ' * 300_000}]]></description>"),
    "links that begin, as they are": beside(f"<description>{'<a ' * 300_000}</description>"),
    "ampersands": beside(f"<description>{'&' * _LONG}</description>"),
    "brackets": beside(f"<description>{'<' * _LONG}</description>"),
    "end tags": beside(f"<description>{'</' * _LONG}</description>"),
    "many pictures": beside("<enclosure url='https://paper.example/p.jpg' type='image/jpeg'/>" * 4000),
    "many bodies": beside("<content:encoded>text</content:encoded>" * 4000),
    # What is no text
    "impossible references": beside(
        "<description>a&#0;b&#x1F;c&#xD800;d&#99999999999;e&#xFFFE;f&#x110000;g</description>"
        "<author>&#xD800;</author><guid>&#0;</guid>"
    ),
    "references in references": beside(
        f"<title>a&#x&#0;D800;b&#x&#x&#0;0;D800;c{'&#' * 50}0;{'0;' * 50}</title><description>&#xD8&#0;00;</description>"
    ),
    "NUL, controls and line ends": Case(
        lambda _: rss(
            "<item><title>a\x00b\x1b[31mc\x07\x85d\r\ne</title>"
            "<link>https://paper.example/a\x00b\r\nSet-Cookie: x\x1b[0m</link><guid>g\x00\r\n</guid></item>"
        ),
        healthy=2,
    ),
    "lone surrogates": beside("<title>\ud800a\udfff</title><description>\udbff</description>"),
    "directions and zero widths": beside("<title>a\u202eb\u200bc\u2066d\ufeff</title>"),
    "members that are text": beside(
        "<authors>a</authors><tags>b</tags><links>c</links><content>d</content><media_content>e</media_content>"
        "<title_detail>f</title_detail><summary_detail>g</summary_detail><contributors>h</contributors><author>i</author>"
    ),
    "a broken port and host": Case(
        lambda _: rss(
            "".join(item("", url) for url in ("http://a:99999/", "http://[::1", "http://a..b/", "http:///x", "//"))
        ),
        healthy=2,
    ),
    "links that are none": Case(
        lambda _: rss(
            "".join(
                item(f"<guid>{n}</guid>", url)
                for n, url in enumerate(
                    [
                        *("javascript:alert(1)", "JAVASCRIPT:alert(1)", " java\tscript:alert(1)", "data:text/html,x"),
                        *("vbscript:x", "file:///etc/passwd", "ftp://a.example/", "https://user:pw@paper.example/x"),
                        "https://paper.example/" + "x" * 9000,
                    ]
                )
            )
        ),
        healthy=2,
    ),
    "absurd dates": Case(
        lambda _: rss(
            "".join(
                item(f"<pubDate>{date}</pubDate>", f"https://paper.example/date-{n}")
                for n, date in enumerate(
                    [
                        *("9999-12-31T23:59:59Z", "253402300800", "0000-00-00", "-0001-01-01", "10000-01-01", "1e400"),
                        *("Mon, 01 Jan 2026 00:00:00 +99:99", "2026-02-30", "99/99/9999", "Fri, 31 Feb 20260 25:61:61"),
                        *(
                            "2026-W99-9",
                            "2026-366",
                            "20261301T000000",
                            "٢٠٢٦-١١-٢٤",
                            "2026-11-24T24:00:00+23:59",
                            "1" * 5000,
                        ),
                    ]
                )
            )
        ),
        healthy=2,
    ),
    **{
        f"an encoding named {name}": Case(
            lambda _, name=name: rss(item("<title>+AGEAYg- \\u0000 caf\u00e9</title>")).replace(  # type: ignore[misc]
                b'version="1.0"?', f'version="1.0" encoding="{name}"?'.encode()
            ),
            healthy=2,
            content_type=f"text/xml; charset={name}",
        )
        for name in ("utf-7", "idna", "unicode_escape", "punycode", "undefined", "rot13", "bz2", "utf-16", "x" * 300)
    },
    "bytes that mean nothing": Case(lambda _: rss("").replace(b"Paper", bytes(range(128, 256)) * 200), healthy=2),
    "a zone of compression": Case(lambda _: gzip.compress(bytes(50_000_000), 9), BROKEN),
    "compression in compression": Case(lambda _: gzip.compress(gzip.compress(rss(""))), BROKEN),
}

_GOOD_URL = "<url><loc>{}</loc></url>"
_SITEMAP = '<?xml version="1.0"?>{}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def sitemap(inner: str, doctype: str = "") -> bytes:
    """A sitemap with a healthy address before and one behind."""
    return _SITEMAP.format(doctype, _GOOD_URL.format(BEFORE) + inner + _GOOD_URL.format(AFTER)).encode()


def _index(parts: int) -> bytes:
    listed = "".join(f"<sitemap><loc>https://paper.example/{n}.xml</loc></sitemap>" for n in range(parts))
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()


SITEMAPS: dict[str, Case] = {
    "a billion laughs in a sitemap": Case(lambda _: sitemap("<url><loc>&e9;</loc></url>", _laughs(9)), (READ, *BROKEN)),
    "quadratic entities in a sitemap": Case(
        lambda _: sitemap(f"<url><loc>{'&e;' * 2000}</loc></url>", _entity("e" * 100_000)),
        healthy=2,
    ),
    "an entity of a sitemap that is a file": Case(
        lambda trap: sitemap("<url><loc>&e;</loc></url>", _external(f'SYSTEM "{trap.file.as_uri()}"')), healthy=2
    ),
    "an entity of a sitemap that is an address": Case(
        lambda trap: sitemap("<url><loc>&e;</loc></url>", _external(f'SYSTEM "{trap.url}"')), healthy=2
    ),
    "a DTD of a sitemap at an address": Case(
        lambda trap: sitemap("<url><loc>&e;</loc></url>", f'<!DOCTYPE urlset SYSTEM "{trap.url}">'), healthy=2
    ),
    "100,000 addresses": Case(
        lambda _: sitemap("".join(_GOOD_URL.format(f"https://paper.example/{n}") for n in range(100_000))),
        healthy=1,
        truncated=98_002,
    ),
    "an index of 10,000": Case(lambda _: _index(10_000), truncated=9_980),
    "an index of 60,000": Case(lambda _: _index(60_000), truncated=59_980),
    "a sitemap of ampersands": Case(lambda _: sitemap("&" * 2_000_000), (READ, *BROKEN)),
    "a sitemap nested 100,000 deep": Case(lambda _: sitemap("<url>" * 100_000), (READ, *BROKEN)),
    "an address of many parts": Case(lambda _: sitemap(f"<url>{'<loc/>' * 200_000}</url>"), healthy=2),
    "many attributes in a sitemap": Case(lambda _: sitemap(f"<url {attributes(50_000)}/>"), (READ, *BROKEN)),
    "a packed sitemap": Case(lambda _: gzip.compress(sitemap("")), healthy=2),
    "a packed bomb": Case(lambda _: gzip.compress(sitemap("x" * 30_000_000)), ("broken: too_large",)),
    "a thousand packed nothings": Case(lambda _: gzip.compress(b"") * 100_000, BROKEN),
}


def json_feed(*items: object, **more: object) -> bytes:
    """A JSON Feed with a healthy item before and one behind; an item that is text stands as it is."""
    healthy = [json.dumps({"id": url, "url": url, "title": "Healthy"}) for url in (BEFORE, AFTER)]
    inner = [entry if isinstance(entry, str) else json.dumps(entry) for entry in items]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "Paper", **more}
    return f'{json.dumps(head)[:-1]}, "items": [{", ".join([healthy[0], *inner, healthy[1]])}]}}'.encode()


_URL = '"url": "https://paper.example/hostile"'
JSON: dict[str, Case] = {
    "brackets without end": Case(lambda _: b"[" * 100_000, BROKEN),
    "objects without end": Case(lambda _: b'{"items":' * 100_000, BROKEN),
    "an item nested 100,000 deep": Case(lambda _: json_feed("[" * 100_000 + "]" * 100_000), healthy=2),
    "a member nested 100,000 deep": Case(
        lambda _: json_feed(f'{{{_URL}, "x": {"[" * 100_000 + "]" * 100_000}, "title": "[[["}}'), healthy=2
    ),
    "a number of 5,000 digits": Case(lambda _: json_feed(f'{{"id": {"9" * 5000}, {_URL}}}'), healthy=2),
    "numbers that are none": Case(
        lambda _: json_feed(f'{{"id": NaN, "title": 1e400, "date_published": -Infinity, {_URL}}}'), healthy=2
    ),
    "lone surrogates": Case(
        lambda _: json_feed(f'{{"id": "\\ud800", "title": "\\udfff\\u0000", "language": "\\ud800", {_URL}}}'), healthy=2
    ),
    "members of wrong kinds": Case(
        lambda _: json_feed(
            {"url": {}, "title": [], "authors": {"a": 1}, "tags": 5, "image": 7, "content_html": {"a": []}},
            {"url": ["x"], "authors": [1, None, [], {"name": {}}], "tags": [None, {}, [1]], "author": 5},
            {"url": True, "id": 1.5, "language": "x" * 100_000, "date_published": {}},
            *(None, 5, "6", [], [[]], True),
        ),
        healthy=2,
    ),
    "100,000 items": Case(lambda _: json_feed(*["{}"] * 100_000), healthy=1, truncated=98_002),
    "100,000 authors": Case(
        lambda _: json_feed({"url": BEFORE + "x", "authors": [{"name": f"Author {n}"} for n in range(100_000)]}),
        healthy=2,
    ),
    "100,000 tags": Case(
        lambda _: json_feed({"url": BEFORE + "x", "tags": [f"t{n}" for n in range(100_000)]}), healthy=2
    ),
    "a title of 9 MB": Case(lambda _: json_feed({"title": "x" * 9_000_000}), healthy=2),
    "a string that never ends": Case(lambda _: json_feed() + b'"' * 500_000 + b"\\", BROKEN),
    "strings that never end, nested": Case(lambda _: b"[" * 2000 + b'"\\' * 500_000, BROKEN),
    "marks without end": Case(lambda _: json_feed({"title": "a" + "\u0301\u0316" * 100_000}), healthy=2),
    "a language that is none": Case(lambda _: json_feed(language="\x00" + "y" * 100_000), healthy=2),
}

_UNCLOSED = '<script type="application/ld+json">{{"author":"{}</script>'
PARAGRAPHS = "".join(f"<p>{SENTENCE.format(n) * 3}</p>" for n in range(3000))
_NOT_READ = ("refused: not_html", "refused: no_text", "broken: too_large", "broken: unparsable")
PAGES: dict[str, Case] = {
    "a normal page of 1 MB": article(PARAGRAPHS),
    "a normal page of 5 MB": article(PARAGRAPHS * 4),
    "a normal page of 10 MB": Case(lambda _: page(PARAGRAPHS * 10), ("broken: too_large",)),
    # Mass
    "45,000 links": article("".join(f"<a href='/n/{n}'>link {n}</a> " for n in range(45_000))),
    "50,001 links": Case(lambda _: page("<a href=/x>x</a>" * 50_001), ("broken: too_large",)),
    "links on lines of their own": article("".join(f"<p><a href='/n/{n}'>link {n}</a></p>" for n in range(8_000))),
    "20,000 cells": article(f"<table>{('<tr>' + '<td>x</td>' * 99) * 200}</table>"),
    "100,000 cells": Case(lambda _: page(f"<table>{'<td>x</td>' * 100_000}</table>"), ("broken: too_large",)),
    "20,000 metas": article(head="".join(f"<meta name=k{n} content=v{n}>" for n in range(20_000))),
    "20,000 line breaks": article("x<br>" * 20_000),
    "20,000 paragraphs in forms": article("<form><p>x" * 20_000),
    "20,000 selections": article("<select><option>x" * 20_000),
    "20,000 tables": article("<table>x" * 20_000),
    "8,000 dates": article("<p class=date>2020 12 1" * 8_000),
    "many attributes": article(f"<p {attributes(200_000)}>x</p>"),
    "many attributes behind a quoted bracket": article(f"<p x='>' {attributes(200_000, value='')}>x</p>"),
    "many tags of many attributes": article(f"<p {attributes(400, value='')}>" * 1500),
    "a relation of many words": article(head=f"<link href=x rel='{' '.join(f'r{n}' for n in range(300_000))}'>"),
    "references": article("&lt;&amp;" * 300_000),
    "ampersands": article("&x" * 1_000_000),
    # Depth
    **{
        f"<{tag}> nested 100,000 deep": Case(lambda _, tag=tag: page(f"<{tag}>" * 100_000), ("broken: too_large",))  # type: ignore[misc]
        for tag in ("div", "span", "li", "table", "b")
    },
    **{
        f"<{tag}> nested 45,000 deep": Case(lambda _, tag=tag: page(f"<{tag}>" * 45_000), (READ, *_NOT_READ))  # type: ignore[misc]
        for tag in ("div", "span", "li", "table", "b")
    },
    **{
        f"{tag} nested as deep as it goes": article(f"{tag}x" * (240 // tag.count("<")) + "y")
        for tag in (
            "<blockquote>",
            "<span>",
            "<b>",
            "<div>",
            "<ul><li>",
            "<table><tr><td>",
            "<q>",
            "<ins>",
            "<section>",
        )
    },
    "tables in tables around much text": article("<table><tr><td>x" * 80 + "word " * 100_000),
    "authors in authors around much text": article("<div class=author>" * 100 + "word " * 100_000 + "</div>" * 100),
    # What others repeat or search again and again
    "formatting that is never closed": article(
        f"<p>{''.join(f'<b id=b{n}>' for n in range(240))}</p>{'<p>x</p>' * 8_000}"
    ),
    "formatting that is never closed, shallow": article(
        "".join(f"<p><i id=i{n}></p>" for n in range(5000)) + "<p>x</p>" * 5000
    ),
    "formatting in JSON-LD that is never closed": Case(
        lambda _: (
            "<html><head>"
            + json_ld(
                '{"@type":"NewsArticle","articleBody":"'
                + "".join(f"<b id={n}>" for n in range(5000))
                + f"<p>{SENTENCE}" * 1000
                + '"}'
            )
            + "</head><body><p>x</p></body></html>"
        ).encode(),
        (READ, *_NOT_READ),
        content_type="text/html",
    ),
    "a class of 1 MB around many authors": article(
        "<span class=author>Ana Silva</span>" * 1000, body=f" class='{'x ' * 500_000}comment'"
    ),
    "addresses of 2,000 letters": article("".join(f"<p><a href='/{'a' * 1990}'>w{n}</a></p>" for n in range(1000))),
    "hosts of 2,000 marks": article("".join(f"<p><a href='//a{MARKS * 900}'>w{n}</a></p>" for n in range(500))),
    "marks without end on a letter": article(
        f"<p>a{MARKS * 200_000}</p>", head=f"<meta property=og:title content='a{MARKS * 100_000}'>"
    ),
    "marks by their numbers": article(f"<p>a{'&#769;&#790;' * 100_000}</p>"),
    "a title of names": article(
        head=f"<meta property=og:site_name content=paper><meta property=og:title content='{'paper | ' * 140}'>"
    ),
    **{
        f"{start} that never ends": article(start * 200_000)
        for start in ("<!--", "<script>", "<script ", "<svg ", "</")
    },
    "drawings": article("<svg></svg>" * 100_000),
    "pictures without scripts": article(f"<noscript>{'<img ' * 200_000}</noscript>"),
    # JSON-LD
    **{
        f"an author of {size} letters that never ends": article(head=_UNCLOSED.format('a\\"' * (size // 3)))
        for size in (90_000, 900_000)
    },
    "brackets in JSON-LD": article(head=json_ld("[" * 100_000)),
    "graphs in graphs": article(head=json_ld('{"@graph":' * 5000)),
    "closed graphs in graphs": article(head=json_ld('{"@graph":' * 5000 + "1" + "}" * 5000)),
    "a number of 5,000 digits": article(head=json_ld('{"@type":"NewsArticle","wordCount":' + "9" * 5000 + "}")),
    "50,000 authors": article(
        head=json_ld('{"@type":"NewsArticle","author":[' + ",".join(['{"name":"A B"}'] * 16_000) + "]}")
    ),
    "posts in posts": article(head=json_ld('{"@type":"LiveBlogPosting","liveBlogUpdate":' * 200 + "1" + "}" * 200)),
    "lines of comments in JSON-LD": article(head=json_ld("\n/*" * 80_000)),
    "commas in JSON-LD": article(head=json_ld("{" + ", " * 120_000)),
    "many scripts of JSON-LD": article(head=json_ld("{,}") * 20_000),
    "JSON-LD of wrong kinds": article(
        head=json_ld(
            json.dumps(
                [
                    {
                        "@type": ["NewsArticle", 5, None],
                        "headline": {"@value": {}},
                        "author": [[["x"]], 5, {"name": [{}]}],
                    },
                    {"@type": "NewsArticle", "image": [{"url": {"a": 1}}, 5, {"url": "javascript:1", "width": 1e400}]},
                    {"@type": {}, "@id": {}, "datePublished": {}, "keywords": {"a": []}, "isAccessibleForFree": []},
                ]
            )
        )
    ),
    # What is no text
    "a cell over 9,000,000,000,000,000 columns": article(f"<table><tr><td colspan={9 * 10**15}>x</td></tr></table>"),
    "a rows of as many": article(
        f"<table><tr><td rowspan={9 * 10**15}>x</td></tr></table><ol start={9 * 10**15}><li>x</ol>"
    ),
    "compressed bytes": Case(lambda _: gzip.compress(page("")), ("refused: not_html",)),
    "NUL, surrogates and escapes": Case(
        lambda _: page(
            "<p>a&#0;b&#x1b;c&#xD800;d&#x80;e&#99999999999;f\x00g\x1b[31mh\ud800i</p>",
            head="<meta property=og:title content='a&#x1b;[31mb&#0;&#xD800;\x00'><meta name=author content='A&#0; B\x1b'>",
        ),
        content_type="text/html",
    ),
    "references in references": article(f"<p>a&#x&#0;D800;b&#x&#x&#0;0;D800;c{'&#' * 50}0;{'0;' * 50}</p>"),
    "addresses that are no web's": article(
        "<p><a href='javascript:alert(1)'>one</a> <a href='JaVaScRiPt:alert(1)'>two</a> <a href='data:text/html,x'>three</a> "
        "<a href='https://u:p@paper.example/x'>four</a> <a href='vbscript:x'>five</a></p><img src='javascript:1'>",
        head="<base href='javascript:1'><meta property=og:image content='javascript:1'><link rel=canonical href='javascript:1'>"
        "<link rel=amphtml href='data:x'><meta property=og:url content='file:///etc/passwd'>"
        + json_ld('{"@type":"NewsArticle","image":"javascript:1","url":"javascript:1"}'),
    ),
    "rights that are none": article(
        head="<meta name=robots content='noindex\r\nSet-Cookie: x, \u202e, a&#13;b'><meta name=tdm-policy content='javascript:1'>"
        "<meta name=tdm-reservation content='1\r\n2'>"
    ),
    "absurd dates of a page": article(
        "<time datetime='9999-99-99'>x</time><time itemprop=datePublished content='253402300800'>y</time>",
        head="".join(
            f"<meta property=article:published_time content='{date}'><meta property=article:modified_time content='{date}'>"
            for date in ("0000-00-00", "9999-12-31T23:59:59Z", "-1", "2099-01-01", "1" * 5000)
        )
        + json_ld('{"@type":"NewsArticle","datePublished":"2534-01-01","dateModified":"1969-01-01"}'),
    ),
    "an entity that is a file": Case(
        lambda trap: f'<!DOCTYPE html [<!ENTITY e SYSTEM "{trap.file.as_uri()}">]>'.encode() + page("<p>&e;</p>"),
        content_type="text/html",
    ),
    "pieces at addresses": Case(
        lambda trap: page(
            f"<p>x</p><iframe src='{trap.url}'></iframe><img src='{trap.url}'><object data='{trap.url}'></object>",
            head=f"<link rel=stylesheet href='{trap.url}'><base href='{trap.url}'>",
        ),
        content_type="text/html",
    ),
    "a body that is a path": Case(lambda trap: str(trap.file).encode(), _NOT_READ),
    "a body that is an address": Case(lambda trap: trap.url.encode(), _NOT_READ),
    **{
        f"an encoding named {name}": Case(
            lambda _: page("<p>caf\u00e9 +AGEAYg-</p>"), content_type=f"text/html; charset={name}"
        )
        for name in ("utf-7", "idna", "unicode_escape", "punycode", "undefined", "utf-16")
    },
    "bytes that mean nothing": Case(
        lambda _: page("").replace(b"bridge", bytes(range(128, 256)) * 50), content_type="text/html"
    ),
}


def opml(inner: str, doctype: str = "") -> bytes:
    """A list of subscriptions with a healthy one before and one behind."""
    healthy = [f'<outline xmlUrl="{url}" text="Healthy"/>' for url in (BEFORE, AFTER)]
    return f'{doctype}<opml version="2.0"><body>{healthy[0]}{inner}{healthy[1]}</body></opml>'.encode()


NOT_OPML = "not opml"
OPML: dict[str, Case] = {
    "a billion laughs": Case(lambda _: opml('<outline xmlUrl="&e9;"/>', _laughs(9)), (READ, NOT_OPML)),
    "an entity that is a file": Case(
        lambda trap: opml("<outline>&e;</outline>", _external(f'SYSTEM "{trap.file.as_uri()}"')), (READ, NOT_OPML)
    ),
    "a DTD at an address": Case(
        lambda trap: opml('<outline text="&e;"/>', f'<!DOCTYPE opml SYSTEM "{trap.url}">'), (READ, NOT_OPML)
    ),
    "nested 100,000 deep": Case(lambda _: opml("<outline>" * 100_000), (READ, NOT_OPML)),
    "20,000 outlines": Case(
        lambda _: opml("".join(f'<outline xmlUrl="https://paper.example/{n}"/>' for n in range(20_000))), healthy=2
    ),
    "addresses that are no web's": Case(
        lambda _: opml(
            '<outline xmlUrl="javascript:1" text="&#x202e;x"/><outline xmlUrl="https://u:p@a.example/" htmlUrl="data:x"/>'
        ),
        healthy=2,
    ),
    "an encoding that is none": Case(lambda _: b'<?xml version="1.0" encoding="idna"?>' + opml(""), (READ, NOT_OPML)),
    "many attributes": Case(lambda _: opml(f"<outline {attributes(50_000)}/>"), (READ, NOT_OPML)),
    "nothing": Case(lambda _: b"", (NOT_OPML,)),
    "bytes that mean nothing": Case(
        lambda _: opml('<outline xmlUrl="x"/>').replace(b"Healthy", b"\xed\xa0\x80"), healthy=2
    ),
    "references in references": Case(lambda _: opml('<outline xmlUrl="http://a.example/&#x&#0;D800;"/>'), healthy=2),
    "NUL": Case(lambda _: opml("").replace(b"Healthy", b"a\x00b"), (READ, NOT_OPML)),
    "a body that is a path": Case(lambda trap: str(trap.file).encode(), (NOT_OPML,)),
}

HOMES: dict[str, Case] = {
    "10,000 links to feeds": Case(
        lambda _: page(head="".join(f"<link rel=alternate type=application/rss+xml href=/{n}>" for n in range(10_000)))
    ),
    "addresses that are no web's": Case(
        lambda _: page(
            head="".join(
                f"<link rel=alternate type=application/rss+xml href='{url}'>"
                for url in (
                    "javascript:1",
                    "file:///etc/passwd",
                    "//[",
                    "http://a:99999/",
                    "https://u:p@a.example/feed",
                    "",
                )
            )
        )
    ),
    "a name of 1 MB": Case(lambda _: page(head=f"<meta property=og:site_name content='{TURNED * 400_000}'>")),
    "nested 45,000 deep": Case(lambda _: page("<div>" * 45_000)),
    "a body that is a path": Case(lambda trap: str(trap.file).encode(), _NOT_READ),
}

GROUPS: dict[str, dict[str, Case]] = {
    "feeds": FEEDS,
    "sitemaps": SITEMAPS,
    "json": JSON,
    "pages": PAGES,
    "opml": OPML,
    "homes": HOMES,
}
