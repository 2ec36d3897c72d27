"""From the extractor's tree to blocks, links and what is set aside."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from worker.news.record import BlockKind, Link, Related
from worker.reading.blocks import Body, bounded, plain_body, without_title
from worker.reading.writer import read_body

BASE = "https://www.harbour-post.example/city/ferry-returns-4711"


def blocks_of(body: str) -> Body:
    """Blocks of a result body."""
    return read_body(etree.fromstring(f"<body>{body}</body>"), base=BASE)


def test_kinds_and_levels_are_told_apart() -> None:
    body = blocks_of(
        '<head rend="h3">Pier</head><p>It is new.</p><quote><p>We waited.</p><p>Long.</p></quote>'
        '<list rend="ul"><item>one</item><item>two<list><item>two a</item></list></item></list>'
        "<table><row><cell>boat</cell><cell>seats</cell></row><row><cell>Ana</cell><cell><p>40</p></cell></row></table>"
    )
    assert [(block.kind, block.level, block.text) for block in body.blocks] == [
        (BlockKind.HEADING, 3, "Pier"),
        (BlockKind.PARAGRAPH, None, "It is new."),
        (BlockKind.QUOTE, None, "We waited."),
        (BlockKind.QUOTE, None, "Long."),
        (BlockKind.LIST, None, "one\ntwo\ntwo a"),
        (BlockKind.TABLE, None, "boat | seats\nAna | 40"),
    ]
    assert body.text.splitlines()[0] == "Pier"


def test_blanks_around_links_are_as_in_the_text() -> None:
    body = blocks_of(
        '<p>The <ref target="/a">Health</ref>ministry, says\n <ref target="https://b.example/x?y=1">a paper </ref>of today.</p>'
    )
    assert body.text == "The Healthministry, says a paper of today."
    assert body.links == (
        Link(href="https://www.harbour-post.example/a", text="Health"),
        Link(href="https://b.example/x?y=1", text="a paper"),
    )


def test_links_that_do_not_lead_to_the_web_are_words_only() -> None:
    body = blocks_of(
        '<p>See <ref target="javascript:x()">this</ref> and <ref target="mailto:a@b.example">that</ref> <ref>there</ref>.</p>'
    )
    assert body.text == "See this and that there."
    assert body.links == ()


def test_text_between_blocks_and_line_breaks_make_paragraphs() -> None:
    assert [block.text for block in blocks_of("loose <hi>words</hi><p>one<lb/>two</p>tail").blocks] == [
        "loose words",
        "one",
        "two",
        "tail",
    ]


def test_a_line_that_only_leads_to_another_article_is_related() -> None:
    body = blocks_of(
        '<p>The ferry runs.</p><p>Read also: <ref target="/city/the-pier-that-broke-4609">The pier that broke</ref></p>'
        '<p><ref target="https://m.harbour-post.example/city/who-pays-for-the-pier">Who pays for the pier?</ref></p><p>It is full.</p>'
    )
    assert body.text == "The ferry runs.\nIt is full."
    assert body.related == (
        Related(url="https://www.harbour-post.example/city/the-pier-that-broke-4609", title="The pier that broke"),
        Related(url="https://m.harbour-post.example/city/who-pays-for-the-pier", title="Who pays for the pier?"),
    )


def test_a_headline_behind_a_label_is_related_whatever_its_address_is() -> None:
    body = blocks_of(
        '<p>Read also: <ref target="/old-bridge">The old bridge is to be closed</ref></p>'
        '<p>By: <ref target="/people/ana-silva">Ana Silva</ref></p><p>Sign up: <ref target="/email">Our letter of the week</ref></p>'
    )
    assert body.related == (
        Related(url="https://www.harbour-post.example/old-bridge", title="The old bridge is to be closed"),
    )
    assert body.text == "By: Ana Silva\nSign up: Our letter of the week"


def test_a_line_that_leads_to_the_running_report_is_the_live_blog() -> None:
    body = blocks_of(
        '<p>The ferry runs.</p><p><ref target="/city/storm-liveblog-4700">Follow the storm in our live blog</ref></p>'
    )
    assert body.live_blog == "https://www.harbour-post.example/city/storm-liveblog-4700"
    assert (body.text, body.related) == ("The ferry runs.", ())


def test_a_line_that_says_something_or_leads_elsewhere_stays() -> None:
    source = (
        '<p>The council, <ref target="/city/the-pier-that-broke-4609">which had promised a pier</ref>, was silent for months.</p>'
        '<p><ref target="https://docs.example/the-whole-report-of-the-council-2026">The whole report of the council</ref></p>'
        '<p><ref target="/city/ferry-returns-4711#comments">Comments</ref></p>'
    )
    body = blocks_of(source)
    assert len(body.blocks) == 3
    assert body.related == ()


def test_a_heading_that_repeats_the_title_is_dropped() -> None:
    body = blocks_of('<head rend="h1">Ferry  returns!</head><p>It runs.</p><head rend="h1">Ferry</head>')
    assert without_title(body, "Ferry returns").text == "It runs.\nFerry"
    assert without_title(body, "") == body


def test_a_body_is_cut_in_whole_blocks() -> None:
    body = plain_body("one\n\ntwo\nthree")
    assert [block.text for block in bounded(body, at_most=8).blocks] == ["one", "two"]
    assert bounded(body, at_most=100) == body


TREES = st.recursive(
    st.text(st.characters(categories=("L", "Zs", "Po")), max_size=6).map(lambda t: t.replace("<", "").replace("&", "")),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["p", "head", "list", "item", "quote", "table", "row", "cell", "hi", "lb", "ref target='/a'"]),
        st.lists(inner, max_size=4),
    ).map(lambda source: source.replace("</ref target='/a'>", "</ref>")),
    max_leaves=15,
)


@given(TREES)
def test_blocks_are_never_blank_and_never_out_of_lines(source: str) -> None:
    body = blocks_of(source)
    assert all(block.text.strip() for block in body.blocks)
    assert all(block.kind in {BlockKind.LIST, BlockKind.TABLE} or "\n" not in block.text for block in body.blocks)
