"""What the extractor kept, put back onto its page: kinds, order, links, and what stood between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from worker.news.record import Block, BlockKind, Link
from worker.reading.blocks import Body, plain_body
from worker.reading.placing import on_page

HOST = "https://www.harbour-post.example"
BASE = f"{HOST}/city/ferry-returns-4711"
FIRST = "The ferry between the two banks of the river runs again since Sunday, after the storm."
SECOND = "The city paid nine million for the new pier, two million more than was agreed upon."
LAST = "Whoever wants to cross the river on a Sunday should come before ten, says the captain."


def placed(inside: str, *kept: str, around: str = "{}") -> Body:
    """The kept lines on a page whose article is `inside`."""
    article = f"<main><article>{inside}</article></main>"
    page = html.document_fromstring(f"<html><body>{around.format(article)}</body></html>")
    return on_page(plain_body("\n".join(kept or (FIRST, SECOND, LAST))), page, base=BASE)


def kinds(body: Body) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in body.blocks]


def p(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def test_kind_level_and_links_are_the_pages() -> None:
    linked = FIRST.replace("two banks", "<a href='/banks'>two banks</a>")
    body = placed(f"<p>{linked}</p><h3>{SECOND}</h3><blockquote><p>{LAST}</p></blockquote>")
    assert [(block.kind, block.level) for block in body.blocks] == [
        (BlockKind.PARAGRAPH, None),
        (BlockKind.HEADING, 3),
        (BlockKind.QUOTE, None),
    ]
    assert body.links == (Link(href=f"{HOST}/banks", text="two banks"),)


def test_a_standfirst_in_an_element_for_headings_heads_nothing() -> None:
    body = placed(f"<h2>{FIRST}</h2>{p(SECOND)}<h2>{LAST}</h2>{p('It is told.')}", FIRST, SECOND, LAST, "It is told.")
    assert [kind for kind, _ in kinds(body)] == ["paragraph", "paragraph", "heading", "paragraph"]


def test_an_order_that_was_lost_is_the_pages_again() -> None:
    assert placed(p(FIRST, SECOND, LAST), LAST, FIRST, SECOND).text == f"{FIRST}\n{SECOND}\n{LAST}"


def test_a_block_that_is_not_on_the_page_stays_behind_the_one_before_it() -> None:
    strange = "A line that some reader made of two others, and that stands nowhere on this page."
    assert placed(p(FIRST, SECOND), FIRST, strange, SECOND).text == f"{FIRST}\n{strange}\n{SECOND}"


def test_a_page_that_holds_nothing_of_it_changes_nothing() -> None:
    body = plain_body(FIRST)
    assert on_page(body, html.document_fromstring("<p>Another page.</p>"), base=BASE) == body


@pytest.mark.parametrize(
    "figure",
    [
        "<figure><img src='/pier.jpg'><figcaption>The pier</figcaption></figure>",
        (
            "<figure><picture><source srcset='/small.jpg 300w'><img data-src='/pier.jpg' src='data:image/gif;base64,R0'></picture>"
            "<figcaption>The pier <span class='credit'>ANA SILVA</span></figcaption></figure>"
        ),
        "<div><img srcset='/small.jpg 300w, /pier.jpg 900w'><p>The pier</p></div>",
        "<div class='wp-caption'><a href='/pier.jpg'><img src='/pier.jpg' width='640'></a><p>The pier<small>Photo: Rui</small></p></div>",
        "<figure><img src='/pier.jpg'><figcaption>The pier<span>ANA SILVA / THE POST</span></figcaption></figure>",
    ],
)
def test_a_picture_stands_in_its_place_with_its_caption_and_is_no_text(figure: str) -> None:
    body = placed(p(FIRST) + figure + p(SECOND, LAST))
    assert body.blocks[1] == Block(
        kind=BlockKind.IMAGE, text="The pier", links=(Link(href=f"{HOST}/pier.jpg", text="The pier"),)
    )
    assert body.text == f"{FIRST}\n{SECOND}\n{LAST}"
    assert body.links == ()


def test_a_caption_that_was_taken_for_text_is_a_caption() -> None:
    page = f"{p(FIRST)}<figure><img src='/pier.jpg'><figcaption>{SECOND}</figcaption></figure>{p(LAST, FIRST[::-1], SECOND[::-1])}"
    body = placed(page, FIRST, SECOND, LAST, FIRST[::-1], SECOND[::-1])
    assert kinds(body)[:3] == [("paragraph", FIRST), ("image", SECOND), ("paragraph", LAST)]
    assert SECOND not in body.text


@pytest.mark.parametrize(
    "box",
    [
        "<div><a href='/city/the-old-bridge-is-closed-4609'><img src='/bridge.jpg'>The old bridge is closed</a></div>",
        "<div><img src='/icons/share.png'></div>",
        "<div><img src='/logo.svg'></div>",
        "<div><img src='/dot.gif' width='1' height='1'></div>",
        "<div class='newsletter'><img src='/letter.jpg'></div>",
        "<nav><img src='/menu.jpg'></nav>",
        f"<div><img src='/other.jpg'><p>{FIRST[::-1] * 4}</p></div>",
    ],
)
def test_a_picture_of_something_else_is_none_of_the_article(box: str) -> None:
    assert kinds(placed(p(FIRST) + box + p(SECOND, LAST))) == [("paragraph", text) for text in (FIRST, SECOND, LAST)]


@pytest.mark.parametrize(
    ("embed", "href", "words"),
    [
        ("<iframe src='https://video.example/embed/7' title='The pier'></iframe>", "https://video.example/embed/7", "The pier"),
        ("<div><video><source src='/pier.mp4'></video></div>", f"{HOST}/pier.mp4", ""),
        (
            "<blockquote class='twitter-tweet'><p>It is full.</p><a href='https://t.example/a/1'>May 2</a></blockquote>",
            "https://t.example/a/1",
            "It is full.May 2",
        ),
        (
            "<figure><iframe src='//video.example/8'></iframe><figcaption>A walk</figcaption></figure>",
            "https://video.example/8",
            "A walk",
        ),
    ],
)  # fmt: skip
def test_an_embedded_post_or_player_stands_in_its_place_and_is_no_text(embed: str, href: str, words: str) -> None:
    body = placed(p(FIRST) + embed + p(SECOND, LAST))
    assert body.blocks[1] == Block(kind=BlockKind.EMBED, text=words, links=(Link(href=href, text=words),))
    assert body.text == f"{FIRST}\n{SECOND}\n{LAST}"


def test_the_words_of_a_post_that_the_text_quotes_are_told_once() -> None:
    post = f"<blockquote class='twitter-tweet'><p>{SECOND}</p><a href='https://t.example/a/1'>May 2</a></blockquote>"
    body = placed(p(FIRST) + post + p(LAST))
    assert kinds(body) == [("paragraph", FIRST), ("quote", SECOND), ("embed", ""), ("paragraph", LAST)]
    assert body.blocks[2].links == (Link(href="https://t.example/a/1"),)


@pytest.mark.parametrize(
    "frame",
    ["<iframe src='/newsletter/form'></iframe>", "<iframe src='https://a.example/ns.html'></iframe>", "<iframe></iframe>",
     "<iframe src='https://a.example/x' style='display: none'></iframe>", "<iframe src='about:blank'></iframe>"],
)  # fmt: skip
def test_a_frame_that_shows_nothing_is_no_embed(frame: str) -> None:
    assert len(placed(p(FIRST) + frame + p(SECOND, LAST)).blocks) == 3


def test_a_heading_between_two_paragraphs_is_taken_back() -> None:
    body = placed(p(FIRST) + "<h2>Nine million</h2>" + p(SECOND, LAST))
    assert kinds(body)[1] == ("heading", "Nine million")
    assert body.blocks[1].level == 2


@pytest.mark.parametrize(
    "box",
    ["<h2><a href='/x'>Nine million</a></h2>", "<div><h2>Nine million</h2></div>", "<h2>Ads</h2><div>words</div>"],
)
def test_a_heading_of_something_else_is_not(box: str) -> None:
    assert len(placed(p(FIRST) + box + p(SECOND, LAST)).blocks) == 3


@pytest.mark.parametrize(
    "box",
    [
        "<div class='newsletter-signup'>{}</div>",
        "<div class='c-share-bar share'>{}</div>",
        "<div id='piano-offer'>{}</div>",
        "<nav>{}</nav>",
        "<form>{}</form>",
        "<figcaption>{}</figcaption>",
    ],
)
def test_a_box_in_the_text_is_none_of_it_whatever_it_says(box: str) -> None:
    words = "Ffoqr qmzu tlsk aiwe zxcn qpwo eiru tyal skdj fhgz mxnc bvqo."
    body = placed(p(FIRST) + box.format(p(words)) + p(SECOND, LAST), FIRST, words, SECOND, LAST)
    assert body.text == f"{FIRST}\n{SECOND}\n{LAST}"


def test_a_text_that_stands_in_such_a_box_as_a_whole_is_kept() -> None:
    assert placed(f"<div class='promo'>{p(FIRST, SECOND, LAST)}</div>").text == f"{FIRST}\n{SECOND}\n{LAST}"
    assert placed(f"<form><div>{p(FIRST, SECOND, LAST)}</div></form>").text == f"{FIRST}\n{SECOND}\n{LAST}"


CREDIT = "ANA SILVA / THE POST"


@pytest.mark.parametrize(
    "picture", [f"<img src='/pier.jpg'><p>{CREDIT}</p>", f"<p><img src='/pier.jpg'><br><em>{CREDIT}</em></p>"]
)
def test_who_took_a_picture_is_no_text(picture: str) -> None:
    assert placed(p(FIRST) + picture + p(SECOND, LAST), FIRST, CREDIT, SECOND, LAST).text.splitlines() == [
        FIRST,
        SECOND,
        LAST,
    ]
    assert CREDIT in placed(p(FIRST, CREDIT, SECOND, LAST), FIRST, CREDIT, SECOND, LAST).text


def test_a_heading_that_heads_nothing_is_no_text() -> None:
    body = placed(f"{p(FIRST)}<h2>The money</h2>{p(SECOND)}<h3>Most read</h3>", FIRST, "The money", SECOND, "Most read")
    assert kinds(body) == [("paragraph", FIRST), ("heading", "The money"), ("paragraph", SECOND)]


def test_paragraphs_that_are_called_otherwise_are_found_as_well() -> None:
    linked = SECOND.replace("new pier", "<a href='/pier'>new pier</a>")
    named = "<div><a href='/city/2026/02/bridge-closed'>The old bridge is to be closed</a></div>"
    body = placed(f"<div>{FIRST}</div>{named}<div>{linked}</div><div>{LAST}</div>{named.replace('/02/', '/03/')}")
    assert body.links == (Link(href=f"{HOST}/pier", text="new pier"),)
    assert [pointer.url for pointer in body.related] == [f"{HOST}/city/2026/0{n}/bridge-closed" for n in (2, 3)]


def test_paragraphs_between_breaks_have_their_links_and_pictures() -> None:
    linked = SECOND.replace("new pier", "<a href='/pier'>new pier</a>")
    body = placed(f"<div>{FIRST}<br><br>{linked}<br><img src='/pier.jpg'><br>{LAST}</div>")
    assert [block.kind.value for block in body.blocks] == ["paragraph", "paragraph", "image", "paragraph"]
    assert body.links == (Link(href=f"{HOST}/pier", text="new pier"),)


def test_the_same_line_twice_stays_twice() -> None:
    assert placed(p(FIRST, SECOND, FIRST), FIRST, SECOND, FIRST).text == f"{FIRST}\n{SECOND}\n{FIRST}"


@given(st.permutations([FIRST, SECOND, LAST, "Short.", "Two words"]), st.sampled_from(["p", "li", "div", "td"]))
def test_nothing_is_lost_and_nothing_is_told_twice(lines: list[str], tag: str) -> None:
    page = "".join(f"<{tag}>{line}</{tag}>" for line in (FIRST, "Short.", SECOND, "Two words", LAST))
    assert sorted(placed(page, *lines).text.splitlines()) == sorted(lines)
