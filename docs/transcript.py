"""Runs the first five minutes of a new user, for real, and writes down what was typed and what came: first-five-minutes.md.

`make transcript` runs it; tests/e2e/test_first_minutes.py fails when the page is not what it would write, but for what differs
from run to run: times, ids, and the lines in which the service says what it is doing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "first-five-minutes.md"
# Observador's feed leads to a port where nobody listens, so that the run asks nobody and is the same on every machine.
NOBODY = "http://127.0.0.1:9/feed/"
SAMPLE = "http://127.0.0.1:8642"
FLOWER_PORT = 5555
READY_S = 120.0
STOPPED_S = 60.0
# A host's pause ends by itself, perhaps before it is looked at; a busy machine's workers may not answer within the second.
_PASSING = ("paused: ", "workers: ")
_SAID_AT_A_TIME = re.compile(r"\d\d:\d\d:\d\d  ")

INTRODUCTION = """\
<!-- Written by `make transcript`; changes belong into docs/transcript.py. -->

# The first five minutes

What was typed on a fresh clone, and what came; written by a program that did it. It ran without the internet, and Observador's
feed was given an address where nobody listens: so you see how an outlet looks that can't be reached. With the internet it is
polled like the others.
"""
STARTED = """\
## Start

`make run` fills `.venv` from the lock files, which takes a minute or two the first time, and starts the service. The outlet
`sample` is a news site of our own making that a process beside the workers serves: something to look at at once.
"""
STEPS: Sequence[tuple[str, str, Sequence[str]]] = (
    (
        "Look",
        "In another terminal, after `. .venv/bin/activate`:",
        (
            "copydesk status",
            "copydesk export | wc -l",
            f"copydesk show {SAMPLE}/harbour-ferry-returns",
            "copydesk export --language pt --format csv | cut -c 1-118 | head -3",
        ),
    ),
    (
        "Ask",
        "What is no article is not stored, and every address has an answer:",
        (
            f"copydesk why {SAMPLE}/hidden-cost-of-quiet",
            f"copydesk show {SAMPLE}/hidden-cost-of-quiet",
            "copydesk why observador",
        ),
    ),
    (
        "Try",
        "What would come of a page, stage by stage, without keeping anything:",
        (f"copydesk ingest --dry-run {SAMPLE}/council-votes-night-trains | head -12",),
    ),
    (
        "Choose",
        "The catalog knows more outlets; switching one on or off needs no restart:",
        (
            "copydesk outlets list pt | head -6",
            "copydesk outlets pause observador",
            "copydesk run --once --wait 1m",
        ),
    ),
)
STOPPED = """\
## Stop, and go on

