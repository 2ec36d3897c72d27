"""Services of docker-compose.yml run as processes of this machine, because no container engine runs where tests do.

Each gets what the file gives it and nothing more: its command, its environment and the image's, its secrets, its volumes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.architecture.source import ROOT
from tests.deployment.files import OUR_IMAGE, image_environment, seconds
from worker.embedded.processes import die_with_parent

# A container's stop when the file says nothing.
DEFAULT_GRACE_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What containers find under names of their own, and where it is here."""

    folder: Path
    # Written in the files → what is meant on this machine, such as `redis:6379` → `127.0.0.1:40123`.
    names: Mapping[str, str]
    secrets: Mapping[str, str]
    # Stands in for `./config`: the outlets of the project are on the internet.
    config: Path

    def here(self, text: str) -> str:
        """A text of the files, as it is meant on this machine."""
        return _here(text, self.names)

    def container(self, name: str, service: Mapping[str, Any]) -> Container:
        """A service, ready to run."""
        root = self.folder / "containers" / name
        root.mkdir(parents=True)
        named = {**self.names, **self._secrets(root, service), **self._volumes(service)}
        named["/venv/bin"], named["$PATH"] = str(Path(sys.executable).parent), os.environ["PATH"]
        given = dict(service.get("environment", {}))
        if service["image"].startswith(OUR_IMAGE):
            given = image_environment() | given
        # What measures coverage reaches the processes by its environment.
        measuring = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        own = {"PATH": f"{named['/venv/bin']}:{named['$PATH']}", "HOME": str(root)} | measuring
        kind, *test = service.get("healthcheck", {}).get("test", ["NONE"])
        return Container(
            name=name,
            root=root,
            command=[_here(part, named) for part in service["command"]],
            environment=own | {name: _here(value, named) for name, value in given.items()},
            test=[*(("sh", "-c") if kind == "CMD-SHELL" else ()), *(_here(part, named) for part in test)],
            test_s=seconds(service.get("healthcheck", {}).get("timeout", "30s")),
            tries=service.get("healthcheck", {}).get("retries", 3),
            grace_s=seconds(service["stop_grace_period"]) if "stop_grace_period" in service else DEFAULT_GRACE_S,
        )

    def _secrets(self, root: Path, service: Mapping[str, Any]) -> dict[str, str]:
        """The secrets that the service is given, and no other."""
        folder = root / "secrets"
        folder.mkdir()
        for name in service.get("secrets", []):
            (folder / name).write_text(f"{self.secrets[name]}\n", encoding="utf-8")
        return {"/run/secrets": str(folder)}

    def _volumes(self, service: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            here = self.folder / "volumes" / source
            if source == "./config":
                here = self.config
            elif source.startswith("./"):
                here = ROOT / source
            else:
                here.mkdir(parents=True, exist_ok=True)
            found[target] = str(here)
        return found


def _here(text: str, named: Mapping[str, str]) -> str:
    """A text of the files with all that is elsewhere on this machine; longer names first, each place once."""
    longest_first = sorted(named, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: named[found[0]], text)


@dataclass(kw_only=True)
class Container:
    """One service as a process in a session of its own, as a container has its own processes."""

    name: str
    root: Path
    command: list[str]
    environment: dict[str, str]
    test: list[str]
    test_s: float
    tries: int
    grace_s: float
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> str:
        """The end of what it said."""
        file = self.root / "log"
        return file.read_text(encoding="utf-8", errors="replace")[-3000:] if file.exists() else ""

    def secret(self, name: str) -> str:
        """What a secret of its holds."""
        return (self.root / "secrets" / name).read_text(encoding="utf-8").strip()

    def start(self, *more: str) -> None:
        """Start it, with `more` arguments."""
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, *more],
                env=self.environment,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - nothing but a system call
            )

    def run(self, command: Sequence[str], timeout: float) -> int:
        """Run a command inside it, as `exec` and health checks do; its exit code."""
        with (self.root / "log").open("ab") as log:
            done = subprocess.run(
                command,
                env=self.environment,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        return done.returncode

    def healthy(self) -> bool:
        """Whether its health check says so, asked as often as the file has it asked before it counts as unhealthy."""
        return any(self.well() for _ in range(self.tries))

    def well(self) -> bool:
        """Whether one asking of its health check says so, in the time that it has."""
        try:
            return self.run(self.test, self.test_s) == 0
        except subprocess.TimeoutExpired:
            return False

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it at once, with all that it started."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def processes(self) -> list[int]:
        """What runs of it and of what it started."""
        return [] if self.process is None else [pid for pid in psutil.pids() if _session(pid) == self.process.pid]


def _session(pid: int) -> int | None:
    try:
        gone = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        return None if gone else os.getsid(pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


@dataclass(frozen=True)
class Ending:
    """How a container ended after SIGTERM."""

    in_time: bool
    left: int
    seconds: float


def stop(containers: Sequence[Container]) -> dict[str, Ending]:
    """Ask all of them to stop, and wait for each as long as the file allows."""
    began = time.monotonic()
    for container in containers:
        if container.process is not None:
            container.process.send_signal(signal.SIGTERM)
    ended: dict[str, Ending] = {}

    def look() -> bool:
        passed = time.monotonic() - began
        for container in containers:
            if container.name not in ended and (not container.running or passed > container.grace_s):
                ended[container.name] = Ending(not container.running, len(container.processes()), passed)
        return len(ended) == len(containers)

    wait_until(look, max(container.grace_s for container in containers) + 1)
    return ended


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until something holds; False when it did not in this time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
