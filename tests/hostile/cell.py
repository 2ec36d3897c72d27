"""The other side of `child`: starts it, asks it, and says how it died; and the traps that tell what a reader touched."""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.bodies import CANARY, Trap

ROOT = Path(__file__).parents[2]
# Against a reader that waits for something; one that works is stopped by its limit of CPU time.
LONGEST_WAIT_S = 180
_LIBC = ctypes.CDLL(None, use_errno=True)
_ACCESSED, _OPENED = 0x1, 0x20  # inotify(7)


@dataclass
class Cell:
    """A child, started when it is needed, and again when it died."""

    trap: Trap
    child: subprocess.Popen[str] | None = field(default=None)

    def ask(self, **question: object) -> dict[str, Any]:
        """The answer; a child that died of the question is one as well."""
        child = self.child = self.child or self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(question) + "\n")
        child.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            line = child.stdout.readline() if waiting.select(LONGEST_WAIT_S) else ""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        return {"ended": f"{question}: {self.end()}"}

    def end(self) -> str:
        """Stop the child; what it had died of, if it had."""
        child, self.child = self.child, None
        if child is None:
            return "no child"
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        try:
            code = child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            code = child.wait()
        child.stdout.close()
        return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.hostile.child", str(self.trap.file), str(self.trap.port)]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Alarm:
    """Watches a file and a port that nobody may touch."""

    def __init__(self, folder: Path) -> None:
        file = folder / "canary.xml"
        file.write_text(
            f"<rss version='2.0'><channel><title>{CANARY}</title><item><title>{CANARY}</title></item></channel></rss>",
            encoding="utf-8",
        )
        self.door = socket.create_server(("127.0.0.1", 0))
        self.door.setblocking(False)
        self.watch = _LIBC.inotify_init1(os.O_NONBLOCK)
        assert _LIBC.inotify_add_watch(self.watch, os.fsencode(file), _ACCESSED | _OPENED) > 0
        self.trap = Trap(file, self.door.getsockname()[1])

    def heard(self) -> list[str]:
        """What happened since it was asked last."""
        found = []
        try:
            self.door.accept()[0].close()
            found.append("a connection")
        except BlockingIOError:
            pass
        try:
            os.read(self.watch, 4096)
            found.append("the file was opened")
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        """Stop watching."""
        self.door.close()
        os.close(self.watch)
