"""What the gate looks at: a page's text and statements, measured once and only when somebody asks; it judges nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml import html

from worker.pipeline.ports import PageInput
from worker.reading.access import letters_in
from worker.reading.blocks import Body
from worker.reading.gate.around import Around, around
from worker.reading.gate.lexicon import Lexicon
from worker.reading.gate.places import Shown, elements_of, shown_on, words_of
from worker.reading.gate.prose import begins_word, is_prose, lines_of, marks_of
from worker.reading.gate.words import LOCK, PAY_MARKUP, PRICE, SUBSCRIBE
from worker.reading.metadata import Metadata

# Letters and elements beyond which nothing is looked at: walls and lists show what they are at their start.
_MOST_LETTERS = 12_000
_MOST_BYTES = 100_000
_MOST_BLOCKS = 400
_MOST_ANCHORS = 400
_MOST_BOXES = 2500
_LONGEST_BOX = 1500  # letters
_LONGEST_TITLE = 1000
_ONE_WORD = 0.4  # what one shared word says of a title that has no other
_MOST_SAID = 2500
_MOST_COMPARED = 6000
_GUESSED = frozenset({"text", "htmldate"})
_OWN = frozenset({"json-ld", "meta", "microdata", "time"})
_SAME = 0.8
_COUNT = re.compile(rb'"wordCount"\s{0,9}:\s{0,9}"?(\d{1,6})')
_SHORTEST_PART = 100  # letters of a locked part
# The address of an article has a number, a date or a slug of several words; that of a list has none.
_ARTICLE_PATH = re.compile(r"\d{4,}|/(?:19|20)\d\d/\d\d?/|(?<![^/_-])[^/_-]{1,60}(?:[_-][^/_-]{1,60}){2}")
_REFRESH = re.compile(r"^\s*(\d{1,4})?\s*[;,]?\s*(?:url\s*=\s*(.*))?$", re.IGNORECASE)
_SOON = 30  # seconds
_FILE_END = re.compile(r"\.\w{2,5}$")


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A page before the gate. Costly measures are made when they are first asked for."""

    page: PageInput
    tree: html.HtmlElement
    body: Body  # what the extractor found, possibly nothing
    metadata: Metadata
    enough: bool  # the text is as long as an article's must be

    @cached_property
    def text(self) -> str:
        """The extracted text, lower case, as far as it is looked at."""
        return self.body.text[:_MOST_LETTERS].casefold()

    @cached_property
    def letters(self) -> int:
        """Of the extracted text."""
        return sum(len(block.text) for block in self.body.blocks)

    @cached_property
    def start(self) -> bytes:
        """The page as it was sent, in lower case: what services write into scripts stands only here."""
        return self.page.body[:_MOST_BYTES].lower()

    @cached_property
    def path(self) -> str:
        """The readable path of the address, lower case."""
        return unquote(urlsplit(self.page.url).path).casefold()

    @cached_property
    def has_article_path(self) -> bool:
        """Whether the address looks like an article's."""
        return bool(_ARTICLE_PATH.search(_FILE_END.sub("", self.path)))

    @cached_property
    def is_dated(self) -> bool:
        """Whether the page states when it was published; a date that was found in its words is none."""
        return any(by.value and by.source not in _GUESSED for by in self.metadata.dated.dates.published)

    @cached_property
    def is_signed(self) -> bool:
        """Whether the page names an author or a date of its own; the date in its address is that of another page as well."""
        dates = self.metadata.dated.dates.published
        return bool(self.metadata.authors) or any(by.value and by.source in _OWN for by in dates)

    @cached_property
    def leads_on(self) -> bool:
        """Whether it loads itself or another page soon; a page that does so for news waits longer."""
        for meta in self.tree.iter("meta"):
            if (meta.get("http-equiv") or "").strip().lower() == "refresh":
                found = _REFRESH.match((meta.get("content") or "")[:500])
                return found is not None and int(found[1] or 0) <= _SOON
        return False

    def is_summary(self, story: Sequence[str]) -> bool:
        """Whether a story is hardly more than what the page gives as its description."""
        summary, told = marks_of(self.metadata.summary[:_LONGEST_TITLE]), marks_of("\n".join(story[:1]))
        return bool(told) and len(told & summary) >= _SAME * len(told)

    @cached_property
    def words_promised(self) -> int:
        """How many words the article has by what the page says of it; 0 when it says nothing."""
        found = _COUNT.search(self.page.body[: 4 * _MOST_BYTES])
        return int(found[1]) if found else 0

    @cached_property
    def is_whole(self) -> bool:
        """Whether the part that the page calls locked came with it."""
        return letters_in(self.tree, self.metadata.stated.locked) >= _SHORTEST_PART

    @cached_property
    def around(self) -> Around:
        """What stands around the text; to be asked of a short one."""
        return around(self.tree, self.prose, letters=self.letters)

    @cached_property
    def announces(self) -> bool:
        """Whether title, description or feed say enough for `agreement` to mean something."""
        announced = self.page.announced
        said = (self.metadata.title, self.metadata.summary, announced.title if announced else "")
        return any(len(marks_of(one[:_LONGEST_TITLE]) - self._outlet_marks) > 2 for one in said)  # noqa: PLR2004

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """What the page calls itself: title without the outlet, `<title>`, headings of level 1; lower case."""
        head = self.metadata.head
        named = (self.metadata.title, head.title, *head.headings[:3])
        return tuple(dict.fromkeys(name[:_LONGEST_TITLE].casefold() for name in named if name))

    @cached_property
    def claim(self) -> int:
        """How firmly the page says that it is an article: JSON-LD that names an article, `og:type`, a time of publication.

        From 0 to 4. JSON-LD about another address says nothing of this page, nor does one without headline.
        """
        stated, head = self.metadata.stated, self.metadata.head
        named = any(word.endswith(("article", "posting")) for word in stated.types) and bool(stated.headline)
        here = urlsplit(self.page.url).path.strip("/")
        elsewhere = bool(stated.url) and bool(there := urlsplit(stated.url).path.strip("/")) and there not in here
        ours = named and not (elsewhere and not self.has_article_path)
        kind = head.first("og:type").lower()
        return (
            2 * ours
            + kind.startswith("article")
            + bool(head.first("article:published_time") or ours * stated.published)
        )

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The text line by line; cells of tables are lines as well: old pages are tables as a whole."""
        return tuple(line for line, _ in self._pieces)

    @cached_property
    def _pieces(self) -> tuple[tuple[str, bool], ...]:
        """The lines, and whether each may be prose: a heading may not, nor may a block of links."""
        pieces = (piece for block in self.body.blocks[:_MOST_BLOCKS] for piece in lines_of(block))
        return tuple(islice(pieces, _MOST_BLOCKS))

    @cached_property
    def prose(self) -> tuple[str, ...]:
        """The lines that are sentences, and not menus, buttons, headings."""
        return tuple(line for line in self.plain if not self._is_linked(line))

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """The lines that read as sentences, before anybody asks whether they are made of links: cheaper than `prose`."""
        return tuple(line for line, may_be in self._pieces if may_be and is_prose(line))

    @cached_property
    def anchors(self) -> tuple[str, ...]:
        """The words of the page's links, each once."""
        found = (words_of(anchor, at_most=300) for anchor in islice(self.tree.iter("a"), _MOST_ANCHORS))
        return tuple(dict.fromkeys(words for words in found if len(words) > 2))  # noqa: PLR2004

    def _is_linked(self, line: str) -> bool:
        """Whether a line is made of the page's links: a menu or a list of headlines that was read as one paragraph."""
        room = 0.35 * len(line)
        for words in self.anchors:
            if words in line:
                room -= len(words) * line.count(words)
                if room <= 0:
                    return True
        return False

    @cached_property
    def agreement(self) -> float:
        """Which share of the words of its title, or of its description, stands in the text: 0 for a wall, near 1 for an article."""
        return self.agreement_without(None)

    def agreement_without(self, words: Lexicon | None) -> float:
        """The same without the words that are a wall's own, which stand in its title and in its text as well."""
        announced = self.page.announced
        said = [self.metadata.title, self.metadata.summary, announced.title if announced else ""]
        text = "\n".join(islice(self.plain, 60))[:_MOST_COMPARED].casefold()
        for title in self.titles:
            text = text.replace(title, " ", 3)
        shares = [0.0]
        for one in said:
            lower = one.casefold()[:_LONGEST_TITLE]
            marks = marks_of(words.without(lower) if words else lower) - self._outlet_marks
            marks = frozenset(mark for mark in marks if mark not in self._host)
            found = sum(begins_word(mark, text) for mark in marks)
            if len(marks) > 1:
                shares.append(found / len(marks))
            elif found:
                # One word may stand in any text.
                shares.append(_ONE_WORD)
        return max(shares)

    @cached_property
    def _host(self) -> str:
        return (urlsplit(self.page.url).hostname or "").casefold()

    @cached_property
    def _outlet_marks(self) -> frozenset[str]:
        name = self.metadata.head.first("og:site_name") or self.metadata.stated.publisher
        return marks_of(name[:200])

    @cached_property
    def elements(self) -> list[html.HtmlElement]:
        """The elements that the prose was read from, as far as they are found again."""
        return elements_of(self.tree, self.prose)

    @cached_property
    def pay_box(self) -> tuple[str, str]:
        """The class of an element of a paywall that holds an offer or a lock, and its words; empty when there is none."""
        for element in islice(self.tree.iter("div", "section", "aside", "p", "amp-access"), _MOST_BOXES):
            name = f"{element.get('class') or ''} {element.get('id') or ''}"[:300].lower()
            if found := PAY_MARKUP.search(name):
                words = words_of(element, at_most=_LONGEST_BOX).casefold()
                # What is longer is the article in a wrapper that bears the name.
                if len(words) < _LONGEST_BOX and (LOCK.search(words) or PRICE.search(words) or SUBSCRIBE.search(words)):
                    return found[0].strip(" _-"), words
        return "", ""

    @cached_property
    def shown(self) -> Shown:
        """What stands between the menus of the page."""
        return shown_on(self.tree)

    @cached_property
    def said(self) -> str:
        """Titles, text and, of a page with little text, all that it shows; lower case."""
        more = self.shown.text[:_MOST_SAID] if self.letters < _MOST_SAID else ""
        return "\n".join((*self.titles, self.text[:_MOST_SAID], more))
