"""The title of an article among those that a page and its feed give it, without the name of the outlet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from worker.reading.clean import compared
from worker.reading.said import DOCUMENT, FEED, HEADING, JSON_LD, META

_APART = re.compile(
    r"\s+[|\u2022\u00b7\u00bb\u2013\u2014/-]+\s+|\s*[|\u2022\u00bb\uff5c\u3163\uff1a]\s*|\s+::\s+|\s+>\s+"
)
# Marks without blanks around them stand in titles as well: what they part is looked at more closely.
_CLOSE = re.compile(r"[_:-]")
_CUT_SHORT = re.compile(r"\s*(?:\u2026|\.\.\.)$")
_MOST_WORDS = 5  # of a name
_MOST_PARTS = 20
_SHORTEST_PART = 4  # letters of a name that may stand for the whole one
_LONG_ENOUGH = 20  # letters that no two titles have in common by chance
_SHORTEST_HEADING = 15  # letters: shorter ones may be the name of a section
_LIMIT = 100  # letters; JSON-LD headlines were cut at 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What is said of a title, each clean and empty when nobody said it; `names` are what the outlet calls itself."""

    stated: str = ""  # JSON-LD, else microdata
    social: str = ""  # og:title and its like
    headings: Sequence[str] = ()  # of level 1
    document: str = ""  # `<title>`
    feed: str = ""
    names: Sequence[str] = ()
    sections: Sequence[str] = ()  # under which the article stands
    stated_in: str = JSON_LD


@dataclass(frozen=True, slots=True)
class Title:
    """The chosen title and where it is from; empty when there is none."""

    text: str = ""
    source: str = ""


def choose_title(titles: Titles) -> Title:
    """The best of the JSON-LD headline, og:title, level 1 headings, `<title>` and the feed's title.

    Outlets write a shorter headline for search engines into `<title>` or og:title, so the headline in JSON-LD is trusted
    first; when it is only the search engine's, the shown heading and og:title agree against it. A feed's title decides
    between the headline and og:title where no heading confirms either.
    """
    said = [compared(title) for title in (titles.stated, titles.social, *titles.headings, titles.document, titles.feed)]
    told = {compared(title) for title in (titles.stated, titles.social, titles.document, titles.feed)}
    known = [letters for name in titles.names if (letters := compared(name)) and not _tells(letters, told, titles)]
    known += [name for name in _names_beside(titles.headings, titles.document) if name not in told]
    cut = _Cut(known, said, [compared(section) for section in titles.sections if section])
    social, document = cut(titles.social), cut(titles.document)
    stated = replace(cut, exactly=True)(titles.stated)
    heading = _heading([h for h in titles.headings if compared(h) not in known], (stated, social, document))
    heading = replace(cut, exactly=True)(_without_tail(heading, social or document, titles.document))
    bare = replace(titles, stated=stated, social=social, document=document, feed=cut(titles.feed))
    ranked = _ranked(bare, heading)
    chosen = next((title for title in ranked if title.text), Title())
    whole = _completed(chosen.text, ranked)
    return whole or chosen


def _ranked(bare: Titles, heading: str) -> Sequence[Title]:
    """The titles by how much they are trusted."""
    stated, social = Title(bare.stated, bare.stated_in), Title(bare.social, META)
    shown, document, feed = Title(heading, HEADING), Title(bare.document, DOCUMENT), Title(bare.feed, FEED)
    rest = [shown, document, feed]
    confirmed = {compared(title.text) for title in (shown, document)}
    if _same(shown, social) and _same(document, stated) and not _same(shown, stated):
        return [shown, social, stated, document, feed]
    if bare.feed and _same(feed, social) and compared(stated.text) not in confirmed:
        return [social, stated, *rest]
    if not stated.text and len(compared(heading)) >= _SHORTEST_HEADING and not _same(feed, social):
        # Without a stated headline the one that readers see: og:title is often written for other places.
        return [shown, social, document, feed]
    return [stated, social, *rest]


def _tells(name: str, told: set[str], titles: Titles) -> bool:
    """Whether what is given as the outlet's name is the article's title: some templates write it everywhere."""
    return name in told and len(name) > _LONG_ENOUGH and any(compared(heading) == name for heading in titles.headings)


def _same(one: Title, other: Title) -> bool:
    return bool(one.text) and compared(one.text) == compared(other.text)


