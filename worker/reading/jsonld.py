"""What a page states of itself in JSON-LD (schema.org), as raw strings: found, resolved, never believed blindly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

Node = Mapping[str, object]

# No page needs more; what a hostile one holds beyond is not looked at.
_MOST_NODES = 5000
_MOST_VALUES = 100
_DECODER = json.JSONDecoder(strict=False)
# Comments only at the start of a line: an address holds "//" as well. No `\s*`, which runs over lines, and over again.
_WRAPPING = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->|^[ \t]*//[^\n]*$|^[ \t]*/\*[^*]*\*/", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_ARTICLES = frozenset({"blogposting", "report", "socialmediaposting", "discussionforumposting"})
_NAMES = frozenset({"@context", "@type", "@id", "name", "url"})
# What is the subject of a page that has no article, by preference.
_SUBJECTS = (
    "videoobject", "imagegallery", "mediagallery", "audioobject", "podcastepisode", "collectionpage", "searchresultspage",
    "webpage", "creativework",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedImage:
    """A picture as it is stated, untouched."""

    url: str
    caption: str = ""
    credit: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the page's article node says; strings are unescaped and stripped, but not yet cleaned."""

    types: tuple[str, ...] = ()  # lower case, without the vocabulary's address
    headline: str = ""
    description: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    section: str = ""
    keywords: tuple[str, ...] = ()
    images: tuple[StatedImage, ...] = ()
    published: str = ""
    modified: str = ""
    language: str = ""
    free: bool | None = None
    url: str = ""
    crumbs: tuple[str, ...] = ()


def read_json_ld(scripts: Sequence[str], *, url: str) -> Stated:
    """The statements about the article at `url`. Scripts that can't be read are passed over."""
    nodes = list(islice(_walk([_load(script) for script in scripts]), _MOST_NODES))
    by_id = {name: node for node in reversed(nodes) if len(node) > 1 and isinstance(name := node.get("@id"), str)}
    graph = _Graph(by_id=by_id)
    article = _article(nodes, url)
    if article is None:
        return Stated(crumbs=_crumbs(graph, nodes))
    return _stated(graph, article, nodes)


def _load(script: str) -> object:
    for attempt in (str, _repaired):
        try:
            return _DECODER.raw_decode(attempt(script).lstrip())[0]
        except (ValueError, RecursionError):
            continue
    return None


def _repaired(script: str) -> str:
    """The common faults undone: wrappers and comment lines, trailing commas, a script escaped as if it were HTML."""
    plain = _WRAPPING.sub("", script)
    if '"' not in plain and "&quot;" in plain:
        plain = unescape(plain)
    return _TRAILING_COMMA.sub("", plain)


def _walk(value: object) -> Iterator[Node]:
    """All objects in document order, outer before inner, without recursion."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            stack.extend(reversed(value))


def types_of(node: Node) -> tuple[str, ...]:
    """The schema.org types of a node, in lower case and without the vocabulary's address."""
    return tuple(re.split(r"[/#:]", word)[-1].strip().lower() for word in _strings(node.get("@type")))


def _article(nodes: Sequence[Node], url: str) -> Node | None:
    """The node about the article: the one that names this address, else the one that says most."""
    articles = [
        node for node in nodes if any(t.endswith(("article", "posting")) or t in _ARTICLES for t in types_of(node))
    ]
    # Other nodes name the article they belong to by its type and name alone.
    posts = _posts(nodes)
    articles = [node for node in articles if node.keys() - _NAMES and id(node) not in posts]
    if articles:
        return max(articles, key=lambda node: (_names(node, url), _weight(node)))
    for wanted in _SUBJECTS:
        for node in nodes:
            if wanted in types_of(node) and _weight(node):
                return node
    return None


def _posts(nodes: Sequence[Node]) -> set[int]:
    """The nodes, by identity, that stand in a running report: each of its posts is an article of its own by its type."""
    posts: set[int] = set()
    for node in nodes:
        # Outer nodes come before inner ones, so that each is walked once.
        if id(node) not in posts:
            posts.update(id(post) for post in _walk(node.get("liveBlogUpdate")))
    return posts


def _weight(node: Node) -> int:
    return sum(
        1 for key in ("headline", "name", "datePublished", "uploadDate", "articleBody", "author") if node.get(key)
    )


def _names(node: Node, url: str) -> bool:
    """Whether a node says that it is about this address; hosts and queries differ for one article, paths do not."""
    path = urlsplit(url).path.strip("/")
    stated = [node.get("url"), node.get("mainEntityOfPage"), node.get("@id")]
    stated += [value.get("@id") for value in stated if isinstance(value, dict)]
    return bool(path) and any(isinstance(value, str) and path in value for value in stated)


@dataclass(frozen=True, slots=True)
class _Graph:
    """The nodes by their `@id`, to resolve references."""

    by_id: Mapping[str, Node]

    def values(self, node: Node, key: str) -> list[object]:
        """What stands under a key, always as a list, with references resolved and containers opened."""
        value = node.get(key)
        values = value if isinstance(value, list) else [value]
        return [self._resolved(item) for item in values[:_MOST_VALUES] if item not in (None, "")]

    def _resolved(self, value: object) -> object:
        if isinstance(value, dict) and isinstance(name := value.get("@id"), str) and len(value) <= 2:  # noqa: PLR2004
            return self.by_id.get(name, value)
        return value

    def text(self, node: Node, *keys: str) -> str:
        """The first words found under one of the keys."""
        for key in keys:
            for value in self.values(node, key):
                if words := _words(value):
                    return words
        return ""


