"""Two transactions that wait for each other: PostgreSQL ends one of them, and that one is simply done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError

T = TypeVar("T")

_DEADLOCK = "40P01"  # deadlock_detected of PostgreSQL's table of error codes
MOST_TIMES = 5


class ChangedError(Exception):
    """What a transaction rests on changed before it was locked: it is to be done again."""


def done_again(transaction: Callable[[], T]) -> T:
    """Do a whole transaction, and again while it was the victim of a deadlock or what it rests on changed.

    Raises what the last one raised.
    """
    for _ in range(MOST_TIMES - 1):
        try:
            return transaction()
        except ChangedError:
            continue
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
    return transaction()
