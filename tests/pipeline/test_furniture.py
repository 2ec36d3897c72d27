"""An outlet's furniture over days: learnt from its pages, left out of new articles, and no reason for a revision."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from tests.doubles import PlainPages, ScriptedWeb
from tests.harness import Desk, outlet, sqlite_database
from tests.invariants import check
from worker.news.entry import Entry
from worker.news.furniture import furnish
from worker.news.outcome import Duplicate, Extracted, Revised, Stale, Stored, Visited
from worker.news.page import Held, Page
from worker.news.policy import ArticlePolicy, FurniturePolicy
from worker.news.reason import Reason
from worker.news.record import Block, BlockKind, Change
from worker.news.work import Call, Purpose, Stage
from worker.pipeline.ports import PageReader
from worker.reading.pages import TrafilaturaReader
from worker.store.furniture import count_lines, counted_lines, spare_line
from worker.store.manual import feeds_of, poll_now
from worker.store.schema import articles, furniture_counts, revisions

FEED = "https://paper.example/feed"
BOX = "Every morning our letter tells you what matters in town: sign up with your address, and it is in your box at seven."
LEGAL = (
    "The texts and pictures of this paper are protected; whoever wishes to use them elsewhere asks the publisher first."
)
ERRATA = "Did you find a mistake in what you read? Write to the desk, and it will be mended on the same day."
FURNITURE = (BOX, LEGAL, ERRATA)
PLACES = "harbour market bridge school theatre station hospital library stadium museum".split()  # noqa: SIM905
DOINGS = "painted flooded measured emptied visited insured praised guarded heated lit".split()  # noqa: SIM905
DAY = timedelta(days=1)
POLICY = FurniturePolicy()


def title_of(n: int) -> str:
    """The title of the n-th article; those of neighbours have no word in common."""
    return f"{PLACES[n % 10].title()} {DOINGS[(n // 10 + n) % 10]} once more, number {n}"


def body_of(n: int) -> list[str]:
    """The paragraphs of the n-th article, which no other one has."""
    place, doing = PLACES[n % 10], DOINGS[(n // 10 + n) % 10]
    return [
        f"The {place} was {doing} on the morning of case {n}, said the people of house {n * 7 + part}, who had waited for it "
        f"since winter {n + part} and counted {n * 13 + part} neighbours that came to look at the {place} from windows and roofs, "
        f"while the mayor spoke of {n * 3 + part} crowns that the works had cost so far."
        for part in range(8)
    ]


@dataclass
class Paper:
    """An outlet with a day's work of articles at a time."""

    desk: Desk
    entries: list[Entry] = field(default_factory=list)

    @property
    def web(self) -> ScriptedWeb:
        """Its site."""
        assert isinstance(self.desk.web, ScriptedWeb)
        return self.desk.web

    def put(self, n: int, lines: Sequence[str], title: str | None = None) -> str:
        """Put up the page of an article."""
        url = f"https://paper.example/{n}"
        self.web.page(url, "\n".join(lines), title=title or title_of(n))
        return url

    def announce(self, url: str, **values: Any) -> None:
        """Name an article in the feed."""
        self.entries.append(Entry(url=url, guid=url, **values))
        self.web.feed(FEED, *self.entries[-30:])

    def days(self, count: int, *, articles: int = 5, first: int = 0) -> int:
        """Let days pass with articles that have the furniture; returns the number of the next one."""
        for day in range(count):
            for n in range(first + day * articles, first + (day + 1) * articles):
                self.announce(self.put(n, furnished(body_of(n))))
            self.desk.settle(timedelta(minutes=1))
            self.pass_day()
        return first + count * articles

    def pass_day(self) -> None:
        """To the same hour of the next day."""
        self.desk.clock.move(DAY)

    def file(self, url: str, **values: Any) -> list[Extracted]:
        """Announce one article and bring it home; how its extraction ended."""
        self.announce(url, **values)
        database, now = self.desk.database, self.desk.clock.now()
        poll_now(database, feeds_of(database, outlet="paper"), purpose=Purpose.MANUAL, now=now)
        return [
            outcome for outcome in extracted(self.desk.settle(timedelta(minutes=1))) if not isinstance(outcome, Visited)
        ]

    def record(self, url: str, n: int = -1) -> dict[str, Any]:
        """A revision of the article at an address; by default the last."""
        query = select(revisions.c.record).join(articles, articles.c.id == revisions.c.article_id)
        with self.desk.database.read() as c:
            found = c.execute(query.where(articles.c.url == url).order_by(revisions.c.n)).scalars().all()
        record: dict[str, Any] = orjson.loads(found[n])
        return record

    def lines(self, url: str, n: int = -1) -> list[str]:
        """The paragraphs of a record."""
        return [block["text"] for block in self.record(url, n)["blocks"]]

    def learnt(self) -> dict[str, str]:
        """The furniture that is known, as sample and hash."""
        found = counted_lines(self.desk.database, "paper", self.desk.furniture)
        return {line.sample: line.hash for line in found.lines if line.state == "furniture"}

    def counted(self) -> int:
        """How many articles were counted."""
        with self.desk.database.read() as c:
            return c.execute(select(furniture_counts.c.articles)).scalar_one_or_none() or 0


