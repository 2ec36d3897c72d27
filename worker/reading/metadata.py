"""What a page says of its article beside the text: title, authors, dates, pictures, kind, access; each chosen among its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from lxml import html

from worker.news.policy import ReadingPolicy
from worker.news.record import AccessWord, ArticleType, Image
from worker.pipeline.ports import PageInput
from worker.reading.access import read_access
from worker.reading.authorship import choose_authors
from worker.reading.canonical import choose_canonical
from worker.reading.clean import clean_line, clean_url
from worker.reading.dating import Dated, read_dates
from worker.reading.head import Head, read_head
from worker.reading.images import read_images, social_images
from worker.reading.jsonld import Stated, read_json_ld
from worker.reading.kinds import Kinds, read_kind
from worker.reading.language import tag
from worker.reading.rules import Ruled
from worker.reading.said import FEED, FIGURE, JSON_LD, META, MICRODATA, RULE, Found, Said, outlet_names
from worker.reading.titles import Title, Titles, choose_title

_MOST_TOPICS = 50
_LONGEST_SUMMARY = 5000
_LONGEST_TOPIC = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Everything of a reading that does not come from the text; clean and bounded."""

    title: str
    canonical: str | None
    amp: str | None
    type: ArticleType
    summary: str
    authors: tuple[str, ...]
    section: str | None
    topics: tuple[str, ...]
    images: tuple[Image, ...]
    dated: Dated
    access: AccessWord
    language: str | None  # as the page states it, untouched
    base: str  # where relative links of the page start
    stated: Stated
    head: Head
    is_article: bool  # the page itself says that it holds an article
    # Where each field is from, by its name in the record; absent when nobody said it.
    sources: dict[str, str] = field(default_factory=dict)


def read_metadata(
    tree: html.HtmlElement,
    json_ld: tuple[str, ...],
    *,
    page: PageInput,
    ruled: Ruled | None,
    policy: ReadingPolicy,
    now: datetime,
) -> Metadata:
    """Read the head, the JSON-LD and the microdata of a page, with what the feed announced as a further witness."""
    url = page.url
    stated, head = read_json_ld(json_ld, url=url), read_head(tree)
    base = clean_url(head.base or "", base=url) or url
    said = Said(tree=tree, stated=stated, head=head, page=page, names=outlet_names(stated, head, url))
    section, topics, summary = _section(said), _topics(said), _summary(said)
    title = _title(said, section.value, ruled.title if ruled else "", at_most=policy.title)
    authors = choose_authors(said, ruled.author if ruled else (), at_most=policy.author)
    canonical, kind, images = _canonical(said, base), _type(said, section), _images(said, base)
    dated = read_dates(tree, (ruled.date if ruled else "", stated, head), page=page, now=now)
    return Metadata(
        title=title.text,
        canonical=canonical.value,
        amp=clean_url(next(iter(head.links.get("amphtml", ())), ""), base=base),
        type=kind.value,
        summary=summary.value,
        authors=authors.value,
        section=section.value or None,
        topics=topics.value,
        images=images.value,
        dated=dated,
        access=read_access(stated, head, tree),
        language=_language(said),
        base=base,
        stated=stated,
        head=head,
        is_article=_is_article(stated, head),
        sources=_sources(
            title=title,
            authors=authors,
            section=section,
            topics=topics,
            canonical=canonical,
            type=kind,
            summary=summary,
            images=images,
        )
        | dated.sources,
    )


def _sources(**found: Title | Found[object]) -> dict[str, str]:
    return {name: field.source for name, field in found.items() if field.source}


def _is_article(stated: Stated, head: Head) -> bool:
    said = any(word.endswith(("article", "posting")) for word in stated.types)
    return said or head.first("og:type").lower().startswith("article") or bool(head.first("article:published_time"))


def _title(said: Said, section: str, ruled: str, *, at_most: int) -> Title:
    if own := clean_line(ruled, at_most=at_most):
        return Title(own, RULE)
    head, stated = said.head, said.stated
    social = head.first(
        "og:title", "twitter:title", "title", "dc.title", "parsely-title", "sailthru.title", "citation_title"
    )
    announced = said.page.announced
    return choose_title(
        Titles(
            stated=clean_line(stated.headline or head.microdata.headline, at_most=at_most),
            stated_in=JSON_LD if stated.headline else MICRODATA,
            social=clean_line(social, at_most=at_most),
            headings=[clean_line(heading, at_most=at_most) for heading in head.headings],
            document=clean_line(head.title, at_most=at_most),
            feed=clean_line(announced.title, at_most=at_most) if announced else "",
            names=said.names,
            sections=(section, *stated.crumbs),
        )
    )


