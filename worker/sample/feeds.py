"""The feeds of the sample outlet: RSS, Atom, JSON Feed and a news sitemap."""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from worker.sample.site import Answer, SampleSite, Story

NAME = "The Sample Gazette"
# Path → which stories it names.
RSS, ATOM, JSON_FEED, SITEMAP = "rss.xml", "atom.xml", "feed.json", "news-sitemap.xml"


def feed(site: SampleSite, path: str, *, now: datetime) -> Answer | None:
    """A feed at a path; None when there is none."""
    match path:
        case "rss.xml":
            return Answer(_rss(site, site.announced("rss", now=now)).encode(), "application/rss+xml; charset=utf-8")
        case "atom.xml":
            return Answer(_atom(site, site.announced("atom", now=now)).encode(), "application/atom+xml; charset=utf-8")
        case "feed.json":
            return Answer(_json_feed(site, site.announced("jsonfeed", now=now)).encode(), "application/feed+json")
        case "news-sitemap.xml":
            return Answer(_sitemap(site, site.announced("sitemap", now=now)).encode(), "application/xml; charset=utf-8")
    return None


def _rss(site: SampleSite, stories: list[Story]) -> str:
    items = "".join(
        f"<item><title>{escape(s.title)}</title><link>{site.origin}/{s.slug}</link>"
        f'<guid isPermaLink="false">sample:{s.slug}</guid><pubDate>{format_datetime(s.published_at, usegmt=True)}</pubDate>'
        f"<description>{escape(s.summary)}</description><category>{escape(s.section)}</category>"
        + "".join(f"<dc:creator>{escape(author)}</dc:creator>" for author in s.authors)
        + "</item>\n"
        for s in stories
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>\n'
        f"<title>{NAME}</title><link>{site.origin}/</link><description>All that is made up</description><ttl>5</ttl>\n"
        f"{items}</channel></rss>\n"
    )


def _atom(site: SampleSite, stories: list[Story]) -> str:
    entries = "".join(
        f'<entry xml:lang="{s.language}"><id>tag:sample.invalid,2026:{s.slug}</id><title>{escape(s.title)}</title>'
        f'<link rel="alternate" href="{site.origin}/{s.slug}"/><published>{s.published_at:%Y-%m-%dT%H:%M:%SZ}</published>'
        f"<updated>{s.published_at:%Y-%m-%dT%H:%M:%SZ}</updated><summary>{escape(s.summary)}</summary>"
        + "".join(f"<author><name>{escape(author)}</name></author>" for author in s.authors)
        + "</entry>\n"
        for s in stories
    )
    updated = max(s.published_at for s in stories)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>tag:sample.invalid,2026:atom</id><title>{NAME}: elsewhere</title><updated>{updated:%Y-%m-%dT%H:%M:%SZ}</updated>\n"
        f'<link rel="self" href="{site.origin}/{ATOM}"/>\n{entries}</feed>\n'
    )


def _json_feed(site: SampleSite, stories: list[Story]) -> str:
    items = [
        {
            "id": s.slug,
            "url": f"{site.origin}/{s.slug}",
            "title": s.title,
            "summary": s.summary,
            "language": s.language,
            "date_published": f"{s.published_at:%Y-%m-%dT%H:%M:%SZ}",
            "authors": [{"name": author} for author in s.authors],
            "tags": [s.section],
        }
        for s in stories
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{NAME}: en français",
        "home_page_url": site.origin,
    }
    return json.dumps(head | {"feed_url": f"{site.origin}/{JSON_FEED}", "items": items}, ensure_ascii=False, indent=1)


def _sitemap(site: SampleSite, stories: list[Story]) -> str:
    urls = "".join(
        f"<url><loc>{site.origin}/{s.slug}</loc><news:news><news:publication><news:name>{NAME}</news:name>"
        f"<news:language>{s.language}</news:language></news:publication>"
        f"<news:publication_date>{s.published_at:%Y-%m-%dT%H:%M:%SZ}</news:publication_date>"
        f"<news:title>{escape(s.title)}</news:title></news:news></url>\n"
        for s in stories
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n{urls}</urlset>\n'
    )