def furnished(body: Sequence[str]) -> list[str]:
    """A page's lines: the box among the paragraphs, the others at the end."""
    return [*body[:3], BOX, *body[3:], ERRATA, LEGAL]


def extracted(outcomes: Sequence[object]) -> list[Any]:
    """The outcomes of extract."""
    return [outcome for outcome in outcomes if isinstance(outcome, Stored | Revised | Duplicate | Visited)]


def open_paper(
    folder: Path, reader: PageReader | None = None, *, policy: FurniturePolicy = POLICY, visits: bool = False
) -> Paper:
    """A paper whose feed is empty."""
    desk = Desk(
        sqlite_database(folder),
        ScriptedWeb(),
        page_reader=reader or PlainPages(furniture=policy),
        furniture=policy,
        article=ArticlePolicy() if visits else ArticlePolicy(visits=()),
    )
    desk.open(outlet(FEED))
    return Paper(desk)


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Paper]:
    """A paper with the plain reader, whose articles are not visited again."""
    made = open_paper(tmp_path)
    yield made
    check(made.desk.database)
    made.desk.database.close()


@pytest.fixture
def revisited(tmp_path: Path) -> Iterator[Paper]:
    """A paper whose articles are visited again."""
    made = open_paper(tmp_path, visits=True)
    yield made
    check(made.desk.database)
    made.desk.database.close()


# --- learning -------------------------------------------------------------------------------------------------------
def page_of(n: int) -> bytes:
    """A page as sites make them: the box is one more paragraph of the article, the notices stand below its text."""
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in furnished(body_of(n)))
    title = html.escape(title_of(n))
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><nav><a href="/">Paper</a></nav>'
        f"<main><article><h1>{title}</h1>{paragraphs}</article></main><footer>Paper</footer></body></html>"
    ).encode()


def test_thirty_pages_teach_the_real_reader_the_furniture_and_nothing_else(tmp_path: Path) -> None:
    paper = open_paper(tmp_path, reader=TrafilaturaReader())
    urls = [f"https://paper.example/{n}" for n in range(31)]
    for n, url in enumerate(urls):
        page = Page(url=url, status=200, body=Held(page_of(n)), content_type="text/html; charset=utf-8")
        paper.web.answers[url] = page
    for day in range(6):
        for url in urls[day * 5 : day * 5 + 5]:
            paper.announce(url)
        paper.desk.settle(timedelta(minutes=1))
        paper.pass_day()
    assert paper.lines(urls[3]) == furnished(body_of(3)), "nothing is left out while nothing is known"
    assert set(paper.learnt()) == set(FURNITURE)
    assert paper.file(urls[30])[0] == Stored()
    assert paper.lines(urls[30]) == body_of(30)
    record = paper.record(urls[30])
    assert record["text"] == "\n".join(body_of(30))
    assert record["extraction"]["warnings"] == ["left out: 3 lines that stand on many pages of the outlet"]
    paper.desk.database.close()


def test_furniture_goes_on_being_counted_while_it_is_left_out(paper: Paper) -> None:
    paper.days(9)
    assert set(paper.learnt()) == set(FURNITURE)
    assert paper.counted() == 45
    found = counted_lines(paper.desk.database, "paper", paper.desk.furniture).lines
    assert {line.pages for line in found if line.state == "furniture"} == {45}


