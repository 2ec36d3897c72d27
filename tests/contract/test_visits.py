"""What visits bring: trifles that add up, liveblogs that move all the time, pages that are gone; on both databases, through the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.doubles import ListSink, PlainPages, ScriptedWeb
from tests.harness import Desk, outlet
from tests.invariants import check
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.page import Held, Moved, Page, Validators
from worker.news.policy import ArticlePolicy
from worker.news.record import ArticleType, Reading
from worker.news.work import Purpose
from worker.pipeline.ports import PageInput
from worker.store.database import open_database
from worker.store.manual import feeds_of, poll_now
from worker.store.schema import articles, revisions, sinks

FEED = "https://feeds.example/paper"
PAGE = "https://paper.example/2026/11/24/a-ponte-vai-fechar-123456"
PLAN = ArticlePolicy(visits=tuple(timedelta(hours=hour) for hour in range(1, 9)))
# Words without a figure: a figure that changes is no trifle.
WORDS = ["palavra" + "".join(chr(ord("a") + int(digit)) for digit in f"{i:03}") for i in range(400)]
STORY = "\n".join(" ".join(WORDS[start : start + 40]) for start in range(0, 400, 40))


@dataclass
class LivePages(PlainPages):
    """Reads pages whose title says `live` as liveblogs."""

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read it."""
        found = super().read(page, now=now)
        return replace(found, type=ArticleType.LIVEBLOG) if "live" in found.title else found


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine with one outlet that visits every hour."""
    database = open_database(database_url, new_id=new_id)
    made = Desk(database, ScriptedWeb(), page_reader=LivePages(), article=PLAN)
    made.open(outlet(FEED))
    yield made
    check(database)
    database.close()


def put(desk: Desk, text: str, **page: Any) -> None:
    """Put the page up."""
    desk.web.page(PAGE, text, **page)  # type: ignore[attr-defined]


def filed(desk: Desk) -> list[str]:
    """The changes of all revisions, in order."""
    with desk.database.read() as c:
        return list(c.execute(select(revisions.c.change).order_by(revisions.c.n)).scalars())


def visited(desk: Desk) -> str:
    """How the last visit ended."""
    with desk.database.read() as c:
        result: str = c.execute(select(articles.c.visit_result)).scalar_one()
    return result


def begin(desk: Desk, text: str = STORY, **page: Any) -> None:
    """Announce the article and file it."""
    put(desk, text, **page)
    desk.web.feed(FEED, Entry(url=PAGE, title="A ponte"))  # type: ignore[attr-defined]
    desk.settle(timedelta(minutes=1))
    assert filed(desk) == ["new"]


def an_hour(desk: Desk) -> None:
    """Let the next visit come."""
    desk.settle(timedelta(minutes=61))


def worn(count: int) -> str:
    """The story with so many of its words written otherwise: a trifle each."""
    text = STORY
    for n in range(count):
        text = text.replace(WORDS[n * 5 + 1], f"{WORDS[n * 5 + 1]}mente")
    return text


def test_trifles_that_add_up_matter(desk: Desk) -> None:
    begin(desk)
    for count in (2, 4, 6):
        put(desk, worn(count))
        an_hour(desk)
    assert filed(desk) == ["new", "minor", "minor", "minor"]
    put(desk, worn(12))
    an_hour(desk)
    assert filed(desk)[-1] == "material"


def test_a_trifle_that_nobody_met_gives_way_to_the_next(desk: Desk) -> None:
    begin(desk)
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=True))
    for count in (2, 4):
        put(desk, worn(count))
        an_hour(desk)
    assert filed(desk) == ["new", "minor"]
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=False))
    desk.settle(timedelta(minutes=1))
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    assert [key[-2:] for key in sink.order] == [":1", ":2"]
    assert json.loads(sink.stored[sink.order[-1]])["text"] == worn(4)


def test_a_liveblog_has_one_revision_in_a_quarter_of_an_hour(desk: Desk) -> None:
    begin(desk, STORY, title="live: a ponte")
    for minute in range(3, 31, 3):
        put(
            desk,
            STORY + "".join(f"\nSão {n} os carros parados agora na ponte." for n in range(minute)),
            title="live: a ponte",
        )
        desk.web.feed(FEED, Entry(url=PAGE, title=f"A ponte, {minute} carros"))  # type: ignore[attr-defined]
        poll_now(desk.database, feeds_of(desk.database), purpose=Purpose.MANUAL, now=desk.clock.now())
        desk.settle(timedelta(seconds=30))
        desk.clock.move(timedelta(minutes=2, seconds=30))
    assert 2 <= len(filed(desk)) <= 3
    desk.settle(timedelta(minutes=16))
    with desk.database.read() as c:
        last = c.execute(select(revisions.c.record).order_by(revisions.c.n.desc()).limit(1)).scalar_one()
    assert "São 29 os carros" in json.loads(last)["text"]


def gone(status: int = 404) -> Page:
    """A page that is not there."""
    return Page(url=PAGE, status=status)


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_leaves_the_article_as_it_is(desk: Desk, status: int) -> None:
    begin(desk)
    desk.web.answers[PAGE] = gone(status)  # type: ignore[attr-defined]
    desk.settle(timedelta(hours=3))
    assert visited(desk) == "gone"
    assert filed(desk) == ["new"]


@pytest.mark.parametrize("unchanged", [True, False])
def test_sinks_are_told_of_a_page_that_is_gone_by_setting_and_when_it_is_back(
    database_url: str, unchanged: bool
) -> None:
    database = open_database(database_url, new_id=new_id)
    desk = Desk(database, ScriptedWeb(), article=replace(PLAN, tell_gone=True))
    desk.open(outlet(FEED))
    begin(desk)
    there = desk.web.answers[PAGE]  # type: ignore[attr-defined]
    desk.web.answers[PAGE] = gone()  # type: ignore[attr-defined]
    desk.settle(timedelta(hours=5))
    assert filed(desk) == ["new", "gone"]
    validators = Validators(etag="x")
    desk.web.answers[PAGE] = Page(url=PAGE, status=304, validators=validators) if unchanged else there  # type: ignore[attr-defined]
    desk.settle(timedelta(hours=3))
    assert filed(desk) == ["new", "gone", "new"]
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    assert [json.loads(sink.stored[key])["change"] for key in sink.order] == ["new", "gone", "new"]
    check(database)
    database.close()


def test_a_visit_that_is_led_to_another_article_is_no_revision(desk: Desk) -> None:
    other = "https://paper.example/2026/11/25/outra-coisa-de-todo-654321"
    begin(desk, title="A ponte vai fechar")
    desk.web.page(other, STORY.replace("palavra", "outra"), title="Outra coisa de todo")  # type: ignore[attr-defined]
    desk.web.answers[PAGE] = Moved(url=other, status=302, hops=1)  # type: ignore[attr-defined]
    an_hour(desk)
    assert visited(desk) == "gone"
    assert filed(desk) == ["new"]


def test_an_article_whose_page_moved_is_revised(desk: Desk) -> None:
    other = "https://paper.example/2026/11/24/a-ponte-vai-fechar-ja-123456"
    begin(desk, title="A ponte vai fechar")
    desk.web.page(other, STORY + "\nFecha às 9 horas de segunda-feira, diz a câmara.", title="A ponte fecha")  # type: ignore[attr-defined]
    desk.web.answers[PAGE] = Moved(url=other, status=301, hops=1)  # type: ignore[attr-defined]
    an_hour(desk)
    assert filed(desk) == ["new", "material"]


def test_a_body_that_is_not_html_any_more_is_no_revision(desk: Desk) -> None:
    begin(desk)
    desk.web.answers[PAGE] = Page(url=PAGE, status=200, body=Held(b"%PDF-1.7"), content_type="application/pdf")  # type: ignore[attr-defined]
    an_hour(desk)
    assert (visited(desk), filed(desk)) == ("blocked", ["new"])
