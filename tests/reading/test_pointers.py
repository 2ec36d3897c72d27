"""What an article names between its paragraphs, although the extractor left it out."""

from __future__ import annotations

from lxml import html

from worker.news.record import Block, BlockKind, Related
from worker.reading.blocks import Body
from worker.reading.pointers import with_pointers

BASE = "https://www.harbour-post.example/city/ferry-returns-4711"
HOST = "https://www.harbour-post.example"
FIRST = "The ferry between the two banks of the river runs again since Sunday, after the storm."
LAST = "The city paid nine million for the new pier, two million more than was agreed upon."
KEPT = Body(blocks=tuple(Block(kind=BlockKind.PARAGRAPH, text=text) for text in (FIRST, LAST)))


def pointed(between: str = "", elsewhere: str = "") -> Body:
    """What is found on a page with these lines between the paragraphs of its article, and elsewhere."""
    page = f"<html><body><main><div><p>{FIRST}</p>{between}<p>{LAST}</p></div>{elsewhere}</main></body></html>"
    return with_pointers(KEPT, html.document_fromstring(page), base=BASE)


def link(path: str, words: str) -> str:
    """A line that is a link."""
    return f"<p><a href='{path}'>{words}</a></p>"


def test_a_line_between_the_paragraphs_that_is_a_link_is_related() -> None:
    found = pointed(link("/city/2026/02/bridge-closed", "The old bridge is to be closed"))
    assert found.related == (Related(url=f"{HOST}/city/2026/02/bridge-closed", title="The old bridge is to be closed"),)
    assert found.blocks == KEPT.blocks


def test_a_link_to_the_running_report_is_the_live_blog() -> None:
    assert pointed(link("/storm-live", "All of it, live")).live_blog == f"{HOST}/storm-live"


def test_a_link_outside_of_the_article_is_not_the_articles() -> None:
    found = pointed(elsewhere=f"<div>{link('/city/2026/02/bridge-closed', 'The old bridge is to be closed')}</div>")
    assert found.related == ()


def test_a_paragraph_with_a_link_says_something_of_its_own() -> None:
    line = "<p>The bridge, as <a href='/city/2026/02/bridge-closed'>was told here in February</a>, stays closed until the summer.</p>"
    assert pointed(line).related == ()


def test_names_files_and_other_sites_are_not_related() -> None:
    lines = (
        link("/people/12345", "Ana Silva"),
        link("/files/2026/02/report-of-the-council.pdf", "The whole report of the council"),
        link("https://elsewhere.example/2026/02/bridge-closed", "The old bridge is to be closed"),
        link("#top", "Back to the top of the page"),
    )
    assert pointed("".join(lines)).related == ()


def test_what_the_text_itself_named_is_kept_once() -> None:
    known = Related(url=f"{HOST}/city/2026/02/bridge-closed", title="The old bridge is to be closed")
    page = html.document_fromstring(f"<div><p>{FIRST}</p>{link(known.url, known.title)}</div>")
    body = Body(blocks=KEPT.blocks, related=(known,))
    assert with_pointers(body, page, base=BASE).related == (known,)
