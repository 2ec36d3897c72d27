"""Which errors of the database mean that it could not be asked: nothing is known, nothing is counted, the lease ends."""

from __future__ import annotations

from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Deadlock victims and shutdowns are OperationalErrors too.
Unavailable = (OperationalError, InterfaceError, DisconnectionError, PoolTimeoutError)
