"""Work: one row of what is to be done, and the ticket by which a worker takes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """What is to be done next; a stage, its use case, its task and its queue share one name."""

    POLL = "poll"
    PARSE = "parse"
    FETCH = "fetch"
    EXTRACT = "extract"
    DELIVER = "deliver"


class Kind(StrEnum):
    """Whose work it is."""

    FEED = "feed"
    ARTICLE = "article"
    DELIVERY = "delivery"


class Purpose(IntEnum):
    """Why it is done; the smaller goes first."""

    LIVE = 0
    MANUAL = 1
    BACKFILL = 2
    VISIT = 3
    REPROCESS = 4


class Again(IntEnum):
    """Why a delivery is on its way. It waits for earlier revisions of its article that are on their way for the same reason or a smaller."""

    FIRST = 0
    RETRY = 1  # it was dead
    REPLAY = 2  # it had arrived, and is asked for once more


class Lane(StrEnum):
    """What one claim looks at: poll and fetch share the gates of the hosts."""

    WEB = "web"
    PARSE = "parse"
    EXTRACT = "extract"
    DELIVER = "deliver"


# The stages that send requests to an outlet's host, and so pass its gate.
WEB_STAGES = (Stage.POLL, Stage.FETCH)
# One process holds one row there, so that a death can be laid at the row's door.
CPU_STAGES = (Stage.PARSE, Stage.EXTRACT)


@dataclass(frozen=True, slots=True, order=True)
class Ticket:
    """A claimed row: its id and the number of the claim, which fences off everybody else."""

    work: int
    claim: int


@dataclass(frozen=True, slots=True)
class Call:
    """One message to be sent: tickets of one stage that one worker takes together."""

    stage: Stage
    tickets: tuple[Ticket, ...]
