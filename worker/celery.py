"""The Celery app: queues, routes, Beat schedule, worker settings with their reasons, and the Celery side of the bell.

Celery rings, SQL knows: a message is a hint that may be lost or come twice. No results, no ETA, no canvas, no `self.retry`.
"""

from __future__ import annotations

import logging
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import after_setup_logger, worker_process_init
from kombu import Queue
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from worker.news.work import Call, Stage
from worker.settings import read_settings
from worker.wiring import Service

CONTROL = "control"
TICK = "copydesk.tick"
RECOUNT = "copydesk.recount"
# A child that parses may take this much; the page that takes more is quarantined, the worker lives.
CHILD_DATA_BYTES = 1 << 30
CHATTY = ("trafilatura", "htmldate", "courlan", "charset_normalizer")
# A tick that could not run for so long is made up for by the next one.
TICK_EXPIRES_S = 10
# How often it is asked whether the night's recount is still to be done; 03:30 is one of these minutes.
RECOUNT_MINUTES = 10


def stage_task(stage: Stage) -> str:
    """The name of a stage's task."""
    return f"copydesk.stage.{stage}"


def configuration() -> dict[str, Any]:
    """What Celery is told, each with its reason; read on first use, not on import."""
    settings = read_settings()
    tick = settings.lease.tick.total_seconds()
    return {
        "broker_url": settings.broker_url,
        # Truth is in SQL: nobody reads results, and they cost 536 B and 9 % each.
        "result_backend": None,
        "task_ignore_result": True,
        # No pickle: a writable Redis must not be code execution.
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        # A soft shutdown gives back what runs; an early ack would lose it until its lease ends.
        "task_acks_late": True,
        # A poison message would kill worker after worker; the sweep takes its row back, counted.
        "task_reject_on_worker_lost": False,
        # A failure is in SQL already, and must not come again by itself.
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        # A typo in a queue's name must fail, not fill a list that no one reads.
        "task_create_missing_queues": False,
        "task_default_queue": CONTROL,
        "task_queues": [Queue(CONTROL), *(Queue(stage.value) for stage in Stage)],
        "task_routes": {stage_task(stage): {"queue": stage.value} for stage in Stage},
        # Fail fast: an unsent message is only a lease that is given back.
        "task_publish_retry": False,
        # Best effort, the extractors swallow it; the hard limit is certain, in prefork only.
        "task_soft_time_limit": 60,
        "task_time_limit": 75,
        # Few messages in memory, few to lose.
        "worker_prefetch_multiplier": 1,
        # A long parse does not hold others back. Redis only; elsewhere it is ignored.
        "worker_disable_prefetch": settings.broker_url.startswith("redis"),
        "worker_eta_task_limit": 1000,
        # Backstops for what parsers leak.
        "worker_max_tasks_per_child": 500,
        "worker_max_memory_per_child": 400_000,
        "worker_soft_shutdown_timeout": 20,
        # What the connection of an idle worker may still hold comes again by its lease; waiting for it stops nothing sooner.
        "worker_enable_soft_shutdown_on_idle": False,
        # Rows are fenced: cancelling what runs would only waste the request.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_send_task_events": True,
        "worker_redirect_stdouts": False,
        # Containers start in any order, and a broker comes back.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": 5,
        "broker_pool_acquire_timeout": 10,
        "broker_transport_options": _transport(settings.broker_url),
        "beat_schedule": {
            "tick": {"task": TICK, "schedule": tick, "options": {"expires": TICK_EXPIRES_S}},
            # By the clock, not so long after the start of Beat: one that is started often would never get there.
            "recount": {
                "task": RECOUNT,
                "schedule": crontab(minute=f"*/{RECOUNT_MINUTES}"),
                "options": {"queue": CONTROL, "expires": RECOUNT_MINUTES * 60},
            },
        },
        # The schedule never changes, and SQL knows when the last recount was: nothing is to be kept in a file.
        "beat_scheduler": "celery.beat:Scheduler",
        "beat_max_loop_interval": 5,
        # Beat answers `inspect ping` only while it ticks.
        "beat_enable_remote_control": True,
        "beat_remote_control_max_tick_age": 60,
        "timezone": "UTC",
        "enable_utc": True,
    }


def _transport(broker_url: str) -> dict[str, Any]:
    if not broker_url.startswith(("redis", "rediss")):
        return {}
    options: dict[str, Any] = {
        # Above the hard limit, the queue lease and a stall of five minutes: the sweep acts first.
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 3,
        # Without it a publish on a half-open socket hangs for ever.
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "health_check_interval": 25,
        "global_keyprefix": "copydesk:",
    }
    if not broker_url.startswith("redis+socket"):
        options["socket_keepalive"] = True
    return options


app = Celery("copydesk", include=["worker.tasks"])
app.add_defaults(configuration)


@dataclass(frozen=True, slots=True)
class CeleryBell:
    """The `Bell` port: one message a call, gone after the queue lease."""

    expires_s: float

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Send the calls over one connection; those after a failure are not tried."""
        for i, call in enumerate(calls):
            tickets = [[ticket.work, ticket.claim] for ticket in call.tickets]
            try:
                app.send_task(stage_task(call.stage), kwargs={"tickets": tickets}, expires=self.expires_s)
            except (KombuError, RedisError, OSError):
                return calls[i:]
        return ()


@cache
def service() -> Service:
    """The graph of this process, built on first use: after the fork, never at import."""
    settings = read_settings()
    return Service(settings=settings, bell=CeleryBell(settings.lease.queue.total_seconds()))


def workers(timeout_s: float = 1.0) -> tuple[str, ...] | None:
    """The names of the workers that answer; None when the broker can't be reached."""
    try:
        answers = app.control.ping(timeout=timeout_s)
    except (KombuError, RedisError, OSError):
        return None
    return tuple(sorted(name for answer in answers for name in answer))


@after_setup_logger.connect
def hush_readers(**_: object) -> None:
    """What a reader makes of a page is its outcome; what its libraries say on the way is no news to an operator."""
    for library in CHATTY:
        logging.getLogger(library).setLevel(logging.CRITICAL)


@worker_process_init.connect
def prepare_child(**_: object) -> None:
    """Bound a parsing child's memory: it must get a MemoryError before the machine is out of memory."""
    resource.setrlimit(resource.RLIMIT_DATA, (CHILD_DATA_BYTES, CHILD_DATA_BYTES))
