"""POST requests to receivers of our own choice, through the same guard as everything that leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from worker.net.policy import NetPolicy
from worker.pipeline.ports import Clock, Posted


class HttpxPoster:
    """The `Poster` port: one shared synchronous client, safe for threads."""

    def __init__(
        self, *, policy: NetPolicy, clock: Clock, own: Sequence[str] = (), timeout: timedelta, most: int
    ) -> None:
        """`own` are URLs whose host may be private; `most` bytes of an answer are read."""
        self._policy, self._clock, self._own, self._timeout, self._most = policy, clock, own, timeout, most

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Posted:
        """POST a body, once."""
        raise NotImplementedError
