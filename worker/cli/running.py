"""`up`, `sample`, `migrate`: the service on this machine."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from typing import Annotated

import typer

from worker.cli import desk
from worker.cli.health import disk_problems
from worker.cli.local import Stop, serves_sample, stop_on_signals
from worker.cli.output import counted, err, fail, out, plain_errors, print_json
from worker.embedded.service import FLOWER_PORT, LocalService, Plan, data_lock
from worker.sample.server import SampleServer, born_at
from worker.sample.site import SampleSite
from worker.settings import Settings, read_settings
from worker.store.database import Database
from worker.store.errors import Unavailable, cause_of
from worker.store.progress import RunReport, run_report

# `up` says what was done, when something was: soon at first, when somebody looks, and later less and less often.
FIRST_SUMMARY, LAST_SUMMARY = timedelta(seconds=5), timedelta(minutes=1)


def up() -> None:
    """Run the whole service on this machine: a private Redis, SQLite, the workers, Beat and Flower. Ctrl-C stops it."""
    with plain_errors():
        settings = desk.prepare()
        stop = stop_on_signals()
        with data_lock(settings.data):
            desk.switch_sample_on_at_first(settings)
            local = LocalService(settings, Plan(sample=serves_sample(settings)), _print_line)
            with local.running():
                _say_where(settings, local)
                _watch(settings, local, stop)
                out.print("stopping: what runs may end, the rest is done next time", style="dim")


def migrate(
    sample: Annotated[
        bool, typer.Option("--sample", help="Have the sample outlet polled, unless somebody has switched it.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring the database to the current schema, and make it name the outlets of the catalog and the sinks."""
    with plain_errors():
        settings = desk.prepare()
        if sample:
            desk.switch_sample_on_at_first(settings)
    where = _without_password(settings.database_url)
    if json:
        print_json({"database": where, "ready": True})
    else:
        out.print(f"{where} is ready")


def sample() -> None:
    """Serve the sample outlet, a made-up news site, at the address of the setting `sample.url`. `up` does it by itself."""
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
        stop = stop_on_signals()
        with server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stop.wait()
            server.shutdown()


def _watch(settings: Settings, local: LocalService, stop: Stop) -> None:
    """Keep the processes up, and say from time to time what they did."""
    since, every = desk.clock.now(), FIRST_SUMMARY
    with desk.opened(settings) as database:
        while not stop.wait(0.5):
            local.tend()
            now = desk.clock.now()
            if now - since >= every:
                lines = _news(database, settings, since, now)
                for line in lines:
                    out.print(f"{now:%H:%M:%S}  {line}", markup=False)
                since, every = now, min(every * 2, LAST_SUMMARY) if lines else every


def _news(database: Database, settings: Settings, since: datetime, now: datetime) -> list[str]:
    """What was done since a moment, and what is wrong; a database that is away for a while ends nothing here."""
    try:
        done = _summary(run_report(database, since=since, now=now))
    except Unavailable as error:
        done = f"the database can't be reached: {cause_of(error)}; what is under way waits for it"
    return [*([done] if done else ()), *disk_problems(settings)]


def _summary(report: RunReport) -> str:
    """One line of what was done; empty when nothing was."""
    asked = report.polled + report.failed
    failed = f" ({report.failed} failed)" if report.failed else ""
    counts = {
        "discovered": report.discovered,
        "stored": report.stored,
        "revised": report.revised,
        "duplicate": report.duplicate,
        "dropped": sum(report.dropped.values()),
        "set aside": sum(report.quarantined.values()),
    }
    polls = [f"{counted(asked, 'feed')} polled{failed}"] if asked else []
    return ", ".join([*polls, *(f"{n} {word}" for word, n in counts.items() if n)])


def _print_line(name: str, line: str) -> None:
    if line.strip():
        out.print(f"{name:8} | {line}", markup=False)


def _say_where(settings: Settings, local: LocalService) -> None:
    flower = next((c.command[-1].removeprefix("--port=") for c in local.children if c.name == "flower"), None)
    out.print(f"copydesk runs: database {_without_password(settings.database_url)}, archive {settings.archive_url}")
    for name, sink in settings.sinks.items():
        out.print(f"  records go to {name}: {sink.kind} {sink.options.get('path', '')}")
    if flower:
        if int(flower) != FLOWER_PORT:
            err.print(f"port {FLOWER_PORT} is in use; Flower has another one", style="yellow")
        password = settings.data / "flower-password"
        out.print(f"  Flower: http://127.0.0.1:{flower} (user copydesk, password in {password})")
    out.print("  `copydesk status` tells how it goes; Ctrl-C stops it")


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)
