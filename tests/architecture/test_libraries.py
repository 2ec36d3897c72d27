"""What a foreign library needs and does not say at installation."""

from __future__ import annotations

import lxml_html_clean
import trafilatura

_PARAGRAPH = "The council agreed on Tuesday to repair the old bridge before the winter, at a cost of two million. "
_PAGE = f"<html><head><title>The bridge</title></head><body><article><h1>The bridge</h1><p>{_PARAGRAPH * 5}</p></article></body></html>"


def test_the_html_cleaner_that_extraction_needs_is_there() -> None:
    assert lxml_html_clean.clean_html('<p onclick="x()">a</p>') == "<p>a</p>"


def test_a_plain_article_is_extracted() -> None:
    text = trafilatura.extract(_PAGE)
    assert text is not None
    assert _PARAGRAPH.strip() in text
