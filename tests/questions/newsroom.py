"""A service of its own in a folder: the whole engine with a clock that stands, and the command that is asked about it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

from tests.doubles import DictArchive, ListSink, ScriptedWeb
from tests.harness import Desk, FakeClock, outlet
from worker.cli import desk as command_desk
from worker.cli.main import app
from worker.cli.output import out
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.outlet import Outlet
from worker.news.policy import HostPolicy
from worker.store.database import Database, open_database

WIDTH = 100
FEED = "https://paper.example/feed"
PAPER = replace(outlet(FEED), name="The Paper")
TIMES = replace(
    outlet("https://times.example/rss", id_="times", homepage="https://times.example/"), name="The Evening Times"
)
TEXT = "The {0} was in the news that day, and so much was written about the {0} that it filled a page of its own. "
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Newsroom:
    """One folder, one database, one scripted web."""

    folder: Path
    spacing: timedelta = timedelta(0)
    outlets: tuple[Outlet, ...] = (PAPER,)
    sink: ListSink = field(default_factory=ListSink)
    web: ScriptedWeb = field(default_factory=ScriptedWeb)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        """Make the folders, the database and the engine."""
        (self.folder / "config" / "outlets").mkdir(parents=True)
        (self.folder / "data").mkdir()
        self.database: Database = open_database(f"sqlite:///{self.folder / 'data' / 'copydesk.db'}", new_id=new_id)
        self.desk = Desk(
            self.database,
            self.web,
            clock=self.clock,
            archive=DictArchive(),
            sinks={"files": self.sink},
            host=HostPolicy(spacing=self.spacing),
        )
        self.desk.open(*self.outlets)

    def publish(self, *names: str, feed: str = FEED) -> None:
        """Announce articles in a feed, the first one on top, and put their pages up."""
        site = feed.rsplit("/", 1)[0]
        self.web.feed(feed, *(Entry(url=f"{site}/{name}", guid=f"{name}-1124", title=title(name)) for name in names))
        for name in names:
            url = f"{site}/{name}"
            if url not in self.web.answers:
                self.web.page(url, TEXT.format(name) * 4, title=title(name))

    def pass_time(self, **time: float) -> None:
        """Let the service work for so long."""
        end = self.clock.now() + timedelta(**time)
        self.desk.settle(timedelta(**time))
        self.clock.at = max(self.clock.at, end)

    def type(self, line: str) -> str:
        """What a line prints into a console of `WIDTH` letters, errors and all; ids in the order in which they come."""
        with _console(self):
            found = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        return "\n".join(text.rstrip() for text in found.output.splitlines())


@contextmanager
def _console(room: Newsroom) -> Iterator[None]:
    """The command over this newsroom, at its time, into a console of a certain width."""
    own = {"COPYDESK_CONFIG": str(room.folder / "config"), "COPYDESK_DATA": str(room.folder / "data")}
    before = {name: value for name, value in os.environ.items() if name.startswith("COPYDESK_")}
    clock, width = command_desk.clock, out.width
    for name in before:
        del os.environ[name]
    os.environ.update(own)
    command_desk.clock = room.clock  # type: ignore[assignment]
    out.width = WIDTH
    try:
        yield
    finally:
        for name in own:
            del os.environ[name]
        os.environ.update(before)
        command_desk.clock = clock
        out.width = width


def title(name: str) -> str:
    """The title of a made-up article."""
    return f"What became of the {name}"


def masked(text: str) -> str:
    """Ids as they would be if they were given in the order in which they are met."""
    order = {id_: n for n, id_ in enumerate(dict.fromkeys(_ID.findall(text)), start=1)}
    return _ID.sub(lambda found: f"019eb4a0-0000-7000-8000-{order[found[0]]:012}", text)
