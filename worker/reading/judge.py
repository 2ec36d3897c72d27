"""A learnt judge of lines: whether a line of a page is the article's, by who saw it, where it stands, and what it looks like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate, islice
from math import log1p

from lxml import html

from worker.reading.forest import Forest
from worker.reading.layout import Line, squeezed
from worker.reading.standfirst import Known
from worker.reading.witness import BEGINNING, Seen

MODEL = "judge.json"
# Lines so far from any that a reading kept are not looked at.
_NEAR = 12
_NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
_FAR = 20  # lines
_ANCESTORS = 40
_LONGEST_NAME = 300
_MANY_LETTERS = 300
_SAMPLE = 400  # letters of a line that are looked at
_TAGS = ("p", "li", "h1", "h2", "h3", "h4", "td", "div", "figcaption", "blockquote", "dd")
_ABOVE = (
    "article",
    "main",
    "aside",
    "nav",
    "header",
    "footer",
    "form",
    "figure",
    "table",
    "ul",
    "blockquote",
    "section",
)
# What class names say; in English, as those who write pages do everywhere.
_NAMES = tuple(
    tuple(words.split())
    for words in (
        "caption credit photo image figure gallery media video player",
        "byline author meta date time publish posted",
        "related recommend teaser promo more popular trending latest outbrain taboola most",
        "share social follow comment newsletter subscri sign-up signup sign-in login paywall",
        "advert sponsor banner cookie consent disclaimer copyright breadcrumb tag footer sidebar menu nav",
        "article story content body entry post text main paragraph",
        "lead lede intro summary subtitle subhead subline standfirst excerpt dek deck abstract chapo entradilla sapo sommario vorspann",
        "tweet instagram embed",
    )
)
# Words of lines that ask for something or say where a text is from, in several languages: a hint beside the others, and no more.
_ASKING = frozenset(
    (
        *("newsletter", "newsletters", "subscribe", "subscriber", "subscribers", "subscription"),
        *("subscriptions", "sign", "signup", "follow", "click", "copyright", "rights", "reserved"),
        *("http", "https", "www", "share", "app", "advertisement", "email", "mail", "whatsapp"),
        *("facebook", "twitter", "instagram", "telegram", "youtube", "download", "register", "login"),
        *("comment", "comments", "podcast", "listen", "watch", "video", "photo", "photos", "foto"),
        *("fotos", "getty", "reuters", "editing", "contributed", "correspondent", "read", "also", "more"),
        *("abonnieren", "abonnement", "abonnez", "abonné", "abo", "assine", "assinar", "assinante"),
        *("suscríbete", "suscripción", "abbonati", "iscriviti", "prenumerera", "подписывайтесь"),
        *("підписуйтесь", "leia", "lee", "lire", "lesen", "leggi", "czytaj", "mehr", "siga", "sigue"),
        *("suivez", "folgen", "donate", "boletín", "boletim"),
    )
)
_SENTENCE = re.compile(r"[.!?…\"”»。！？։۔:]$")
_MARKS = re.compile("[|•·©]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The lines of a page, which of them a reading kept (by their index), and what else is known."""

    lines: Sequence[Line]
    kept: AbstractSet[int]
    seen: Seen
    known: Known


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known of an element and those around it."""

    depth: int
    tags: frozenset[str]
    own: int  # bits of `_NAMES`, of the element and its parent
    around: int  # the same of all elements around it but the page


def weigh(case: Case, forest: Forest) -> dict[int, float]:
    """For each line near the kept ones how sure it is that it is the article's: 0..1, by its index."""
    near = near_kept(case)
    if not near:
        return {}
    return dict(zip(near, forest.weigh(evidence(case, near)), strict=True))


def near_kept(case: Case) -> list[int]:
    """The indexes of the lines that are looked at."""
    found: set[int] = set()
    for at in case.kept:
        found.update(range(max(0, at - _NEAR), min(len(case.lines), at + _NEAR + 1)))
    return sorted(found)


def evidence(case: Case, near: Sequence[int]) -> list[list[float]]:
    """A row of numbers for each of the lines."""
    return _Witness(case).rows(near)


