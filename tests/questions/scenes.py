"""Twenty questions that operators ask: for each what has happened, and what is typed. `docs/questions.py` writes them down."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from tests.doubles import host_down
from tests.questions.newsroom import FEED, PAPER, TEXT, TIMES, Newsroom, masked, title
from worker.news.entry import Entry
from worker.news.outlet import FeedSource
from worker.news.page import Page
from worker.news.reason import Reason
from worker.news.work import Call
from worker.store.recount import recount
from worker.store.schema import articles
from worker.store.withdrawals import forget

SITE = "https://paper.example"
TIMES_FEED = "https://times.example/rss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, what to know about the answer, and the scene that gives the lines to type."""

    key: str
    asked: str
    words: str
    scene: Callable[[Path], tuple[Newsroom, Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was typed, and what came."""

    typed: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All that came, with single blanks: what is looked for may be wrapped."""
        return " ".join(" ".join(output for _, output in self.typed).split())


def _late(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder, spacing=timedelta(seconds=30))
    room.publish("bridge", "ferry", "clock", "harbour", "market")
    room.pass_time(seconds=45)
    return room, [f"copydesk why {SITE}/market"]


def _held(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    fetch = _until(room, "fetch")
    room.desk.fetch.fetches.begin(fetch.tickets[0], now=room.clock.now())
    room.clock.move(timedelta(seconds=9))
    return room, [f"copydesk why {SITE}/ferry"]


def _until(room: Newsroom, stage: str) -> Call:
    """The first message of a stage, which nobody takes."""
    for _ in range(100):
        room.desk.dispatch()
        while room.desk.bell.calls:
            call = room.desk.bell.calls.pop(0)
            if call.stage == stage:
                return call
            room.desk.answer(call)
        room.clock.move(room.desk.lease.tick)
    message = f"nothing came to {stage}"
    raise AssertionError(message)


def _next(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.web.answers[f"{SITE}/ferry"] = Page(url=f"{SITE}/ferry", status=404)
    room.publish("ferry")
    room.pass_time(minutes=4)
    return room, [f"copydesk why {SITE}/ferry"]


def _dropped(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.web.answers[f"{SITE}/ferry"] = Page(url=f"{SITE}/ferry", status=404)
    room.publish("ferry")
    room.pass_time(minutes=90)
    return room, [f"copydesk why {SITE}/ferry"]


def _sink(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.sink.refuse = _Everything()
    room.pass_time(minutes=4)
    return room, [f"copydesk why {SITE}/ferry"]


class _Everything(set[str]):
    def __contains__(self, _: object) -> bool:
        return True


def _twin(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.pass_time(minutes=2)
    room.web.page(f"{SITE}/news/ferry-again", TEXT.format("ferry") * 4, title=title("ferry"))
    room.web.feed(
        FEED,
        Entry(url=f"{SITE}/news/ferry-again", guid="again-1124", title=title("ferry")),
        Entry(url=f"{SITE}/ferry", guid="ferry-1124", title=title("ferry")),
    )
    room.pass_time(minutes=28)
    return room, [f"copydesk why {SITE}/news/ferry-again", f"copydesk why {_id_of(room, '/news/ferry-again')}"]


def _id_of(room: Newsroom, end: str) -> UUID:
    with room.database.read() as c:
        found: UUID = c.execute(select(articles.c.id).where(articles.c.url.endswith(end))).scalar_one()
    return found


def _changed(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.pass_time(minutes=4)
    corrected = TEXT.format("ferry") * 4 + "\nCorrection: the ferry is back since Monday, not since Sunday."
    room.web.page(f"{SITE}/ferry", corrected, title="The ferry is back")
    room.pass_time(minutes=30)
    return room, [f"copydesk why {SITE}/ferry", f"copydesk show {SITE}/ferry --diff"]


def _taken_down(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.pass_time(minutes=4)
    room.web.answers[f"{SITE}/ferry"] = Page(url=f"{SITE}/ferry", status=410)
    room.pass_time(minutes=92)
    return room, [f"copydesk why {SITE}/ferry"]


def _announced(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("bridge", "ferry", "clock")
    room.pass_time(minutes=30)
    return room, [f"copydesk why {SITE}/2026/11/24/lighthouse"]


def _missed(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("bridge", "ferry", "clock")
    room.pass_time(minutes=4)
    room.publish("harbour", "market", "mill", "tower")
    room.pass_time(minutes=56)
    return room, [f"copydesk why {SITE}/2026/11/24/lighthouse"]


def _textless(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.web.page(f"{SITE}/ferry", "", title=title("ferry"))
    room.publish("ferry")
    room.pass_time(minutes=4)
    return room, [f"copydesk why {SITE}/ferry"]


def _twice(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder, outlets=(PAPER, TIMES))
    for feed, site, name in ((FEED, SITE, "ferry"), (TIMES_FEED, "https://times.example", "mill")):
        room.web.page(f"{site}/{name}", TEXT.format(name) * 4, title=title(name))
        room.web.feed(feed, Entry(url=f"{site}/{name}", guid="wire-77810", title=title(name)))
    room.pass_time(minutes=4)
    return room, ["copydesk why wire-77810"]


def _feed(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    sports = f"{SITE}/sports/rss"
    two = (FeedSource(url=FEED), FeedSource(url=sports))
    room = Newsroom(folder, outlets=(replace(PAPER, feeds=two),))
    room.publish("ferry")
    room.web.feed(sports)
    room.pass_time(minutes=2)
    tracked = f"{SITE}/ferry?utm_source=sports"
    room.web.feed(sports, Entry(url=tracked, guid="sports/88121", title=title("ferry")))
    room.pass_time(minutes=28)
    return room, [f"copydesk why {SITE}/ferry"]


def _asked(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.pass_time(hours=9)
    return room, [f"copydesk why {SITE}/ferry"]


def _paused(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.web.answers[f"{SITE}/ferry"] = host_down(Reason.RATE_LIMITED)
    room.publish("ferry")
    room.pass_time(seconds=20)
    return room, [f"copydesk why {SITE}/ferry"]


def _reached(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.pass_time(minutes=4)
    room.sink.down = True
    room.web.page(f"{SITE}/ferry", TEXT.format("ferry") * 4, title="The ferry is back")
    room.pass_time(minutes=28)
    return room, [f"copydesk why {SITE}/ferry"]


def _grouped(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder, outlets=(PAPER, TIMES))
    copy = "".join(f"Line {n} of the wire copy says what happened at {n} o'clock. " for n in range(40))
    room.web.page(f"{SITE}/ferry", copy, title=title("ferry"))
    room.web.page("https://times.example/ferry", f"{copy}With our own reporters.", title="No ferry today")
    room.publish("ferry")
    room.publish("ferry", feed=TIMES_FEED)
    room.pass_time(minutes=4)
    return room, [f"copydesk why {SITE}/ferry"]


def _robots(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.web.rules(SITE, "User-agent: *\nDisallow: /members/\n")
    room.publish("members/ferry")
    room.pass_time(minutes=4)
    return room, [f"copydesk why {SITE}/members/ferry"]


def _withdrawn(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder)
    room.publish("ferry")
    room.pass_time(minutes=4)
    with room.database.read() as c:
        id_ = c.execute(select(articles.c.id)).scalar_one()
    forget(room.database, room.desk.archive, id_, because="a court order, file 12/26", now=room.clock.now())
    room.pass_time(minutes=1)
    return room, [f"copydesk why {SITE}/ferry"]


def _accounted(folder: Path) -> tuple[Newsroom, Sequence[str]]:
    room = Newsroom(folder, outlets=(PAPER, TIMES))
    room.web.answers[f"{SITE}/mill"] = Page(url=f"{SITE}/mill", status=404)
    room.web.page(f"{SITE}/tower", "", title=title("tower"))
    room.web.page(f"{SITE}/ferry-again", TEXT.format("ferry") * 4, title=title("ferry"))
    room.publish("bridge", "ferry", "ferry-again", "clock", "mill", "tower")
    room.publish("harbour", "market", feed=TIMES_FEED)
    room.pass_time(hours=10)
    room.publish("fountain", feed=TIMES_FEED)
    room.web.answers["https://times.example/fountain"] = host_down(Reason.CONNECT)
    room.pass_time(hours=6)
    recount(room.database, now=room.clock.now())
    return room, ["copydesk status --funnel --days 2", "copydesk status --funnel --days 2 --outlet times"]


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="late",
        asked="Why is it late?",
        words="The last line says what it waits for. Here others of its host go first: a host is asked one thing at a time.",
        scene=_late,
    ),
    Question(
        key="held",
        asked="Who has it now?",
        words="A worker, until its lease ends at the latest; if the worker dies, the next tick after that takes the row back.",
        scene=_held,
    ),
    Question(
        key="next", asked="When is it tried next?", words="A page that is missing is asked for once more.", scene=_next
    ),
    Question(
        key="dropped",
        asked="Why was it dropped?",
        words="The reason stands in the last line, and with each run that led there.",
        scene=_dropped,
    ),
    Question(
        key="sink",
        asked="What did the sink say?",
        words="Under `sinks` stands what it said last, how often it was tried, and when it is tried again.",
        scene=_sink,
    ),
    Question(
        key="twin",
        asked="Which of the two won, and why?",
        words="Any address leads to the article that stands. The other one is still there under its id, and says which one won.",
        scene=_twin,
    ),
    Question(
        key="changed",
        asked="What changed?",
        words="Each revision says what kind of change it is; `copydesk show --diff` shows the words.",
        scene=_changed,
    ),
    Question(
        key="taken-down",
        asked="Did the outlet take it down?",
        words="A visit that finds no page any more ends as `gone`. What was stored stays.",
        scene=_taken_down,
    ),
    Question(
        key="announced",
        asked="Was it ever announced?",
        words="An address that was never met is told by whose it would be, and by what its feeds showed.",
        scene=_announced,
    ),
    Question(
        key="missed",
        asked="Could a poll have missed it?",
        words="A gap is a poll in which nothing was known: what stood in the feed between that one and the one before is lost.",
        scene=_missed,
    ),
    Question(
        key="textless",
        asked="Why has it no text?",
        words="The page came, and the reader found no article in it; its body is in the archive.",
        scene=_textless,
    ),
    Question(
        key="twice",
        asked="Why did it come twice?",
        words="A guid means something within its outlet only. Here two outlets use the same one for two articles.",
        scene=_twice,
    ),
    Question(
        key="feed",
        asked="Which feed brought it?",
        words="The first announcement is the one that brought it; all others are told too.",
        scene=_feed,
    ),
    Question(
        key="asked",
        asked="How often was it asked for?",
        words="Each run of fetch that brought a page or an answer was a request for it; visits come by a plan, and say what they found.",
        scene=_asked,
    ),
    Question(
        key="paused",
        asked="Is the host paused?",
        words="When a host fails, all that is asked of it waits, and no article is to blame.",
        scene=_paused,
    ),
    Question(
        key="reached",
        asked="Did the correction reach the sinks?",
        words="For each sink stand its newest revision, and those that did not arrive.",
        scene=_reached,
    ),
    Question(
        key="grouped",
        asked="What is it grouped with?",
        words="Nearly the same text at another outlet is another article of the same group.",
        scene=_grouped,
    ),
    Question(
        key="robots",
        asked="Why was it not fetched?",
        words="robots.txt may forbid it; then the page is never asked for.",
        scene=_robots,
    ),
    Question(
        key="withdrawn",
        asked="Who took it out?",
        words="What was taken down here does not come back; the last line says why.",
        scene=_withdrawn,
    ),
    Question(
        key="accounted",
        asked="How many of yesterday's are accounted for?",
        words=(
            "Every row adds up: what was discovered is stored, a duplicate, dropped, set aside, or waits. Once a night the "
            "numbers are compared with the articles themselves."
        ),
        scene=_accounted,
    ),
)


@cache
def answer(key: str) -> Answer:
    """Play a question's scene, and type what is to be typed."""
    (question,) = (question for question in QUESTIONS if question.key == key)
    with tempfile.TemporaryDirectory() as folder:
        room, lines = question.scene(Path(folder))
        try:
            typed = [(line, room.type(line)) for line in lines]
        finally:
            room.database.close()
    # All at once, so that an id is the same one in every line.
    parts = masked("\0".join(part for pair in typed for part in pair)).split("\0")
    return Answer(typed=tuple(zip(parts[::2], parts[1::2], strict=True)))
