"""`up`, `run`, `migrate`: the service on this machine."""

from __future__ import annotations

import dataclasses
import re
import signal
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated
from urllib.parse import urlsplit

import typer

from worker.cli import desk
from worker.cli.output import err, fail, out, plain_errors, print_json
from worker.embedded.service import LocalService, Plan, data_lock, is_free, runs_already
from worker.news.work import Purpose
from worker.sample.server import SampleServer, born_at
from worker.sample.site import SampleSite
from worker.settings import Settings, read_settings
from worker.store.manual import feeds_of, poll_now
from worker.store.progress import Open, RunReport, open_until, run_report
from worker.wiring import Service

OPEN_IS_LEFT = 3
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def up() -> None:
    """Run the whole service on this machine: a private Redis, SQLite, the workers, Beat and Flower. Ctrl-C stops it."""
    with plain_errors():
        settings = desk.prepare()
        stop = _stop_on_signals()
        with data_lock(settings.data):
            desk.switch_sample_on_at_first(settings)
            local = LocalService(settings, Plan(sample=_serves_sample(settings)), _print_line)
            with local.running():
                _say_where(settings, local)
                while not stop.wait(0.5):
                    local.tend()
                out.print("stopping: what runs may end, the rest is done next time", style="dim")


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Poll everything enabled now, carry it through, and end.")
    ] = False,
    wait: Annotated[str, typer.Option(help="How long to wait for what is due: 90s, 10m, 2h.")] = "10m",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Poll all enabled feeds now and carry the articles through. Ends with 0 when all is done, 3 when something waits longer."""
    if not once:
        fail("`run` does one round: `copydesk run --once`; for the service that goes on use `copydesk up`")
    with plain_errors():
        settings = desk.prepare()
        patience = duration(wait)
        report, left = _run_once(settings, patience, quiet=json)
        if json:
            print_json(dataclasses.asdict(report))
        else:
            _print_report(report)
        raise typer.Exit(OPEN_IS_LEFT if report.waiting or left else 0)


def migrate() -> None:
    """Bring the database to the current schema, and make it name the outlets of the catalog and the sinks."""
    with plain_errors():
        settings = desk.prepare()
        out.print(f"{_without_password(settings.database_url)} is ready")


def sample() -> None:
    """Serve the sample outlet, a made-up news site, at `[sample] url`. `up` does it by itself."""
    with plain_errors():
        settings = read_settings()
        settings.data.mkdir(parents=True, exist_ok=True)
        site = SampleSite(settings.sample.url.rstrip("/"), born_at(settings.data / "sample.json", now=desk.clock.now()))
        try:
            server = SampleServer(site, desk.clock.now)
        except OSError as error:
            fail(
                f"{settings.sample.url} can't be listened on: {error.strerror}; set COPYDESK_SAMPLE__URL to a free port"
            )
        stop = _stop_on_signals()
        with server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stop.wait()
            server.shutdown()


def _serves_sample(settings: Settings) -> bool:
    """Whether the sample outlet is polled and can be served here; says so when its port is taken."""
    if not desk.sample_is_on(settings):
        return False
    where = urlsplit(settings.sample.url)
    host, port = where.hostname or "127.0.0.1", where.port or 80
    if host not in {"127.0.0.1", "localhost", "::1"}:
        # It is served elsewhere.
        return False
    if is_free(host, port):
        return True
    err.print(
        f"port {port} is in use, so the sample outlet is not served here; set COPYDESK_SAMPLE__URL to a free one, "
        "or `copydesk outlets disable sample`",
        style="yellow",
    )
    return False


def duration(text: str) -> timedelta:
    """A duration such as 90s, 10m, 2h."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"{text!r} is no duration; write 90s, 10m or 2h"
        raise typer.BadParameter(message)
    return timedelta(seconds=float(found[1]) * _UNITS[found[2] or "s"])


def _run_once(settings: Settings, patience: timedelta, *, quiet: bool) -> tuple[RunReport, Open]:
    """With the running service of this data folder, else with private workers; the tick is ours then."""
    graph = desk.service(settings)
    if runs_already(settings.data):
        return _carry_through(graph, None, patience, quiet=quiet)
    logs = settings.data / "logs"
    logs.mkdir(exist_ok=True)
    with data_lock(settings.data):
        local = LocalService(settings, Plan(beat=False, flower=False, sample=_serves_sample(settings)), _LogFiles(logs))
        with local.running():
            return _carry_through(graph, local, patience, quiet=quiet)


def _carry_through(
    graph: Service, local: LocalService | None, patience: timedelta, *, quiet: bool
) -> tuple[RunReport, Open]:
    since = graph.clock.now()
    deadline = since + patience
    stop = _stop_on_signals()
    poll_now(graph.database, feeds_of(graph.database), purpose=Purpose.MANUAL, now=since)
    show: AbstractContextManager[object] = nullcontext() if quiet else err.status("polling")
    with show as status:
        while True:
            if local is not None:
                local.tend()
                graph.dispatch()
            left = open_until(graph.database, since=since, deadline=deadline)
            now = graph.clock.now()
            if not left or now >= deadline or stop.is_set():
                return run_report(graph.database, since=since, now=now), left
            if status is not None:
                status.update(_progress(left, since, now))  # type: ignore[attr-defined]
            time.sleep(0.3)


def _progress(left: Open, since: datetime, now: datetime) -> str:
    return (
        f"{(now - since).total_seconds():.0f} s: {left.feeds} feeds, {left.articles} articles, "
        f"{left.deliveries} deliveries to go"
    )


def _print_report(report: RunReport) -> None:
    out.print(f"polled {report.polled} feeds, {report.failed} failed, in {report.seconds} s")
    out.print(f"{report.discovered} discovered: {report.stored} stored, {report.duplicate} duplicate", end="")
    for name, reasons in (("dropped", report.dropped), ("quarantined", report.quarantined)):
        if reasons:
            out.print(
                f", {sum(reasons.values())} {name} ({', '.join(f'{n} {why}' for why, n in reasons.items())})", end=""
            )
    out.print(f"; {report.revised} revised, {report.waiting} waiting")


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def stopped(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    return stop


def _print_line(name: str, line: str) -> None:
    if line.strip():
        out.print(f"{name:8} | {line}", markup=False)


class _LogFiles:
    """Keeps the lines of each private worker in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, line: str) -> None:
        with (self.folder / f"{name}.log").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _say_where(settings: Settings, local: LocalService) -> None:
    flower = next((c.command[-1].removeprefix("--port=") for c in local.children if c.name == "flower"), None)
    out.print(f"copydesk runs: database {_without_password(settings.database_url)}, archive {settings.archive_url}")
    for name, sink in settings.sinks.items():
        out.print(f"  records go to {name}: {sink.kind} {sink.options.get('path', '')}")
    if flower:
        password = settings.data / "flower-password"
        out.print(f"  Flower: http://127.0.0.1:{flower} (user copydesk, password in {password})")
    out.print("  `copydesk status` tells how it goes; Ctrl-C stops it")


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)
