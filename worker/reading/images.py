"""The pictures of an article, each once, with caption and credit: those that the page states, then those that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml import html

from worker.news.record import Image
from worker.reading.clean import clean_line, clean_url
from worker.reading.head import Head
from worker.reading.jsonld import StatedImage
from worker.reading.microdata import words_of

_MOST_IMAGES = 20
_MOST_FIGURES = 100
_MOST_SOURCES = 10  # of one picture
_MOST_SIZES = 40  # of one source
_LONGEST_CLASS = 500
_LONGEST_SOURCES = 20_000
_LONGEST_CAPTION = 2000
_LONGEST_CREDIT = 500
_SMALLEST = 50  # pixels: what is smaller is a mark or counts readers
_SHORTEST_NAME = 12  # letters of a file that no other picture has
_SHORTEST = 3  # letters of a caption
_NO_PICTURE = re.compile(
    r"(?:^|[/_.=-])(?:logos?|icons?|favicon|avatars?|gravatar|sprites?|pixel|spacer|blank|transparent|placeholder|"
    r"1x1|default[_-]?(?:image|img|share|og|social|thumb)\w*)(?=$|[/_.\d-])",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"related|recommend|teaser|most-?read|popular|sidebar|avatar|author|promo|newsletter", re.IGNORECASE
)
_CREDIT_CLASS = re.compile(
    r"credit|copyright|source|quelle|fotograf|photograph|author|autor|urheber|rights|agency|fonte|fuente|byline|bildrecht",
    re.IGNORECASE,
)
_LABELS = (
    r"image credit|photo credit|picture credit|credits?|cr[ée]dit(?:o|os|s)?(?: photo)?|photograph(?:s|er|y)?(?: by)?|photos?(?: by)?|"
    r"fotos?(?: de)?|foto[gğ]raf(?:[íi]as?|ie|e|f|ia)?|image|images|bilder|bild|picture|pic|imagem|imagen|copyright|quelle|source|fonte|"
    r"fuente|kuva|kilde|foto/arkiv|ph|zdroj|zdj|фото|写真|사진"
)
# At the end of a caption, with the label in front of it: "… (Foto: Ana Silva)".
_CREDIT_TAIL = re.compile(
    rf"(?:^|[\s(\[|/\u2013\u2014.])(?:(?:{_LABELS})\s*[:=\uff1a]|\u00a9|\(c\))\s*(?P<who>[^\n]{{1,200}})$",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"^[\s(\[|/-]*(?:(?:{_LABELS})\s*[:=\uff1a]\s*|\u00a9\s*|\(c\)\s*)+", re.IGNORECASE)
_LABEL_BEHIND = re.compile(rf"[\s(\[|/-]*(?:(?:{_LABELS})\s*[:=\uff1a]|\u00a9|\(c\))\s*$", re.IGNORECASE)
_WRAPPED = re.compile(r"https?(?:://|%3a%2f%2f|:/(?=[^/]))", re.IGNORECASE)
# One at a time from the end, each behind a mark of its own. Other numbers than usual widths count the pictures of a series.
_SIZE_IN_NAME = re.compile(
    r"[_-](?:\d{2,5}x\d{2,5}|\d{2,4}w|\d{2,3}0|256|512|768|1024|1536|2048|v\d{1,2}|scaled|resized?|large|small|thumb(?:nail)?)$"
)
_MOST_SIZES_IN_NAME = 5
_LONGEST_NAME = 200
_FILE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.IGNORECASE)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-hi-res-src", "data-full-src")
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")


def read_images(stated: Iterable[StatedImage], tree: html.HtmlElement, *, base: str) -> tuple[Image, ...]:
    """The stated pictures with what their figures say of them, then the figures of the article that nobody stated."""
    images: dict[str, Image] = {}
    shown = {picture_key(image.url): image for image in _figures(tree, base)}
    for said in stated:
        address = clean_url(said.url, base=base)
        if address and not _is_mark(address, said.width, said.height):
            key = picture_key(address)
            found = _merged(_cleaned(said, address), shown.get(key))
            images[key] = _merged(images[key], found) if key in images else found
    for key, image in shown.items():
        images.setdefault(key, image)
    return tuple(images.values())[:_MOST_IMAGES]


def social_images(head: Head) -> Iterable[StatedImage]:
    """The pictures for social media; sizes and words belong to the first."""
    sizes = [_pixels(head.first(f"og:image:{side}")) for side in ("width", "height")]
    addresses = [a for key in ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image")
                 for a in head.metas.get(key, ())]  # fmt: skip
    for at, address in enumerate(islice(dict.fromkeys(addresses), _MOST_IMAGES)):
        if at == 0:
            caption = head.first("og:image:alt", "twitter:image:alt")
            yield StatedImage(url=address, caption=caption, width=sizes[0], height=sizes[1])
        else:
            yield StatedImage(url=address)


def picture_key(url: str) -> str:
    """What is the same for all addresses of a picture: of a wrapped one that inside; no sizes."""
    for _ in range(3):
        inner = list(islice(_WRAPPED.finditer(url, 1), 5))
        if not inner:
            break
        url = unquote(url[inner[-1].start() :])
    parts = urlsplit(url.partition("&")[0] if _FILE.search(url.partition("&")[0]) else url)
    path = unquote(parts.path)
    stem = _FILE.sub("", path.rpartition("/")[2])[-_LONGEST_NAME:].lower()
    for _ in range(_MOST_SIZES_IN_NAME):
        stem = _SIZE_IN_NAME.sub("", stem)
    if len(stem) >= _SHORTEST_NAME:
        # A name of its own: the folders and hosts before it are those of sizes.
        return stem
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{path}" if _FILE.search(path) else f"{host}{path}?{parts.query}"


def _is_mark(url: str, width: int | None, height: int | None) -> bool:
    """Whether an address is that of a logo, a pixel or a face rather than a picture's."""
    small = any(size is not None and size < _SMALLEST for size in (width, height))
    return small or _NO_PICTURE.search(unquote(url).partition("?")[0].rpartition("/")[2]) is not None


