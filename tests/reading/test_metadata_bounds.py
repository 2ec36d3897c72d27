"""Pages that hold far too much of what metadata is read from."""

from __future__ import annotations

import time

import pytest
from lxml import html

from tests.reading.test_metadata import NOW, URL
from worker.news.policy import ReadingPolicy
from worker.pipeline.ports import PageInput
from worker.reading.metadata import read_metadata

LONGEST_SECONDS = 15  # of CPU; what is quadratic would take minutes
HOSTILE = {
    "labels of bylines": "<h1>Ferry returns</h1>" + "<span>By</span>" * 40_000,
    "bylines in teasers": "<h1>Ferry returns</h1>" + "<div class='byline teaser'>By Ana Silva</div>" * 20_000,
    "links to authors": "<h1>Ferry returns</h1>" + "<a rel='author' href='/author/1'>Ana Silva</a>" * 20_000,
    "figures": "<main>"
    + "<figure><img src='/a.jpg'><figcaption>a <i class='credit'>x</i></figcaption></figure>" * 8000,
    "figures in figures": "<main>" + "<figure><img src='/a.jpg'>" * 200 + "x" * 1_000_000,
    "properties": "<div itemscope itemprop='author image headline keywords'>" * 200
    + "<i itemprop='name'>a</i>" * 30_000,
    "sizes of a picture": f"<main><figure><img srcset='{'a 1w, ' * 150_000}'></figure></main>",
    "headings": "<h1>a | b - c</h1>" * 20_000,
    "an endless author": f"<meta name='author' content='{'a, ' * 300_000}'>",
    "an endless title": f"<meta property='og:title' content='{'a | ' * 300_000}'>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_metadata_of_a_hostile_page_takes_bounded_time(body: str) -> None:
    tree = html.document_fromstring(f"<html><head><title>a</title></head><body>{body}</body></html>")
    page = PageInput(body=b"", url=URL, content_type="text/html", language="")
    start = time.process_time()
    found = read_metadata(tree, (), page=page, ruled=None, policy=ReadingPolicy(), now=NOW)
    assert time.process_time() - start < LONGEST_SECONDS
    assert len(found.images) <= 20
    assert len(found.authors) <= 30