def _words(value: object) -> str:
    """A value as plain words: a string, or the name of an object. Entities are undone, twice where they were doubled."""
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or value.get("headline") or ""
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str)), "")
    if not isinstance(value, str):
        return ""
    once = unescape(value) if "&" in value else value
    return (unescape(once) if "&" in once else once).strip()


def _strings(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values[:_MOST_VALUES] if isinstance(item, str)]


def _stated(graph: _Graph, node: Node, nodes: Sequence[Node]) -> Stated:
    pages = [other for other in nodes if "webpage" in types_of(other)]
    return Stated(
        types=types_of(node),
        headline=graph.text(node, "headline", "name", "title"),
        description=graph.text(node, "description", "abstract", "alternativeHeadline"),
        body=graph.text(node, "articleBody", "text"),
        authors=_people(graph, node),
        publisher=graph.text(node, "publisher", "sourceOrganization"),
        section=graph.text(node, "articleSection"),
        keywords=_keywords(graph, node),
        images=_images(graph, node),
        published=_first(graph, (node, *pages), "datePublished", "uploadDate", "dateCreated"),
        modified=_first(graph, (node, *pages), "dateModified"),
        language=graph.text(node, "inLanguage"),
        free=_free(graph, (node, *pages)),
        url=_address(graph, node),
        crumbs=_crumbs(graph, nodes),
    )


def _first(graph: _Graph, nodes: Sequence[Node], *keys: str) -> str:
    return next((words for node in nodes if (words := graph.text(node, *keys))), "")


def _people(graph: _Graph, node: Node) -> tuple[str, ...]:
    """The names under `author`, else `creator`: persons before organizations, which sign when no person does."""
    for key in ("author", "creator", "contributor"):
        found = graph.values(node, key)
        firms = [
            value for value in found if isinstance(value, dict) and any("organization" in t for t in types_of(value))
        ]
        people = [value for value in found if not any(value is firm for firm in firms)]
        names = [name for value in people or firms for name in _person(value)]
        if names:
            return tuple(dict.fromkeys(names))
    return ()


def _person(value: object) -> list[str]:
    if isinstance(value, dict):
        name = value.get("name")
        whole = " ".join(part for key in ("givenName", "familyName") if (part := _words(value.get(key))))
        names = [_words(item) for item in (name if isinstance(name, list) else [name])]
        return [item for item in names if item] or ([whole] if whole else [])
    return [words] if (words := _words(value)) else []


def _keywords(graph: _Graph, node: Node) -> tuple[str, ...]:
    found = [words for value in graph.values(node, "keywords") if (words := _words(value))]
    if len(found) == 1:
        found = re.split(r"[,;|]", found[0])
    # Some systems keep their marks among the keywords, as "type:article".
    return tuple(
        dict.fromkeys(word.strip() for word in found if word.strip() and not re.match(r"\w+:\S", word.strip()))
    )


def _images(graph: _Graph, node: Node) -> tuple[StatedImage, ...]:
    found = graph.values(node, "image") or graph.values(node, "thumbnailUrl")
    images = []
    for value in found:
        if isinstance(value, str):
            images.append(StatedImage(url=value))
        elif isinstance(value, dict) and (address := _words(value.get("contentUrl")) or _words(value.get("url"))):
            images.append(
                StatedImage(
                    url=address,
                    caption=graph.text(value, "caption", "description"),
                    credit=graph.text(value, "creditText", "copyrightHolder", "author", "creator"),
                    width=_pixels(value.get("width")),
                    height=_pixels(value.get("height")),
                )
            )
    return tuple(images)


def _pixels(value: object) -> int | None:
    """A size given as 800, "800", "800px" or a QuantitativeValue."""
    if isinstance(value, dict):
        value = value.get("value")
    digits = re.match(r"\s*(\d{1,5})(?:px|\.0+)?\s*$", str(value)) if isinstance(value, (int, float, str)) else None
    return int(digits[1]) or None if digits else None


def _free(graph: _Graph, nodes: Sequence[Node]) -> bool | None:
    words = {"true": True, "yes": True, "false": False, "no": False}
    for node in nodes:
        for value in graph.values(node, "isAccessibleForFree"):
            if isinstance(value, bool):
                return value
            if (said := words.get(re.split(r"[/#]", _words(value))[-1].lower())) is not None:
                return said
    return None


def _address(graph: _Graph, node: Node) -> str:
    page = next(iter(graph.values(node, "mainEntityOfPage")), None)
    named = page.get("@id") or page.get("url") if isinstance(page, dict) else page
    return _words(node.get("url")) or _words(named)


def _crumbs(graph: _Graph, nodes: Sequence[Node]) -> tuple[str, ...]:
    """The names of the first breadcrumb trail, from the home page down."""
    trail = next((node for node in nodes if "breadcrumblist" in types_of(node)), None)
    items = [item for item in graph.values(trail, "itemListElement") if isinstance(item, dict)] if trail else []
    names = [_words(item.get("name")) or graph.text(item, "item") for item in items]
    return tuple(name for name in names if name)