Ctrl-C lets what runs end, and leaves nothing behind but `data/`. The next start goes on where this one stopped:
"""


@dataclass
class FirstMinutes:
    """A folder as a fresh clone has it, with its own ports, and the service in it."""

    folder: Path
    environment: Mapping[str, str]
    sample: str
    service: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls, folder: Path) -> FirstMinutes:
        """Copy the configuration, and find a port."""
        shutil.copytree(ROOT / "config", folder / "config")
        catalog = folder / "config" / "outlets" / "pt.yaml"
        named = catalog.read_text(encoding="utf-8")
        catalog.write_text(re.sub(r"https://observador\.pt/feed/", NOBODY, named), encoding="utf-8")
        sample = f"http://127.0.0.1:{_free_port()}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        # Where nobody listens, and not where nobody may be asked.
        allowed = json.dumps([urlsplit(NOBODY).netloc])
        own = {
            "PATH": path,
            "COPYDESK_SAMPLE__URL": sample,
            "COPYDESK_NET__ALLOW_ADDRESSES": allowed,
            "PYTHONPATH": str(ROOT),
        }
        return cls(folder, kept | own, sample)

    @property
    def said(self) -> Path:
        """What the service said since it was started last."""
        return self.folder / "up.log"

    @contextmanager
    def running(self) -> Iterator[None]:
        """The service, until the block ends; then Ctrl-C."""
        with self.said.open("wb") as out:
            command = [sys.executable, "-m", "worker.cli", "up"]
            self.service = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            yield
        finally:
            self.service.send_signal(signal.SIGINT)
            self.service.wait(STOPPED_S)

    def wait_for(self, articles: int) -> None:
        """Wait until so many articles are stored, and nothing is under way. Raises `TimeoutError`."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            done = self.type("copydesk status --json", check=False)
            if done.startswith("{"):
                found = json.loads(done)
                polled = all(feed["state"] != "new" for feed in found["feeds"])
                delivered = sum(sink["delivered"] for sink in found["sinks"])
                stored = found["articles"].get("stored", 0)
                if stored >= articles and polled and "waiting" not in found["articles"] and delivered >= stored:
                    return
            time.sleep(0.5)
        message = f"not ready: {self.said.read_text(encoding='utf-8')}"
        raise TimeoutError(message)

    def type(self, line: str, *, check: bool = True) -> str:
        """What a line typed into a shell prints, errors and all."""
        typed = line.replace(SAMPLE, self.sample)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", typed],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=READY_S * 2,
        )
        if check and "Traceback" in done.stdout:
            message = f"{line}: {done.stdout}"
            raise RuntimeError(message)
        return done.stdout

    def shown(self, output: str) -> str:
        """An output as it would be with the usual folder and ports, on a machine called `host`."""
        found = re.search(r"Flower: http://127\.0\.0\.1:(\d+)", self.said.read_text(encoding="utf-8"))
        if found:
            output = output.replace(f"127.0.0.1:{found[1]}", f"127.0.0.1:{FLOWER_PORT}")
        lines = [line.rstrip() for line in output.replace(self.sample, SAMPLE).splitlines()]
        text = "\n".join(line for line in lines if not line.startswith(f"port {FLOWER_PORT} is in use"))
        return text.replace(str(self.folder), "~/copydesk").replace(f"@{socket.gethostname()}", "@host")


def write(minutes: FirstMinutes, *, articles: int) -> Iterator[str]:
    """The page, part by part; the service runs while it is written."""
    yield INTRODUCTION
    with minutes.running():
        minutes.wait_for(articles)
        yield f"{STARTED}\n{_block('make run', minutes.shown(minutes.said.read_text(encoding='utf-8')))}"
        for title, words, lines in STEPS:
            blocks = "\n".join(_block(line, minutes.shown(minutes.type(line))) for line in lines)
            yield f"## {title}\n\n{words}\n\n{blocks}"
    yield STOPPED
    with minutes.running():
        minutes.wait_for(articles)
        yield _block("copydesk export | wc -l", minutes.shown(minutes.type("copydesk export | wc -l")))


def _block(line: str, output: str) -> str:
    return f"```console\n$ {line}\n{output}\n```\n"


def masked(page: str) -> list[str]:
    """A page without what differs from run to run."""
    lines = [line for line in page.splitlines() if not _SAID_AT_A_TIME.match(line) and not line.startswith(_PASSING)]
    without_ids = [re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", "<id>", line) for line in lines]
    without_age = [re.sub(r"\d+ (s|min)\b", "<age>", line) for line in without_ids]
    numbered = [re.sub(r"\s+", " ", re.sub(r"\d[\d,.:]*", "#", line)) for line in without_age]
    # A run that meets a quarter of an hour meets a canary as well.
    return [re.sub(r"^sample( #)+$", "sample #", line) for line in numbered]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stored_stories() -> int:
    """How many stories of the sample outlet are to be stored; its first canary is one more."""
    sys.path.insert(0, str(ROOT))
    from worker.clock import SystemClock  # noqa: PLC0415 - found through the path above
    from worker.sample.site import SampleSite  # noqa: PLC0415

    site = SampleSite(SAMPLE, SystemClock().now())
    return sum(story.expect == "stored" for story in site.stories.values()) + 1


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text("\n".join(write(FirstMinutes.make(Path(folder)), articles=stored_stories())), encoding="utf-8")


if __name__ == "__main__":
    main()
