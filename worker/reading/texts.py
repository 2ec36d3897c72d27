"""Where the text of a page is looked for, in order: the page itself, its JSON-LD, its scripts, and last the feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from worker.news.entry import Entry
from worker.news.errors import Broken, Refused
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.news.record import AccessWord
from worker.pipeline.ports import PageInput
from worker.reading.blocks import Body, plain_body, without_title
from worker.reading.embedded import embedded_article
from worker.reading.extractor import ENGINE, main_text, plain_text
from worker.reading.fallback import feed_body, is_believed
from worker.reading.gate.check import check_article, why_no_text
from worker.reading.gate.prose import length_of
from worker.reading.gate.sight import Sight
from worker.reading.live import Live
from worker.reading.markup import Markup, page_text, parse
from worker.reading.metadata import Metadata
from worker.reading.placing import on_page
from worker.reading.rules import Ruled
from worker.reading.standfirst import Known
from worker.reading.writer import read_body

JSON_LD, SCRIPT, FEED = "json-ld", "script", "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundText:
    """A text, who found it, and what a second engine saw on the same page."""

    body: Body
    engine: str
    source: str
    rough: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    access: AccessWord | None = None  # when the text tells more than the metadata
    believed: bool = True  # what the page states is about the article
    live: bool = False  # a running report by its structure, whatever the metadata says


def find_text(
    page: PageInput, markup: Markup, ruled: Ruled | None, metadata: Metadata, policy: ReadingPolicy, *, now: datetime
) -> FoundText:
    """Find the text of a page, or what stands in for it. Raises `Refused` or `Broken` when there is none, and says why."""
    tree, source = (parse(ruled.body)[0], ruled.body) if ruled else (markup.tree, markup.html)
    stated = plain_text(metadata.stated.body)
    known = known_of(page, metadata)
    main = main_text(tree, source, too_deep=markup.too_deep, quality=policy.quality, known=known)
    # A title is no text: a page that repeats it and a line of its summary shows nothing.
    body = without_title(read_body(main.body, base=metadata.base), metadata.title) if main.body is not None else Body()
    sight = Sight(page=page, tree=markup.tree, body=body, metadata=metadata, enough=enough(body, policy))
    live = Live.of(page, metadata, now=now, at_most=policy.text)
    rescue = live.told(plain_body(stated))
    try:
        if enough(body, policy):
            passed = check_article(sight)
            pointed, entries = live.timed(on_page(body, tree, base=metadata.base), tree, metadata)
            return FoundText(
                body=live.told(pointed),
                engine=ENGINE,
                source=main.source,
                live=entries,
                rough=main.rough,
                scores=main.scores,
                warnings=(*main.warnings, *passed.warnings),
                access=passed.access,
            )
        if not enough(rescue, policy):
            raise why_no_text(sight, too_deep=markup.too_deep)
    except (Refused, Broken) as error:
        return _instead(page, metadata, rescue, error, policy)
    return FoundText(body=rescue, engine=JSON_LD, source=JSON_LD, rough=main.rough)


def _instead(
    page: PageInput, metadata: Metadata, rescue: Body, error: Refused | Broken, policy: ReadingPolicy
) -> FoundText:
    """The article's text from JSON-LD or from the feed when the page shows none. Raises `error` when there is neither."""
    entry = page.announced or Entry()
    warning = f"the page: {error}"
    if not enough(rescue, policy) and metadata.is_article and error.reason is Reason.NO_TEXT:
        scripts = page_text(page.body, content_type=page.content_type, policy=policy)
        embedded = plain_body(plain_text(embedded_article(scripts)))
        if enough(embedded, policy):
            return FoundText(body=embedded, engine=SCRIPT, source=SCRIPT, warnings=(warning,))
    if enough(rescue, policy) and is_believed(metadata, entry, reason=error.reason):
        return FoundText(body=rescue, engine=JSON_LD, source=JSON_LD, warnings=(warning,))
    feed = feed_body(entry, shortest=policy.shortest_text)
    if not feed.blocks:
        raise error
    believed = is_believed(metadata, entry, reason=error.reason)
    return FoundText(body=feed, engine=FEED, source=FEED, warnings=(warning,), believed=believed)


def enough(body: Body, policy: ReadingPolicy) -> bool:
    """Whether a text is long enough for an article."""
    return length_of(body.text) >= policy.shortest_text


def known_of(page: PageInput, metadata: Metadata) -> Known:
    """What is known of an article before its text is read."""
    stated = plain_text(metadata.stated.body)
    texts = tuple(text for text in (stated, page.announced.content if page.announced else "") if text)
    return Known(title=metadata.title, summary=metadata.summary, authors=metadata.authors, texts=texts)
