"""What the learnt judge makes of a body: lines that it is sure against go, and lines of the page that it is sure of come back."""

from __future__ import annotations

from lxml import etree, html

from worker.reading.agreement import parts_of, put_back, remove
from worker.reading.forest import Forest
from worker.reading.judge import Case, weigh
from worker.reading.layout import read_lines, squeezed
from worker.reading.standfirst import Known
from worker.reading.stray import Part
from worker.reading.witness import BEGINNING, LONGEST, Seen

# How sure it must be; between the two what stands there stays.
_AGAINST, _FOR = 0.3, 0.7
_MOST_LINES = 1000  # of a body; one that has more is left as it is
# A body that would lose more than this share of its letters is left as it is: then it is the judge that is wrong.
_MOST_LOST = 0.5


def case_of(body: etree._Element, tree: html.HtmlElement, *, seen: Seen, known: Known) -> tuple[Case, list[Part]]:
    """A body of a page as the judge gets it, and the body's parts."""
    lines = read_lines(tree)
    parts = parts_of(body, lines)
    kept = {part.line.at for part in parts if part.line is not None}
    numbers = frozenset(number for number, line in enumerate(lines) if line.at in kept)
    return Case(lines=lines, kept=numbers, seen=seen, known=known), parts


def overrule(body: etree._Element, tree: html.HtmlElement, *, seen: Seen, known: Known, forest: Forest) -> None:
    """Mend a body in place."""
    case, parts = case_of(body, tree, seen=seen, known=known)
    if not case.kept or len(parts) > _MOST_LINES:
        return
    sure = {case.lines[number].at: weight for number, weight in weigh(case, forest).items()}
    gone = [part for part in parts if part.whole and part.line and sure.get(part.line.at, 1) <= _AGAINST]
    if sum(len(part.key) for part in gone) > _MOST_LOST * sum(len(part.key) for part in parts):
        return
    words = squeezed("".join(map(str, body.itertext()))[: 2 * LONGEST])
    lost = {
        line.key: line
        for line in reversed(case.lines)
        if sure.get(line.at, 0) > _FOR and not line.between and line.key[:BEGINNING] not in words
    }
    places = {part.line.at: part.element for part in parts if part.line is not None}
    put_back(places, list(reversed(lost.values())))
    for part in gone:
        remove(part.element)
