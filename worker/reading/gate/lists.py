"""Pages about other pages, and pages without a text: lists, comments, galleries, players."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml import html

from worker.news.reason import Reason
from worker.news.record import ArticleType
from worker.reading.gate.places import words_of
from worker.reading.gate.prose import sentences_of
from worker.reading.gate.services import services
from worker.reading.gate.sight import Sight
from worker.reading.gate.verdict import Suspicion

_INDEX_TYPES = frozenset({
    "collectionpage", "searchresultspage", "itemlist", "profilepage", "breadcrumblist", "website", "person", "webpage",
})  # fmt: skip
_STRONG_TYPES = frozenset({"collectionpage", "searchresultspage", "profilepage"})
LIST_PATH = re.compile(
    r"(?:^|/)(?:tags?|tema|temas|thema|themen|topics?|sujet|assunto|argomento|etiqueta|etiket|konu|temat|keyword|categor\w+|kategori\w*|section|ressort|rubri\w+|sezione|seccion|authors?|autor\w*|auteurs?|autore|autores|yazar\w*|profile|people|users?|search|suche|recherche|buscar|busca|cerca|ricerca|zoeken|szukaj|ara|poisk|sok|archiv\w*|archief|arquivo|arsiv|index|home|latest|sitemap|rss|feeds?|jobs?|stellen\w*|empleo|emprego|weather|wetter|meteo|tiempo|tempo|pogoda|hava-durumu|wyniki|results?|live-?scores?|page|dossiers?|especiais|especiales|agenda|events?|eventos?|veranstaltung\w*|kalender|calend\w+|classifieds?|annunci|\w*anzeigen|ogloszenia|anuncios|clasificados|petites-annonces|ilan\w*)(?:[/.]|$)|(?:^|/)(?:19|20)\d\d(?:[/-]\d\d?){0,2}/?$"
)
_FILE = re.compile(r"(?<!index)\.(?:html?|php|aspx?)$")
_SEARCH = re.compile(r"[?&](?:q|s|query|search|k|keyword|suchbegriff|wort|zoek|szukaj|busca|buscar|text)=")
_PAGED = re.compile(r"(?:/page/\d|[?&](?:page|pag|p|paged|seite|pagina|sayfa|strona)=\d)")
_PLAYERS = frozenset({"video", "audio", "object", "embed", "amp-video", "amp-youtube", "amp-audio", "amp-brightcove"})
_PLAYER_FRAME = re.compile(
    r"youtube|vimeo|dailymotion|player|embed|spotify|soundcloud|podcast|brightcove|jwplay|kaltura|rutube|megaphone|audioboom|simplecast|podigee"
)
_PLAYER_CLASS = re.compile(
    r"(?:^|[\s_-])(?:player|video-?js|jw-?player|brightcove|powa|podcast|audio-?player|quiz|poll|survey|umfrage|sondage|encuesta|enquete|sondaggio|ankieta|anket|riddle|playbuzz|epaper|e-?paper|flipbook|viewer|livestream)(?=$|[\s_-])|podcast|episode",
    re.IGNORECASE,
)
_PLAYER_PATH = re.compile(
    r"(?:^|/)(?:videos?|watch|tv|live-?tv|livestream|podcasts?|audio|radio|mediathek|programas?|episod\w+|e-?paper|edicao-impressa|quiz\w*|polls?|umfragen?|voting|abstimmung\w*|sondages?|encuestas?|enquetes?|inqueritos?|sondagg\w+|peiling\w*|ankiet\w*|anket\w*|sonda|opros\w*|omrostning\w*|afstemning\w*|avstemning\w*|gallup|szavazas\w*|crossword|kreuzwort\w*|sudoku|games?|spiele?|juegos|jogos)(?:[/-]|$)"
)
_GALLERY_PATH = re.compile(
    r"(?:^|/)(?:galler\w+|galeri\w*|galeria|fotos?|fotogaler\w+|foto-?strecken?|bilder\w*|bildergalerie|photos?|pictures?|diaporama\w*|slideshow\w*|imagens|im[aá]genes|immagini|zdjecia|kuvat)(?:[/-]|$)"
)
_COUNTER = re.compile(r"\b\d{1,3}\s?(?:/|of|von|de|di|van|z|из|sur)\s?\d{1,3}\b")
_COMMENTS = re.compile(
    r"^\s*(?:\d+ )?(?:comments?|kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties|komentarze|yorumlar|комментарии|коментарі|评论|コメント|댓글|kommentarer|komentáře|hozzászólások|comentarii|σχόλια|تعليقات|komentari)\b"
)
_COMMENT_CLASS = re.compile(
    r"(?:^|[\s_-])(?:comments?|com|komentar\w*|kommentar\w*|disqus|reply|post-?body|message-?body|yorum)(?=$|[\s_-])",
    re.IGNORECASE,
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_SOME, _MANY = 5, 15  # headlines
_PLAIN = 8  # lines of prose: a list that has as many shows by more than its teasers


def lists(sight: Sight) -> Iterator[Suspicion]:
    """Suspicions with a weight above 0 are strong enough to refuse the page."""
    yield from services(sight)
    yield _index(sight)
    yield _comments(sight)
    if len(sight.plain) > 2 * _PLAIN:
        return
    yield _gallery(sight)
    yield _player(sight)


def _index(sight: Sight) -> Suspicion:
    """Teasers of other pages make up its text, or it has none; its address and its types are those of a list."""
    stated, head = sight.metadata.stated, sight.metadata.head
    types = set(stated.types)
    listed = bool(LIST_PATH.search(sight.path)) and not _FILE.search(sight.path)
    kind = head.first("og:type").lower() in {"website", "profile"}
    if sight.has_article_path and len(sight.plain) > _PLAIN and not (listed or kind or types & _STRONG_TYPES):
        return Suspicion(reason=Reason.INDEX_PAGE)
    shown = sight.shown
    teasers, of = _teasers(sight) if sight.prose else (0, 0)
    boxes = sum(1 for box in islice(sight.tree.iter("article"), 30) if next(box.iter("a"), None) is not None)
    mostly = teasers >= 0.5 * of > 0 and (of > 1 or boxes > 3)  # noqa: PLR2004
    headlines = sum(1 for link in shown.links if len(link.split()) > 2 or len(link.encode()) > 24)  # noqa: PLR2004
    url = sight.page.url.casefold()
    root = not sight.path.strip("/") or bool(re.fullmatch(r"/(?:index|home|default)\.\w{2,5}", sight.path))
    signs = (
        (mostly, 2.5, f"{teasers} of {of} paragraphs are teasers"),
        (
            not sight.prose and headlines >= _SOME and (listed or not sight.has_article_path),
            2,
            f"no sentence, {headlines} headlines",
        ),
        (bool(types & _STRONG_TYPES), 2, "JSON-LD of a list"),
        (root, 2, "the address of a home page"),
        (listed, 1.5, "the address of a list"),
        (not root and _leads_home(sight), 2, "its canonical address is the home page"),
        (not sight.prose and headlines >= 8, 1, "many headlines"),  # noqa: PLR2004
        (boxes > 3 and not sight.claim and _stands_apart(sight), 1.5, "boxes of other articles"),  # noqa: PLR2004
        (
            headlines >= _MANY and not sight.has_article_path and shown.linked >= 0.7 * shown.letters,
            2,
            f"{headlines} headlines",
        ),
        (bool(_SEARCH.search(url) or _PAGED.search(url)), 1, "the address of a search"),
        (not sight.has_article_path, 0.5, "a short address"),
        (shown.letters > 0 and shown.linked >= 0.5 * shown.letters, 1, "mostly links"),
        (kind, 0.5, "og:type of a site"),
        (not sight.claim, 1, "nothing says that it is an article"),
        (sight.claim > 1, -2, ""),
        (len(sight.prose) - teasers > 3 and sentences_of(sight.prose) > 6, -2, ""),  # noqa: PLR2004
    )
    weight = sum(points for holds, points, _ in signs if holds)
    if weight < 4 or (sight.claim > 1 and not mostly and sight.prose):  # noqa: PLR2004
        return Suspicion(reason=Reason.INDEX_PAGE)
    said = ", ".join(words for holds, points, words in signs if holds and words)
    return Suspicion(reason=Reason.INDEX_PAGE, weight=weight, evidence=said)


def _leads_home(sight: Sight) -> bool:
    """Whether the page names the home page as its own address: it was sent in place of another one."""
    head = sight.metadata.head
    named = (*head.links.get("canonical", ())[:1], head.first("og:url"))
    return any(name and not urlsplit(name).path.strip("/") and not urlsplit(name).query for name in named)


def _stands_apart(sight: Sight) -> bool:
    """Whether the text stands in none of the page's `<article>`."""
    return not any(True for element in sight.elements for _ in islice(element.iterancestors("article"), 1))


