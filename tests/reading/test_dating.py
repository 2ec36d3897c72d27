"""The dates of a page: where they are found, and which one is believed when they contradict each other."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.entry import Entry
from worker.news.outlet import FeedKind
from worker.news.policy import ReadingPolicy
from worker.news.record import DatedBy
from worker.pipeline.ports import PageInput
from worker.reading.conflicts import Said, choose_first, choose_last, settled
from worker.reading.dating import Dated, read_announced_dates, read_dates
from worker.reading.feeds import FeedparserReader
from worker.reading.head import read_head
from worker.reading.jsonld import read_json_ld
from worker.reading.markup import read_markup
from worker.reading.zones import NO_HABITS, habits_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://a.example/news/ferry"
EIGHT = datetime(2026, 3, 1, 8, 15, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dated(
    head: str = "",
    body: str = "",
    *,
    stated: Mapping[str, str] | None = None,
    url: str = URL,
    feed: Entry | None = None,
    country: str = "",
    language: str = "",
    ruled: str = "",
    now: datetime = NOW,
) -> Dated:
    article = {"@type": "NewsArticle", "headline": "The ferry returns to the harbour", **(stated or {})}
    script = f'<script type="application/ld+json">{json.dumps(article)}</script>' if stated else ""
    source = (
        f"<html><head><title>The ferry returns to the harbour</title>{head}{script}</head><body>{body}</body></html>"
    )
    page = PageInput(
        body=source.encode(), url=url, content_type="text/html", language=language, country=country, announced=feed
    )
    markup = read_markup(page.body, content_type=page.content_type, policy=ReadingPolicy())
    said = (ruled, read_json_ld(markup.json_ld, url=url), read_head(markup.tree))
    return read_dates(markup.tree, said, page=page, now=now)


def meta(value: str, name: str = "article:published_time") -> str:
    return f'<meta property="{name}" content="{value}">'


def announced(when: str, raw: str = "") -> Entry:
    return Entry(published_at=utc(when), raw_date=raw)


# Where dates are found


def test_all_that_is_said_is_kept_with_its_source_and_precision_in_order_of_trust() -> None:
    found = dated(
        meta("2026-03-01T09:15+01:00"),
        '<article><time datetime="2026-03-01T08:15:00Z">1 March</time></article>',
        stated={"datePublished": "2026-03-01T08:15:00Z"},
        url="https://a.example/2026/03/01/ferry",
        feed=announced("2026-03-01T08:20:00", "Sun, 01 Mar 2026 08:20:00 GMT"),
        ruled="1 March 2026",
    )
    assert [(by.source, by.precision, by.tz_assumed) for by in found.dates.published] == [
        ("rules", "day", True),
        ("json-ld", "second", False),
        ("meta", "minute", False),
        ("url", "day", True),
        ("time", "second", False),
        ("feed", "second", False),
    ]


@pytest.mark.parametrize(
    ("wanted", "page"),
    [
        ("rules", {"ruled": "2026-03-01T08:15:00Z", "stated": {"datePublished": "2026-02-27T08:15:00Z"}}),
        ("json-ld", {"stated": {"datePublished": "2026-03-01T08:15:00Z"}, "head": meta("2026-03-01T08:16:00Z")}),
        ("meta", {"head": meta("2026-03-01T08:15:00Z"), "feed": announced("2026-03-01T08:20:00")}),
        ("time", {"body": '<time class="entry-date" datetime="2026-03-01T08:15:00Z">today</time>'}),
        ("feed", {"feed": announced("2026-03-01T08:15:00")}),
        ("text", {"body": "<h1>The ferry returns to the harbour</h1><p>1 March 2026, 8:15 a.m.</p>"}),
    ],
)
def test_a_choice_says_where_it_is_from(wanted: str, page: dict[str, object]) -> None:
    found = dated(**page)  # type: ignore[arg-type]
    assert found.published_at == EIGHT
    assert found.sources == {"published_at": wanted}


def test_what_can_not_be_read_is_kept_as_it_was() -> None:
    found = dated(meta("2031-03-01T09:00:00Z"), stated={"datePublished": "soon, in 2026"})
    assert found.published_at is None
    assert [(by.raw, by.value) for by in found.dates.published] == [
        ("soon, in 2026", None),
        ("2031-03-01T09:00:00Z", None),
    ]
    assert found.sources == {}


def test_an_element_that_is_both_is_the_publication_and_one_that_is_updated_only_the_change() -> None:
    both = '<time class="entry-date published updated" datetime="2026-03-01T08:15:00Z">1 March</time>'
    assert dated(body=both).published_at == EIGHT
    apart = (
        '<time class="entry-date published" datetime="2026-03-01T08:15:00Z">1 March</time>'
        '<time class="updated" datetime="2026-03-01T10:00:00Z">1 March</time>'
    )
    found = dated(body=apart)
    assert (found.published_at, found.modified_at) == (EIGHT, utc("2026-03-01T10:00:00"))
    assert found.sources == {"published_at": "time", "modified_at": "time"}


def test_the_time_of_a_teaser_overrules_nobody() -> None:
    body = '<article><time datetime="2026-02-01T08:00:00Z">1 February</time></article>'
    stated = {"datePublished": "2026-03-01T08:15:00Z", "dateModified": "2026-03-01T08:15:00Z"}
    assert dated(body=body, stated=stated).published_at == EIGHT


# The visible page


SHOWN = {
    "behind the headline": "<div class=bar>2 March 2026</div>{gap}<h1>The ferry returns to the harbour</h1><p>By Ana Silva | 1 March 2026</p>",
    "before the headline": "<p class=published-date>&nbsp; / 1 March 2026</p><h1>The ferry returns to the harbour</h1>",
    "in a class of its own": "<h1>Harbour Post</h1>{gap}<div class=post-date>1 March 2026</div><p>Text.</p>",
    "behind a label": "<h1>The ferry returns to the harbour</h1>{gap}<ul><li><strong>Datum</strong> 01.03.2026</li></ul>",
    "not in a picture": "<h1>The ferry returns to the harbour</h1><figure><p>The pier, 5 February 2026</p></figure><p>1 March 2026</p>",
    "not in comments": "<h1>The ferry returns to the harbour</h1><p>1 March 2026</p><div class=comments><p class=date>2 March 2026</p></div>",
    "not a link": "<h1>The ferry returns to the harbour</h1><a href=/b>The pier, 5 February 2026</a><p>1 March 2026</p>",
    "published before updated": "<h1>The ferry returns to the harbour</h1><p>Updated: 2 March 2026</p><p>1 March 2026</p>",
    "updated where nothing else is": "<h1>The ferry returns to the harbour</h1><p>Updated: 1 March 2026</p>",
    "in the header of the article": "<article><header><h2>The ferry returns to the harbour</h2><span>1 March 2026</span></header></article>",
    "not in the header of the site": "<header><span class=date>2 March 2026</span></header>{gap}<h1>The ferry returns to the harbour</h1><p>1 March 2026</p>",
}


@pytest.mark.parametrize("body", SHOWN.values(), ids=list(SHOWN))
def test_the_date_beside_the_headline_is_read_where_none_is_stated(body: str) -> None:
    found = dated(body=body.format(gap="<p>A line of text.</p>" * 60))
    assert found.published_at == utc("2026-03-01T00:00:00")
    assert found.sources == {"published_at": "text"}


def test_a_date_in_a_sentence_is_none_of_the_article() -> None:
    body = f"<h1>The ferry returns to the harbour</h1>{'<p>A line.</p>' * 60}<p>It had left the pier on 5 February 2026 in the storm.</p>"
    assert "text" not in dated(body=body).sources.values()


def test_a_page_that_states_a_time_is_not_searched() -> None:
    body = "<h1>The ferry returns to the harbour</h1><p>1 March 2026</p>"
    found = dated(meta("2026-03-01T08:15:00Z"), body)
    assert [by.source for by in found.dates.published] == ["meta"]


def test_a_page_that_states_a_day_is_searched_for_the_time() -> None:
    body = "<h1>The ferry returns to the harbour</h1><p>1 March 2026, 8:15 am</p>"
    found = dated(meta("2026-03-01"), body)
    assert (found.published_at, found.sources) == (EIGHT, {"published_at": "text"})


def test_the_last_resort_is_htmldate_and_only_for_pages_of_common_size() -> None:
    body = "<div><p>The pier was built long ago, and the ferry returned to it in good weather on 2026-03-01, they said, and nobody minded.</p></div>"
    found = dated(body=body)
    assert [by.source for by in found.dates.published] == ["htmldate"]
    assert found.published_at == utc("2026-03-01T00:00:00")
    assert dated(body=body + "<i></i>" * 9000).published_at is None


# Rule 1: the time of the answer


def test_a_date_that_is_now_gives_way_to_any_that_says_otherwise() -> None:
    now = "2026-03-02T11:59:30Z"
    found = dated(meta("2026-03-01T08:15:00Z"), stated={"datePublished": now})
    assert (found.published_at, found.sources["published_at"]) == (EIGHT, "meta")
    assert dated(meta(now, "date"), feed=announced("2026-03-01T08:15:00")).published_at == EIGHT
    assert dated(meta(now, "date"), url="https://a.example/2025/03/01/ferry").published_at == utc("2025-03-01T00:00:00")
    assert dated(meta("2026-03-02T20:00:00Z"), feed=announced("2026-03-01T08:15:00")).published_at == EIGHT


def test_an_article_that_just_appeared_is_believed_when_nothing_speaks_against_it() -> None:
    just_now = utc("2026-03-02T11:59:30")
    found = dated(
        meta("2026-03-02T11:59:30Z"), url="https://a.example/2026/03/02/ferry", feed=announced("2026-03-02T11:59:00")
    )
    assert found.published_at == just_now
    assert dated(meta("2026-03-02T11:59:30Z")).published_at == just_now


def test_a_clock_on_the_page_is_no_date() -> None:
    body = '<article><time datetime="2026-03-02T12:00:00Z">12:00</time></article>'
    assert dated(body=body).published_at is None
    assert dated(body=body).dates.published[0].value == NOW


def test_a_change_that_is_now_gives_way_as_well() -> None:
    stated = {"datePublished": "2026-03-01T08:15:00Z", "dateModified": "2026-03-02T11:59:30Z"}
    assert dated(meta("2026-03-01T10:00:00Z", "article:modified_time"), stated=stated).modified_at == utc(
        "2026-03-01T10:00:00"
    )
    assert dated(stated=stated).modified_at == utc("2026-03-02T11:59:30")
    clock = '<time class="updated" datetime="2026-03-02T12:00:00Z">12:00</time>'
    assert dated(meta("2026-03-01T08:15:00Z"), clock).modified_at is None


# Rule 2: published again


def test_a_publication_that_equals_the_change_gives_way_to_an_earlier_day_in_the_address() -> None:
    again = {"datePublished": "2026-03-01T08:15:00Z", "dateModified": "2026-03-01T08:15:20Z"}
    found = dated(stated=again, url="https://a.example/2026/02/10/ferry")
    assert (found.published_at, found.sources["published_at"]) == (utc("2026-02-10T00:00:00"), "url")
    assert found.modified_at == utc("2026-03-01T08:15:20")


def test_a_publication_before_its_change_stands_against_the_address() -> None:
    stated = {"datePublished": "2026-03-01T08:15:00Z", "dateModified": "2026-03-01T09:00:00Z"}
    assert dated(stated=stated, url="https://a.example/2026/02/10/ferry").published_at == EIGHT


def test_nothing_is_announced_before_it_is_published() -> None:
    stated = {"datePublished": "2026-03-01T08:15:00Z"}
    assert dated(stated=stated, feed=announced("2026-02-20T10:00:00")).published_at == utc("2026-02-20T10:00:00")
    assert dated(stated=stated, feed=announced("2026-02-28T22:00:00")).published_at == EIGHT
    assert dated(stated=stated, feed=announced("2026-03-02T10:00:00")).published_at == EIGHT
    assert dated(ruled="2026-03-01T08:15:00Z", feed=announced("2026-02-20T10:00:00")).published_at == EIGHT


def test_a_publication_long_after_the_last_change_gives_way_to_an_earlier_one() -> None:
    stated = {"datePublished": "2026-03-01T08:15:00Z", "dateModified": "2026-02-11T10:00:00Z"}
    found = dated(meta("2026-02-10T08:00:00Z"), stated=stated)
    assert (found.published_at, found.modified_at) == (utc("2026-02-10T08:00:00"), utc("2026-02-11T10:00:00"))


# Rule 3: one source alone


def test_an_old_date_of_a_template_loses_against_two_that_agree() -> None:
    stated = {"datePublished": "2015-01-01T00:00:01Z"}
    url, feed = "https://a.example/2026/03/01/ferry", announced("2026-03-01T08:15:00")
    assert dated(stated=stated, url=url, feed=feed).published_at == EIGHT
    assert dated(stated=stated, url=url).published_at == utc("2015-01-01T00:00:01")
    assert dated(stated=stated, feed=feed).published_at == utc("2015-01-01T00:00:01")


def test_two_sources_that_agree_are_not_outvoted_by_two() -> None:
    found = dated(
        meta("2026-02-20T08:00:00Z"),
        stated={"datePublished": "2026-02-20T08:00:00Z"},
        url="https://a.example/2026/03/01/ferry",
        feed=announced("2026-03-01T08:15:00"),
    )
    assert found.published_at == utc("2026-02-20T08:00:00")


# Rule 4: day and month


@pytest.mark.parametrize(
    ("day", "page"),
    [
        ("2025-04-03", {}),
        ("2025-03-04", {"country": "US", "language": "en"}),
        ("2025-03-04", {"language": "en-US"}),
        ("2025-04-03", {"country": "GB", "language": "en"}),
        ("2025-03-04", {"url": "https://a.example/2025/03/04/ferry"}),
        ("2025-03-04", {"url": "https://a.example/2025/03/04/ferry", "country": "GB", "language": "en"}),
        ("2025-04-03", {"url": "https://a.example/2025/04/03/ferry", "country": "US", "language": "en"}),
        ("2025-03-04", {"feed": announced("2025-03-04T08:15:00")}),
    ],
)
def test_a_day_that_may_be_a_month_is_settled_by_another_date_and_else_by_habit(day: str, page: dict[str, str]) -> None:
    found = dated(meta("03/04/2025"), **page)  # type: ignore[arg-type]
    assert found.published_at is not None
    assert f"{found.published_at:%Y-%m-%d}" == day
    assert f"{found.dates.published[0].value:%Y-%m-%d}" == day


def test_the_region_of_the_pages_language_counts_where_the_outlets_has_none() -> None:
    page = '<html lang="en-US"><head><meta name="date" content="03/04/2025"></head><body><p>Text.</p></body></html>'
    tree = read_markup(page.encode(), content_type="", policy=ReadingPolicy()).tree
    said = ("", read_json_ld((), url=URL), read_head(tree))
    for language, wanted in (("en", "2025-03-04"), ("", "2025-03-04"), ("pt", "2025-04-03"), ("en-GB", "2025-04-03")):
        found = read_dates(tree, said, page=PageInput(body=b"", url=URL, content_type="", language=language), now=NOW)
        assert f"{found.published_at:%Y-%m-%d}" == wanted


def test_a_feed_without_zones_is_read_as_its_domain_is() -> None:
    item = "<item><title>a</title><link>/a</link><pubDate>Seg, 23 Fev 2026 17:20:00</pubDate></item>"
    feed = f"<rss version='2.0'><channel><title>a</title><language>pt-br</language>{item}</channel></rss>"
    for host, hour in (("jornal.com.br", 20), ("jornal.pt", 17), ("jornal.example", 17)):
        read = FeedparserReader().read(
            feed.encode(), url=f"https://{host}/rss", content_type="", kind=FeedKind.FEED, now=NOW
        )
        assert read.entries[0].published_at == datetime(2026, 2, 23, hour, 20, tzinfo=UTC)
        assert read.entries[0].raw_date == "Seg, 23 Fev 2026 17:20:00"


def test_the_feeds_own_day_and_month_are_settled_by_the_page() -> None:
    feed = Entry(published_at=utc("2025-04-03T00:00:00"), raw_date="03/04/2025")
    found = dated(url="https://a.example/2025/03/04/ferry", feed=feed)
    assert [by.value for by in found.dates.published] == [utc("2025-03-04T00:00:00")] * 2


# Rule 5: the finest of the same moment


@pytest.mark.parametrize(
    ("wanted", "stated", "head"),
    [
        ("2026-03-01T08:15:00", "2026-03-01", "2026-03-01T08:15:00Z"),
        ("2026-03-01T23:00:00", "2026-03-02", "2026-03-01T23:00:00Z"),
        ("2026-03-01T00:00:00", "2026-03-01", "2026-02-27T08:15:00Z"),
        ("2026-03-01T17:15:00", "2026-03-01 18:15:00", "2026-03-01T18:15:00+01:00"),
        ("2026-03-01T18:15:00", "2026-03-01 18:15:00", "2026-03-01T18:02:00Z"),
        ("2026-03-01T18:15:00", "2026-03-01T18:15:00Z", "2026-03-01 18:10:00"),
    ],
)
def test_a_day_gives_way_to_a_time_and_an_assumed_zone_to_a_stated_one(wanted: str, stated: str, head: str) -> None:
    assert dated(meta(head), stated={"datePublished": stated}).published_at == utc(wanted)


def test_a_day_whose_time_has_an_assumed_zone_gives_way_to_the_time_with_a_zone() -> None:
    metas = meta("2026-03-01 18:15:00") + meta("2026-03-01T18:15:00+01:00", "datepublished")
    found = dated(metas, stated={"datePublished": "2026-03-01"}, country="DE")
    assert found.published_at == utc("2026-03-01T17:15:00")


def test_a_local_time_with_the_label_of_utc_gives_way_to_the_true_one() -> None:
    stated, true = {"datePublished": "2026-02-25T07:25:06Z"}, meta("2026-02-24T20:25:06+00:00")
    assert dated(true, stated=stated, country="AU").published_at == utc("2026-02-24T20:25:06")
    assert dated(true, stated=stated, country="PT").published_at == utc("2026-02-25T07:25:06")
    assert dated(meta("2026-02-24T20:25:07Z"), stated=stated, country="AU").published_at == utc("2026-02-25T07:25:06")


def test_a_day_stays_a_day_wherever_it_was_written() -> None:
    for country in ("JP", "US", "PT"):
        found = dated(meta("2026-02-28"), country=country)
        assert found.published_at == utc("2026-02-28T00:00:00")
        assert found.dates.published[0].precision == "day"


def test_a_time_without_a_zone_is_the_outlets() -> None:
    for country, url, wanted in (("BR", URL, "11:15"), ("", "https://jornal.com.br/a", "11:15"), ("", URL, "08:15")):
        found = dated(meta("2026-03-01 08:15"), country=country, url=url)
        assert found.published_at == utc(f"2026-03-01T{wanted}:00")
        assert found.dates.published[0].tz_assumed
    feed = Entry(published_at=utc("2026-03-01T08:15:00"), raw_date="Dom, 01 Mar 2026 08:15:00")
    assert dated(feed=feed, country="BR").published_at == utc("2026-03-01T11:15:00")


# Changes


def test_a_change_before_the_publication_is_none_but_kept() -> None:
    found = dated(stated={"datePublished": "2026-03-01T08:15:00Z", "dateModified": "2026-03-01T07:00:00Z"})
    assert (found.published_at, found.modified_at) == (EIGHT, None)
    assert found.dates.modified[0].value == utc("2026-03-01T07:00:00")
    assert found.sources == {"published_at": "json-ld"}


def test_an_article_of_a_feed_alone_has_the_feeds_dates() -> None:
    entry = Entry(
        published_at=utc("2026-03-01T08:15:00"), raw_date="01/03/2026 08:15", modified_at=utc("2026-03-01T12:00:00")
    )
    found = read_announced_dates(entry, language="pt", url="https://jornal.pt/a", now=NOW)
    assert (found.published_at, found.modified_at) == (EIGHT, utc("2026-03-01T12:00:00"))
    assert [(by.source, by.precision, by.tz_assumed) for by in found.dates.published] == [("feed", "minute", True)]
    bare = read_announced_dates(Entry(), language="pt", url=URL, now=NOW)
    assert (bare.published_at, bare.dates.published) == (None, ())
    unread = read_announced_dates(Entry(raw_date="soon"), language="pt", url=URL, now=NOW)
    assert [(by.value, by.raw) for by in unread.dates.published] == [(None, "soon")]


# Laws

MOMENTS = st.integers(-100_000, 100).map(lambda minutes: NOW + timedelta(minutes=minutes))
SAID = st.builds(
    lambda value, source, precision, assumed, weak, other: Said(
        DatedBy(value=value, raw="Z", source=source, precision=precision, tz_assumed=assumed), value, other, weak
    ),
    MOMENTS,
    st.sampled_from(["rules", "json-ld", "meta", "time", "url", "feed", "text"]),
    st.sampled_from(["day", "minute", "second"]),
    st.booleans(),
    st.booleans(),
    st.none() | MOMENTS,
)
SAYINGS = st.lists(SAID, max_size=8)


@given(SAYINGS, SAYINGS)
def test_what_is_chosen_was_said_and_a_change_is_never_before_the_publication(
    known: list[Said], changes: list[Said]
) -> None:
    habits = habits_of(country="AU", language="en", url="")
    first = choose_first(known, changes, habits=habits, now=NOW)
    last = choose_last(changes, first, habits=habits, now=NOW)
    assert first is None or first in known
    assert last is None or last in changes
    assert not (first and last) or last.value >= first.value


@given(SAYINGS)
def test_what_agrees_is_the_first(known: list[Said]) -> None:
    moment = NOW - timedelta(days=3)
    same = [
        replace(said, value=moment, by=replace(said.by, value=moment, precision="second", tz_assumed=False))
        for said in known
    ]
    assert choose_first(same, [], habits=NO_HABITS, now=NOW) == (same[0] if same else None)


@given(SAYINGS)
def test_settling_keeps_the_number_and_the_order(known: list[Said]) -> None:
    found = settled(known)
    assert [said.by.source for said in found] == [said.by.source for said in known]
    assert all(one.value in {other.value, other.other} for one, other in zip(found, known, strict=True))


HOSTILE = {
    "20,000 dates": "<p class=date>3 March 2024</p>" * 20_000,
    "dates in dates": "<div class=date>2024" * 200 + "</div>" * 200,
    "a headline of a megabyte": f"<h1>{'2024-07-26 ' * 100_000}</h1><p>2024</p>",
    "a line of a megabyte": f"<h1>The ferry</h1><p class=date>{'1 ' * 500_000}</p>",
    "a class of a megabyte": f"<h1>The ferry</h1><p class='{'date ' * 200_000}'>2024-13-77</p>",
    "10,000 headings": "<h1>The 2024 ferry</h1>" * 10_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_page_is_searched_in_bounded_time(body: str) -> None:
    source = f"<html><head><title>x</title></head><body>{body}</body></html>".encode()
    markup = read_markup(source, content_type="text/html", policy=ReadingPolicy())
    page = PageInput(body=source, url=URL, content_type="text/html", language="")
    head = read_head(markup.tree)
    start = time.process_time()
    read_dates(markup.tree, ("", read_json_ld((), url=URL), head), page=page, now=NOW)
    # What is quadratic would take minutes.
    assert time.process_time() - start < 15
