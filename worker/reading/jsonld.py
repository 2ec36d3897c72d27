"""What a page states of itself in JSON-LD (schema.org), as raw strings: found, resolved, never believed blindly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from worker.reading.ldgraph import Graph, Node, line_of, read_graph, strings_in, types_of, walk, words_in

_ARTICLES = frozenset({"blogposting", "report", "socialmediaposting", "discussionforumposting"})
_LIVE = "liveblogposting"
_MOST_UPDATES = 1000
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
class StatedUpdate:
    """One update of a running report as it is stated; `body` may be HTML."""

    headline: str = ""
    body: str = ""
    published: str = ""


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
    locked: tuple[str, ...] = ()  # selectors of the parts that are not free
    url: str = ""
    crumbs: tuple[str, ...] = ()
    updates: tuple[StatedUpdate, ...] = ()  # of a running report, in the order of the page


def read_json_ld(scripts: Sequence[str], *, url: str) -> Stated:
    """The statements about the article at `url`. Scripts that can't be read are passed over."""
    graph = read_graph(scripts)
    article = _article(graph.nodes, url)
    if article is None:
        return Stated(crumbs=_crumbs(graph))
    return _stated(graph, article, url)


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
            posts.update(id(post) for post in walk(node.get("liveBlogUpdate")))
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


def _stated(graph: Graph, node: Node, url: str) -> Stated:
    pages = [other for other in graph.nodes if "webpage" in types_of(other)]
    report = _report(graph, node, url)
    types = types_of(node)
    return Stated(
        types=(*types, _LIVE) if report is not None and _LIVE not in types else types,
        headline=line_of(graph.text(node, "headline", "name", "title")),
        description=line_of(graph.text(node, "description", "abstract", "alternativeHeadline")),
        body=graph.text(node, "articleBody", "text"),
        authors=_people(graph, node),
        publisher=graph.text(node, "publisher", "sourceOrganization"),
        section=line_of(graph.text(node, "articleSection")),
        keywords=_keywords(graph, node),
        images=_images(graph, node),
        published=_first(graph, (node, *pages), "datePublished", "uploadDate", "dateCreated"),
        modified=_first(graph, (node, *pages), "dateModified"),
        language=graph.text(node, "inLanguage"),
        free=_free(graph, (node, *pages)),
        locked=_locked(graph, (node, *pages)),
        url=_address(graph, node),
        crumbs=_crumbs(graph),
        updates=_updates(graph, report) if report is not None else (),
    )


def _report(graph: Graph, article: Node, url: str) -> Node | None:
    """The running report with its updates: the page's article, else another node that is at this very address."""
    if article.get("liveBlogUpdate"):
        return article
    path = _path(url)
    reports = (node for node in graph.nodes if _LIVE in types_of(node) and node.get("liveBlogUpdate"))
    return next((node for node in reports if path and _path(_address(graph, node)) == path), None)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.strip("/")
    except ValueError:
        return ""


def _updates(graph: Graph, report: Node) -> tuple[StatedUpdate, ...]:
    found = (_update(graph, value) for value in graph.values(report, "liveBlogUpdate", at_most=_MOST_UPDATES))
    return tuple(update for update in found if update.headline or update.body)


def _update(graph: Graph, value: object) -> StatedUpdate:
    if not isinstance(value, dict):
        return StatedUpdate(body=words_in(value))
    bodies = next(
        (bodies for key in ("articleBody", "text", "description") if (bodies := graph.values(value, key))), []
    )
    return StatedUpdate(
        headline=line_of(graph.text(value, "headline", "name")),
        body="\n".join(words for body in bodies if (words := _body(body))),
        published=graph.text(value, "datePublished", "dateCreated", "uploadDate"),
    )


def _body(value: object) -> str:
    """The words of a text, also when it is wrapped in an object of its own."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("@value", "articleBody", "text", "name") if value.get(key)), "")
    return words_in(value)


def _first(graph: Graph, nodes: Sequence[Node], *keys: str) -> str:
    return next((words for node in nodes if (words := graph.text(node, *keys))), "")


def _people(graph: Graph, node: Node) -> tuple[str, ...]:
    """The names under `author`, else `creator`, whatever they are of: agencies sign as well."""
    for key in ("author", "creator", "contributor"):
        found = graph.values(node, key)
        names = [name for value in found for name in _person(value)]
        if names:
            return tuple(dict.fromkeys(line_of(name) for name in names))
    return ()


def _person(value: object) -> list[str]:
    if isinstance(value, dict):
        name = value.get("name")
        whole = " ".join(part for key in ("givenName", "familyName") if (part := words_in(value.get(key))))
        names = [words_in(item) for item in (name if isinstance(name, list) else [name])]
        return [item for item in names if item] or ([whole] if whole else [])
    return [words] if (words := words_in(value)) else []


def _keywords(graph: Graph, node: Node) -> tuple[str, ...]:
    found = [words for value in graph.values(node, "keywords") if (words := words_in(value))]
    if len(found) == 1:
        found = re.split(r"[,;|]", found[0])
    # Some systems keep their marks among the keywords, as "type:article".
    return tuple(
        dict.fromkeys(word.strip() for word in found if word.strip() and not re.match(r"\w+:\S", word.strip()))
    )


def _images(graph: Graph, node: Node) -> tuple[StatedImage, ...]:
    found = graph.values(node, "image") or graph.values(node, "thumbnailUrl")
    images = []
    for value in found:
        if isinstance(value, str):
            images.append(StatedImage(url=value))
        elif isinstance(value, dict) and (address := words_in(value.get("contentUrl")) or words_in(value.get("url"))):
            images.append(
                StatedImage(
                    url=address,
                    caption=line_of(graph.text(value, "caption", "description")),
                    credit=line_of(
                        graph.text(value, "creditText", "copyrightHolder", "copyrightNotice", "author", "creator")
                    ),
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


def _free(graph: Graph, nodes: Sequence[Node]) -> bool | None:
    words = {"true": True, "yes": True, "false": False, "no": False}
    for node in nodes:
        for value in graph.values(node, "isAccessibleForFree"):
            if isinstance(value, bool):
                return value
            if (said := words.get(re.split(r"[/#]", words_in(value))[-1].lower())) is not None:
                return said
    return None


def _locked(graph: Graph, nodes: Sequence[Node]) -> tuple[str, ...]:
    parts = [part for node in nodes for part in graph.values(node, "hasPart") if isinstance(part, dict)]
    paid = [part for part in parts if _free(graph, (part,)) is False]
    return tuple(selector for part in paid for selector in strings_in(part.get("cssSelector")) if selector)


def _address(graph: Graph, node: Node) -> str:
    page = next(iter(graph.values(node, "mainEntityOfPage")), None)
    named = page.get("@id") or page.get("url") if isinstance(page, dict) else page
    return words_in(node.get("url")) or words_in(named)


def _crumbs(graph: Graph) -> tuple[str, ...]:
    """The names of the first breadcrumb trail, from the home page down."""
    trail = next((node for node in graph.nodes if "breadcrumblist" in types_of(node)), None)
    items = [item for item in graph.values(trail, "itemListElement") if isinstance(item, dict)] if trail else []
    names = [words_in(item.get("name")) or graph.text(item, "item") for item in items]
    return tuple(name for name in names if name)