def _first_clean(values: Iterable[tuple[str, str]], *, at_most: int) -> Found[str]:
    found = ((clean_line(value, at_most=at_most), source) for source, value in values)
    return next((Found(clean, source) for clean, source in found if clean), Found("", ""))


def _summary(said: Said) -> Found[str]:
    metas = said.head.first("og:description", "description", "twitter:description", "dc.description")
    announced = said.page.announced
    values = ((JSON_LD, said.stated.description), (META, metas), (FEED, announced.summary if announced else ""))
    return _first_clean(values, at_most=_LONGEST_SUMMARY)


def _canonical(said: Said, base: str) -> Found[str | None]:
    links = [("link", address) for address in said.head.links.get("canonical", ())[:3]]
    others = [(META, said.head.first("og:url", "twitter:url")), (JSON_LD, said.stated.url)]
    address, source = choose_canonical([*links, *others], url=said.page.url, base=base)
    return Found(address, META if source == "link" else source)


def _images(said: Said, base: str) -> Found[tuple[Image, ...]]:
    stated = (*said.stated.images, *said.head.microdata.images, *social_images(said.head))
    images = read_images(stated, said.tree, base=base)
    social = META if stated else FIGURE
    source = JSON_LD if said.stated.images else MICRODATA if said.head.microdata.images else social
    return Found(images, source if images else "")


def _type(said: Said, section: Found[str]) -> Found[ArticleType]:
    kind, source = read_kind(
        Kinds(
            types=said.stated.types,
            og_type=said.head.first("og:type").lower(),
            url=said.page.url,
            section=section.value,
            is_article=_is_article(said.stated, said.head),
        )
    )
    return Found(kind, section.source if source == "section" else source)


def _section(said: Said) -> Found[str]:
    crumbs = said.stated.crumbs
    trail = crumbs[1] if len(crumbs) > 2 else ""  # noqa: PLR2004 - home, section, article
    metas = said.head.first(
        "article:section", "og:section", "og:article:section", "articlesection", "parsely-section", "cxenseparse:section",
        "article.section", "section", "dc.subject",
    )  # fmt: skip
    values = ((JSON_LD, said.stated.section), (META, metas), (MICRODATA, said.head.microdata.section), (JSON_LD, trail))
    return _first_clean(values, at_most=_LONGEST_TOPIC)


def _topics(said: Said) -> Found[tuple[str, ...]]:
    head = said.head
    announced = said.page.announced
    for source, found in (
        (JSON_LD, said.stated.keywords),
        (META, head.all("article:tag", "og:article:tag")),
        (META, head.all("news_keywords", "parsely-tags", "sailthru.tags", "cxenseparse:keywords", "keywords")),
        (MICRODATA, head.microdata.keywords),
        (FEED, announced.topics if announced else ()),
    ):
        parts = re.split(r"[,;|\u060c\u3001]", found[0]) if len(found) == 1 else found
        topics: dict[str, str] = {}
        for part in parts:
            if topic := clean_line(part, at_most=_LONGEST_TOPIC):
                topics.setdefault(topic.casefold(), topic)
        if topics:
            return Found(tuple(topics.values())[:_MOST_TOPICS], source)
    return Found((), "")


def _language(said: Said) -> str | None:
    """The language as the page states it most often; of one that is stated with and without its region, the first with it."""
    head = said.head
    metas = [head.first(key) for key in ("content-language", "og:locale", "dc.language", "language")]
    raws = [raw for raw in (head.language, said.stated.language, *metas) if raw and tag(raw)]
    codes = [code for raw in raws if (code := tag(raw))]
    if not codes:
        return None
    spoken = [code.partition("-")[0] for code in codes]
    usual = max(dict.fromkeys(spoken), key=spoken.count)
    fit = [raw for raw, primary in zip(raws, spoken, strict=True) if primary == usual]
    return next((raw for raw in fit if "-" in (tag(raw) or "")), fit[0])
