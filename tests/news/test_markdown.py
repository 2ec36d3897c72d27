"""A record as Markdown: what a reader of Markdown makes of it again is what the record says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from worker.news.markdown import article_markdown, blocks_markdown
from worker.news.record import Block, BlockKind, Change, Extraction, Link, OutletRef, Record, Related

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PAGE = "https://paper.example/a_(b)/x*y?q=[1]&copy;=2|3"


def paragraph(text: str, *links: Link) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, text=text, links=links)


def words(token: Token) -> str:
    """The text of a line as it is shown."""
    parts = (child.content if child.type in {"text", "image"} else " " for child in token.children or () if seen(child))
    return "".join(parts)


def seen(token: Token) -> bool:
    return token.type not in {"link_open", "link_close"}


def read(markdown: str) -> list[tuple[str, str]]:
    """What stands in Markdown: the element that a line is in, and its words."""
    tokens = READER.parse(markdown)
    return [(tokens[at - 1].tag, words(token)) for at, token in enumerate(tokens) if token.type == "inline"]


def links_in(markdown: str) -> list[tuple[str, str]]:
    return [
        (str(child.attrs["href"]), (token.children or [])[at + 1].content)
        for token in READER.parse(markdown)
        for at, child in enumerate(token.children or ())
        if child.type == "link_open"
    ]


def test_each_kind_of_block_has_its_form() -> None:
    blocks = (
        Block(kind=BlockKind.HEADING, text="The # pier", level=3),
        paragraph("It is new."),
        Block(kind=BlockKind.LIST, text="one\ntwo"),
        Block(kind=BlockKind.QUOTE, text="We waited."),
        Block(kind=BlockKind.QUOTE, text="Long."),
        Block(kind=BlockKind.TABLE, text="boat | seats\nAna | 40\nall"),
        Block(kind=BlockKind.IMAGE, text="The [old] pier", links=(Link(href="https://a.example/p.jpg"),)),
        Block(kind=BlockKind.EMBED, text="A post", links=(Link(href="https://b.example/1", text="A post"),)),
    )
    assert blocks_markdown(blocks).split("\n\n") == [
        "### The \\# pier",
        "It is new.",
        "- one\n- two",
        "> We waited.\n>\n> Long.",
        "| boat | seats |\n| --- | --- |\n| Ana | 40 |\n| all |  |",
        "![The \\[old\\] pier](https://a.example/p.jpg)",
        "[A post](https://b.example/1)\n",
    ]


def test_an_embed_without_words_shows_its_address() -> None:
    block = Block(kind=BlockKind.EMBED, links=(Link(href="https://v.example/a_b"),))
    assert links_in(blocks_markdown([block])) == [("https://v.example/a_b", "https://v.example/a_b")]


def test_links_stand_where_their_words_stand() -> None:
    block = paragraph(
        "Ana says: an apple is an [apple].", Link(href=PAGE, text="an"), Link(href="https://b.example/", text="[apple]")
    )
    markdown = blocks_markdown([block])
    assert markdown.startswith("Ana says: [an](<")
    assert read(markdown) == [("p", block.text)]
    assert [href for href, _ in links_in(markdown)] == [
        READER.normalizeLink(PAGE.replace("|", "%7C")),
        "https://b.example/",
    ]


def test_an_address_with_brackets_and_marks_comes_back() -> None:
    markdown = blocks_markdown([paragraph("See it.", Link(href=PAGE, text="it"))])
    ((href, _),) = links_in(markdown)
    assert href == READER.normalizeLink(PAGE.replace("|", "%7C"))


def test_a_link_whose_words_are_not_in_the_text_takes_no_other_one_along() -> None:
    block = paragraph(
        "One and two.", Link(href="https://a.example/", text="zero"), Link(href="https://b.example/", text="two")
    )
    assert blocks_markdown([block]) == "One and [two](https://b.example/).\n"


def test_two_lists_stay_two() -> None:
    blocks = [Block(kind=BlockKind.LIST, text="a"), Block(kind=BlockKind.LIST, text="b")]
    assert READER.render(blocks_markdown(blocks)).count("<ul>") == 2


def test_a_cell_may_hold_a_bar_and_a_link() -> None:
    table = Block(kind=BlockKind.TABLE, text="a|b | c\nd | e f", links=(Link(href=PAGE, text="e f"),))
    markdown = blocks_markdown([table])
    assert read(markdown) == [("th", "a|b"), ("th", "c"), ("td", "d"), ("td", "e f")]
    assert len(links_in(markdown)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "# no heading", "> no quote", "- no item", "+ no item", "* no item", "1. no item", "23) no item", "--- no rule", "===",
        "*no* _stress_ **at** __all__", "`code`", "<b>bold</b> & &amp; &#38; AT&T", "a\\b", "![x](y) [x](y) [x]: y", "~~gone~~ ~a~",
        "https://paper.example/a_b_c <https://a.example>", "ends with \\", "Wow!", "| a | b |", "1986! A year",
    ],
)  # fmt: skip
def test_words_that_look_like_markdown_are_words(text: str) -> None:
    assert read(blocks_markdown([paragraph(text)])) == [("p", text)]
    assert read(blocks_markdown([Block(kind=BlockKind.HEADING, text=text, level=2)])) == [("h2", text)]
    assert read(blocks_markdown([Block(kind=BlockKind.QUOTE, text=text)])) == [("p", text)]
    assert [said for _, said in read(blocks_markdown([Block(kind=BlockKind.LIST, text=f"{text}\nnext")]))] == [
        text,
        "next",
    ]


LINES = (
    st.lists(st.sampled_from([*"ab1 .)(#*_-+=>`<&;|~![]\\:/\"'é字", "&amp;", "](", "<!--"]), min_size=1, max_size=14)
    .map(lambda parts: " ".join("".join(parts).split()))
    .filter(bool)
)


@st.composite
def texts(draw: st.DrawFn) -> Block:
    """A block of one line, some words of which are linked."""
    kind = draw(st.sampled_from([BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.QUOTE, BlockKind.LIST]))
    parts = draw(st.lists(LINES, min_size=1, max_size=4))
    linked = [part for part in parts if draw(st.booleans())]
    links = tuple(Link(href="https://paper.example/(x)_1", text=part) for part in linked)
    return Block(kind=kind, text=" ".join(parts), level=2 if kind is BlockKind.HEADING else None, links=links)


@given(st.lists(texts(), max_size=5))
def test_the_words_of_what_is_rendered_are_the_words_of_the_blocks(blocks: list[Block]) -> None:
    assert [said for _, said in read(blocks_markdown(blocks))] == [block.text for block in blocks]


RECORD = Record(
    id="0197-a",
    revision=2,
    change=Change.MINOR,
    url="https://paper.example/ferry",
    outlet=OutletRef(id="paper", name="The: Paper", country="PT", language="pt"),
    title='The "ferry" #1: *back*',
    text="It runs.",
    blocks=(paragraph("It runs."),),
    authors=("Ana Silva", "Rui: Costa"),
    related=(Related(url="https://paper.example/pier", title="The pier"),),
    published_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    extraction=Extraction(engine="trafilatura", version="1", quality=1.0),
)


def test_the_front_matter_is_yaml_and_holds_what_is_known() -> None:
    start, front, rest = article_markdown(RECORD).split("---\n")
    assert start == ""
    found = yaml.safe_load(front)
    assert found["title"] == RECORD.title
    assert found["authors"] == ["Ana Silva", "Rui: Costa"]
    assert found["related"] == [{"title": "The pier", "url": "https://paper.example/pier"}]
    assert found["published"] == "2026-11-24T12:00:00Z"
    assert "summary" not in found
    assert read(rest) == [("h1", RECORD.title), ("p", "It runs.")]


def test_the_time_of_an_update_stands_before_it_once() -> None:
    at, later = datetime(2026, 3, 2, 10, 40, tzinfo=UTC), datetime(2026, 3, 2, 11, 5, tzinfo=UTC)
    blocks = [
        paragraph("The lead."),
        Block(kind=BlockKind.HEADING, text="Pier holds", level=2, at=later),
        Block(kind=BlockKind.QUOTE, text="It held.", at=later),
        Block(kind=BlockKind.HEADING, text="How", level=3, at=later),
        Block(kind=BlockKind.HEADING, text="In the same minute", level=2, at=later),
        Block(kind=BlockKind.QUOTE, text="Water rises.", at=later),
        Block(kind=BlockKind.QUOTE, text="Still.", at=at),
    ]
    assert blocks_markdown(blocks).splitlines() == [
        "The lead.",
        "",
        "*2026-03-02 11:05 UTC*",
        "",
        "## Pier holds",
        "",
        "> It held.",
        "",
        "### How",
        "",
        "*2026-03-02 11:05 UTC*",
        "",
        "## In the same minute",
        "",
        "> Water rises.",
        "",
        "*2026-03-02 10:40 UTC*",
        "",
        "> Still.",
    ]
