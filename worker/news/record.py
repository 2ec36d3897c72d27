"""The record `copydesk.article/1`: one normalized state of an article, as it is stored and delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SCHEMA = "copydesk.article/1"


class Change(StrEnum):
    """What a revision changed against the one before it."""

    NEW = "new"
    HEADLINE = "headline"
    CORRECTION = "correction"
    MATERIAL = "material"
    MINOR = "minor"
    MERGED = "merged"
    GONE = "gone"
    WITHDRAWN = "withdrawn"


class ArticleType(StrEnum):
    """The kind of article."""

    ARTICLE = "article"
    LIVEBLOG = "liveblog"
    OPINION = "opinion"
    VIDEO = "video"
    GALLERY = "gallery"
    PRESS_RELEASE = "press-release"


class BlockKind(StrEnum):
    """The kind of a block of the body."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST = "list"
    QUOTE = "quote"
    TABLE = "table"
    IMAGE = "image"
    EMBED = "embed"


class Access(StrEnum):
    """Who may read the page."""

    FREE = "free"
    METERED = "metered"
    PAYWALLED = "paywalled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in the text: absolute http(s) address and its words."""

    href: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of the body in reading order. Items of a list and rows of a table stand on lines of their own."""

    kind: BlockKind
    text: str = ""  # plain
    level: int | None = None  # 1..6, of a heading
    links: tuple[Link, ...] = ()
    at: datetime | None = None  # of a liveblog: when the update that the block is part of was posted, aware UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another article that the page names on a line of its own."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of the article."""

    url: str
    caption: str = ""
    credit: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The language of the text, and where it is known from."""

    code: str  # BCP 47
    source: str  # text, html, feed, outlet
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBy:
    """One thing that was said of a date."""

    value: datetime | None  # null when it could not be read or lies in the future
    raw: str  # as it stood there
    source: str  # rules, json-ld, meta, time, url, feed, text, htmldate
    precision: str = "second"  # second, minute, day
    tz_assumed: bool = False  # it named no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """All that was said of the article's dates, the most trusted first."""

    published: tuple[DatedBy, ...] = ()
    modified: tuple[DatedBy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessWord:
    """Access and what it was read from."""

    value: Access = Access.UNKNOWN
    evidence: str = ""  # what says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the publisher says of the use of the page, by its header and its `<meta>`."""

    directives: tuple[
        str, ...
    ] = ()  # for robots: noarchive, noindex, nosnippet, noai …, as they stand, in small letters
    tdm_reserved: bool | None = None  # TDM Reservation Protocol; null when nothing is said
    tdm_policy: str | None = None  # the address of the conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """Who read the page, and how well."""

    engine: str  # trafilatura, json-ld, script or feed: where the text is from
    version: str
    quality: float  # 0..1
    warnings: tuple[str, ...] = ()  # what a reader of the record should know
    # Where each field is from: `{"title": "json-ld", "text": "trafilatura precise", "authors": "rules"}` and the like.
    sources: dict[str, str] = field(default_factory=dict)
    # How much each reading of the page has of what a second engine, or the article's text elsewhere, has: 0..1.
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page that may stand on other pages of its outlet as well (`news.furniture`)."""

    hash: bytes
    sample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnishing:
    """What of a page's text is furniture of its outlet, or may turn out to be. It goes into no record."""

    lines: tuple[Line, ...] = ()  # found before anything was left out
    dropped: frozenset[bytes] = frozenset()  # the hashes of what was left out
    whole: str | None = None  # the text before that; None when nothing was left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one page holds, as a page reader understood it: everything of a record that is in the page itself."""

    title: str
    text: str
    blocks: tuple[Block, ...]
    extraction: Extraction
    canonical: str | None = None  # absolute, as the page names it
    amp: str | None = None
    type: ArticleType = ArticleType.ARTICLE
    summary: str = ""
    links: tuple[Link, ...] = ()
    related: tuple[Related, ...] = ()
    live_blog: str | None = None
    source: str = ""
    authors: tuple[str, ...] = ()
    section: str | None = None
    topics: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    language: Language | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    dates: Dates = Dates()
    access: AccessWord = AccessWord()
    rights: Rights = Rights()
    # None when the text is not the page's own.
    furnishing: Furnishing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """The addresses of an article, each as it was met."""

    feed: str | None = None  # as the feed has it
    requested: str | None = None  # as it was asked for
    final: str | None = None  # after all redirects
    canonical: str | None = None  # as the page names it
    amp: str | None = None  # the page's AMP twin


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRef:
    """The outlet of a record."""

    id: str
    name: str
    country: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """The title as the feed announced it and as the page has it."""

    feed: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """In which feed the article was announced, and when."""

    feed: str
    guid: str | None
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The response that the record was read from."""

    status: int
    final_url: str
    content_type: str
    bytes: int  # of the body, decompressed
    robots: str = ""  # how robots.txt ruled, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The group of near-identical articles (wire copy)."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One normalized state of an article. All times are aware UTC; what is not known is null, empty or absent from a list."""

    schema: str = SCHEMA  # the name and version of this form
    id: str  # the article: a UUIDv7, the same for all its revisions
    revision: int  # counts from 1 without gaps; (id, revision) never changes its content
    change: Change  # against the revision before
    merged_into: str | None = None  # the article that this one turned out to be, when `change` is merged
    url: str | None  # the publisher's canonical address, else where the page was found
    urls: Urls = Urls()
    outlet: OutletRef
    type: ArticleType = ArticleType.ARTICLE
    title: str
    titles: Titles = Titles()
    summary: str = ""  # the page's description, else the feed's
    text: str  # the blocks as plain text, each on lines of its own
    blocks: tuple[Block, ...] = ()
    links: tuple[Link, ...] = ()  # all links of the text, in order, each address once
    related: tuple[Related, ...] = ()
    live_blog: str | None = None  # the liveblog that the text belongs to
    source: str = ""  # whose article it is, when the page names another outlet (as aggregators do)
    authors: tuple[str, ...] = ()  # names, without "by" and the like
    section: str | None = None
    topics: tuple[str, ...] = ()  # keywords, tags and categories
    images: tuple[Image, ...] = ()
    language: Language | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None  # as the publisher says; never before `published_at`
    dates: Dates = Dates()
    access: AccessWord = AccessWord()
    rights: Rights = Rights()
    content_hash: str | None = None  # hex sha256 of the normalized text: case, spaces and punctuation do not count
    group: Group | None = None
    seen_in: tuple[Seen, ...] = ()
    fetched_at: datetime | None = None
    http: Http | None = None  # null when the record was made of the feed alone
    extraction: Extraction
    archive: str | None = None  # key of the raw page in the archive
