"""The rules of robots.txt bodies, as protego matches them (RFC 9309). The only module that knows protego."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cachetools import LRUCache
from protego import Protego

# A parsed body takes about 75 times its size: 37 MB for the largest (measured).
MOST_PARSED_BYTES = 1_000_000
# What the objects of the shortest body take, in the same measure.
_LEAST_SIZE = 20
# RFC 9309 has no delay; no outlet means more than a day by it.
_LONGEST_DELAY_S = 86_400
# Who names us with a version means us (RFC 9309 §2.2.1 has the token alone).
_VERSION = re.compile(r"^([ \t]*user-agent[ \t]*:[ \t]*[a-z_-]+)/\S*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ProtegoRules:
    """The `RobotsRules` port, for the product token of our user agent."""

    agent: str
    parsed: LRUCache[bytes, _Parsed] = field(default_factory=lambda: LRUCache(MOST_PARSED_BYTES, getsizeof=_size))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, body: bytes, url: str) -> bool:
        """Whether an address may be asked for."""
        return bool(self._rules(body).can_fetch(url, self.agent))

    def delay(self, body: bytes) -> timedelta | None:
        """What Crawl-delay or Request-rate want between two requests, if they say something sensible."""
        rules = self._rules(body)
        rate = rules.request_rate(self.agent)
        # Bounded before anything else: neither a float nor a timedelta can hold what a file can say.
        rated = min(rate.seconds, rate.requests * _LONGEST_DELAY_S) / rate.requests if rate and rate.requests else None
        sensible = [wish for wish in (rules.crawl_delay(self.agent), rated) if wish is not None and 0 < wish < math.inf]
        return timedelta(seconds=min(max(sensible), _LONGEST_DELAY_S)) if sensible else None

    def _rules(self, body: bytes) -> Any:
        with self.lock:
            known = self.parsed.get(body)
        if known is None:
            text = body.decode("utf-8-sig", "replace").replace("\0", "")
            known = _Parsed(Protego.parse(_VERSION.sub(r"\1", text)), len(body))
            with self.lock:
                if _size(known) <= self.parsed.maxsize:
                    self.parsed[body] = known
        return known.rules


@dataclass(frozen=True, slots=True)
class _Parsed:
    rules: Any
    size: int


def _size(parsed: _Parsed) -> int:
    return max(parsed.size, _LEAST_SIZE)


def agent_token(user_agent: str) -> str:
    """The product token by which robots.txt names us: what stands before the version (RFC 9309 §2.2.1)."""
    return user_agent.split("/", maxsplit=1)[0].split(" ", maxsplit=1)[0]
