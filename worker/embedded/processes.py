"""A child process that is started again when it ends, and that does not outlive us."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

# A process that keeps ending is started less and less often.
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
# Who ran for so long had started well.
STEADY_S = 60.0
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to stop this process when its parent dies, however the parent dies (Linux; elsewhere nothing)."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return


@dataclass
class Child:
    """One process. `out` gets its lines, each by itself."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    out: Callable[[str, str], None]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it, in a session of its own: who presses Ctrl-C stops us, and we stop it in order."""
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - nothing but a system call
        )
        self.started_at = time.monotonic()
        if self.process.stdout is not None:
            threading.Thread(target=self._copy, args=(self.process.stdout,), daemon=True).start()

    def _copy(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self.out(self.name, line.rstrip("\n"))

    def tend(self) -> None:
        """Start it again when it has ended and its wait is over."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.failures = 0 if now - self.started_at > STEADY_S else self.failures + 1
        wait = min(FIRST_WAIT_S * 2 ** max(0, self.failures - 1), LONGEST_WAIT_S)
        self.out(self.name, f"ended with {code}; again in {wait:.0f} s")
        self.process, self.start_at = None, now + wait

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None


def stop_all(children: Sequence[Child], *, patience_s: float) -> None:
    """Stop processes: ask, wait, insist. What a worker still has in hand is given back or done again."""
    for child in children:
        child.signal(signal.SIGTERM)
    end = time.monotonic() + patience_s
    while any(child.running for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    for child in children:
        child.signal(signal.SIGKILL)
    for child in children:
        if child.process is not None:
            child.process.wait()
