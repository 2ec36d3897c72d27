"""Pictures and embedded posts of a page as blocks: the caption or the visible words, and the address as the link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from lxml import etree, html

from worker.news.record import Block, BlockKind, Link
from worker.reading.clean import clean_line, clean_url
from worker.reading.pointers import is_headline, leads_to_article
from worker.reading.words import words_of

_MOST = 100  # of one element
_MOST_LOOKED_AT = 1000
_LONGEST_CAPTION = 2000
# What a figure without a `figcaption` says in all is its caption when it is no longer.
_LONGEST_LOOSE_CAPTION = 250
_LONGEST_BOX = 5000  # letters of pictures, players and posts in one element
_NEAR = 8  # levels
_LONGEST_CREDIT = 80
_SMALLEST = 100  # pixels; a smaller picture is an icon
_PICTURES = ("img", "amp-img")
_PLAYERS = ("iframe", "video", "audio", "embed", "object", "amp-youtube", "amp-iframe", "amp-video")
_GLUED = frozenset(("a", "b", "em", "i", "span", "strong", "sub", "sup", "u"))
_SEEN = (*_PICTURES, *_PLAYERS, "blockquote", "picture")
_SOURCES = ("data-src", "data-lazy-src", "data-original", "src")
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
# How networks name the quotation that their script replaces; their documentation says so.
_POST = re.compile(
    r"\b(?:twitter-(?:tweet|video)|instagram-media|tiktok-embed|bluesky-embed|mastodon-embed|reddit-(?:card|embed-bq)|"
    r"text-post-media|imgur-embed-pub|fb-(?:post|video))\b"
)
_CREDIT = re.compile(r"credit|copyright|photographer|\bauthor|byline|source|agency", re.IGNORECASE)
_ICON = re.compile(r"\.svg(?:$|[?#])|/(?:icons?|logos?|spacers?|pixel|placeholders?)[/.]", re.IGNORECASE)
_NO_MEDIA = re.compile(
    r"plugins/(?:page|like|share)|newsletter|sign-?up|subscri|recaptcha|/ads?/|/ns\.html|consent|comments?/",
    re.IGNORECASE,
)
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|[?/])", re.IGNORECASE)
_FORM = re.compile(r"([^\s,]\S*)(?:\s+([0-9]{1,6}(?:\.[0-9]{1,3})?)[wx])?")
_LONGEST_SET = 20_000
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)


def is_post(element: html.HtmlElement) -> bool:
    """Whether an element is a post of a social network."""
    return element.tag in {"blockquote", "div", "figure"} and bool(_POST.search(element.get("class") or ""))


def holds_media(element: html.HtmlElement) -> bool:
    """Whether there is a picture, a player or a quotation in an element, or it is one."""
    return next(element.iter(*_SEEN), None) is not None


def media_of(element: html.HtmlElement, base: str) -> tuple[Block, ...]:
    """The pictures, players and posts of an element in their order, when it holds nothing else."""
    if element.tag != "figure" and len(words_of(element)) > _LONGEST_BOX:
        return ()
    found = [*islice(_media(element, base), _MOST)]
    if not found or (element.tag != "figure" and _is_something_else(element, base)):
        return ()
    if len(found) == 1 and found[0].kind is BlockKind.IMAGE and not found[0].text:
        return (_said_to_be(found[0], _caption(element) or _loose_caption(element)),)
    return tuple(found)


def post_of(element: html.HtmlElement, base: str) -> Block | None:
    """A post of a social network."""
    return next(_post(element, base), None)


def _is_something_else(element: html.HtmlElement, base: str) -> bool:
    """Whether an element says more than a caption: a teaser names an article, a banner is all links, a box has text."""
    said = _loose(element)
    if not said:
        return False
    if len(said) > _LONGEST_LOOSE_CAPTION:
        return True
    anchors = [a for a in islice(element.iter("a"), _MOST) if _within(a, "figcaption") is None]
    linked = [(a, clean_line(words_of(a), at_most=_LONGEST_CAPTION)) for a in anchors]
    if 2 * sum(len(words) for _, words in linked) > len(said):
        return True
    addresses = (clean_url(a.get("href") or "", base=base) for a, words in linked if is_headline(words))
    return any(href and leads_to_article(href, base) for href in addresses)


def _said_to_be(block: Block, caption: str) -> Block:
    return replace(block, text=caption, links=tuple(replace(link, text=caption) for link in block.links))


def _media(element: html.HtmlElement, base: str) -> Iterator[Block]:
    seen: set[str] = set()
    for each in islice(element.iter(*_PICTURES, *_PLAYERS, "blockquote"), _MOST_LOOKED_AT):
        if each.tag == "blockquote":
            blocks = _post(each, base) if is_post(each) else iter(())
        elif each.tag in _PICTURES:
            blocks = _picture(each, base)
        else:
            blocks = _player(each, base)
        for block in blocks:
            if block.links[0].href not in seen:
                seen.add(block.links[0].href)
                yield block


def _picture(image: html.HtmlElement, base: str) -> Iterator[Block]:
    sizes = [
        int(size) for name in ("width", "height") if (size := (image.get(name) or "")[:6]).isascii() and size.isdigit()
    ]
    if sizes and min(sizes) < _SMALLEST:
        return
    figure = _within(image, "figure")
    href = _address(image, base)
    anchor = _within(image, "a")
    target = clean_url((anchor.get("href") or "") if anchor is not None else "", base=base)
    # A picture that leads to another article is that one's.
    if target and not _PICTURE_FILE.search(target) and leads_to_article(target, base):
        return
    if href and not _ICON.search(href):
        caption = _caption(figure) if figure is not None else ""
        yield Block(kind=BlockKind.IMAGE, text=caption, links=(Link(href=href, text=caption),))


def _player(player: html.HtmlElement, base: str) -> Iterator[Block]:
    if _HIDDEN.search(player.get("style") or "") or (player.get("width") or "2") in {"0", "1"}:
        return
    places = [player, *islice(player.iter("source"), _MOST)]
    raw = next((value for place in places for name in (*_SOURCES, "data") if (value := place.get(name))), "")
    href = clean_url(raw, base=base)
    if player.tag == "amp-youtube" and (name := player.get("data-videoid")):
        href = clean_url(f"https://www.youtube.com/embed/{name}", base=None)
    if not href or _NO_MEDIA.search(href):
        return
    figure = _within(player, "figure")
    caption = _caption(figure) if figure is not None else ""
    words = caption or clean_line(player.get("title") or "", at_most=_LONGEST_CAPTION)
    yield Block(kind=BlockKind.EMBED, text=words, links=(Link(href=href, text=words),))


def _post(post: html.HtmlElement, base: str) -> Iterator[Block]:
    """A post's address is that of its last link, where networks put its date."""
    stated = post.get("cite") or post.get("data-instgrm-permalink") or post.get("data-href") or ""
    anchors = [anchor.get("href") or "" for anchor in post.iter("a")]
    href = next((url for raw in (stated, *reversed(anchors)) if raw and (url := clean_url(raw, base=base))), None)
    words = clean_line(words_of(post), at_most=_LONGEST_CAPTION)
    if href:
        yield Block(kind=BlockKind.EMBED, text=words, links=(Link(href=href, text=words),))


