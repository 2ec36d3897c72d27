"""Scripts of JSON-LD with the faults that pages have."""

from __future__ import annotations

import pytest

from worker.reading.jsonld import read_json_ld

URL = "https://www.harbour-post.example/city/ferry-returns"


SCRIPTS = {
    "two objects back to back": '{"@type": "WebSite", "name": "x"}\n{"@type": "NewsArticle", "headline": "Ferry returns"}',
    "two objects with a comma": '{"@type": "WebSite", "name": "x"}, {"@type": "NewsArticle", "headline": "Ferry returns"},',
    "a wrong escape": '{"@type": "NewsArticle", "headline": "Ferry returns", "description": "the mayor\\\'s"}',
    "half an escape": '{"@type": "NewsArticle", "headline": "Ferry returns", "description": "\\u20"}',
    "a line break in a string": '{"@type": "NewsArticle", "headline": "Ferry returns", "description": "a\nb\tc"}',
    "character data": '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Ferry returns"}\n//]]>',
    "formatting": '{"@type": "NewsArticle", "headline": "<i>Ferry</i> returns"}',
    "a semicolon": '{"@type": "NewsArticle", "headline": "Ferry returns"};',
}  # fmt: skip


@pytest.mark.parametrize("raw", SCRIPTS.values(), ids=list(SCRIPTS))
def test_scripts_with_faults_are_read(raw: str) -> None:
    assert read_json_ld((raw,), url=URL).headline == "Ferry returns"


def test_a_right_escape_is_kept_beside_a_wrong_one() -> None:
    raw = r'{"@type": "NewsArticle", "headline": "\u00c0 \"bord\" \\ d\'ici"}'
    assert read_json_ld((raw,), url=URL).headline == 'À "bord" \\ d\'ici'
