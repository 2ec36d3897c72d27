"""Whole pages: what is read from each kind, and what is refused under which name."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.samples import demo_samples
from bench.scoring import token_f1
from worker.news.entry import Entry
from worker.news.errors import Broken, CopydeskError, Refused
from worker.news.outlet import PageRules
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.news.record import Access, ArticleType, Reading
from worker.pipeline.ports import PageInput
from worker.reading.pages import TrafilaturaReader

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://www.harbour-post.example/city/2026/03/01/ferry-returns-after-storm-4711"
NO_RULES = PageRules()
READER = TrafilaturaReader()
PARAGRAPHS = (
    "The ferry between the two banks of the river runs again since Sunday, four months after the storm that broke its pier.",
    "About three hundred people waited on the quay when the first boat left at seven in the morning, with an hour's delay.",
    "The city paid nine million for the new pier, two million more than the council had agreed upon in the spring of last year.",
    "“We counted the days,” said a baker from the north bank, who had to drive forty minutes to her shop all winter long.",
)
HEAD = """<meta charset="utf-8"><title>Ferry returns after the storm | Harbour Post</title>
<meta property="og:site_name" content="Harbour Post"><meta property="og:type" content="article">
<meta property="og:title" content="Ferry returns after the storm | Harbour Post">
<meta property="article:published_time" content="2026-03-01T08:15:00+01:00">"""


def page(body: str | None = None, *, head: str = HEAD, extra: str = "") -> bytes:
    """A page of a paper that does not exist, with a body of its own or the usual one."""
    article = body if body is not None else "<h1>Ferry returns after the storm</h1>" + paragraphs(*PARAGRAPHS)
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body><article>{article}</article>{extra}</body></html>".encode()


def paragraphs(*texts: str) -> str:
    """Paragraphs as HTML."""
    return "".join(f"<p>{text}</p>" for text in texts)


def read(
    body: bytes,
    *,
    url: str = URL,
    content_type: str = "text/html; charset=utf-8",
    announced: Entry | None = None,
    rules: PageRules = NO_RULES,
    reader: TrafilaturaReader = READER,
) -> Reading:
    """Read a page as the pipeline does."""
    given_page = PageInput(
        body=body, url=url, content_type=content_type, language="en", announced=announced, rules=rules
    )
    return reader.read(given_page, now=NOW)


def test_a_plain_article_gives_its_text_without_title_and_outlet() -> None:
    reading = read(page())
    assert reading.title == "Ferry returns after the storm"
    assert reading.text == "\n".join(PARAGRAPHS)
    assert [block.text for block in reading.blocks] == list(PARAGRAPHS)
    assert reading.published_at == datetime(2026, 3, 1, 7, 15, tzinfo=UTC)
    assert reading.language is not None
    assert (reading.language.code, reading.language.source) == ("en", "text")
    assert reading.extraction.engine == "trafilatura"
    assert 0.8 < reading.extraction.quality <= 1


SHORT = paragraphs("Too short.")
CONSENT = paragraphs(
    "We and our 842 partners value your privacy and store cookies on your device.",
    "With your consent we process personal data for personalised ads. Vendors may claim a legitimate interest.",
    "You can withdraw your consent at any time in the privacy settings, and read more about cookies and vendors there.",
)
PAYWALL = paragraphs(
    "Already a subscriber? Sign in to read this article on all of your devices, at home and under way.",
    "Subscribe now and read everything for one euro a month; the subscription can be ended at any time.",
)
TEASERS = "".join(
    f"<li><a href='/city/story-number-{n}'>A headline about the city and its people {n}</a></li>" for n in range(60)
)
BROKEN = {
    "an empty body": (b"", Reason.NO_TEXT),
    "blanks": (b" \r\n\t\0 ", Reason.NO_TEXT),
    "no element": (b"<!-- nothing -->", Reason.NOT_HTML),
    "an empty page": (b"<html><body></body></html>", Reason.NO_TEXT),
    "a script only": (b"<html><body><script>render('text')</script></body></html>", Reason.NO_TEXT),
    "a short text": (page(SHORT), Reason.NO_TEXT),
    "PDF": (b"%PDF-1.7\n<html>", Reason.NOT_HTML),
    "PNG": (b"\x89PNG\r\n\x1a\n<p>", Reason.NOT_HTML),
    "plain words": (b"just words, no tag at all", Reason.NOT_HTML),
    "a feed": (b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>", Reason.NOT_HTML),
    "over the cap of bytes": (page() + b" " * 10_000_000, Reason.TOO_LARGE),
    "over the cap of elements": (page("<b>x</b>" * 50_001), Reason.TOO_LARGE),
    "nested 100,000 deep": (b"<html><body>" + b"<div>" * 49_990 + b"<p>x</p>", Reason.UNPARSABLE),
    "a consent wall": (page(CONSENT, head="<title>Harbour Post</title>"), Reason.CONSENT),
    "a stub before a paywall": (page(PAYWALL, head="<title>Harbour Post</title>"), Reason.PAYWALL),
}


@pytest.mark.parametrize(("body", "reason"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_no_article_is_named(body: bytes, reason: Reason) -> None:
    with pytest.raises((Refused, Broken)) as caught:
        read(body)
    assert caught.value.reason is reason
    assert isinstance(caught.value, Broken) == (reason in {Reason.TOO_LARGE, Reason.UNPARSABLE})


def test_json_is_no_page() -> None:
    with pytest.raises(Refused) as caught:
        read(json.dumps({"text": "<p>" + PARAGRAPHS[0]}).encode(), content_type="application/json")
    assert caught.value.reason is Reason.NOT_HTML


def test_a_list_of_articles_is_an_index_page() -> None:
    body = f"<html><head><title>City</title></head><body><h1>City</h1><ul>{TEASERS}</ul>{paragraphs(PARAGRAPHS[0])}</body></html>"
    with pytest.raises(Refused) as caught:
        read(body.encode(), url="https://www.harbour-post.example/city/")
    assert caught.value.reason is Reason.INDEX_PAGE


def test_an_article_about_cookies_and_subscriptions_is_an_article() -> None:
    reading = read(page("<h1>Ferry returns after the storm</h1>" + CONSENT + paragraphs(*PARAGRAPHS)))
    assert "legitimate interest" in reading.text


def test_a_paywalled_page_without_text_is_refused_as_such() -> None:
    json_ld = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"A","isAccessibleForFree":"False"}</script>'
    with pytest.raises(Refused) as caught:
        read(page(SHORT, head=HEAD + json_ld))
    assert caught.value.reason is Reason.PAYWALL


def test_a_title_and_a_line_are_no_text() -> None:
    title = "<h1>Ferry returns after the storm</h1>"
    with pytest.raises(Refused) as caught:
        read(page(title + paragraphs("The boats are back, and everybody is on the quay.")))
    assert caught.value.reason is Reason.NO_TEXT
    assert read(page(title + title + paragraphs(*PARAGRAPHS))).text == "\n".join(PARAGRAPHS)


def test_a_page_of_teasers_that_calls_itself_a_collection_is_an_index_page() -> None:
    head = '<title>City</title><script type="application/ld+json">{"@type":"CollectionPage","name":"City"}</script>'
    teasers = "".join(
        f"<article><h3><a href='/city/a-{n}'>Ferry {n}</a></h3><p>{text}</p></article>"
        for n, text in enumerate(PARAGRAPHS)
    )
    with pytest.raises(Refused) as caught:
        read(
            f"<html><head>{head}</head><body><main><h1>City</h1>{teasers}</main></body></html>".encode(),
            url="https://www.harbour-post.example/city/",
        )
    assert caught.value.reason is Reason.INDEX_PAGE


def test_a_page_without_text_is_rescued_by_its_structured_data() -> None:
    article = {"@type": "NewsArticle", "headline": "Ferry", "articleBody": "\n".join(PARAGRAPHS)}
    json_ld = f'<script type="application/ld+json">{json.dumps(article)}</script>'
    reading = read(page(SHORT, head=HEAD + json_ld))
    assert reading.extraction.engine == "json-ld"
    assert reading.text == "\n".join(PARAGRAPHS)


def test_a_page_without_text_is_rescued_by_the_feed() -> None:
    announced = Entry(title="Ferry", content="\n".join(PARAGRAPHS), authors=("Ana Silva",), published_at=NOW)
    reading = read(page(SHORT, head="<title></title>"), announced=announced)
    assert reading.extraction.engine == "feed"
    assert (reading.title, reading.authors) == ("Ferry", ("Ana Silva",))
    assert reading.text == "\n".join(PARAGRAPHS)


def test_a_wall_is_rescued_by_the_feed() -> None:
    announced = Entry(title="Ferry", content="\n".join(PARAGRAPHS))
    assert read(page(CONSENT, head="<title>Harbour Post</title>"), announced=announced).extraction.engine == "feed"


def test_an_entry_is_read_by_its_content_else_by_its_summary() -> None:
    whole = READER.read_entry(
        Entry(title="Ferry", content="\n".join(PARAGRAPHS), summary="Short."), url=URL, language="en", now=NOW
    )
    assert whole.text == "\n".join(PARAGRAPHS)
    assert whole.extraction.warnings == ()
    brief = READER.read_entry(Entry(title="Ferry", summary=PARAGRAPHS[0]), url=URL, language="en", now=NOW)
    assert brief.text == PARAGRAPHS[0]
    assert brief.extraction.warnings == ("only the summary",)


def test_an_entry_of_few_letters_has_no_text() -> None:
    with pytest.raises(Refused) as caught:
        READER.read_entry(Entry(title="Ferry", summary="It runs again."), url=URL, language="en", now=NOW)
    assert caught.value.reason is Reason.NO_TEXT


def test_controls_and_surrogates_never_reach_the_record() -> None:
    title = "Ferry &#x1b;[31mreturns&#0; after &#xD800;the storm"
    head = f'<title>{title}</title><meta property="og:title" content="{title}">'
    marked = paragraphs(*(text + " &#x1b;&#x0;&#xDFFF;&#27; End\x00 of it\x07." for text in PARAGRAPHS))
    reading = read(page(marked, head=head))
    everything = json.dumps(dataclasses.asdict(reading), default=str, ensure_ascii=False)
    assert not any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in everything)
    assert "\\u00" not in everything
    assert reading.text.count("End of it.") == len(PARAGRAPHS)
    everything.encode("utf-8")


def test_only_links_to_the_web_are_kept() -> None:
    head = (
        HEAD
        + '<meta property="og:image" content="javascript:alert(1)"><link rel="canonical" href="javascript:alert(2)">'
    )
    links = (
        "<p>The operator <a href='/people/baker'>had promised the baker</a> and <a href='javascript:alert(3)'>all others</a> "
        "that <a href='https://docs.example/report'>the report</a> would be ready, and <a href='mailto:a@b.example'>it was not</a>.</p>"
    )
    reading = read(page(paragraphs(*PARAGRAPHS) + links, head=head))
    assert [link.href for link in reading.links] == [
        "https://www.harbour-post.example/people/baker",
        "https://docs.example/report",
    ]
    assert reading.images == ()
    assert reading.canonical is None
    assert "The operator had promised the baker and all others that the report would be ready" in reading.text


def test_a_title_is_cut_at_its_cap() -> None:
    head = f"<title>{'Ferry returns ' * 200}</title>"
    assert len(read(page(head=head)).title) <= ReadingPolicy().title


def test_the_text_is_cut_at_its_cap_in_whole_blocks() -> None:
    reader = TrafilaturaReader(policy=ReadingPolicy(text=300))
    assert read(page(), reader=reader).text == "\n".join(PARAGRAPHS[:2])


def test_an_unclosed_string_in_json_ld_costs_nothing() -> None:
    json_ld = '<script type="application/ld+json">{"@type":"NewsArticle","author":"' + 'a\\"' * 60_000 + "</script>"
    assert read(page(head=HEAD + json_ld)).text == "\n".join(PARAGRAPHS)


def test_an_outlets_rules_say_what_the_body_is_and_who_signs() -> None:
    body = (
        "<div class='head'>The crane\n at the quay</div><div class='who'>Rui Costa</div><div class='when' datetime='2026-02-27'>27 Feb</div>"
        f"<div class='story'>{paragraphs(*PARAGRAPHS)}<p class='promo'>{'Buy our new calendar with pictures of boats. ' * 3}</p></div>"
        f"<div>{paragraphs('Another text of the same page that is not the story, but is long enough to be taken for it. ' * 4)}</div>"
    )
    rules = PageRules(body=".story", remove=(".promo", "[["), title=".head", author=".who", date=".when")
    reading = read(page(body), rules=rules)
    assert reading.title == "The crane at the quay"
    assert {reading.extraction.sources[name] for name in ("title", "authors")} == {"rules"}
    assert reading.text == "\n".join(PARAGRAPHS)
    assert reading.authors == ("Rui Costa",)
    assert reading.published_at is not None
    assert reading.published_at.date().isoformat() == "2026-02-27"
    assert reading.extraction.warnings == ("selector [[ can't be read",)


def test_a_live_blog_says_so() -> None:
    json_ld = '<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"Storm: live"}</script>'
    assert read(page(head=HEAD + json_ld)).type is ArticleType.LIVEBLOG


def test_access_is_read_from_what_the_page_says() -> None:
    reading = read(page(head=HEAD + '<meta property="article:content_tier" content="metered">'))
    assert reading.access.value is Access.METERED
    assert reading.access.evidence == "content tier metered"


def test_the_same_page_gives_the_same_reading() -> None:
    assert read(page()) == read(page())


@settings(max_examples=60)
@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_give_a_reading_or_a_named_error(noise: bytes, inside: bool) -> None:
    body = page().replace(b"<article>", b"<article>" + noise) if inside else noise
    try:
        first = read(body)
    except CopydeskError:
        return
    assert first == read(body)
    json.dumps(dataclasses.asdict(first), default=str, ensure_ascii=False).encode("utf-8")


@settings(max_examples=60)
@given(st.text(st.sampled_from("<>!-/\"'=& ;#xaép\n"), max_size=200))
def test_any_markup_around_an_article_gives_a_reading_or_a_named_error(noise: str) -> None:
    try:
        reading = read(page(noise + paragraphs(*PARAGRAPHS)))
    except CopydeskError:
        return
    assert reading.extraction.quality <= 1


def test_the_recorded_webs_articles_are_read_as_their_truth(recorded: Path) -> None:
    scores = [
        token_f1(read(sample.body, url=sample.url, content_type=sample.content_type).text, sample.text)
        for sample in demo_samples(recorded)
        if sample.text
    ]
    assert len(scores) > 100
    assert fmean(scores) >= 0.95