def _teasers(sight: Sight) -> tuple[int, int]:
    """How many of the paragraphs stand in a box of their own with a headline that is a link, and how many were found.

    A box reaches up to where other paragraphs of the text stand as well: paragraphs of an article are siblings.
    """
    found = sight.elements
    above: Counter[html.HtmlElement] = Counter()
    for element in found:
        above.update(islice(element.iterancestors(), 15))
    return sum(1 for element in found if _is_teaser(element, above)), len(found)


def _is_teaser(element: html.HtmlElement, above: Counter[html.HtmlElement]) -> bool:
    """Whether a link with a headline stands in the paragraph's box, but not in the paragraph."""
    box = element
    for parent in islice(element.iterancestors(), 15):
        if above[parent] > 1 or parent.tag in {"body", "main", "html"}:
            break
        box = parent
    if box.tag == "a" or any(parent.tag == "a" for parent in islice(element.iterancestors(), 6)):
        return True
    if box is element:
        return False
    for anchor in islice(box.iter("a"), 30):
        words = words_of(anchor, at_most=300)
        headed = any(parent.tag in _HEADINGS for parent in (*islice(anchor.iterancestors(), 2), *islice(anchor, 2)))
        if (len(words) > 15 or headed) and not any(parent is element for parent in islice(anchor.iterancestors(), 15)):  # noqa: PLR2004
            return True
    return False


