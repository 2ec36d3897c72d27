"""A fetched page to a reading: the order in which its text is looked for, and what stands in for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from worker.news.entry import Entry
from worker.news.errors import Broken, Refused
from worker.news.furniture import furnish
from worker.news.policy import FurniturePolicy, ReadingPolicy
from worker.news.reason import Reason
from worker.news.record import AccessWord, BlockKind, Extraction, Image, Reading, Rights
from worker.news.rights import both, rights_of
from worker.pipeline.ports import PageInput
from worker.reading.blocks import Body, bounded, plain_body, without_title
from worker.reading.clean import clean_line, clean_url
from worker.reading.dating import read_announced_dates
from worker.reading.embedded import embedded_article
from worker.reading.extractor import ENGINE, VERSION, main_text, plain_text
from worker.reading.fallback import feed_body, is_believed, unbelieved
from worker.reading.gate.check import check_article, why_no_text
from worker.reading.gate.sight import Sight
from worker.reading.head import Head
from worker.reading.language import read_language
from worker.reading.markup import Markup, page_text, parse, read_markup
from worker.reading.metadata import Metadata, read_metadata
from worker.reading.placing import on_page
from worker.reading.quality import quality_of
from worker.reading.rules import Ruled, apply_rules
from worker.reading.standfirst import Known
from worker.reading.writer import read_body

JSON_LD, SCRIPT, FEED = "json-ld", "script", "feed"
# The version of our own reading of structured data and feeds: raised when it gives other results.
OWN_VERSION = "1"
# A feed's text is the publisher's own, but nobody can say how much of the article it is.
_FEED_QUALITY = 0.5
_LONGEST_DIRECTIVES = 4096
# What stands in a fragment as it is (RFC 3986 §3.5).
_IN_FRAGMENT = "%/:=&?~!$,;'@()*"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A text, who found it, and what a second engine saw on the same page."""

    body: Body
    engine: str
    source: str
    rough: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    access: AccessWord | None = None  # when the text tells more than the metadata
    believed: bool = True  # what the page states is about the article


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
        found = self._text(page, markup, ruled, metadata)
        announced = page.announced or Entry()
        if not found.believed:
            fed = read_announced_dates(announced, language=page.language, url=page.url, now=now)
            metadata = unbelieved(metadata, announced, fed)
        title = metadata.title or announced.title or _first_heading(found.body)
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
                version=VERSION if found.engine == ENGINE else OWN_VERSION,
                quality=quality_of(body.text, rough=found.rough, title=title, dated=metadata.dated),
                warnings=warnings,
                sources=metadata.sources | {"text": found.source},
                scores=found.scores,
            ),
            canonical=metadata.canonical,
            amp=metadata.amp,
            type=metadata.type,
            summary=metadata.summary or announced.summary,
            links=body.links,
            related=body.related,
            live_blog=body.live_blog,
            source=body.source,
            authors=metadata.authors or announced.authors,
            section=metadata.section,
            topics=metadata.topics or announced.topics,
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
        body = content if self._enough(content) else plain_body(entry.summary)
        if not self._enough(body):
            raise Refused(Reason.NO_TEXT, f"{len(body.text)} letters in the feed")
        body = bounded(without_title(body, entry.title), at_most=self.policy.text)
        warnings = () if self._enough(content) else ("only the summary",)
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

    def _text(self, page: PageInput, markup: Markup, ruled: Ruled | None, metadata: Metadata) -> _Found:
        """The page's own text; else what it states in JSON-LD; else the feed's; else why there is none."""
        tree, source = (parse(ruled.body)[0], ruled.body) if ruled else (markup.tree, markup.html)
        stated = plain_text(metadata.stated.body)
        known = known_of(page, metadata)
        main = main_text(tree, source, too_deep=markup.too_deep, quality=self.policy.quality, known=known)
        # A title is no text: a page that repeats it and a line of its summary shows nothing.
        body = (
            without_title(read_body(main.body, base=metadata.base), metadata.title) if main.body is not None else Body()
        )
        sight = Sight(page=page, tree=markup.tree, body=body, metadata=metadata, enough=self._enough(body))
        rescue = plain_body(stated)
        try:
            if self._enough(body):
                passed = check_article(sight)
                pointed = on_page(body, tree, base=metadata.base)
                return _Found(
                    body=pointed,
                    engine=ENGINE,
                    source=main.source,
                    rough=main.rough,
                    scores=main.scores,
                    warnings=(*main.warnings, *passed.warnings),
                    access=passed.access,
                )
            if not self._enough(rescue):
                raise why_no_text(sight, too_deep=markup.too_deep)
        except (Refused, Broken) as error:
            return self._instead(page, metadata, rescue, error)
        return _Found(body=rescue, engine=JSON_LD, source=JSON_LD, rough=main.rough)

    def _instead(self, page: PageInput, metadata: Metadata, rescue: Body, error: Refused | Broken) -> _Found:
        """The article's text from JSON-LD or from the feed when the page shows none. Raises `error` when there is neither."""
        entry = page.announced or Entry()
        warning = f"the page: {error}"
        if not self._enough(rescue) and metadata.is_article and error.reason is Reason.NO_TEXT:
            scripts = page_text(page.body, content_type=page.content_type, policy=self.policy)
            embedded = plain_body(plain_text(embedded_article(scripts)))
            if self._enough(embedded):
                return _Found(body=embedded, engine=SCRIPT, source=SCRIPT, warnings=(warning,))
        if self._enough(rescue) and is_believed(metadata, entry, reason=error.reason):
            return _Found(body=rescue, engine=JSON_LD, source=JSON_LD, warnings=(warning,))
        feed = feed_body(entry, shortest=self.policy.shortest_text)
        if not feed.blocks:
            raise error
        believed = is_believed(metadata, entry, reason=error.reason)
        return _Found(body=feed, engine=FEED, source=FEED, warnings=(warning,), believed=believed)

    def _enough(self, body: Body) -> bool:
        return len(body.text) >= self.policy.shortest_text


def known_of(page: PageInput, metadata: Metadata) -> Known:
    """What is known of an article before its text is read."""
    stated = plain_text(metadata.stated.body)
    texts = tuple(text for text in (stated, page.announced.content if page.announced else "") if text)
    return Known(title=metadata.title, summary=metadata.summary, authors=metadata.authors, texts=texts)


def _first_heading(body: Body) -> str:
    return next((block.text for block in body.blocks if block.kind is BlockKind.HEADING), "")


def _pictures(entry: Entry) -> tuple[Image, ...]:
    return (Image(url=entry.image),) if entry.image else ()


def _warnings(markup: Markup) -> tuple[str, ...]:
    return ("nested too deep: the page was cut",) if markup.too_deep else ()
