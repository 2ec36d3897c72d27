"""What the parts of the gate hand to it: a suspicion with its weight and its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from worker.news.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What a page may be instead of an article. Weights of one part are comparable; 0 is none."""

    reason: Reason
    weight: float = 0.0
    evidence: str = ""
