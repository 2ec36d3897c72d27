"""What an article names between its paragraphs, although the extractor left it out."""

from __future__ import annotations

import pytest
from lxml import html

from worker.news.record import Block, BlockKind, Related
from worker.reading.blocks import Body, plain_body
from worker.reading.placing import on_page
from worker.reading.words import words_of

BASE = "https://www.harbour-post.example/city/ferry-returns-4711"
HOST = "https://www.harbour-post.example"
FIRST = "The ferry between the two banks of the river runs again since Sunday, after the storm."
LAST = "The city paid nine million for the new pier, two million more than was agreed upon."
KEPT = Body(blocks=tuple(Block(kind=BlockKind.PARAGRAPH, text=text) for text in (FIRST, LAST)))


def pointed(between: str = "", elsewhere: str = "") -> Body:
    """What is found on a page with these lines between the paragraphs of its article, and elsewhere."""
    page = f"<html><body><main><div><p>{FIRST}</p>{between}<p>{LAST}</p></div>{elsewhere}</main></body></html>"
    return on_page(KEPT, html.document_fromstring(page), base=BASE)


def link(path: str, words: str) -> str:
    """A line that is a link."""
    return f"<p><a href='{path}'>{words}</a></p>"


def test_a_line_between_the_paragraphs_that_is_a_link_is_related() -> None:
    found = pointed(link("/city/2026/02/bridge-closed", "The old bridge is to be closed"))
    assert found.related == (Related(url=f"{HOST}/city/2026/02/bridge-closed", title="The old bridge is to be closed"),)
    assert found.text == KEPT.text


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
    assert on_page(body, page, base=BASE).related == (known,)


LIVE_LINES = [
    "Siga <a href='/liveblogs/guerra-na-ucrania/'>aqui</a> o nosso liveblog sobre a guerra na Ucrânia",
    "Segwi l-aħħar aħbarijiet <a href='/live/maltempata'>hawn</a>",
    "Jarraitu ekaitzaren azken orduak <a href='/zuzenean/ekaitza'>hemen</a>.",
    "<a href='/news/storm-liveticker-77'>ამინდის ყველა ამბავი</a>",
]


@pytest.mark.parametrize("line", LIVE_LINES)
@pytest.mark.parametrize("kept", [True, False])
def test_a_short_line_that_leads_to_the_running_report_is_set_apart_in_any_language(line: str, kept: bool) -> None:
    page = html.document_fromstring(f"<div><p>{line}</p><p>{FIRST}</p><p>{LAST}</p></div>")
    said = words_of(page.findall(".//p")[0]) if kept else ""
    found = on_page(plain_body(f"{said}\n{FIRST}\n{LAST}"), page, base=BASE)
    assert found.live_blog is not None
    assert found.text == f"{FIRST}\n{LAST}"


@pytest.mark.parametrize(
    "line",
    [
        "The captain told <a href='/live/storm'>this paper</a> that he had seen nothing like it. He is seventy, and retires in spring.",
        "In the village, where <a href='/people/where-they-live-now-and-why'>forty families live</a>, nobody was hurt by the storm.",
    ],
)
def test_a_sentence_that_says_something_stays_wherever_it_leads(line: str) -> None:
    page = html.document_fromstring(f"<div><p>{FIRST}</p><p>{LAST}</p><p>{line}</p></div>")
    said = words_of(page.findall(".//p")[2])
    found = on_page(plain_body(f"{FIRST}\n{LAST}\n{said}"), page, base=BASE)
    assert (found.live_blog, found.text) == (None, f"{FIRST}\n{LAST}\n{said}")


@pytest.mark.parametrize("label", ["LER TAMBÉM", "Läs mer –", "»", "もっと読む"])
def test_a_headline_behind_a_few_words_is_related_in_any_language(label: str) -> None:
    headline = "The old bridge over the river is to be closed for the whole summer of next year"
    found = pointed(f"<p><strong>{label}</strong> <a href='/city/2026/02/bridge-closed'>{headline}</a></p>")
    assert found.related == (Related(url=f"{HOST}/city/2026/02/bridge-closed", title=headline),)


def test_a_sentence_that_is_mostly_a_link_is_no_headline() -> None:
    line = "<p>Now <a href='/city/2026/02/bridge-closed'>the old bridge over the river is to be closed for the whole summer.</a></p>"
    assert pointed(line).related == ()


def test_a_box_of_links_between_the_paragraphs_is_related() -> None:
    items = "".join(
        f"<li><a href='/city/2026/0{n}/news'>The news of the month number {n}</a></li>" for n in range(1, 4)
    )
    found = pointed(f"<div class='box'><h3>More on this</h3><ul>{items}</ul></div>")
    assert [pointer.title for pointer in found.related] == [f"The news of the month number {n}" for n in range(1, 4)]
    assert found.text == KEPT.text


def test_headlines_of_the_source_are_related_where_an_aggregator_shows_them() -> None:
    """The links of the text and that of its name lead to the outlet, and none to the aggregator."""
    source = "https://riverbank.example"
    first = FIRST.replace("two banks", f"<a href='{source}/2026/02/banks'>two banks</a>")
    line = link(f"{source}/2026/02/bridge-closed", "The old bridge is to be closed")
    name = f"<a href='{source}/2026/03/ferry-returns'>Riverbank</a>"
    page = html.document_fromstring(f"<main><div><p>{first}</p>{line}<p>{LAST}</p></div>{name}</main>")
    found = on_page(plain_body(f"{FIRST}\n{LAST}"), page, base=BASE)
    assert found.related == (Related(url=f"{source}/2026/02/bridge-closed", title="The old bridge is to be closed"),)
    assert found.source == "Riverbank"


def test_an_outlet_that_links_to_others_has_no_source() -> None:
    first = FIRST.replace("two banks", "<a href='https://atlas.example/2026/02/banks'>two banks</a>")
    last = LAST.replace("new pier", "<a href='/city/2026/01/pier'>new pier</a>")
    name = "<a href='https://atlas.example/2026/03/maps'>Atlas</a>"
    page = html.document_fromstring(f"<main><div><p>{first}</p><p>{last}</p></div>{name}</main>")
    assert on_page(plain_body(f"{FIRST}\n{LAST}"), page, base=BASE).source == ""
