"""Small feeds and pages, and what is left of them after changes drawn from a seed."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator

from tests.hostile.bodies import json_feed, json_ld, opml, page, rss, sitemap

_ITEM = (
    '<item><title>A &amp; b</title><link>https://paper.example/a?b=1&amp;c=2</link><guid isPermaLink="false">g1</guid>'
    "<description>&lt;p&gt;Text &lt;b&gt;bold&lt;/b&gt;&lt;/p&gt;</description><category>News</category>"
    "<pubDate>Tue, 24 Nov 2026 10:00:00 +0100</pubDate><dc:creator>Ana Silva</dc:creator><author>a@b.example (Ana)</author>"
    "<content:encoded><![CDATA[<p>Whole <a href='/x'>text</a></p><ul><li>x</li></ul>]]></content:encoded>"
    '<enclosure url="https://paper.example/p.jpg" type="image/jpeg" length="1"/></item>'
)
_ATOM = (
    '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="pt" xml:base="https://paper.example/">'
    '<title type="html">Paper &amp;amp; co</title><link rel="alternate" href="/"/><id>urn:x</id><updated>2026-11-24T10:00:00Z</updated>'
    "<entry><title>One</title><link href='one'/><id>urn:1</id><updated>2026-11-24T10:00:00+01:00</updated><author><name>Ana</name>"
    "<email>a@b.example</email></author><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Text <b>b</b></p></div>"
    "</content><category term='t' label='L'/></entry></feed>"
)
_RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://paper.example/"><title>P</title>'
    '<link>https://paper.example/</link></channel><item rdf:about="https://paper.example/1"><title>One</title>'
    "<link>https://paper.example/1</link><dc:date>2026-11-24T10:00Z</dc:date></item></rdf:RDF>"
)
_LD = json.dumps(
    {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "headline": "A story",
                "datePublished": "2026-11-24T10:00:00Z",
                "author": [{"@type": "Person", "name": "Ana Silva", "@id": "#a"}],
                "image": {"@type": "ImageObject", "url": "https://paper.example/p.jpg", "width": 800},
                "mainEntityOfPage": {"@id": "https://paper.example/a"},
                "keywords": "a, b",
                "isAccessibleForFree": "False",
                "articleBody": "Text &amp; more",
            },
            {"@type": "BreadcrumbList", "itemListElement": [{"item": {"name": "Home"}}, {"name": "News"}]},
        ],
    }
)
_HEAD = (
    "<meta property='og:title' content='A story'><meta name=author content='Ana Silva'><link rel=canonical href='/a'>"
    "<meta property='article:published_time' content='2026-11-24T10:00:00+01:00'><base href='/'><script>var x = '<p>';</script>"
)
_MORE = (
    "<h2>Head</h2><ul><li>one<ul><li>two</ul></ul><table><tr><td>a<td>b</table><blockquote><p>Said</p></blockquote>"
    "<p class=byline>By Ana Silva</p><time datetime='2026-11-24'>today</time><a href='https://paper.example/2026/1/1/other-story-is-here'>"
    "Another story is here</a><noscript><img src=x.jpg></noscript><!-- c --><svg><path/></svg><figure><img src=y><figcaption>c</figure>"
)

SEEDS: dict[str, list[bytes]] = {
    "feeds": [
        rss(_ITEM * 2),
        _ATOM.encode(),
        _RDF.encode(),
        rss(_ITEM, doctype='<!DOCTYPE rss [\n<!ENTITY a "b">\n]>'),
    ],
    "sitemaps": [
        sitemap(
            "<url><loc>https://paper.example/1</loc><lastmod>2026-11-24</lastmod><news:news xmlns:news='http://www.google.com/"
            "schemas/sitemap-news/0.9'><news:title>One</news:title><news:keywords>a, b</news:keywords></news:news></url>"
        ),
        b"<sitemapindex><sitemap><loc>https://paper.example/1.xml</loc><lastmod>2026</lastmod></sitemap></sitemapindex>",
        gzip.compress(sitemap(""), mtime=0),
    ],
    "json": [
        json_feed(
            {
                "id": 5,
                "url": "https://paper.example/5",
                "title": "Five",
                "content_html": "<p>Text <b>b</b></p>",
                "authors": [{"name": "Ana"}],
                "tags": ["a"],
                "date_published": "2026-11-24T10:00:00Z",
                "image": "https://paper.example/p.jpg",
            }
        )
    ],
    "opml": [
        opml('<outline text="Folder"><outline xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"/></outline>')
    ],
    "homes": [
        page(head="<meta property=og:site_name content=Paper><link rel=alternate type=application/rss+xml href=/feed>")
    ],
    "pages": [page(_MORE, head=_HEAD + json_ld(_LD)), page(_MORE, head=json_ld(_LD) * 2), page(_MORE, head=_HEAD)],
}
_TOKENS = [
    *(
        b"<",
        b">",
        b"&",
        b"'",
        b'"',
        b"/",
        b"=",
        b"\x00",
        b"\x1b",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbf\xbe",
        b"]]>",
        b"<![CDATA[",
    ),
    *(
        b"<!--",
        b"-->",
        b"--!>",
        b"<?",
        b"?>",
        b"<!",
        b"<!DOCTYPE ",
        b"<!ENTITY ",
        b"&#0;",
        b"&#xD800;",
        b"&#x110000;",
        b"&lt;",
        b"&a;",
    ),
    *(
        b"</",
        b"/>",
        b"<p>",
        b"<b>",
        b"<a href=",
        b"<table>",
        b"<td>",
        b"<li>",
        b"<script>",
        b"</script>",
        b"<svg>",
        b"<item>",
        b"</item>",
    ),
    *(
        b"<entry>",
        b"</entry>",
        b"<link>",
        b"<authors>x</authors>",
        b"<tags>x</tags>",
        b"xmlns:x=''",
        b"javascript:",
        b"data:",
        b"http://[",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"null",
        b"NaN",
        b"1e999",
        b"-1",
        b"9" * 50,
        b"\\u0000",
        b"\\ud800",
        b"\\",
        b"\n",
        b"\r\n",
        b"\t",
    ),
    *(
        b"\xe2\x80\xae",
        b"\xcc\x81\xcc\x96" * 40,
        b"0000-00-00",
        b"9999-99-99",
        b"+99:99",
        b"\x1f\x8b",
        b"@graph",
        b"@id",
        b"xml:base='//['",
    ),
    *(
        b"<template>",
        b"<select>",
        b"<math>",
        b"<plaintext>",
        b"<frameset>",
        b"<textarea>",
        b"<title>",
        b"<base href='//['>",
        b"<br>",
    ),
]


def mutants(group: str, seed: int, count: int) -> Iterator[bytes]:
    """So many mutants of a group's documents, the same ones for the same seed."""
    dice = random.Random(f"{group} {seed}")
    for _ in range(count):
        body = bytearray(dice.choice(SEEDS[group]))
        for _ in range(dice.choice((1, 2, 4, 8, 16))):
            _change(body, dice)
        yield bytes(body)


def _change(body: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(body) + 1)
    end = min(len(body), at + dice.choice((1, 4, 16, 64, 256)))
    match dice.randrange(7):
        case 0:
            del body[at:end]
        case 1:
            body[at:at] = body[at:end] * dice.choice((1, 2, 20))
        case 2:
            body[at:at] = dice.choice(_TOKENS)
        case 3:
            body[at:at] = dice.choice(_TOKENS) * dice.choice((2, 30, 300))
        case 4:
            body[at:end] = dice.randbytes(end - at)
        case 5:
            body[at:end] = dice.choice(_TOKENS)
        case _:
            other = dice.randrange(len(body) + 1)
            body[at:at] = body[other : other + 100]
