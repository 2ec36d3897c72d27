"""The judge of `best`: trees are walked as they were grown, and what they are sure of changes a body, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from math import exp

import numpy as np
import pytest
from lxml import etree, html

from worker.news.policy import Quality, ReadingPolicy
from worker.pipeline.ports import PageInput
from worker.reading.forest import Forest, forest_of
from worker.reading.judge import MODEL, evidence, near_kept
from worker.reading.pages import TrafilaturaReader
from worker.reading.standfirst import Known
from worker.reading.verdict import case_of, overrule
from worker.reading.witness import Seen

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STORY = (
    "The harbour council agreed on Tuesday to repair the old crane before the winter storms arrive.",
    "Its chain had been missing since the flood, and nobody could say who had taken it home.",
    "A smith from the next village offered to forge a new one for the price of the iron.",
    "The crane will lift its first boat in May, when the fishing season opens along the coast.",
)
NOTHING = Seen(rough="", roughly="", stated=())


def stump(feature: int, *, above: float, width: int) -> Forest:
    """One tree of one question: sure against what has more of a thing, and sure of the rest."""
    return Forest(
        feature=np.array([[feature, -1, -1]], dtype=np.int16),
        threshold=np.array([[above, 0, 0]], dtype=np.float32),
        left=np.array([[1, 0, 0]], dtype=np.int16),
        right=np.array([[2, 0, 0]], dtype=np.int16),
        value=np.array([[0, 4, -4]], dtype=np.float32),
        depth=1,
        width=width,
    )


def page(*lines: str) -> html.HtmlElement:
    """A page of paragraphs."""
    return html.document_fromstring(f"<body><article>{''.join(f'<p>{line}</p>' for line in lines)}</article></body>")


def body(*lines: str) -> etree._Element:
    """A result body of paragraphs."""
    made = etree.Element("body")
    for line in lines:
        etree.SubElement(made, "p").text = line
    return made


def told(found: etree._Element) -> list[str]:
    """Its lines."""
    return ["".join(map(str, part.itertext())) for part in found]


def judged(kept: tuple[str, ...], shown: tuple[str, ...], *, by: str, above: float) -> list[str]:
    """What is left of a body when the trees ask for one number."""
    tree, found = page(*shown), body(*kept)
    case, _ = case_of(found, tree, seen=NOTHING, known=Known())
    rows = np.array(evidence(case, near_kept(case)))
    # The number that tells the line apart from all others is found, so that the order of numbers is free.
    marked = [line.text.startswith(by) for line in case.lines]
    feature = next(n for n in range(rows.shape[1]) if ((rows[:, n] > above) == marked).all())
    overrule(found, tree, seen=NOTHING, known=Known(), forest=stump(feature, above=above, width=rows.shape[1]))
    return told(found)


def test_each_row_goes_down_each_tree() -> None:
    forest = Forest(
        feature=np.array([[0, 1, -1, -1, -1], [1, -1, -1, -1, -1]], dtype=np.int16),
        threshold=np.array([[0.5, 2, 0, 0, 0], [7, 0, 0, 0, 0]], dtype=np.float32),
        left=np.array([[1, 3, 0, 0, 0], [1, 0, 0, 0, 0]], dtype=np.int16),
        right=np.array([[2, 4, 0, 0, 0], [2, 0, 0, 0, 0]], dtype=np.int16),
        value=np.array([[0, 0, 1, 2, 3], [0, 10, -10, 0, 0]], dtype=np.float32),
        depth=2,
        width=2,
    )
    # Left, left, left; left, right, left; right, and the second tree right.
    logits = (2 + 10, 3 + 10, 1 - 10)
    assert forest.weigh([[0.5, 2], [0, 2.5], [1, 8]]) == pytest.approx([1 / (1 + exp(-logit)) for logit in logits])
    assert forest.weigh([]) == []
    with pytest.raises(ValueError, match="3 numbers in a row, not 2"):
        forest.weigh([[1, 2, 3]])


def test_the_trees_were_grown_for_the_evidence_that_they_get() -> None:
    case, _ = case_of(body(*STORY), page(*STORY), seen=NOTHING, known=Known())
    rows = evidence(case, near_kept(case))
    assert [len(row) for row in rows] == [forest_of(MODEL).width] * len(STORY)


def test_what_the_judge_is_sure_against_goes() -> None:
    asking = "Sign up, subscribe to our newsletter, follow us on Facebook and Twitter, and share this story by email."
    assert judged((*STORY, asking), (*STORY, asking), by="Sign", above=3) == list(STORY)


def test_what_the_judge_is_sure_of_comes_back_where_it_stood() -> None:
    asking = "Sign up, subscribe to our newsletter, follow us on Facebook and Twitter, and share this story by email."
    kept = (STORY[1], STORY[3], asking)
    assert judged(kept, (*STORY, asking), by="Sign", above=3) == list(STORY)


def test_a_body_is_never_judged_away() -> None:
    tree, found = page(*STORY), body(*STORY)
    case, _ = case_of(found, tree, seen=NOTHING, known=Known())
    width = len(evidence(case, near_kept(case))[0])
    overrule(found, tree, seen=NOTHING, known=Known(), forest=stump(0, above=-5, width=width))
    assert told(found) == list(STORY)


def test_best_reads_a_plain_article_as_it_is_and_says_that_it_was_judged() -> None:
    shown = "".join(
        f"<p>{line} It was said twice, in the hall and at the quay, and written down.</p>" for line in STORY
    )
    source = f"<html lang='en'><head><title>The crane</title></head><body><article><h1>The crane</h1>{shown}</article></body></html>"
    given = PageInput(body=source.encode(), url="https://quay.example/crane", content_type="text/html", language="en")
    best = TrafilaturaReader(policy=ReadingPolicy(quality=Quality.BEST)).read(given, now=NOW)
    normal = TrafilaturaReader().read(given, now=NOW)
    assert best.text == normal.text
    assert best.extraction.sources["text"] == f"{normal.extraction.sources['text']}, judged"
