"""Articles that stand in a script of their page, and strings that are none."""

from __future__ import annotations

import json
import time

from worker.reading.embedded import embedded_article

LINES = (
    "Ο δήμος αποφάσισε να ξαναχτίσει την παλιά ψαραγορά, έπειτα από έντεκα χρόνια σχεδίων που κανείς δεν πλήρωσε. " * 2,
    "The stalls move to the northern quay until the new hall is open, which takes two years if the winters are kind. "
    * 2,
    "„Wir haben lange genug auf ein Dach gewartet“, sagte die Vorsitzende der Händler, die hier seit 1988 Fisch verkauft. "
    * 2,
)
ARTICLE = "".join(f'<p class="x">{line}</p>' for line in LINES)


def page(script: str) -> str:
    return f"<html><body><div id='root'></div><script>var a = 1;</script><script>{script}</script></body></html>"


def test_a_string_of_paragraphs_in_the_state_of_a_page_is_its_article() -> None:
    state = json.dumps({"title": "x", "body": ARTICLE, "other": "<p>short</p>"})
    assert embedded_article(page(f"window.__STATE__ = {state};")) == ARTICLE
    escaped = state.replace("<", "\\u003c").replace(">", "\\u003e")
    assert embedded_article(page(f"window.__STATE__ = {escaped};")) == ARTICLE


def test_a_string_in_a_string_is_read_as_well() -> None:
    inner = json.dumps({"body": ARTICLE}).replace("<", "\\u003c")
    assert embedded_article(page(f"self.push([1, {json.dumps(inner)}])")) == ARTICLE


def test_the_longest_one_is_taken() -> None:
    state = json.dumps({"notice": ARTICLE, "body": ARTICLE * 2})
    assert embedded_article(page(f"x({state})")) == ARTICLE * 2


def test_notices_and_pages_without_any_have_none() -> None:
    assert not embedded_article(page(json.dumps({"notice": "<p>We use cookies.</p>" * 3})))
    assert not embedded_article(page(json.dumps({"body": f"<p>{LINES[0] * 5}</p>"})))
    assert not embedded_article(f"<html><body>{ARTICLE}</body></html>")
    assert not embedded_article(page('"<p>' + "<p>" * 10))


def test_a_script_that_never_ends_and_one_of_many_strings_take_no_time() -> None:
    began = time.process_time()
    embedded_article("<script>" + '"<p>\\"<p>' * 200_000)
    embedded_article(page('"<p>\\"<p>' * 200_000))
    embedded_article(page('"<p><p><p>",' * 100_000))
    embedded_article(page('<p><p><p>"' + '\\"' * 500_000))
    embedded_article(page("\\" * 1_000_000))
    embedded_article(page(f"<p><p><p>{'<' * 1_000_000}"))
    # What is quadratic would take many minutes.
    assert time.process_time() - began < 60
