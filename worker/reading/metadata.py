"""What a page says of its article beside the text: title, authors, dates, pictures, kind, access; each chosen among its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml import html

from worker.news.policy import ReadingPolicy
from worker.news.record import Access, AccessWord, ArticleType, Image
from worker.pipeline.ports import PageInput
from worker.reading.bylines import letters_of, read_authors
from worker.reading.clean import clean_line, clean_url
from worker.reading.dating import Dated, read_dates
from worker.reading.head import Head, read_head, visible_bylines
from worker.reading.jsonld import Stated, StatedImage, read_json_ld
from worker.reading.rules import Ruled
from worker.reading.titles import choose_title

_MOST_TOPICS = 50
_MOST_IMAGES = 20
_MOST_BYLINES = 5
_LONGEST_SUMMARY = 5000
_LONGEST_TOPIC = 200
_TYPES = (
    ("liveblogposting", ArticleType.LIVEBLOG),
    ("opinionnewsarticle", ArticleType.OPINION),
    ("imagegallery", ArticleType.GALLERY),
    ("mediagallery", ArticleType.GALLERY),
    ("videoobject", ArticleType.VIDEO),
)
# Whole segments of addresses, or whole names of sections, by which outlets set kinds apart.
_SEGMENTS = (
    (ArticleType.LIVEBLOG, re.compile(r"live-?blogs?|live-?ticker|newsblog|ao-minuto|minuto-a-minuto|en-directo?")),
    (ArticleType.OPINION, re.compile(
        r"opinion(?:s|es|en|i|e)?|opinioni|opini[aã]o|opini[oó]n|meinung(?:en)?|kommentare?|op-?ed|editorials?|editoriais|"
        r"columnists?|comment(?:isfree|ary)|tribunes?|opinie|ledare|debatt|kronikk?|meninger|opinions-et-debats|idees"
    )),
    (ArticleType.GALLERY, re.compile(r"galler(?:y|ies)|galerias?|fotogaler(?:ia|ie)s?|fotostrecken?|bildstrecken?|diaporamas?|photos?|slideshows?")),
    (ArticleType.VIDEO, re.compile(r"videos?|watch")),
    (ArticleType.PRESS_RELEASE, re.compile(r"press-?releases?|pressemitteilung(?:en)?|comunicados?(?:-de-imprensa)?|communiques?(?:-de-presse)?")),
)  # fmt: skip
_ROOM_NAMES = re.compile(r"\W+")
_TIERS = {
    "free": Access.FREE,
    "metered": Access.METERED,
    "locked": Access.PAYWALLED,
    "premium": Access.PAYWALLED,
    "paid": Access.PAYWALLED,
    "subscriber": Access.PAYWALLED,
    "subscribers": Access.PAYWALLED,
    "registered": Access.METERED,
}
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_TIER_METAS = ("article:content_tier", "article.access", "content_tier", "og:article:content_tier")
_PAID_METAS = ("ispremium", "is_premium", "premium", "article:premium", "paywall")
_FREE_METAS = ("isaccessibleforfree", "is_accessible_for_free")


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
    """Read the head, the JSON-LD and the microdata of a page."""
    url = page.url
    stated, head = read_json_ld(json_ld, url=url), read_head(tree)
    base = clean_url(head.base or "", base=url) or url
    section = _section(stated, head)
    names = _outlet_names(stated, head, url)
    return Metadata(
        title=_title(stated, head, names, at_most=policy.title),
        canonical=_canonical(stated, head, url),
        amp=clean_url(next(iter(head.links.get("amphtml", ())), ""), base=base),
        type=_type(stated, head, url, section),
        summary=_first_clean(
            (stated.description, head.first("og:description", "description", "twitter:description")),
            at_most=_LONGEST_SUMMARY,
        ),
        authors=_authors(tree, (ruled.author if ruled else (), stated, head), names, at_most=policy.author),
        section=section,
        topics=_topics(stated, head),
        images=_images(stated, head, base),
        dated=read_dates(tree, (ruled.date if ruled else "", stated, head), page=page, now=now),
        access=_access(stated, head),
        language=head.language or stated.language or head.first("og:locale", "content-language", "dc.language") or None,
        base=base,
        stated=stated,
        head=head,
        is_article=_is_article(stated, head),
    )


def _is_article(stated: Stated, head: Head) -> bool:
    said = any(word.endswith(("article", "posting")) for word in stated.types)
    return said or head.first("og:type").lower().startswith("article") or bool(head.first("article:published_time"))


def _outlet_names(stated: Stated, head: Head, url: str) -> tuple[str, ...]:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = [stated.publisher, head.first("og:site_name"), head.first("application-name", "apple-mobile-web-app-title")]
    labels = host.split(".")
    return tuple(name for name in (*names, host, labels[-2] if len(labels) > 1 else "") if name)


def _title(stated: Stated, head: Head, names: Iterable[str], *, at_most: int) -> str:
    social = head.first("og:title", "twitter:title", "title", "dc.title")
    return choose_title(
        stated=clean_line(stated.headline or head.stated_headline, at_most=at_most),
        social=clean_line(social, at_most=at_most),
        headings=[clean_line(heading, at_most=at_most) for heading in head.headings],
        document=clean_line(head.title, at_most=at_most),
        names=names,
    )


def _first_clean(values: Iterable[str], *, at_most: int) -> str:
    return next((clean for value in values if (clean := clean_line(value, at_most=at_most))), "")


def _canonical(stated: Stated, head: Head, url: str) -> str | None:
    """The address that the page gives itself. One of the bare site (a misconfigured template) is not believed."""
    for raw in (*head.links.get("canonical", ())[:1], head.first("og:url"), stated.url):
        found = clean_url(raw, base=url) if raw else None
        if found and (urlsplit(found).path.strip("/") or not urlsplit(url).path.strip("/")):
            return found
    return None


def _type(stated: Stated, head: Head, url: str, section: str | None) -> ArticleType:
    for name, kind in _TYPES:
        if name in stated.types:
            return kind
    if not _is_article(stated, head) and head.first("og:type").lower().startswith("video"):
        return ArticleType.VIDEO
    words = [
        _ROOM_NAMES.sub("-", word.strip().lower()) for word in (*urlsplit(url).path.split("/")[:-1], section or "")
    ]
    for kind, segment in _SEGMENTS:
        # An article about a video stands under /video/ as well: what says that it is an article is one.
        if any(segment.fullmatch(word) for word in words) and (
            kind is not ArticleType.VIDEO or not _is_article(stated, head)
        ):
            return kind
    return ArticleType.ARTICLE


def _authors(
    tree: html.HtmlElement, said: tuple[Sequence[str], Stated, Head], names: Sequence[str], *, at_most: int
) -> tuple[str, ...]:
    """From the first source that names a person; what only names the outlet waits for a better one."""
    ruled, stated, head = said
    sources = (
        ruled,
        stated.authors,
        head.all("article:author", "og:article:author"),
        head.all("author", "parsely-author", "cxenseparse:author", "sailthru.author", "bt:author", "dc.creator"),
        head.authors,
        head.all("dcterms.creator", "article_author", "byl", "articleauthor"),
    )
    found = [read_authors(raw, outlet_names=names, at_most=at_most) for raw in sources]
    firms = {letters_of(name) for name in names}
    people = next((authors for authors in found if any(letters_of(name) not in firms for name in authors)), None)
    if people is not None:
        return people
    seen = (read_authors([line], outlet_names=names, at_most=at_most) for line in visible_bylines(tree))
    return next((authors for authors in (*islice(seen, _MOST_BYLINES), *found) if authors), ())


def _section(stated: Stated, head: Head) -> str | None:
    trail = stated.crumbs[1] if len(stated.crumbs) > 2 else ""  # noqa: PLR2004 - home, section, article
    metas = head.first(
        "article:section", "og:section", "articlesection", "parsely-section", "article.section", "section"
    )
    return _first_clean((stated.section, metas, trail), at_most=_LONGEST_TOPIC) or None


def _topics(stated: Stated, head: Head) -> tuple[str, ...]:
    found = (
        list(stated.keywords)
        or head.all("article:tag", "og:article:tag")
        or head.all("news_keywords", "parsely-tags", "sailthru.tags", "keywords")
    )
    if len(found) == 1:
        found = re.split(r"[,;|]", found[0])
    clean = (clean_line(word, at_most=_LONGEST_TOPIC) for word in found)
    return tuple(dict.fromkeys(word for word in clean if word))[:_MOST_TOPICS]


def _images(stated: Stated, head: Head, base: str) -> tuple[Image, ...]:
    """The pictures in JSON-LD and the one for social media, each address once."""
    sizes = (head.first("og:image:width"), head.first("og:image:height"))
    social = [
        StatedImage(
            url=address,
            caption=head.first("og:image:alt") if at == 0 else "",
            width=int(sizes[0]) if at == 0 and sizes[0].isdecimal() and len(sizes[0]) < 6 else None,  # noqa: PLR2004
            height=int(sizes[1]) if at == 0 and sizes[1].isdecimal() and len(sizes[1]) < 6 else None,  # noqa: PLR2004
        )
        for at, address in enumerate(head.all("og:image", "og:image:url", "og:image:secure_url", "twitter:image"))
    ]
    images: dict[str, Image] = {}
    for image in (*stated.images, *social):
        url = clean_url(image.url, base=base)
        if url and url not in images:
            caption, credit = clean_line(image.caption, at_most=2000), clean_line(image.credit, at_most=500)
            images[url] = Image(url=url, caption=caption, credit=credit, width=image.width, height=image.height)
    return tuple(images.values())[:_MOST_IMAGES]


def _access(stated: Stated, head: Head) -> AccessWord:
    tier = head.first(*_TIER_METAS).lower()
    if tier in _TIERS:
        return AccessWord(value=_TIERS[tier], evidence=f"content tier {tier}")
    if stated.free is not None:
        value = Access.FREE if stated.free else Access.PAYWALLED
        return AccessWord(value=value, evidence=f"json-ld isAccessibleForFree {str(stated.free).lower()}")
    for keys, paid, free in ((_PAID_METAS, _YES, _NO), (_FREE_METAS, _NO, _YES)):
        for key in keys:
            said = head.first(key).lower()
            if said in paid or said in free:
                return AccessWord(
                    value=Access.PAYWALLED if said in paid else Access.FREE, evidence=f"meta {key} {said}"
                )
    return AccessWord()
