"""How the events of a batch go to a receiver: each by itself, several at a time; or all together, and in halves where that fails."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

from worker.sinks.verdicts import ENDS, Answer, Verdict

# So many records are tried at a receiver that took none and says what it may say to all.
MOST_DOUBTS = 10
# What was answered to each event, by its number; None: it was not asked for.
Answers = list[Answer | None]
# The first event of a part, and the one behind its last.
_Part = tuple[int, int]


def each(
    rows: Sequence[Sequence[int]], ask: Callable[[int], Answer], *, parallel: int, is_late: Callable[[], bool]
) -> Answers:
    """Ask for each event, by its number from 0; those of a row one after the other, until the receiver or the time is at an end."""
    run = _Round(rows, ask, is_late)
    threads = min(parallel, len(rows))
    if threads <= 1:
        run()
        return run.answers
    with ThreadPoolExecutor(threads) as pool:
        for running in [pool.submit(run) for _ in range(threads)]:
            running.result()
    return run.answers


def halved(size: int, ask: Callable[[int, int], Answer], *, is_late: Callable[[], bool]) -> Answers:
    """Ask for all events together; where that is refused for each half, down to single ones. `ask` gets the number of the first
    event and the one behind the last; the same answers lead to the same halves.
    """
    run = _Halving(size, ask)
    while run.parts and not is_late():
        if run.step().verdict in ENDS:
            break
    return run.answers


class _Round:
    """One batch, event by event; called in several threads at a time."""

    def __init__(
        self, rows: Sequence[Sequence[int]], ask: Callable[[int], Answer], is_late: Callable[[], bool]
    ) -> None:
        self.answers: Answers = [None] * sum(map(len, rows))
        self._rows = deque(rows)
        self._ask, self._is_late = ask, is_late
        self._verdicts: Counter[Verdict] = Counter()
        self._lock = Lock()

    def __call__(self) -> None:
        while (row := self._next()) is not None:
            for event in row:
                if self._is_over():
                    return
                self._note(event, self._ask(event))

    def _next(self) -> Sequence[int] | None:
        with self._lock:
            return self._rows.popleft() if self._rows else None

    def _note(self, event: int, answer: Answer) -> None:
        with self._lock:
            self.answers[event] = answer
            self._verdicts[answer.verdict] += 1

    def _is_over(self) -> bool:
        with self._lock:
            ended = any(self._verdicts[verdict] for verdict in ENDS)
            hopeless = self._verdicts[Verdict.DOUBTED] >= MOST_DOUBTS and not self._verdicts[Verdict.TAKEN]
        return ended or hopeless or self._is_late()


class _Halving:
    """One batch, part by part."""

    def __init__(self, size: int, ask: Callable[[int, int], Answer]) -> None:
        self.answers: Answers = [None] * size
        self.parts: deque[_Part] = deque([(0, size)] if size else [])
        self._doubted: list[_Part] = []
        self._taken = False
        self._ask = ask

    def step(self) -> Answer:
        """Ask for the next part."""
        start, end = part = self.parts.popleft()
        answer = self._ask(start, end)
        self._taken = self._taken or answer.verdict is Verdict.TAKEN
        several = end - start > 1
        if several and answer.verdict is Verdict.REFUSED:
            self.parts.extendleft(reversed(_halves(part)))
        else:
            self.answers[start:end] = [_of_one(answer) if several else answer] * (end - start)
        if several and answer.verdict is Verdict.DOUBTED:
            self._doubted.append(part)
        if self._taken and not self.parts:
            self._look_closer()
        return answer

    def _look_closer(self) -> None:
        """Halve what was doubted: what is taken elsewhere is not doubted because of the address, it is some of these."""
        for start, end in self._doubted:
            self.answers[start:end] = [None] * (end - start)
            self.parts.extend(_halves((start, end)))
        self._doubted.clear()


def _halves(part: _Part) -> tuple[_Part, _Part]:
    start, end = part
    middle = (start + end) // 2
    return (start, middle), (middle, end)


def _of_one(answer: Answer) -> Answer:
    """What an answer to several says of one of them: that it broke the receiver is not known of any."""
    return replace(answer, verdict=Verdict.DOWN) if answer.verdict is Verdict.BROKE else answer