def _within(element: html.HtmlElement, name: str) -> html.HtmlElement | None:
    """The nearest element of a name that an element stands in."""
    return next((outer for outer in islice(element.iterancestors(), _NEAR) if outer.tag == name), None)


def _address(image: html.HtmlElement, base: str) -> str | None:
    """The address of a picture, or of the largest of its forms when only those are named; a placeholder is none."""
    plain = (value for name in _SOURCES if (value := (image.get(name) or "").strip()) and not value.startswith("data:"))
    for raw in plain:
        if href := clean_url(raw, base=base):
            return href
    around = image.getparent()
    sources = [*islice(around.iter("source"), _MOST)] if around is not None and around.tag == "picture" else []
    sets = (place.get(name) or "" for place in (image, *sources) for name in _SETS)
    forms = [form for raw in sets for form in islice(_FORM.finditer(raw[:_LONGEST_SET]), _MOST)]
    largest = max(forms, key=lambda form: float(form[2] or 1), default=None)
    return clean_url(largest[1], base=base) if largest else None


def _caption(figure: html.HtmlElement) -> str:
    """The caption of a figure without the names of who took the picture."""
    said = " ".join(_said(caption) for caption in islice(figure.iter("figcaption"), 3))
    return clean_line(said, at_most=_LONGEST_CAPTION)


def _loose_caption(element: html.HtmlElement) -> str:
    """What an element says around a picture that has no caption of its own."""
    said = clean_line(_said(element), at_most=_LONGEST_CAPTION)
    return said if len(said) <= _LONGEST_LOOSE_CAPTION else ""


def _loose(element: html.HtmlElement) -> str:
    """What an element says outside of captions and posts."""
    return _said(element, but=lambda each: each.tag == "figcaption" or is_post(each))


def _said(element: html.HtmlElement, but: Callable[[html.HtmlElement], bool] | None = None) -> str:
    words: list[str] = [element.text or ""]
    but = but or _is_no_caption
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, each in walk:
        if each is element:
            continue
        if event == "start":
            left_out = but(each)
            if left_out:
                walk.skip_subtree()
            words += ["" if each.tag in _GLUED else " ", "" if left_out else each.text or ""]
        else:
            words += ["" if each.tag in _GLUED else " ", each.tail or ""]
    return " ".join("".join(words).split())


def _is_no_caption(element: html.HtmlElement) -> bool:
    return element.tag == "button" or _is_credit(element)


def _is_credit(element: html.HtmlElement) -> bool:
    """Whether an element of a caption names who took the picture: it is called so, or is a cry of names."""
    named = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    if element.tag in {"small", "cite"} or _CREDIT.search(named):
        return True
    return element.tag in {"span", "p", "div"} and is_cry(words_of(element))


def is_cry(words: str) -> bool:
    """Whether words are names in capitals, as those who took a picture are named under it: "ANA SILVA / THE POST"."""
    said = words.strip() if len(words) < 2 * _LONGEST_CREDIT else ""
    return len(said) <= _LONGEST_CREDIT and "/" in said and said.isupper()