def test_furniture_that_the_outlet_gave_up_is_forgotten(tmp_path: Path) -> None:
    paper = open_paper(tmp_path, policy=FurniturePolicy(window=40, known=10))
    n = paper.days(6)
    assert set(paper.learnt()) == set(FURNITURE)
    for _ in range(12):
        for number in range(n, n + 5):
            paper.announce(paper.put(number, body_of(number)))
        n += 5
        paper.desk.settle(timedelta(minutes=1))
        paper.pass_day()
    assert paper.learnt() == {}
    paper.desk.database.close()


BACKGROUND = (
    "The funicular of the old town had left its rails on the third of September; sixteen people lost their lives."
)


def running_story(paper: Paper, days: int, titles: Sequence[str]) -> str:
    """Days of five articles each of which one is of a story and ends with its background; returns the last such one."""
    n, url = paper.days(4), ""
    for day in range(days):
        for number in range(n, n + 4):
            paper.announce(paper.put(number, furnished(body_of(number))))
        url = paper.put(n + 4, [*furnished(body_of(n + 4)), BACKGROUND], titles[day % len(titles)])
        paper.announce(url)
        n += 5
        paper.desk.settle(timedelta(minutes=1))
        paper.pass_day()
    assert set(paper.learnt()) >= set(FURNITURE)
    return url


def test_the_background_of_a_story_of_two_days_stays_whatever_its_titles(paper: Paper) -> None:
    url = running_story(paper, 2, ["Eggs are dear again", "Rain is on its way"])
    assert paper.lines(url)[-1] == BACKGROUND


def test_the_background_of_a_story_of_many_days_stays_while_titles_say_what_it_is_about(paper: Paper) -> None:
    titles = ["Funicular to run again", "A year of questions", "What the rails tell the experts", "The old town mourns"]
    url = running_story(paper, 8, titles)
    assert paper.lines(url)[-1] == BACKGROUND


def test_a_line_that_stands_under_all_kinds_of_titles_for_many_days_is_furniture_whatever_it_says(paper: Paper) -> None:
    url = running_story(paper, 8, [f"{place.title()} mended" for place in PLACES])
    assert BACKGROUND not in paper.lines(url)


# --- what counts ----------------------------------------------------------------------------------------------------
def test_feed_texts_duplicates_and_visits_are_not_counted(revisited: Paper) -> None:
    paper = revisited
    paper.file(paper.put(1, furnished(body_of(1))))
    assert paper.counted() == 1
    copy = "https://paper.example/copy"
    paper.web.page(copy, "\n".join(furnished(body_of(1))), title="Another title")
    assert any(isinstance(outcome, Duplicate) for outcome in paper.file(copy))
    forbidden = "https://paper.example/forbidden"
    paper.web.answers[forbidden] = Page(url=forbidden, status=403)
    assert Stored() in paper.file(forbidden, title="Only in the feed", content="\n".join(furnished(body_of(2))))
    paper.put(
        1, furnished([*body_of(1), "And a storm of 140 km/h took the roof of the town hall, and 3 people were hurt."])
    )
    assert Revised(2, Change.MATERIAL) in extracted(paper.desk.settle(timedelta(hours=3)))
    assert paper.counted() == 1


def test_a_late_finisher_counts_nothing(paper: Paper) -> None:
    paper.announce(paper.put(1, furnished(body_of(1))))
    call = _to_extract(paper.desk)
    ticket = call.tickets[0]
    job = paper.desk.extract.extracts.begin(ticket, now=paper.desk.clock.now())
    assert job is not None
    effect, outcome = paper.desk.extract._extract(job)
    paper.desk.clock.move(timedelta(minutes=10))
    paper.desk.settle()
    assert paper.counted() == 1
    assert paper.desk.extract.extracts.finish(job, effect, outcome, now=paper.desk.clock.now()) is None
    assert paper.desk.answer(call) == [Stale()]
    assert paper.counted() == 1


def _to_extract(desk: Desk) -> Call:
    """Run until a page is to be extracted, and take the message."""
    while True:
        desk.dispatch()
        while desk.bell.calls:
            call = desk.bell.calls.pop(0)
            if call.stage is Stage.EXTRACT:
                return call
            desk.answer(call)
        desk.clock.move(desk.lease.tick)


