"""Asks hostile servers out of processes of its own, so that what they cost can be measured.

As a program it reads questions, one JSON object a line, and answers each out of a fresh fork of a process that has the client
loaded and nothing else. A fork begins with what its parent holds; how far it goes beyond that is what a case cost.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from worker.net.client import HttpxFetcher
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.news.errors import CopydeskError
from worker.news.page import Accept, Moved, Page, Request

# No question may take longer, whatever its own limits say.
LONGEST_S = 30.0
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
_TIMES = frozenset({"dns", "connect", "read", "feed_total", "page_total"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for, one after the other, and by which rules; `limits` are those of a `NetPolicy`, times in seconds."""

    urls: list[str]
    warm: str  # the address of a harmless page: what a first fetch loads is not counted
    limits: dict[str, Any]
    accept: str = Accept.PAGE
    # What the name server says, of `*` for all others; there are no more names than these. Those of `hanging` get no answer.
    names: dict[str, list[str]] = field(default_factory=dict)
    hanging: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How it ended: by address, a `Reason` or the status of the page. The body, and the words, are those of the last one."""

    outcomes: dict[str, str]
    detail: str
    size: int
    start: str  # of the body, in hexadecimal digits
    seconds: float
    grown: int  # bytes
    dialled: list[list[Any]]  # the places that the kernel was asked to connect to

    @property
    def outcome(self) -> str:
        """How it ended, when one address was asked for."""
        (one,) = self.outcomes.values()
        return one


class _Clock:
    """It is always noon."""

    def now(self) -> datetime:
        return NOON

    def roll(self) -> float:
        return 0.5

    def sleep(self, until: datetime) -> None:
        """Not at all."""


def _policy(limits: Mapping[str, Any]) -> NetPolicy:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in limits.items()
    }
    return NetPolicy(**values | {name: timedelta(seconds=values[name]) for name in _TIMES & values.keys()})


def _walk(fetcher: HttpxFetcher, request: Request) -> tuple[str, str, Page | None]:
    """Go where redirects lead, and say how it ended."""
    try:
        found = fetcher.fetch(request)
        while isinstance(found, Moved):
            found = fetcher.fetch(Request(url=found.url, accept=request.accept, hops=found.hops))
    except CopydeskError as error:
        return str(error.reason), error.detail, None
    return str(found.status), "", found


def _answer(question: Question) -> Report:
    def look_up(host: str, port: int) -> list[str]:
        if host in question.hanging:
            Event().wait(LONGEST_S)
        if host not in question.names and "*" not in question.names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        # Words of their own, as they would come from the wire.
        return [address.encode().decode() for address in question.names.get(host) or question.names["*"]]

    dialled: list[list[Any]] = []

    def hear(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            dialled.append(list(args[1][:2]))

    fetcher = HttpxFetcher(policy=_policy(question.limits), clock=_Clock(), resolver=Resolver(lookup=look_up))
    fetcher.fetch(Request(url=question.warm, accept=Accept.PAGE))
    sys.addaudithook(hear)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    outcomes, detail, page = {}, "", None
    for url in question.urls:
        outcomes[url], detail, page = _walk(fetcher, Request(url=url, accept=Accept(question.accept)))
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Report(
        outcomes=outcomes,
        detail=detail,
        size=page.body.size if page else 0,
        start=page.body.start(64).hex() if page else "",
        seconds=seconds,
        grown=(after - before) * 1024,
        dialled=dialled,
    )


def _answered_in_a_fork(line: str) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = json.dumps(asdict(_answer(Question(**json.loads(line)))))
        except BaseException:  # noqa: BLE001 - whatever it is, the test has to see it
            said = json.dumps({"broken": traceback.format_exc()})
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said.encode())
        os._exit(0)
    os.close(writing)
    heard, deadline = bytearray(), time.monotonic() + LONGEST_S
    while select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
        if not (piece := os.read(reading, 65_536)):
            break
        heard += piece
    else:
        os.kill(child, signal.SIGKILL)
        heard[:] = json.dumps({"broken": f"it took longer than {LONGEST_S:.0f} s"}).encode()
    os.close(reading)
    os.waitpid(child, 0)
    return heard.decode()


class Prober:
    """The program, as a test sees it."""

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=Path(__file__).parents[2],
            # Whoever counts lines takes time and memory for it.
            env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._program as program:
            assert program.stdin is not None
            program.stdin.close()
            try:
                program.wait(LONGEST_S)
            except subprocess.TimeoutExpired:
                program.kill()

    def ask(self, question: Question) -> Report:
        """Ask, and wait for the report; not for longer than a question may take."""
        stdin, stdout = self._program.stdin, self._program.stdout
        assert stdin is not None
        assert stdout is not None
        line = json.dumps(asdict(question))
        stdin.write(line.encode() + b"\n")
        stdin.flush()
        ready, _, _ = select.select([stdout], [], [], LONGEST_S + 10)
        assert ready, "the prober does not answer"
        said = json.loads(stdout.readline())
        assert "broken" not in said, said["broken"]
        return Report(**said)


def main() -> None:
    """Answer until nobody asks."""
    for line in sys.stdin:
        sys.stdout.write(_answered_in_a_fork(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
