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
from worker.news.errors import ArchiveDown
from worker.settings import ConfigurationError
from worker.store.choosing import UnknownOutletError
from worker.store.errors import Unavailable, UnusableDatabaseError, cause_of
from worker.store.migrate import UnknownSchemaError

# Who reads a pipe has no width; tables must not be folded for one.
out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def counted(n: int, noun: str) -> str:
    """A number with its noun, which takes an s."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


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
        fail(f"the database can't be reached: {cause_of(error)}; see COPYDESK_DATABASE_URL")
    except UnusableDatabaseError as error:
        fail(f"the database can't be used: {error}; see COPYDESK_DATABASE_URL")
    except ArchiveDown as error:
        fail(f"the archive {error}; see COPYDESK_ARCHIVE_URL")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}")