# --- visits ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def eve(revisited: Paper) -> tuple[Paper, str]:
    """A paper whose last article is filed with the furniture in its text, and tells that it is furniture."""
    paper = revisited
    blocks = tuple(Block(kind=BlockKind.PARAGRAPH, text=line) for line in FURNITURE)
    lines = furnish(blocks, title="", known=frozenset(), policy=POLICY).furnishing.lines
    with paper.desk.database.write() as c:
        for n in range(20):
            day = paper.desk.clock.now().date() - DAY * (4 - n // 5)
            count_lines(c, "paper", lines, day=day, policy=POLICY)
    n = 800
    url = paper.put(n, furnished(body_of(n)))
    assert paper.file(url)[0] == Stored()
    assert paper.lines(url) == furnished(body_of(n))
    assert set(paper.learnt()) == set(FURNITURE)
    return paper, url


def body_at(url: str) -> list[str]:
    """The paragraphs of the article at an address."""
    return body_of(int(url.rpartition("/")[2]))


def visited(paper: Paper) -> list[Extracted]:
    """What comes of the visits of the next hours."""
    return extracted(paper.desk.settle(timedelta(hours=3)))


def test_a_page_that_did_not_change_is_unchanged_though_its_furniture_was_learnt(eve: tuple[Paper, str]) -> None:
    paper, url = eve
    found = visited(paper)
    assert found
    assert set(found) == {Visited("unchanged")}
    assert paper.lines(url) == furnished(body_at(url))


def test_furniture_that_comes_goes_or_changes_its_place_is_no_change(eve: tuple[Paper, str]) -> None:
    paper, url = eve
    paper.put(int(url.rpartition("/")[2]), [LEGAL, *body_at(url), BOX])
    assert set(visited(paper)) == {Visited("unchanged")}


def test_a_real_change_at_the_same_time_is_a_revision_of_its_own_kind_without_the_furniture(
    eve: tuple[Paper, str],
) -> None:
    paper, url = eve
    n, body = int(url.rpartition("/")[2]), body_at(url)
    body[2] += " Well."
    paper.put(n, furnished(body))
    assert Revised(2, Change.MINOR) in visited(paper)
    assert paper.lines(url) == body
    paper.put(n, furnished(body), title="A new title for it all")
    assert Revised(3, Change.HEADLINE) in extracted(paper.desk.settle(timedelta(hours=9)))


def test_what_a_person_says_is_text_makes_no_revision_but_stands_in_the_next_one(eve: tuple[Paper, str]) -> None:
    paper, _ = eve
    n = 900
    url = paper.put(n, furnished(body_of(n)))
    assert Stored() in paper.file(url)
    assert paper.lines(url) == body_of(n)
    assert spare_line(paper.desk.database, "paper", bytes.fromhex(paper.learnt()[ERRATA]))
    assert set(visited(paper)) == {Visited("unchanged")}
    changed = [*body_of(n), "A storm of 140 km/h came in the evening, and the town council met again at 9."]
    paper.put(n, furnished(changed))
    assert Revised(2, Change.MATERIAL) in extracted(paper.desk.settle(timedelta(hours=9)))
    assert paper.lines(url) == [*changed, ERRATA]


# --- identity -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reannounced", ["once", "twice"])
def test_a_text_that_was_filed_with_its_furniture_is_the_same_text_without_it(
    eve: tuple[Paper, str], reannounced: str
) -> None:
    paper, url = eve
    copies = ["https://paper.example/copy", "https://paper.example/again"][: 1 if reannounced == "once" else 2]
    for copy in copies:
        paper.web.page(copy, "\n".join(furnished(body_at(url))), title="Another title for the same")
        [found] = [outcome for outcome in paper.file(copy) if isinstance(outcome, Duplicate)]
        assert found.reason is Reason.SAME_TEXT
    bare = "https://paper.example/bare"
    paper.web.page(bare, "\n".join(body_at(url)), title="The same without a box")
    assert [outcome.reason for outcome in paper.file(bare) if isinstance(outcome, Duplicate)] == [Reason.SAME_TEXT]
