"""What a webhook's receiver answered, what it means for what was sent, and what becomes of the parcels of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.news.errors import HostDown, Refused, SinkDown
from worker.news.reason import WORDS, Reason
from worker.pipeline.ports import Parcel, Posted, Returned

# So much of an answer is repeated to a person.
LONGEST_WORDS = 200
_GONE = 410
_REFUSALS = range(400, 500)
_ERRORS = range(500, 600)
# Timeout, too early, too many requests: none of them is about what was sent.
_LATER = frozenset({408, 425, 429})
# A gateway whose receiver broke, or took too long: it may be what was sent that did it.
_BROKE = frozenset({502, 504})
# What a wrong address, a wrong login or a receiver without this service says to whatever is sent; a receiver that takes other
# records means this one by it.
_DOUBTS = frozenset({401, 402, 403, 404, 405, 406, 407, 411, 415, 421, 426, 500, 501, 505})
# What the receiver had in its hands when it broke may have broken it.
_IN_ITS_HANDS = frozenset({Reason.TIMEOUT, Reason.PROTOCOL})


class Verdict(StrEnum):
    """What an answer means."""

    TAKEN = "taken"
    REFUSED = "refused"  # this record, now and later
    DOUBTED = "doubted"  # this record, or all of them
    BROKE = "broke"  # the receiver is down, and this may have done it
    DOWN = "down"
    GONE = "gone"  # it wants nothing any more


ENDS = frozenset({Verdict.BROKE, Verdict.DOWN, Verdict.GONE})
_TROUBLE = ENDS | {Verdict.DOUBTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict, its reason in words, and for how many seconds the receiver wants to be left alone."""

    verdict: Verdict
    words: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A parcel and what was answered to it; None: it was not sent."""

    parcel: Parcel
    answer: Answer | None


def answer_of(posted: Posted) -> Answer:
    """What a receiver's answer means."""
    status = posted.status
    said = _words(posted.body)
    words = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    return Answer(verdict=_verdict(status), words=words, retry_after=posted.retry_after)


def answer_to(error: HostDown | Refused) -> Answer:
    """What it means that there was no answer."""
    words = f"{WORDS[error.reason]}: {error.detail}" if error.detail else WORDS[error.reason]
    if error.reason is Reason.BLOCKED_ADDRESS:
        words = f"the receiver may not be asked ({error.detail}): it is not on the public web; `private = true` says that it may be"
    verdict = Verdict.BROKE if error.reason in _IN_ITS_HANDS else Verdict.DOWN
    return Answer(verdict=verdict, words=words, retry_after=error.retry_after if isinstance(error, HostDown) else None)


def returned(ended: Sequence[Ended], *, late: str) -> list[Returned]:
    """The parcels of a batch that were not taken; `late` says why some were not sent when there was no other trouble.

    Raises `SinkDown` when the receiver wants nothing any more, and when it took nothing for a reason that may not be the records'.
    """
    answers = [one.answer for one in ended if one.answer is not None]
    gone = _first(answers, {Verdict.GONE})
    if gone is not None:
        raise SinkDown(Reason.SINK_GONE, gone.words)
    trouble = _first(answers, _TROUBLE)
    if trouble is not None and _first(answers, {Verdict.TAKEN}) is None:
        wait = max((answer.retry_after or 0.0 for answer in answers), default=0.0)
        raise SinkDown(Reason.SINK_DOWN, trouble.words, wait or None)
    end = _first(answers, ENDS)
    unsent = (Reason.SINK_DOWN, end.words) if end is not None else (Reason.SINK_SLOW, late)
    found = [_returned(one, *unsent) for one in ended]
    return [one for one in found if one is not None]


def _first(answers: Iterable[Answer], verdicts: Iterable[Verdict]) -> Answer | None:
    wanted = frozenset(verdicts)
    return next((answer for answer in answers if answer.verdict in wanted), None)


def _returned(ended: Ended, reason: Reason, words: str) -> Returned | None:
    key, answer = ended.parcel.key, ended.answer
    if answer is None:
        return Returned(key=key, reason=reason, detail=words, tried=False)
    match answer.verdict:
        case Verdict.TAKEN:
            return None
        case Verdict.DOWN:
            return Returned(key=key, reason=Reason.SINK_DOWN, detail=answer.words, tried=False)
        case Verdict.BROKE:
            return Returned(key=key, reason=Reason.SINK_DOWN, detail=answer.words)
        case _:
            return Returned(key=key, reason=Reason.SINK_REFUSED, detail=answer.words)


def _verdict(status: int) -> Verdict:
    if status in range(200, 300):
        return Verdict.TAKEN
    if status == _GONE:
        return Verdict.GONE
    if status in _BROKE:
        return Verdict.BROKE
    if status in _LATER or (status in _ERRORS and status not in _DOUBTS):
        return Verdict.DOWN
    if status in _REFUSALS and status not in _DOUBTS:
        return Verdict.REFUSED
    # Redirects as well: none is followed, since the settings say where records go.
    return Verdict.DOUBTED


def _words(body: bytes) -> str:
    """The first words of an answer, on one line, without anything that a terminal would obey."""
    words = " ".join(body[: 8 * LONGEST_WORDS].decode("utf-8", "replace").split())[:LONGEST_WORDS]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
