"""Who wrote an article: chosen among what the outlet's rule, the page and the feed say, and what the page shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from worker.reading.bylines import looks_like_a_person, read_authors, signs
from worker.reading.clean import compared
from worker.reading.head import Head
from worker.reading.said import BYLINE, FEED, JSON_LD, META, MICRODATA, RULE, Found, Said
from worker.reading.signatures import visible_bylines

_MOST_BYLINES = 100
_WRITTEN = re.compile(
    r"^(?:written by|verfasst von|escrito por|[ée]crit par|scritto da|geschreven door|skrivet av|skrevet av|author|autor|napisane przez|автор)",
    re.IGNORECASE,
)


def choose_authors(said: Said, ruled: Sequence[str], *, at_most: int) -> Found[tuple[str, ...]]:
    """From the first source that names a person; what only names the outlet waits for a better one."""
    head = said.head
    sources = (
        (RULE, ruled),
        (JSON_LD, said.stated.authors),
        (META, head.all("article:author", "og:article:author")),
        (
            META,
            head.all("author", "parsely-author", "cxenseparse:author", "sailthru.author", "bt:author", "dc.creator"),
        ),
        (MICRODATA, head.microdata.authors),
        (META, _written_by(head)),
        (
            META,
            head.all(
                "dcterms.creator", "article_author", "byl", "byline", "articleauthor", "writer", "citation_author"
            ),
        ),
    )
    found = [
        Found(read_authors(raw, outlet_names=said.names, at_most=at_most), source) for source, raw in sources if raw
    ]
    firms = [compared(name) for name in said.names]
    for authors in found:
        if any(signs(name, firms) for name in authors.value):
            return _completed(authors, [other for other in found if other.source in {JSON_LD, META}])
    for line in islice(visible_bylines(said.tree), _MOST_BYLINES):
        seen = read_authors([line], outlet_names=said.names, at_most=at_most)
        people = tuple(name for name in seen if looks_like_a_person(name) and signs(name, firms))
        if people:
            return Found(people, BYLINE)
    announced = said.page.announced.authors if said.page.announced else ()
    fed = Found(read_authors(announced, outlet_names=said.names, at_most=at_most), FEED)
    return next((authors for authors in (fed, *found) if authors.value), Found((), ""))


def _completed(first: Found[tuple[str, ...]], found: Sequence[Found[tuple[str, ...]]]) -> Found[tuple[str, ...]]:
    """The authors of a source, or of one that names all of them and more."""
    names = {compared(name) for name in first.value}
    longer = (other for other in found if names < {compared(name) for name in other.value})
    return next(longer, first)


def _written_by(head: Head) -> list[str]:
    """The name in a pair of card labels and values, as blog systems write them."""
    pairs = ((head.first(f"twitter:label{n}"), head.first(f"twitter:data{n}")) for n in (1, 2))
    named = [value for label, value in pairs if value and _WRITTEN.search(label)]
    return named or head.all("twitter:misc:written by")
