"""A fetched page to a reading: the order in which its text is looked for, and what stands in for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from worker.news.entry import Entry
from worker.news.errors import Refused
from worker.news.furniture import furnish
from worker.news.policy import FurniturePolicy, ReadingPolicy
from worker.news.reason import Reason
from worker.news.record import ArticleType, BlockKind, Extraction, Image, Reading, Rights
from worker.news.rights import both, rights_of
from worker.pipeline.ports import PageInput
from worker.reading.blocks import Body, bounded, plain_body, without_title
from worker.reading.clean import clean_line, clean_url
from worker.reading.dating import read_announced_dates
from worker.reading.extractor import ENGINE, VERSION
from worker.reading.fallback import unbelieved
from worker.reading.head import Head
from worker.reading.language import read_language
from worker.reading.markup import Markup, read_markup
from worker.reading.metadata import read_metadata
from worker.reading.quality import quality_of
from worker.reading.rules import apply_rules
from worker.reading.texts import FEED, enough, find_text

# The version of our own reading of structured data and feeds: raised when it gives other results.
OWN_VERSION = "1"
# A feed's text is the publisher's own, but nobody can say how much of the article it is.
_FEED_QUALITY = 0.5
_LONGEST_DIRECTIVES = 4096
# What stands in a fragment as it is (RFC 3986 §3.5).
_IN_FRAGMENT = "%/:=&?~!$,;'@()*"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafilaturaReader:
    """Pages by trafilatura with a second engine as arbiter; structured data and the feed are the rescue (`PageReader`)."""

    policy: ReadingPolicy = ReadingPolicy()
    furniture: FurniturePolicy = FurniturePolicy()
    agent: str = "copydesk"  # the name by which a page may speak to us alone

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read the article of a page.

        Raises `Refused` (NOT_HTML, NO_TEXT, and what the gate names) and `Broken` (UNPARSABLE, TOO_LARGE).
        """
        markup = read_markup(page.body, content_type=page.content_type, policy=self.policy)
        ruled = apply_rules(markup.html, page.rules)
        metadata = read_metadata(
            markup.tree,
            markup.json_ld,
            page=page,
            ruled=ruled,
            policy=self.policy,
            now=now,
        )
        found = find_text(page, markup, ruled, metadata, self.policy, now=now)
        announced = page.announced or Entry()
        if not found.believed:
            fed = read_announced_dates(announced, language=page.language, url=page.url, now=now)
            metadata = unbelieved(metadata, announced, fed)
        title = metadata.title or _first_heading(found.body)
        whole = bounded(without_title(found.body, title), at_most=self.policy.text)
        kept = furnish(whole.blocks, title=title, known=page.furniture, policy=self.furniture)
        body = replace(whole, blocks=kept.blocks)
        warnings = (*found.warnings, *kept.warnings, *(ruled.warnings if ruled else ()), *_warnings(markup))
        return Reading(
            title=title,
            text=body.text,
            blocks=body.blocks,
            extraction=Extraction(
                engine=found.engine,
                version=f"{VERSION}+{OWN_VERSION}" if found.engine == ENGINE else OWN_VERSION,
                quality=quality_of(body.text, rough=found.rough, title=title, dated=metadata.dated),
                warnings=warnings,
                sources=metadata.sources | {"text": found.source},
                scores=found.scores,
            ),
            canonical=metadata.canonical,
            amp=metadata.amp,
            type=ArticleType.LIVEBLOG if found.live else metadata.type,
            summary=metadata.summary,
            links=body.links,
            related=body.related,
            live_blog=body.live_blog,
            source=body.source,
            authors=metadata.authors,
            section=metadata.section,
            topics=metadata.topics,
            images=metadata.images or _pictures(announced),
            language=read_language(body.text, html=metadata.language, feed=announced.language, outlet=page.language),
            published_at=metadata.dated.published_at,
            modified_at=metadata.dated.modified_at,
            dates=metadata.dated.dates,
            access=found.access or metadata.access,
            rights=both(rights_of(page.headers, agent=self.agent), self._stated_rights(metadata.head, metadata.base)),
            furnishing=kept.furnishing if found.engine != FEED else None,
        )

    def _stated_rights(self, head: Head, base: str) -> Rights:
        address, _, place = head.first("tdm-policy").partition("#")
        policy = clean_url(address, base=base) or ""
        if policy and place:
            policy += f"#{quote(place, safe=_IN_FRAGMENT)}"
        directives = ",".join([*head.metas.get("robots", ()), *head.metas.get(self.agent.lower(), ())])
        said = {
            "tdm-reservation": head.first("tdm-reservation"),
            "tdm-policy": policy,
            "x-robots-tag": clean_line(directives, at_most=_LONGEST_DIRECTIVES),
        }
        return rights_of(said, agent=self.agent)

    def read_entry(self, entry: Entry, *, url: str, language: str, now: datetime) -> Reading:
        """Make a reading of the feed's own text (engine `feed`). Raises `Refused` (NO_TEXT) when it is too short."""
        content = plain_body(entry.content)
        body = content if enough(content, self.policy) else plain_body(entry.summary)
        if not enough(body, self.policy):
            raise Refused(Reason.NO_TEXT, f"{len(body.text)} letters in the feed")
        body = bounded(without_title(body, entry.title), at_most=self.policy.text)
        warnings = () if enough(content, self.policy) else ("only the summary",)
        title = entry.title or clean_line(body.blocks[0].text, at_most=self.policy.title)
        dated = read_announced_dates(entry, language=language, url=url, now=now)
        return Reading(
            title=title,
            text=body.text,
            blocks=body.blocks,
            extraction=Extraction(
                engine=FEED,
                version=OWN_VERSION,
                quality=_FEED_QUALITY,
                warnings=warnings,
                sources=dict.fromkeys(("text", "title", "authors", "published_at"), FEED),
            ),
            summary=entry.summary,
            authors=entry.authors,
            topics=entry.topics,
            images=_pictures(entry),
            language=read_language(body.text, html=None, feed=entry.language, outlet=language),
            published_at=dated.published_at,
            modified_at=dated.modified_at,
            dates=dated.dates,
        )


def _first_heading(body: Body) -> str:
    return next((block.text for block in body.blocks if block.kind is BlockKind.HEADING), "")


def _pictures(entry: Entry) -> tuple[Image, ...]:
    return (Image(url=entry.image),) if entry.image else ()


def _warnings(markup: Markup) -> tuple[str, ...]:
    return ("nested too deep: the page was cut",) if markup.too_deep else ()
