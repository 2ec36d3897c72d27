"""Where the sample outlet is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePolicy:
    """The origin of the sample outlet: its process listens there, and its feeds are asked for there."""

    url: str = "http://127.0.0.1:8642"