def _cleaned(said: StatedImage, address: str) -> Image:
    caption, credit = (
        clean_line(said.caption, at_most=_LONGEST_CAPTION),
        clean_line(said.credit, at_most=_LONGEST_CREDIT),
    )
    if not credit:
        caption, credit = split_credit(caption)
    return Image(url=address, caption=caption, credit=_without_label(credit), width=said.width, height=said.height)


def _merged(image: Image, other: Image | None) -> Image:
    """A picture with what another statement of it adds."""
    if other is None:
        return image
    return replace(
        image,
        caption=image.caption or other.caption,
        credit=image.credit or other.credit,
        width=image.width or (other.width if image.height is None else None),
        height=image.height or (other.height if image.width is None else None),
    )


def split_credit(caption: str) -> tuple[str, str]:
    """A caption and the credit at its end ("… (Photo: Ana Silva)"), which is empty when none is named."""
    start = max(len(caption) - _LONGEST_CREDIT // 2, 0)
    found = _CREDIT_TAIL.search(caption, start)
    if not found:
        return caption, ""
    rest = caption[: found.start()].rstrip(" ([|/\u2013\u2014-")
    if found[0][0] == ".":
        rest += "."
    return rest, _without_label(found[0][1:] if found[0][0] in " ([|/\u2013\u2014." else found[0])


def _without_label(credit: str) -> str:
    bare = _LABEL.sub("", credit).strip(" |/\u2013\u2014-")
    while bare[-1:] in {")", "]"} and bare.count(bare[-1]) > bare.count("(" if bare[-1] == ")" else "["):
        bare = bare[:-1].rstrip()
    if bare.startswith("(") and bare.endswith(")") and bare.count("(") == 1:
        bare = bare[1:-1]
    return bare.removesuffix(".") if bare.count(".") == 1 else bare


def _figures(tree: html.HtmlElement, base: str) -> Iterator[Image]:
    """The figures that stand in the article."""
    for figure in islice(tree.iter("figure"), _MOST_FIGURES):
        parents = list(figure.iterancestors())
        inside = any(
            parent.tag in {"article", "main"} or "articleBody" in (parent.get("itemprop") or "") for parent in parents
        )
        aside = any(parent.tag in {"a", "aside", "nav", "footer", "li", "figure"} for parent in parents)
        if not inside or aside or any(_FRAME.search(_class(e)) for e in (figure, *parents[:-2])):
            continue
        picture = next(figure.iter("img"), None)
        address = clean_url(_address(figure, picture), base=base) if picture is not None else None
        if picture is None or not address:
            continue
        width, height = _pixels(picture.get("width")), _pixels(picture.get("height"))
        if not _is_mark(address, width, height):
            caption, credit = _caption(figure)
            yield Image(url=address, caption=caption, credit=credit, width=width, height=height)


def _caption(figure: html.HtmlElement) -> tuple[str, str]:
    """Caption and credit of a figure: told apart by their elements, else by the words in front of the credit."""
    holder = next(figure.iter("figcaption"), None)
    inside = holder if holder is not None else figure
    named = [e for e in islice(inside.iterdescendants(), 30) if _is_credit(e)]
    # The innermost: what holds caption and credit may be named after both.
    last = next((e for e in named if not any(other in named for other in e.iterdescendants())), None)
    credit = clean_line(words_of(last), at_most=_LONGEST_CREDIT)
    whole = clean_line(words_of(holder), at_most=_LONGEST_CAPTION)
    if credit and credit in whole:
        before, _, after = whole.rpartition(credit)
        caption = f"{_LABEL_BEHIND.sub('', before)} {after.lstrip()}".strip()
        label = _LABEL.sub("", caption)
        return (label if len(label) < _SHORTEST else caption).strip(" |/\u2013\u2014-"), _without_label(credit)
    if credit and not whole:
        return "", _without_label(credit)
    if holder is not None and _is_credit(holder) and not named:
        return "", _without_label(whole)
    return split_credit(whole)


def _is_credit(element: html.HtmlElement) -> bool:
    named = " ".join((_class(element), (element.get("itemprop") or "")[:_LONGEST_CLASS]))
    return element.tag == "cite" or _CREDIT_CLASS.search(named) is not None


def _address(figure: html.HtmlElement, picture: html.HtmlElement) -> str:
    """The largest of the addresses of a picture; what scripts load later stands in attributes of their own."""
    lazy = next((found for key in _LAZY if (found := picture.get(key))), "")
    sets = [picture, *islice(figure.iter("source"), _MOST_SOURCES)]
    sizes = [size for e in sets for key in _LAZY_SETS for size in _sizes(e.get(key) or "")]
    largest = max(sizes, key=lambda size: size[0], default=(0.0, ""))[1]
    source = picture.get("src") or ""
    return lazy or largest or ("" if source.startswith("data:") else source)


def _sizes(srcset: str) -> Sequence[tuple[float, str]]:
    """The widths or densities of a `srcset` with their addresses, which may hold commas (HTML, 4.8.4.2.1)."""
    words = srcset[:_LONGEST_SOURCES].split(maxsplit=2 * _MOST_SIZES)[: 2 * _MOST_SIZES]
    found = []
    for address, size in zip(words[::2], words[1::2], strict=False):
        number = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?)[wx],?", size)
        if number and not address.startswith("data:"):
            found.append((float(number[1]), address))
    return found


def _pixels(raw: str | None) -> int | None:
    digits = (raw or "").strip().removesuffix("px")[:6]
    return int(digits) or None if digits.isdecimal() and len(digits) < 6 else None  # noqa: PLR2004 - no picture is larger


def _class(element: html.HtmlElement) -> str:
    return (element.get("class") or "")[:_LONGEST_CLASS]
