"""The kind of an article: by its types in JSON-LD, its address, its section and og:type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from worker.news.record import ArticleType

_TYPES = (
    ("liveblogposting", ArticleType.LIVEBLOG),
    ("opinionnewsarticle", ArticleType.OPINION),
    ("imagegallery", ArticleType.GALLERY),
    ("mediagallery", ArticleType.GALLERY),
    ("videoobject", ArticleType.VIDEO),
)
# Whole segments of addresses, or whole names of sections, by which outlets set kinds apart.
_SEGMENTS = (
    (ArticleType.LIVEBLOG, re.compile(
        r"live|live-?blogs?|live-?ticker|ticker|newsblog|ao-minuto|minuto-a-minuto|en-directo?|em-direto|en-vivo|ao-vivo|"
        r"direct|diretta|liveverslag|live-?feed|na-zywo|zive|livestudio|canli|онлайн"
    )),
    (ArticleType.OPINION, re.compile(
        r"opinion(?:s|es|en|i|e|er)?|opinioni|opini[aã]o|opini[oó]n|meinung(?:en)?|kommentare?|kommentti|op-?ed|editorials?|"
        r"editoriais|editoriale?s?|editoriales|columnists?|columnas?|colunas?|colunistas|kolumnen?|comment(?:isfree|ary)|commentisfree|"
        r"tribunes?|opinie|ledare?|debatt|debat|kronikk?|kroniker|kronika|meninger|opinions-et-debats|idees|mielipide|komentare?|"
        r"komentarze|publicystyka|nazory|komentari|mneni[ya]|dumky|gorus|yazarlar|yorum|velemeny|leitartikel|leserbriefe?|"
        r"letters|cartas-al-director|blogs?|мнения|думки|погляди"
    )),
    (ArticleType.GALLERY, re.compile(
        r"galler(?:y|ies|ia|ie)|galerias?|galerien?|fotogaler(?:ia|ie|ias|ien)s?|photo-?galler(?:y|ies)|foto-?galerisi|fotostrecken?|"
        r"bildstrecken?|diaporamas?|photos?|fotos|slideshows?|bildergalerien?|fotogallery|billedserie|фото"
    )),
    (ArticleType.VIDEO, re.compile(r"videos?|watch|vid[eé]os?|mediathek|webtv|видео")),
    (ArticleType.PRESS_RELEASE, re.compile(
        r"press-?releases?|pressemitteilung(?:en)?|pressemeldung(?:en)?|comunicados?(?:-de-(?:imprensa|prensa))?|"
        r"communiques?(?:-de-presse)?|comunicati-stampa|comunicato-stampa|persbericht(?:en)?|pressmeddelanden?|pressemelding(?:er)?|"
        r"tiskove-zpravy|presseportal|pr-newswire|prnewswire|news-releases?"
    )),
)  # fmt: skip
# What may stand for something else is believed only where nothing says that the page is an article.
_VAGUE = frozenset(
    {"video", "videos", "watch", "live", "direct", "photo", "photos", "fotos", "ticker", "blog", "blogs", "letters"}
)
_LONGEST_ROOM = 200  # letters of a segment or a section
_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What is said of a page's kind; types and `og_type` in lower case."""

    types: Sequence[str]
    og_type: str
    url: str
    section: str
    is_article: bool  # the page itself says so


def read_kind(said: Kinds) -> tuple[ArticleType, str]:
    """The kind and where it is known from; an article, and "", when nothing says more."""
    for name, kind in _TYPES:
        if name in said.types:
            return kind, "json-ld"
    if not said.is_article and said.og_type.startswith("video"):
        return ArticleType.VIDEO, "meta"
    rooms = [(room, "url") for room in urlsplit(said.url).path.split("/")[:-1]]
    for room, source in (*rooms, (said.section, "section")):
        word = _BETWEEN.sub("-", unquote(room[:_LONGEST_ROOM]).strip().lower()).strip("-")
        for kind, segment in _SEGMENTS:
            if segment.fullmatch(word) and not (said.is_article and word in _VAGUE):
                return kind, source
    return ArticleType.ARTICLE, ""