def _comments(sight: Sight) -> Suspicion:
    """What readers wrote: the title says so, or most paragraphs stand in comments."""
    if sight.claim > 1:
        return Suspicion(reason=Reason.COMMENTS_PAGE)
    titled = any(_COMMENTS.search(title) for title in sight.titles)
    found = sight.elements if titled else []
    inside = sum(
        1
        for element in found
        if any(_COMMENT_CLASS.search((e.get("class") or "")[:300]) for e in islice(element.iterancestors(), 5))
    )
    if not titled or (sight.enough and (not found or inside < 0.5 * len(found))):
        return Suspicion(reason=Reason.COMMENTS_PAGE)
    return Suspicion(reason=Reason.COMMENTS_PAGE, weight=3, evidence=f"its title, {inside} paragraphs in comments")


def _gallery(sight: Sight) -> Suspicion:
    """Pictures, and not two sentences."""
    if sentences_of(sight.prose) > 1:
        return Suspicion(reason=Reason.GALLERY)
    pictures = sum(
        1 for image in islice(sight.tree.iter("img", "amp-img", "picture"), 500) if image.get("width") != "1"
    )
    called = sight.metadata.type is ArticleType.GALLERY or bool(_GALLERY_PATH.search(sight.path))
    counted = bool(_COUNTER.search(sight.shown.text[:5000]))
    weight = 2 * called + counted + (pictures >= 6) + (not sight.prose) + (pictures >= 12)  # noqa: PLR2004
    if not called or pictures < 3 or weight < 4:  # noqa: PLR2004
        return Suspicion(reason=Reason.GALLERY)
    return Suspicion(reason=Reason.GALLERY, weight=weight, evidence=f"{pictures} pictures, {sight.letters} letters")


def _player(sight: Sight) -> Suspicion:
    """A film, a broadcast, a paper to leaf through, a quiz; and not two sentences."""
    if sentences_of(sight.prose) > 1:
        return Suspicion(reason=Reason.PLAYER)
    player = next((e.tag for e in islice(sight.tree.iter(*_PLAYERS), 1)), "")
    framed = any(
        _PLAYER_FRAME.search((f.get("src") or "")[:500].lower()) for f in islice(sight.tree.iter("iframe"), 50)
    )
    classed = any(
        _PLAYER_CLASS.search(f"{e.get('class') or ''} {e.get('id') or ''}"[:300])
        for e in islice(sight.tree.iter("div", "section", "main", "body", "article", "button"), 2000)
    )
    asked = sum(1 for field in islice(sight.tree.iter("input"), 300) if field.get("type") == "radio") > 1
    called = sight.metadata.type is ArticleType.VIDEO or bool(_PLAYER_PATH.search(sight.path))
    weight = (
        1.5 * bool(player)
        + framed
        + classed
        + 1.5 * called
        + 1.5 * (not sight.prose)
        - (3 if sight.enough else 1) * (sight.claim > 1)
    )
    if not (player or framed or classed or called or asked) or weight < 3:  # noqa: PLR2004
        return Suspicion(reason=Reason.PLAYER)
    return Suspicion(
        reason=Reason.PLAYER,
        weight=weight,
        evidence=f"a player and {sight.letters} letters of text" + f" ({player})" * bool(player),
    )
