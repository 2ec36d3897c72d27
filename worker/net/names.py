"""Names to addresses, by the resolver of the system, with a deadline of its own and a short memory."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason

# Host and port to addresses, as text. Raises `OSError`.
Lookup = Callable[[str, int], list[str]]
_Answer = list[str] | OSError | ValueError

NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})
# How long an answer is believed: a page and the robots.txt before it are looked up once.
REMEMBERED_S = 60.0
MOST_REMEMBERED = 4096
# An answer may be as long as its name server likes; one that is longer is asked for again each time.
LONGEST_REMEMBERED = 64
# A name server that is dead holds no more threads than these: several times as many as there are connections, since those
# who waited for it have left long before.
MOST_AT_ONCE = 256


def system_lookup(host: str, port: int) -> list[str]:
    """All addresses of a host, as getaddrinfo(3) orders them: with /etc/hosts and all that the machine's owner set up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


@dataclass(slots=True)
class Resolver:
    """Looks names up; getaddrinfo(3) itself can't be told when to give up, so it runs in a thread that is left behind."""

    lookup: Lookup = system_lookup
    remembered: dict[tuple[str, int], tuple[float, list[str]]] = field(default_factory=dict)
    seats: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MOST_AT_ONCE))

    def addresses(self, host: str, port: int, timeout_s: float) -> list[str]:
        """The addresses of a host, at least one. Raises `HostDown` (DNS, DNS_TEMPORARY), `Refused` (BAD_LINK)."""
        known = self.remembered.get((host, port))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        answer = self._ask(host, port, timeout_s)
        if isinstance(answer, ValueError):
            # An empty label, or one that is too long (RFC 1035 §2.3.4).
            raise Refused(Reason.BAD_LINK, f"{host} is no name") from answer
        if isinstance(answer, OSError):
            known_not_to_be = isinstance(answer, socket.gaierror) and answer.errno in NO_SUCH_NAME
            raise HostDown(Reason.DNS if known_not_to_be else Reason.DNS_TEMPORARY, str(answer)) from answer
        if not answer:
            raise HostDown(Reason.DNS, f"{host} has no address")
        if len(answer) <= LONGEST_REMEMBERED:
            if len(self.remembered) >= MOST_REMEMBERED:
                self.remembered.clear()
            self.remembered[host, port] = (time.monotonic() + REMEMBERED_S, answer)
        return answer

    def _ask(self, host: str, port: int, timeout_s: float) -> _Answer:
        deadline = time.monotonic() + timeout_s
        if not self.seats.acquire(timeout=timeout_s):
            raise HostDown(Reason.DNS_TEMPORARY, "too many names are being looked up")
        answers: SimpleQueue[_Answer] = SimpleQueue()
        try:
            threading.Thread(target=self._look_up, args=(host, port, answers), daemon=True).start()
        except RuntimeError as error:
            # The machine has no thread left.
            self.seats.release()
            raise HostDown(Reason.DNS_TEMPORARY, str(error)) from error
        try:
            return answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise HostDown(Reason.DNS_TEMPORARY, f"no answer within {timeout_s:.0f} s") from None

    def _look_up(self, host: str, port: int, answers: SimpleQueue[_Answer]) -> None:
        try:
            answers.put(self.lookup(host, port))
        except (OSError, ValueError) as error:
            answers.put(error)
        finally:
            self.seats.release()