def without_outlet(title: str, names: Sequence[str], said: Sequence[str] = ()) -> str:
    """A title without the parts at its ends that are a name of the outlet; empty when it is nothing else.

    Both sequences are in letters only. What the page also says without a part (`said`), is the title without it.
    """
    return _Cut(names, said, ())(title)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Takes off what is no part of a title; names, titles and sections in letters only."""

    names: Sequence[str]
    said: Sequence[str]
    sections: Sequence[str]
    exactly: bool = False  # a headline is cut only at a bar, and of whole names

    def __call__(self, title: str) -> str:
        for _ in range(_MOST_PARTS):
            before = title
            title = self._shorter(title)
            if title == before:
                break
        return "" if compared(title) in self.names else title

    def _shorter(self, title: str) -> str:
        marks = list(_APART.finditer(title))
        ends = marks if len(marks) <= 2 * _MOST_PARTS else [*marks[:_MOST_PARTS], *marks[-_MOST_PARTS:]]
        found = [mark for mark in ends if compared(title[mark.end() :]) and compared(title[: mark.start()])]
        if not found:
            return self._close(title)
        before, after = title[: found[-1].start()].rstrip(), title[found[0].end() :].lstrip()
        last = title[found[-1].end() :]
        if self._is_name(last) or self._is_said(before, found[-1][0]):
            return self._without_section(before) if compared(before) not in self.said else before
        if compared(title[: found[0].start()]) in self.names or self._is_said(after, found[0][0]):
            return after
        return title if self.exactly else _said_start(title, found, self.said) or self._close(title)

    def _close(self, title: str) -> str:
        """What a mark without blanks parts is taken off when it is a name of the outlet, or the rest is a title of the page."""
        marks = [mark for mark in _CLOSE.finditer(title) if mark.start() and mark.end() < len(title)][-_MOST_PARTS:]
        for mark in reversed(marks):
            before, last = title[: mark.start()].rstrip(), title[mark.end() :]
            foreign = mark[0] == "_" or not (before[-1:] + last[:1]).isascii()
            if foreign and not last.startswith(" ") and (self._is_name(last) or compared(before) in self.said):
                return self._without_section(before)
        return title

    def _is_name(self, part: str) -> bool:
        return compared(part) in self.names if self.exactly else _is_name(part, self.names)

    def _is_said(self, rest: str, mark: str) -> bool:
        """Whether the page has the rest as a title: then the mark parts it from something else."""
        return (not self.exactly or "|" in mark) and compared(rest) in self.said

    def _without_section(self, title: str) -> str:
        """A title whose outlet was taken off, without the section that stood before it."""
        marks = [*_APART.finditer(title), *_CLOSE.finditer(title)][-2 * _MOST_PARTS :]
        ends = ((title[: mark.start()].rstrip(), title[mark.end() :]) for mark in marks)
        found = (before for before, last in ends if compared(last) in self.sections or _is_short_section(before, last))
        return next((before for before in found if before), title)


def _is_short_section(before: str, last: str) -> bool:
    """Whether a last part is a word of two to four letters as scripts without blanks write a section ("-정치", "_智能")."""
    return (
        1 < len(last) <= _SHORTEST_PART
        and last.isalpha()
        and not last[0].isascii()
        and last.lower() == last.upper()
        and len(before) > _LONG_ENOUGH // 2
    )


def _names_beside(headings: Sequence[str], document: str) -> Sequence[str]:
    """Headings that only repeat the end of `<title>`: the outlet's name in its logo."""
    ends = {compared(part) for part in re.split(r"[|\uff5c_\u2013\u2014]|\s-\s", document)[1:]}
    return [letters for heading in headings if (letters := compared(heading)) and letters in ends]


def _said_start(title: str, parts: Sequence[re.Match[str]], said: Sequence[str]) -> str:
    """The beginning up to one of the marks, when the page says just that elsewhere."""
    starts = (title[: mark.start()].rstrip() for mark in parts)
    return next((start for start in starts if compared(start) in said and " " in start), "")


def _is_name(part: str, names: Sequence[str]) -> bool:
    """Whether the end of a title is the outlet's name, perhaps with more ("Sport | The Daily Planet Online")."""
    letters = compared(part)
    if not letters or len(part.split()) > _MOST_WORDS:
        return False
    long_enough = [name for name in names if min(len(name), len(letters)) >= _SHORTEST_PART]
    return letters in names or any(letters.startswith(name) or name.startswith(letters) for name in long_enough)


def _heading(headings: Sequence[str], others: Iterable[str]) -> str:
    """The heading that the page's other titles repeat, else the only one: some pages have dozens."""
    wanted = [compared(other) for other in others if other]
    for heading in headings:
        letters = compared(heading)
        if letters and any(letters == other or (len(letters) > _LONG_ENOUGH and letters in other) for other in wanted):
            return heading
    different = list(dict.fromkeys(headings))
    return different[0] if len(different) == 1 else ""


def _without_tail(heading: str, title: str, document: str) -> str:
    """A heading, or the title that it begins with when its rest is only the end of `<title>`: the outlet's name in it."""
    letters, start = compared(heading), compared(title)
    rest = letters[len(start) :] if start and letters.startswith(start) else ""
    return title if rest and compared(document).endswith(rest) and compared(document) != letters else heading


def _completed(chosen: str, others: Iterable[Title]) -> Title | None:
    """The title that a cut one is the beginning of."""
    cut = _CUT_SHORT.search(chosen)
    start = compared(chosen[: cut.start()] if cut else chosen)
    if not start or (not cut and len(chosen) < _LIMIT):
        return None
    longer = (other for other in others if len(other.text) > len(chosen) and compared(other.text).startswith(start))
    return next(longer, None)
