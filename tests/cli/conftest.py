"""The command over a configuration of the test's own, and over a database that the engine filled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.contract.sinks.folder import Folder
from tests.doubles import ScriptedWeb, host_down
from tests.harness import Desk, outlet
from worker.archive import BlobArchive
from worker.cli.main import app
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.outlet import Outlet
from worker.store.database import open_database

FEED = "https://paper.example/feed"
TEXT = "O texto do artigo {0} é longo o bastante para ser uma identidade, com palavras que só ele tem. " * 5


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """The command over one configuration and one data folder."""

    folder: Path

    def __call__(self, *arguments: str, expect: int = 0) -> Said:
        """Run it in this process."""
        found = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        said = Said(found.exit_code, found.stdout, found.stderr)
        assert said.code == expect, said
        return said

    def fails(self, *arguments: str) -> str:
        """Run it to its error, which is one line."""
        said = self(*arguments, expect=1)
        assert said.err.count("\n") == 1, said.err
        return said.err.strip()

    def write_catalog(self, outlets: Sequence[Mapping[str, Any]], name: str = "pt") -> Path:
        """Write an outlets' file."""
        file = self.folder / "config" / "outlets" / f"{name}.yaml"
        file.write_text(yaml.safe_dump(list(outlets), sort_keys=False), encoding="utf-8")
        return file

    @property
    def database_url(self) -> str:
        """Where the state is."""
        return f"sqlite:///{self.folder / 'data' / 'copydesk.db'}"


def entry(found: Outlet) -> dict[str, Any]:
    """An outlet as a file names it."""
    return {
        "id": found.id,
        "name": found.name,
        "country": found.country,
        "language": found.language,
        "homepage": found.homepage,
        "enabled": found.enabled,
        "feeds": [{"url": feed.url} for feed in found.feeds],
    }


PAPER = outlet(FEED)
OTHER = outlet("https://other.example/rss", id_="other", homepage="https://other.example/")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A configuration with two outlets, and no data yet."""
    (tmp_path / "config" / "outlets").mkdir(parents=True)
    monkeypatch.setenv("COPYDESK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("COPYDESK_DATA", str(tmp_path / "data"))
    # The sample outlet may be served on this machine; nobody listens there.
    monkeypatch.setenv("COPYDESK_SAMPLE__URL", "http://127.0.0.1:7")
    made = Command(tmp_path)
    made.write_catalog([entry(PAPER), entry(OTHER)])
    return made


def publish(web: ScriptedWeb, *names: str) -> None:
    """Announce articles, and put their pages up; `gone` has none."""
    web.feed(FEED, *(Entry(url=f"https://paper.example/{name}", guid=name, title=name.title()) for name in names))
    for name in names:
        if name != "gone":
            web.page(f"https://paper.example/{name}", TEXT.format(name), title=name.title())


@pytest.fixture
def filled(command: Command) -> Command:
    """The command over what the engine brought home: three stored, one of them corrected, one waits, one outlet is down."""
    (command.folder / "data").mkdir()
    database = open_database(command.database_url, new_id=new_id)
    web = ScriptedWeb()
    web.answers["https://other.example/rss"] = host_down()
    publish(web, "bridge", "ferry", "clock", "gone")
    made = Desk(
        database,
        web,
        archive=BlobArchive(str(command.folder / "data" / "pages")),
        sinks={"files": Folder(command.folder / "data" / "records").open()},
    )
    made.open(PAPER, OTHER)
    made.settle(timedelta(minutes=4))
    web.page(
        "https://paper.example/ferry", TEXT.format("ferry") + "\nMais um parágrafo, de depois.", title="Ferry again"
    )
    made.settle(timedelta(minutes=35))
    database.close()
    return command
