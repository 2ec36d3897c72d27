"""The fake `Poster`: receivers in the memory of a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from worker.news.errors import HostDown, Refused
from worker.news.page import host_of
from worker.news.reason import Reason
from worker.pipeline.ports import Posted

PRIVATE = ("10.", "127.", "192.168.", "localhost")


@dataclass(frozen=True, slots=True)
class Sent:
    """One post."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class ScriptedPoster:
    """Answers by URL; a place without a receiver is down, and private places may not be asked. Keeps what was sent."""

    receivers: dict[str, Callable[[Sent], Posted]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Posted:
        """Hand it to the receiver."""
        if host_of(url).startswith(PRIVATE):
            raise Refused(Reason.BLOCKED_ADDRESS, host_of(url))
        if url not in self.receivers:
            raise HostDown(Reason.CONNECT, "nobody is there")
        sent = Sent(url, body, dict(headers))
        self.sent.append(sent)
        return self.receivers[url](sent)
