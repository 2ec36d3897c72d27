"""The feeds of the sample outlet: RSS, Atom, JSON Feed and a news sitemap."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from worker.sample.blocks import picture
from worker.sample.pages import content
from worker.sample.site import Answer, SampleSite
from worker.sample.story import Story, slug_of, stamp

NAME = "The Sample Gazette"
RSS, ATOM, JSON_FEED, SITEMAP = "rss.xml", "atom.xml", "feed.json", "news-sitemap.xml"


def feed(site: SampleSite, path: str, *, now: datetime) -> Answer | None:
    """A feed at a path; None when there is none. It stays the same, byte for byte, until there is something new."""
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


def _rss(site: SampleSite, stories: Sequence[Story]) -> str:
    """As WordPress writes it."""
    spaces = {
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "atom": "http://www.w3.org/2005/Atom",
        "media": "http://search.yahoo.com/mrss/",
    }
    names = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    items = "".join(_rss_item(site, story) for story in stories)
    built = format_datetime(_newest(stories), usegmt=True)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {names}>\n<channel>\n<title>{NAME}</title>\n'
        f'<atom:link href="{site.origin}/{RSS}" rel="self" type="application/rss+xml"/>\n<link>{site.origin}/</link>\n'
        f"<description>All that is made up</description>\n<lastBuildDate>{built}</lastBuildDate>\n<ttl>5</ttl>\n"
        f"{items}</channel>\n</rss>\n"
    )


def _rss_item(site: SampleSite, story: Story) -> str:
    whole = f"<content:encoded>{_cdata(content(story, site.origin))}</content:encoded>" if story.text_in_feed else ""
    creators = "".join(f"<dc:creator>{_cdata(author)}</dc:creator>" for author in story.authors)
    tags = "".join(f"<category>{_cdata(tag)}</category>" for tag in (story.section, *story.tags))
    return (
        f"<item>\n<title>{escape(story.title)}</title>\n<link>{site.origin}/{story.slug}</link>\n{creators}\n"
        f"<pubDate>{format_datetime(story.published_at, usegmt=True)}</pubDate>\n{tags}\n"
        f'<guid isPermaLink="false">sample:{story.slug}</guid>\n<description>{_cdata(escape(story.summary))}</description>\n'
        f'{whole}<media:content url="{picture(story, site.origin)}" medium="image"/>\n</item>\n'
    )


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _atom(site: SampleSite, stories: Sequence[Story]) -> str:
    entries = "".join(_atom_entry(site, story) for story in stories)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>tag:sample.invalid,2026:atom</id>\n<title>{NAME}: elsewhere</title>\n<updated>{stamp(_newest(stories))}</updated>\n"
        f'<link rel="self" href="{site.origin}/{ATOM}"/>\n<link rel="alternate" href="{site.origin}/"/>\n{entries}</feed>\n'
    )


def _atom_entry(site: SampleSite, story: Story) -> str:
    authors = "".join(f"<author><name>{escape(author)}</name></author>" for author in story.authors)
    tags = "".join(f'<category term="{slug_of(tag)}" label="{escape(tag)}"/>' for tag in (story.section, *story.tags))
    whole = f'<content type="html">{escape(content(story, site.origin))}</content>\n' if story.text_in_feed else ""
    return (
        f'<entry xml:lang="{story.language}">\n<id>tag:sample.invalid,2026:{story.slug}</id>\n<title>{escape(story.title)}</title>\n'
        f'<link rel="alternate" type="text/html" href="{site.origin}/{story.slug}"/>\n'
        f"<published>{stamp(story.published_at)}</published>\n<updated>{stamp(story.published_at)}</updated>\n"
        f"{authors}\n{tags}\n<summary>{escape(story.summary)}</summary>\n{whole}</entry>\n"
    )


def _json_feed(site: SampleSite, stories: Sequence[Story]) -> str:
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{NAME}: en français",
        "home_page_url": f"{site.origin}/",
        "feed_url": f"{site.origin}/{JSON_FEED}",
        "language": "fr",
        "items": [_json_item(site, story) for story in stories],
    }
    return json.dumps(head, ensure_ascii=False, indent=1)


def _json_item(site: SampleSite, story: Story) -> dict[str, object]:
    # An item must have a content of either kind (JSON Feed 1.1).
    text = {"content_html": content(story, site.origin)} if story.text_in_feed else {"content_text": story.summary}
    return {
        "id": story.slug,
        "url": f"{site.origin}/{story.slug}",
        "title": story.title,
        "summary": story.summary,
        **text,
        "image": picture(story, site.origin),
        "language": story.language,
        "date_published": stamp(story.published_at),
        "authors": [{"name": author} for author in story.authors],
        "tags": [story.section, *story.tags],
    }


def _sitemap(site: SampleSite, stories: Sequence[Story]) -> str:
    urls = "".join(
        f"<url>\n<loc>{site.origin}/{story.slug}</loc>\n<news:news><news:publication><news:name>{NAME}</news:name>"
        f"<news:language>{story.language}</news:language></news:publication>"
        f"<news:publication_date>{stamp(story.published_at)}</news:publication_date>"
        f"<news:title>{escape(story.title)}</news:title></news:news>\n"
        f"<image:image><image:loc>{picture(story, site.origin)}</image:loc></image:image>\n</url>\n"
        for story in stories
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
        f'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">\n{urls}</urlset>\n'
    )


def _newest(stories: Sequence[Story]) -> datetime:
    return max(story.published_at for story in stories)
