"""What a page says in microdata (`itemscope`, `itemprop`), from one pass over its tree, and the words of an element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml import html

from worker.reading.jsonld import StatedImage

LONGEST = 20_000  # letters of one value
# No page needs more; what a hostile one holds beyond is not looked at.
_MOST = 2000
_MOST_PIECES = 200  # of one element's text
_MOST_PROPERTIES = 20  # of one element
_MOST_PEOPLE = 20
_MOST_PICTURES = 20
_MOST_INNER = 100  # elements in one
_ARTICLES = ("article", "posting", "report")

# `//@itemprop/..` is faster, but what it finds is sorted, which takes time by the square.
_STATING = "descendant::*[@itemprop]"

Properties = Mapping[str, Sequence[html.HtmlElement]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Microdata:
    """What the article of a page says of itself; strings as they stand, blanks folded."""

    headline: str = ""
    section: str = ""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    images: tuple[StatedImage, ...] = ()


def properties_of(tree: html.HtmlElement) -> Properties:
    """The elements by the properties that they state; `<meta>` in the head stands among the metas."""
    found: dict[str, list[html.HtmlElement]] = {}
    for element in tree.xpath(_STATING)[:_MOST]:
        for name in element.get("itemprop").split(maxsplit=_MOST_PROPERTIES)[:_MOST_PROPERTIES]:
            found.setdefault(name, []).append(element)
    return found


def read_microdata(properties: Properties) -> Microdata:
    """The statements of the article among the properties of a page."""
    headlines = [element for element in properties.get("headline", ()) if value_of(element)]
    shown = next((element for element in headlines if element.tag == "h1"), None)
    first = shown if shown is not None else next(iter(headlines), None)
    return Microdata(
        headline=value_of(first) if first is not None else "",
        section=next((value for e in properties.get("articleSection", ()) if (value := value_of(e))), ""),
        keywords=tuple(value for e in properties.get("keywords", ()) if (value := value_of(e)))[:_MOST_PEOPLE],
        authors=tuple(_people(properties)),
        images=tuple(image for e in properties.get("image", ())[:_MOST_PICTURES] if (image := _image(e))),
    )


def words_of(element: html.HtmlElement | None, *, most: int = _MOST_PIECES) -> str:
    """The words of an element, in one line."""
    return " ".join("".join(pieces_of(element, most)).split())[:LONGEST] if element is not None else ""


def pieces_of(element: html.HtmlElement, most: int) -> Iterator[str]:
    """The first pieces of an element's text, of no more letters in all than a value has: elements may stand in elements."""
    room = 2 * LONGEST
    for piece in islice(element.itertext(), most):
        yield piece[:room]
        room -= len(piece)
        if room <= 0:
            return


def value_of(element: html.HtmlElement) -> str:
    """The value of a property: what is stated for machines, else its words."""
    stated = element.get("content") or (element.get("value") if element.tag == "meta" else None)
    return stated.strip()[:LONGEST] if stated and stated.strip() else words_of(element)


def _people(properties: Properties) -> Iterator[str]:
    """The authors of the article: those of the thing that the first one belongs to, when it is none of its parts."""
    people = [e for key in ("author", "creator") for e in properties.get(key, ())][: 5 * _MOST_PEOPLE]
    owned = [(_owner(person), person) for person in people if person.tag != "meta"]
    # A picture has an author too, and so has a comment.
    fit = [(owner, person) for owner, person in owned if _is_article(owner)] or [
        (owner, person) for owner, person in owned if owner is None
    ]
    near = list(islice(fit[0][1].iterancestors(), 2)) if fit else []
    for owner, person in fit[:_MOST_PEOPLE]:
        # Where nothing says what they belong to, only those beside the first are meant.
        if owner is fit[0][0] and (owner is not None or any(p in near for p in islice(person.iterancestors(), 2))):
            names = [value_of(e) for e in islice(person.iterdescendants(), _MOST_INNER) if e.get("itemprop") == "name"]
            yield from (name for name in names or [value_of(person)] if name)


def _owner(element: html.HtmlElement) -> html.HtmlElement | None:
    return next((parent for parent in element.iterancestors() if parent.get("itemscope") is not None), None)


def _is_article(owner: html.HtmlElement | None) -> bool:
    if owner is None:
        return False
    kind = (owner.get("itemtype") or "").strip()[:LONGEST].lower()
    return not kind or kind.endswith(_ARTICLES)


def _image(element: html.HtmlElement) -> StatedImage | None:
    """A picture: an address, or an ImageObject with one."""
    inner = {e.get("itemprop"): e for e in reversed(list(islice(element.iterdescendants(), _MOST_INNER)))}
    addressed = next((inner[key] for key in ("contentUrl", "url") if key in inner), element)
    address = next((found for key in ("content", "src", "href") if (found := addressed.get(key))), "")
    if not address:
        return None
    texts = {key: value_of(e) for key, e in inner.items() if key}
    sizes = {key: texts.get(key, "").removesuffix("px") for key in ("width", "height")}
    return StatedImage(
        url=address.strip(),
        caption=texts.get("caption") or texts.get("description") or "",
        credit=next((texts[key] for key in ("creditText", "copyrightHolder", "author") if texts.get(key)), ""),
        width=_pixels(sizes["width"]),
        height=_pixels(sizes["height"]),
    )


def _pixels(digits: str) -> int | None:
    return int(digits) or None if digits.isdecimal() and len(digits) < 6 else None  # noqa: PLR2004 - no picture is larger
