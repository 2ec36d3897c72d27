"""One thin task a stage: decode, one call, report. No decision, no SQL, no HTTP here."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from celery.signals import worker_init

from worker.celery import CONTROL, RECOUNT, TICK, app, service, stage_task
from worker.news.outcome import Outcome, in_words
from worker.news.work import Purpose, Stage, Ticket
from worker.store.choosing import UnknownOutletError, chosen
from worker.store.errors import Unavailable, cause_of
from worker.store.groups import prune_sketches
from worker.store.manual import feeds_of, ingest, poll_now
from worker.store.recount import recount_when_due
from worker.store.replays import read_time, replay
from worker.store.retries import NotDoneError
from worker.watch import NotFitError
from worker.wiring import RunFailed

# The same trouble is said once a minute: while a database is away every tick fails alike.
SAID_AGAIN_AFTER_S = 60.0
_log = logging.getLogger("copydesk")


class NotAgain(logging.Filter):
    """Drops a line that was said a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is news; what is old is forgotten."""
        recent = {line: at for line, at in self.said.items() if record.created - at < SAID_AGAIN_AFTER_S}
        words = record.getMessage()
        self.said = {words: record.created} | recent
        return words not in recent


_log.addFilter(NotAgain())


def _task(name: str, **options: Any) -> Callable[[Callable[..., str]], Any]:
    """A task whose failure is said in one line, and not as a traceback: that of a bug is kept where `copydesk why` finds it."""
    decorated: Callable[[Callable[..., str]], Any] = app.task(name=name, throws=(RunFailed,), **options)
    return decorated


@_task(TICK, queue=CONTROL, send_events=False)
def tick(**_from_newer_senders: object) -> str:
    """Claim what is due and ring."""
    try:
        _end_unless(service().clock_watch.check)
        done = service().dispatch()
    except Unavailable as error:
        raise _failed(f"the database can't be reached: {cause_of(error)}") from None
    return f"{done.claimed} claimed, {done.swept} taken back, {done.unsent} unsent"


@_task(RECOUNT, send_events=False)
def recount(**_from_newer_senders: object) -> str:
    """Once a night, compare the funnel with the articles that it counts, and delete the sketches that nothing is compared with."""
    graph = service()
    try:
        days = recount_when_due(graph.database, now=graph.clock.now())
        if days is not None:
            prune_sketches(graph.database, now=graph.clock.now(), policy=graph.settings.near)
    except Unavailable as error:
        raise _failed(f"the database can't be reached: {cause_of(error)}") from None
    if days is None:
        return "not due"
    wrong = [day for day in days if day.wrong]
    for day in wrong:
        _log.error(day.words)
    return f"{len(days)} days counted, {len(wrong)} wrong"


@_task(stage_task(Stage.POLL))
def poll(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Poll feeds."""
    return _run(Stage.POLL, tickets)


@_task(stage_task(Stage.PARSE))
def parse(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Parse feed bodies."""
    return _run(Stage.PARSE, tickets)


@_task(stage_task(Stage.FETCH))
def fetch(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Fetch pages."""
    return _run(Stage.FETCH, tickets)


@_task(stage_task(Stage.EXTRACT))
def extract(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Make records of pages."""
    return _run(Stage.EXTRACT, tickets)


@_task(stage_task(Stage.DELIVER))
def deliver(*, tickets: list[list[int]], **_from_newer_senders: object) -> str:
    """Deliver a batch."""
    return _run(Stage.DELIVER, tickets)


@_task("copydesk.poll", queue=CONTROL)
def poll_manually(outlet: str | None = None, feed: str | None = None) -> str:
    """Poll an outlet's feeds, or one feed by its address, now."""
    graph = service()
    ids = feeds_of(graph.database, outlet=outlet, feed=feed)
    due = poll_now(graph.database, ids, purpose=Purpose.MANUAL, now=graph.clock.now())
    return f"{due} of {len(ids)} feeds made due"


@_task("copydesk.ingest", queue=CONTROL)
def ingest_manually(url: str) -> str:
    """Take in one article by its address, now."""
    graph = service()
    marked = ingest(graph.database, url, now=graph.clock.now())
    if marked.taken_down:
        return f"article {marked.article} was taken down, and stays so"
    return f"{'known' if marked.known else 'new'} article {marked.article} made due"


@_task("copydesk.replay", queue=CONTROL)
def replay_manually(sink: str, since: str | None = None, until: str | None = None, outlet: str | None = None) -> str:
    """Send a sink once more what was filed in a time (ISO 8601, UTC unless it says otherwise), of an outlet or a country."""
    graph = service()
    try:
        outlets = chosen(graph.database, [outlet]) if outlet else []
        begin, end, now = read_time(since), read_time(until), graph.clock.now()
        done = replay(graph.database, sink, since=begin, until=end, outlets=outlets, now=now)
    except (NotDoneError, UnknownOutletError) as error:
        raise _failed(str(error)) from None
    return f"{done.revisions} revisions are sent to {sink} once more, replay {done.id}"


def _run(stage: Stage, tickets: Sequence[Sequence[int]]) -> str:
    try:
        return report(service().run(stage, [Ticket(work, claim) for work, claim in tickets]))
    except RunFailed as error:
        raise _failed(str(error)) from None


def _failed(words: str) -> RunFailed:
    """A failure as Flower shows it; the log gets its line."""
    _log.error(words)
    return RunFailed(words)


def report(outcomes: Sequence[Outcome]) -> str:
    """The outcomes of one message as a person reads them in Flower."""
    words = Counter(map(in_words, outcomes))
    return ", ".join(f"{n} × {word}" if n > 1 else word for word, n in words.items())


@worker_init.connect  # type: ignore[untyped-decorator]
def refuse_unfit(**_: Any) -> None:
    """Refuse to work before the first task where others would suffer, over connections that no child inherits."""
    graph = service.__wrapped__()
    _end_unless(graph.check_fit)
    graph.database.close()


def _end_unless(fit: Callable[[], None]) -> None:
    try:
        fit()
    except NotFitError as error:
        raise SystemExit(str(error)) from None
