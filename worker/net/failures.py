"""What the HTTP library raises, in our own words: by type, never by what a message says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from worker.net.backend import OverBudgetError
from worker.news.errors import CopydeskError, HostDown, Refused
from worker.news.reason import Reason


@contextmanager
def translated() -> Iterator[None]:
    """Foreign exceptions become ours, by type."""
    try:
        yield
    except CopydeskError:
        raise
    except httpx.TimeoutException as error:
        raise HostDown(Reason.TIMEOUT, type(error).__name__) from error
    except httpx.ConnectError as error:
        raise HostDown(_why_not_connected(error), str(error)) from error
    except httpx.LocalProtocolError as error:
        # Our own request was no HTTP, which only a secret can do; the words of the library repeat it.
        raise HostDown(Reason.PROTOCOL, f"{type(error).__name__}: a header that can't be sent") from None
    except (httpx.TransportError, httpcore.NetworkError) as error:
        if any(isinstance(cause, OverBudgetError) for cause in _causes(error)):
            raise Refused(Reason.TOO_LARGE, "more bytes on the wire than allowed") from error
        if isinstance(error, httpx.ProxyError):
            raise HostDown(Reason.CONNECT, str(error)) from error
        raise HostDown(Reason.PROTOCOL, f"{type(error).__name__}: {error}") from error
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise Refused(Reason.BAD_LINK, str(error)) from error


def _why_not_connected(error: BaseException) -> Reason:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return Reason.TLS
    return Reason.CONNECT


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[Any] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__
