"""What the readers leave out of what is too much, and that the rest is as it was."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from worker.news.entry import FeedDocument
from worker.news.errors import Broken
from worker.news.outlet import FeedKind
from worker.news.reason import Reason
from worker.reading.clean import clean_line, clean_text, clean_url, few_marks
from worker.reading.feeds import MOST_AUTHORS, MOST_TOPICS, FeedparserReader
from worker.reading.tags import defused, few_attributes, is_explosive, without_formatting
from worker.reading.trim import fit
from worker.reading.writer import read_body

MARKS = "\u0301\u0316"


def read(feed: str) -> FeedDocument:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    return FeedparserReader().read(
        feed.encode(), url="https://paper.example/feed", content_type="", kind=FeedKind.FEED, now=now
    )


def item(name: str, more: str = "") -> str:
    return f"<item><title>{name}</title><link>https://paper.example/{name}</link>{more}</item>"


def rss(*items: str, head: str = "") -> str:
    return f"<rss version='2.0'><channel><title>Paper</title>{head}{''.join(items)}</channel></rss>"


def titles(document: FeedDocument) -> list[str]:
    return [entry.title for entry in document.entries]


@pytest.mark.parametrize("swallows", ["<!--", "<![CDATA[", "<?x", "<!DOCTYPE"])
def test_an_item_that_would_swallow_the_next_ones_takes_none_along(swallows: str) -> None:
    document = read(
        rss(item("a"), item("b", f"<description>{swallows} never ends</description>"), item("c"), item("d"))
    )
    assert titles(document) == ["a", "b", "c", "d"]
    assert document.warnings


def test_what_the_channel_says_of_itself_stays_when_items_are_read_one_by_one() -> None:
    document = read(rss(item("a", "<description><!-- never ends"), item("b"), head="<language>pt</language>"))
    assert (document.title, document.language) == ("Paper", "pt")
    assert titles(document) == ["a", "b"]


def test_items_in_a_comment_of_a_proper_feed_are_not_read() -> None:
    assert titles(read(rss(item("a"), f"<!-- {item('b')} -->", item("c")))) == ["a", "c"]


def test_an_item_of_too_many_elements_is_counted_and_the_others_are_read() -> None:
    document = read(rss(item("a"), item("b", "<x/>" * 130_000), item("c")))
    assert titles(document) == ["a", "c"]
    assert document.truncated == 1


def test_a_channel_of_too_many_elements_is_too_large() -> None:
    with pytest.raises(Broken) as caught:
        read(rss(head="<x/>" * 130_000))
    assert caught.value.reason is Reason.TOO_LARGE


def test_an_entry_has_a_bounded_number_of_authors_and_topics() -> None:
    more = "".join(f"<category>c{n}</category><author><name>Author {n}</name></author>" for n in range(300))
    (entry,) = read(rss(item("a", more))).entries
    assert len(entry.topics) == MOST_TOPICS
    assert len(entry.authors) <= MOST_AUTHORS


def test_a_complaint_names_the_line_of_the_feed_as_it_came() -> None:
    feed = "<?xml version='1.0'?>\n<!DOCTYPE rss [\n<!ENTITY a 'b'>\n]>\n<!-- x -->\n" + rss(
        item("a", "\n<b>&unknown;</b>")
    )
    assert read(feed).warnings[0].startswith("<unknown>:7:")


def test_entities_that_a_feed_declares_are_read_when_they_are_short() -> None:
    def declared(value: str) -> str:
        return f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{value}"><!ENTITY b "c">]>' + rss(item("x &a;&b;"))

    assert titles(read(declared("short "))) == ["x short c"]
    assert "long" not in titles(read(declared("long" * 100)))[0]


def test_a_tag_keeps_its_first_attributes() -> None:
    tag = "<p " + " ".join(f"a{n}='{n} > 1'" for n in range(1000)) + ">text</p>"
    kept = html.fromstring(few_attributes(tag))
    assert len(kept.attrib) == 200
    assert kept.get("a7") == "7 > 1"
    assert kept.text == "text"


@given(st.text(alphabet="<>ab= '\"/\n-", max_size=60))
def test_a_tag_of_few_attributes_stays_as_it_is(text: str) -> None:
    assert few_attributes(text) == text


def test_formatting_that_is_never_closed_is_explosive_and_a_page_with_much_of_it_is_not() -> None:
    assert is_explosive("".join(f"<b id={n}>" for n in range(1000)) + "<p>x" * 1000)
    assert not is_explosive("<p>A <b>bold</b> word and <a href=x>a link</a>.</p>" * 200)


def test_words_of_formatting_stay_when_it_is_taken_out() -> None:
    tree = html.fromstring("<div><p>A <b>bo<i>l</i>d</b> word.</p></div>")
    assert without_formatting(tree) == "<div><p>A bold word.</p></div>"
    assert tree.findtext(".//i") == "l", "the tree itself is as it was"


def test_a_fragment_is_only_changed_when_it_is_explosive() -> None:
    assert defused("A <b>bold</b> word") == "A <b>bold</b> word"
    bomb = "".join(f"<b id={n}>" for n in range(1000)) + "<p>x" * 1000
    assert "<b" not in defused(bomb)
    assert defused(bomb).count("<p>x") == 1000
    assert not is_explosive(defused(bomb.replace("<b", "<<b><b")))


def test_a_letter_has_no_more_marks_than_can_be_normalized() -> None:
    assert few_marks("a" + MARKS * 1000 + "b") == "a" + MARKS * 15 + "b"
    assert len(clean_text("a" + MARKS * 1000, at_most=10_000)) <= 31
    assert len(clean_line("a" + "\u0f73" * 1000, at_most=10_000)) <= 61


@given(st.text())
def test_a_text_with_few_marks_stays_as_it_is(text: str) -> None:
    run = longest = 0
    for letter in text:
        run = run + 1 if unicodedata.category(letter).startswith("M") else 0
        longest = max(longest, run)
    assert longest > 30 or few_marks(text) == text


def test_an_impossible_reference_leaves_no_other_one_behind() -> None:
    assert fit("a&#x&#0;D800;b&#0;c&#233;") == "abc&#233;"
    assert "&#0;" not in fit("&#" * 50 + "0;" + "0;" * 50)


def test_a_host_that_is_no_name_is_no_address() -> None:
    assert clean_url("https://paper\u00a8example/", base=None) is None
    assert clean_url(f"https://{'a' * 300}.example/", base=None) is None


def test_a_table_in_a_table_is_told_once() -> None:
    inner = "<table><row><cell>x</cell><cell>y</cell></row></table>"
    body = etree.fromstring(
        f"<body><table><row><cell>a</cell><cell>b {inner}</cell></row><row><cell>c</cell></row></table></body>"
    )
    assert read_body(body, base="https://paper.example/").text == "a | b x y\nc"


def test_json_that_is_nested_too_deep_is_left_out_and_the_rest_is_read() -> None:
    deep = "[" * 5000 + '"]"' + "]" * 5000
    feed = (
        f'{{"items": [{{"url": "/a", "x": {deep}, "title": "[[ \\" ]"}}, {deep}, {{"url": "/b", "id": {"9" * 5000}}}]}}'
    )
    document = read(feed)
    assert [entry.url for entry in document.entries] == ["https://paper.example/a", "https://paper.example/b"]
    assert document.entries[0].title == '[[ " ]'
    assert document.entries[1].guid == "9" * 2048