class _Witness:
    """What is counted once for a page, and then for each line."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.places: dict[html.HtmlElement, _Place] = {}
        self.names: dict[str, int] = {}
        lines = case.lines
        self.parents = [line.element.getparent() for line in lines]
        self.looks = [(line.element.tag, line.element.get("class")) for line in lines]
        self.kept_at = [at in case.kept for at in range(len(lines))]
        self.seen_at = [_seen(line.key, case.seen.roughly) for line in lines]
        self.votes = [(kept + seen) / 2 for kept, seen in zip(self.kept_at, self.seen_at, strict=True)]
        self.letters = [len(line.key) for line in lines]
        self.linked: dict[int, float] = {}
        self.alike = Counter(line.key for line in lines)
        self.title = set(_WORD.findall(case.known.title.casefold()))
        self.summary = squeezed(case.known.summary)
        self.first, self.last = min(case.kept), max(case.kept)
        self.of_parent, self.kept_of_parent = _shares(self.parents, self.letters, self.kept_at)
        self.of_look, self.kept_of_look = _shares(self.looks, self.letters, self.kept_at)
        self.whole = max(1, sum(self.kept_of_parent.values()))
        self.page = max(1, sum(self.letters))

    def rows(self, near: Sequence[int]) -> list[list[float]]:
        behind = [0, *accumulate(n * kept for n, kept in zip(self.letters, self.kept_at, strict=True))]
        return [
            [*self._votes(at), *self._around(at), *self._text(at), *self._place(at, behind[at]), *self._share(at)]
            for at in near
        ]

    def _votes(self, at: int) -> Iterator[float]:
        key = self.case.lines[at].key
        yield self.kept_at[at]
        yield self.seen_at[at]
        stated = self.case.seen.stated
        yield max((_seen(key, text) for text in stated), default=-1)
        yield self.votes[at]

    def _around(self, at: int) -> Iterator[float]:
        for step in _NEIGHBOURS:
            other = at + step
            if 0 <= other < len(self.letters):
                yield self.votes[other]
                yield min(self.letters[other], _MANY_LETTERS)
                yield self._linked(other)
                yield self.parents[other] is self.parents[at]
                yield self.looks[other] == self.looks[at]
            else:
                yield from (-1, 0, 0, 0, 0)

    def _text(self, at: int) -> Iterator[float]:
        line = self.case.lines[at]
        text = line.text[:_SAMPLE]
        letters = max(1, len(text))
        found = _WORD.findall(text.casefold())
        words = max(1, len(found))
        yield log1p(self.letters[at])
        yield letters / words
        yield self._linked(at)
        yield min(5, sum(1 for _ in islice(line.element.iter("a"), 5)))
        distinct = set(found)
        yield len(self.title & distinct) / max(1, len(distinct))
        yield len(self.title & distinct) / max(1, len(self.title))
        yield line.key[:BEGINNING] in self.summary if len(line.key) > 20 else 0  # noqa: PLR2004
        yield min(5, self.alike[line.key])
        yield _SENTENCE.search(line.text[-3:]) is not None
        yield text.count(",") / words
        yield sum(map(str.isdigit, text)) / letters
        yield sum(map(str.isupper, text)) / letters
        yield len(_MARKS.findall(text))
        asking = sum(word in _ASKING for word in found) + text.count("@") + text.count("©")
        yield asking
        yield asking / words
        yield text[:1] in "*•[(—–-"
        yield line.between

    def _linked(self, at: int) -> float:
        if at not in self.linked:
            self.linked[at] = self.case.lines[at].linked
        return self.linked[at]

    def _place(self, at: int, behind: int) -> Iterator[float]:
        line = self.case.lines[at]
        place = self._known_place(line.element)
        yield min(_ANCESTORS, place.depth)
        for tag in _TAGS:
            yield line.element.tag == tag
        for tag in _ABOVE:
            yield tag in place.tags
        for bit in range(len(_NAMES)):
            yield place.own >> bit & 1
            yield place.around >> bit & 1
        yield at < self.first
        yield at > self.last
        yield max(-_FAR, min(_FAR, at - self.first))
        yield max(-_FAR, min(_FAR, self.last - at))
        yield behind / self.whole
        yield (self.whole - behind) / self.whole

    def _share(self, at: int) -> Iterator[float]:
        for every, kept, name in (
            (self.of_parent, self.kept_of_parent, self.parents[at]),
            (self.of_look, self.kept_of_look, self.looks[at]),
        ):
            yield kept[name] / max(1, every[name])
            yield kept[name] / self.whole
            yield every[name] / self.page
        yield self.whole / 1000
        yield len(self.letters) / 100
        yield self.whole / self.page

    def _known_place(self, element: html.HtmlElement) -> _Place:
        """What is known of an element; asked for each element once."""
        chain: list[html.HtmlElement] = []
        above: html.HtmlElement | None = element
        while above is not None and above not in self.places and len(chain) < _ANCESTORS:
            chain.append(above)
            above = above.getparent()
        place = self.places.get(above) if above is not None else None
        place = place or _Place(0, frozenset(), 0, 0)
        before = 0
        for inner in reversed(chain):
            own = self._named(inner) if inner.tag not in {"html", "body"} else 0
            place = _Place(place.depth + 1, place.tags | {str(inner.tag)}, own | before, place.around | own)
            self.places[inner] = place
            before = own
        return place

    def _named(self, element: html.HtmlElement) -> int:
        said = " ".join(
            (element.get(name) or "")[:_LONGEST_NAME] for name in ("class", "id", "itemprop", "role")
        ).lower()
        if said == "   ":
            return 0
        if said not in self.names:
            self.names[said] = sum(1 << bit for bit, words in enumerate(_NAMES) if any(word in said for word in words))
        return self.names[said]


def _seen(key: str, text: str) -> float:
    """Whether a text has the beginning and the end of a line."""
    return ((key[:BEGINNING] in text) + (key[-BEGINNING:] in text)) / 2


def _shares(
    names: Sequence[object], letters: Sequence[int], kept: Sequence[bool]
) -> tuple[Counter[object], Counter[object]]:
    """Letters by name, and of these the kept ones."""
    every: Counter[object] = Counter()
    own: Counter[object] = Counter()
    for name, count, is_kept in zip(names, letters, kept, strict=True):
        every[name] += count
        own[name] += count * is_kept
    return every, own
