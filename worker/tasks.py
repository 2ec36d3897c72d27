"""One thin task a stage: decode, one call, report. No decision, no SQL, no HTTP here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

from celery.signals import worker_init

from worker.celery import CONTROL, TICK, app, service, stage_task
from worker.news.outcome import Outcome, in_words
from worker.news.work import Purpose, Stage, Ticket
from worker.store.manual import feeds_of, ingest, poll_now
from worker.wiring import LONGEST_SKEW, Service

# The clock is compared with the database's each minute.
TICKS_A_CHECK = 30
_ticks = count()


@app.task(name=TICK, queue=CONTROL, send_events=False)  # type: ignore[untyped-decorator]
def tick(**_from_newer_senders: object) -> str:
    """Claim what is due and ring."""
    if next(_ticks) % TICKS_A_CHECK == 0:
        refuse_skew(service())
    done = service().dispatch()
    return f"{done.claimed} claimed, {done.swept} taken back, {done.unsent} unsent"


@app.task(name=stage_task(Stage.POLL))  # type: ignore[untyped-decorator]
def poll(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Poll feeds."""
    return _run(Stage.POLL, tickets)


@app.task(name=stage_task(Stage.PARSE))  # type: ignore[untyped-decorator]
def parse(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Parse feed bodies."""
    return _run(Stage.PARSE, tickets)


@app.task(name=stage_task(Stage.FETCH))  # type: ignore[untyped-decorator]
def fetch(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Fetch pages."""
    return _run(Stage.FETCH, tickets)


@app.task(name=stage_task(Stage.EXTRACT))  # type: ignore[untyped-decorator]
def extract(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Make records of pages."""
    return _run(Stage.EXTRACT, tickets)


@app.task(name=stage_task(Stage.DELIVER))  # type: ignore[untyped-decorator]
def deliver(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Deliver a batch."""
    return _run(Stage.DELIVER, tickets)


@app.task(name="copydesk.poll", queue=CONTROL)  # type: ignore[untyped-decorator]
def poll_manually(outlet: str | None = None, feed: str | None = None) -> str:
    """Poll an outlet's feeds, or one feed by its address, now."""
    graph = service()
    ids = feeds_of(graph.database, outlet=outlet, feed=feed)
    due = poll_now(graph.database, ids, purpose=Purpose.MANUAL, now=graph.clock.now())
    return f"{due} of {len(ids)} feeds made due"


@app.task(name="copydesk.ingest", queue=CONTROL)  # type: ignore[untyped-decorator]
def ingest_manually(url: str) -> str:
    """Take in one article by its address, now."""
    graph = service()
    marked = ingest(graph.database, url, now=graph.clock.now())
    return f"{'known' if marked.known else 'new'} article {marked.article} made due"


def _run(stage: Stage, tickets: Sequence[Sequence[int]]) -> str:
    outcomes = service().run(stage, [Ticket(work, claim) for work, claim in tickets])
    return report(outcomes)


def report(outcomes: Sequence[Outcome]) -> str:
    """The outcomes of one message as a person reads them in Flower."""
    words = Counter(map(in_words, outcomes))
    return ", ".join(f"{n} × {word}" if n > 1 else word for word, n in words.items())


@worker_init.connect  # type: ignore[untyped-decorator]
def check_clock(**_: Any) -> None:
    """Compare the clock before the first task, over a connection that no child inherits."""
    graph = service.__wrapped__()
    refuse_skew(graph)
    graph.database.close()


def refuse_skew(graph: Service) -> None:
    """Stop when this machine's clock is off: leases and schedules would mean other moments than for the others."""
    skew = graph.skew().total_seconds()
    if skew > LONGEST_SKEW.total_seconds():
        message = f"this machine's clock is {skew:.1f} s off the database's; set it and start again"
        raise SystemExit(message)
