"""Starts the service on this machine, keeps it running, stops it cleanly and leaves nothing behind but its data."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from worker.embedded.broker import redis_command
from worker.embedded.processes import Child, stop_all
from worker.settings import Settings, embedded_socket, inherited_environment

LOCK = "copydesk.lock"
FLOWER_PORT = 5555
# Workers finish what they hold (warm shutdown), which for a page may take 30 s; after this they are killed, and the leases end.
PATIENCE_S = 40.0
BROKER_WAIT_S = 10.0


class RunningElsewhereError(Exception):
    """Another process runs the service on this data folder."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which workers to start, and how many of them."""

    io_threads: int = 32
    deliver_threads: int = 16
    cpu_processes: int = 2
    beat: bool = True
    flower: bool = True
    # Whether the sample outlet is polled, and so is to be served.
    sample: bool = False


def worker_commands(plan: Plan) -> dict[str, list[str]]:
    """The commands of the processes, by name."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "worker.celery"]
    quiet = ["--without-gossip", "--without-mingle", "-l", "WARNING"]

    def worker(name: str, queues: str, pool: str, size: int) -> list[str]:
        return [*celery, "worker", "-n", f"{name}@%h", "-Q", queues, "-P", pool, "-c", str(size), *quiet]

    commands = {
        "io": worker("io", "poll,fetch", "threads", plan.io_threads),
        "deliver": worker("deliver", "deliver", "threads", plan.deliver_threads),
        "cpu": worker("cpu", "parse,extract", "prefork", plan.cpu_processes),
    }
    if plan.beat:
        commands["control"] = worker("control", "control", "solo", 1)
        commands["beat"] = [*celery, "beat", "-l", "WARNING"]
    if plan.flower:
        port = _free_port(FLOWER_PORT)
        commands["flower"] = [*celery, "flower", "--address=127.0.0.1", "--logging=error", f"--port={port}"]
    if plan.sample:
        commands["sample"] = [sys.executable, "-m", "worker.cli", "sample"]
    return commands


@contextmanager
def data_lock(data: Path) -> Iterator[None]:
    """Hold the data folder: two services on one SQLite file and one Redis would stop each other's processes."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"the service runs on {data} already"
            raise RunningElsewhereError(message) from error
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def runs_already(data: Path) -> bool:
    """Whether a process holds the data folder."""
    try:
        with data_lock(data):
            return False
    except RunningElsewhereError:
        return True


@dataclass
class LocalService:
    """The processes of one data folder."""

    settings: Settings
    plan: Plan
    out: Callable[[str, str], None]
    broker: Child | None = None
    children: Sequence[Child] = ()

    @contextmanager
    def running(self) -> Iterator[LocalService]:
        """Start everything, and stop it at the end, whatever happened: the workers first, then their wire."""
        environment = self._environment()
        try:
            if self.settings.embedded_broker:
                self._start_broker(environment)
            self.children = [
                Child(name, command, environment, self.out) for name, command in worker_commands(self.plan).items()
            ]
            for child in self.children:
                child.start()
            yield self
        finally:
            stop_all(self.children, patience_s=PATIENCE_S)
            if self.broker is not None:
                stop_all([self.broker], patience_s=BROKER_WAIT_S)
                embedded_socket(self.settings.data).unlink(missing_ok=True)

    def tend(self) -> None:
        """Start again what has ended."""
        if self.broker is not None:
            self.broker.tend()
        for child in self.children:
            child.tend()

    def _environment(self) -> dict[str, str]:
        settings = self.settings
        return inherited_environment() | {
            "COPYDESK_CONFIG": str(settings.config),
            "COPYDESK_DATA": str(settings.data),
            "PYTHONUNBUFFERED": "1",
            # In a container everyone is root, and no pickle is read.
            "C_FORCE_ROOT": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            "FLOWER_BASIC_AUTH": f"copydesk:{flower_password(settings.data)}",
        }

    def _start_broker(self, environment: dict[str, str]) -> None:
        listening = embedded_socket(self.settings.data)
        listening.unlink(missing_ok=True)
        self.broker = Child("redis", redis_command(listening), environment, _silent)
        self.broker.start()
        end = time.monotonic() + BROKER_WAIT_S
        while not _answers(listening):
            if not self.broker.running or time.monotonic() > end:
                message = "the private redis-server did not start"
                raise OSError(message)
            time.sleep(0.02)


def _silent(name: str, line: str) -> None:
    """The private Redis says nothing that a person needs; its end is seen by the workers."""
    del name, line


def flower_password(data: Path) -> str:
    """Flower's password; made on first use, readable by its owner only."""
    file = data / "flower-password"
    if not file.exists():
        with _private(file) as out:
            out.write(secrets.token_urlsafe(16) + "\n")
    return file.read_text(encoding="ascii").strip()


def _private(file: Path) -> IO[str]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _free_port(wanted: int) -> int:
    """The wanted port of the loopback, or another one when that is taken."""
    if is_free("127.0.0.1", wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def is_free(host: str, port: int) -> bool:
    """Whether an address of this machine can be listened on."""
    with socket.socket() as probe:
        # What a listener of ours left in TIME_WAIT a moment ago is no reason against it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
