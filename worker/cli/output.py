"""What the command prints: for people by default, JSON when asked; errors are one line that says what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import orjson
import typer
from rich.console import Console

from worker.embedded.broker import NoRedisError
from worker.embedded.service import RunningElsewhereError
from worker.settings import ConfigurationError
from worker.store.choosing import UnknownOutletError
from worker.store.errors import Unavailable
from worker.store.migrate import UnknownSchemaError

# Who reads a pipe has no width; tables must not be folded for one.
out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def fail(message: str) -> NoReturn:
    """End with an error that says what to do."""
    err.print(message, markup=False, style="red")
    raise typer.Exit(1)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a person can mend into one line."""
    try:
        yield
    except (ConfigurationError, NoRedisError, RunningElsewhereError, UnknownOutletError, UnknownSchemaError) as error:
        fail(str(error))
    except Unavailable as error:
        cause = str(error.orig if hasattr(error, "orig") else error).strip().splitlines()
        fail(f"the database can't be reached: {cause[0] if cause else type(error).__name__}; see COPYDESK_DATABASE_URL")
