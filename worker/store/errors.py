"""Which errors of the database mean that it could not be asked: nothing is known, nothing is counted, the lease ends."""

from __future__ import annotations

from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class UnusableDatabaseError(Exception):
    """What the settings name is no database of ours, and asking again will not make it one."""


_SQLITE_FULL = 13  # SQLITE_FULL of sqlite3.h
_POSTGRES_FULL = "53100"  # disk_full of PostgreSQL's table of error codes

# Deadlock victims and shutdowns are OperationalErrors too.
Unavailable = (OperationalError, InterfaceError, DisconnectionError, PoolTimeoutError)


def cause_of(error: Exception) -> str:
    """What the driver says, in one line; a full disk is named as such."""
    cause = getattr(error, "orig", None) or error
    full = (
        getattr(cause, "sqlite_errorcode", None) == _SQLITE_FULL or getattr(cause, "sqlstate", None) == _POSTGRES_FULL
    )
    lines = str(cause).strip().splitlines()
    return "its disk is full: make room" if full else (lines[0] if lines else type(cause).__name__)
