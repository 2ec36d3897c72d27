"""Running reports: their updates as blocks with a time, from JSON-LD and from the structure of a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from worker.news.policy import ReadingPolicy
from worker.news.record import ArticleType, Block, BlockKind, Reading
from worker.pipeline.ports import PageInput
from worker.reading.pages import TrafilaturaReader

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://www.diario-do-cais.example/ao-minuto/temporal-4711"
LEAD = (
    "O temporal que chegou de madrugada à costa fechou a barra e cortou a estrada da praia, que deve abrir ao fim do dia.",
    "A proteção civil pede a todos que fiquem longe do molhe enquanto durar a maré alta, e que não tentem fotografar as ondas.",
)
UPDATES = (
    ("Molhe norte resiste à maré", "2026-03-02T10:40:00Z", "O molhe norte resistiu à segunda maré alta do dia, disse o capitão do porto, que lá passou a noite inteira."),
    ("Escolas fecham às duas", "2026-03-02T09:15:00Z", "As quatro escolas da vila fecham às duas da tarde, e os autocarros saem meia hora mais cedo do que é costume."),
    ("Barra fechada", "2026-03-02T07:05:00Z", "A barra está fechada a toda a navegação desde as seis da manhã; três barcos de pesca esperam ao largo."),
)  # fmt: skip
ENGLISH = (
    ("", "2026-03-02T10:40:00+01:00", "The north pier held against the second high tide of the day, said the harbour master, who spent the night on it."),
    ("", "2026-03-02T09:15:00+01:00", "All four schools of the town close at two in the afternoon, and the buses leave half an hour earlier than usual."),
)  # fmt: skip


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def posting(headline: str, at: str, body: Any) -> dict[str, Any]:
    said = {"@type": "BlogPosting", "headline": headline, "datePublished": at, "articleBody": body}
    return {key: value for key, value in said.items() if value}


def report(updates: Any, **more: Any) -> dict[str, Any]:
    """A running report as JSON-LD."""
    named = {"@type": "LiveBlogPosting", "headline": "Temporal na costa: tudo o que se sabe", "url": URL}
    return {**named, "datePublished": "2026-03-02T07:00:00Z", "liveBlogUpdate": updates, **more}


def entry(headline: str, at: str, body: str) -> str:
    """An update as a page shows it."""
    title = f"<h2>{headline}</h2>" if headline else ""
    return f'<div class="entry"><time datetime="{at}">{at[11:16]}</time>{title}<div>{paragraphs(body)}</div></div>'


def page(body: str, *, json_ld: Any = None, tail: str = "") -> bytes:
    script = f'<script type="application/ld+json">{json.dumps(json_ld)}</script>' if json_ld else ""
    head = f'<meta charset="utf-8"><title>Temporal na costa</title><meta property="og:type" content="article">{script}'
    title = "<h1>Temporal na costa: tudo o que se sabe</h1>"
    return f"<html><head>{head}</head><body><main><article>{title}{body}</article>{tail}</main></body></html>".encode()


def read(body: bytes, *, url: str = URL, policy: ReadingPolicy = ReadingPolicy()) -> Reading:  # noqa: B008 - frozen
    given = PageInput(body=body, url=url, content_type="text/html; charset=utf-8", language="pt", announced=None)
    return TrafilaturaReader(policy=policy).read(given, now=NOW)


def time(raw: str) -> datetime:
    return datetime.fromisoformat(raw).astimezone(UTC)


def told(blocks: Sequence[Block]) -> list[tuple[BlockKind, str, datetime | None]]:
    return [(block.kind, block.text, block.at) for block in blocks]


def wanted(*updates: tuple[str, str, str]) -> list[tuple[BlockKind, str, datetime | None]]:
    """The lead without a time, and then the blocks of some updates with theirs."""
    found: list[tuple[BlockKind, str, datetime | None]] = [(BlockKind.PARAGRAPH, line, None) for line in LEAD]
    for headline, at, body in updates:
        found += [(BlockKind.HEADING, headline, time(at))] if headline else []
        found.append((BlockKind.PARAGRAPH, body, time(at)))
    return found


@pytest.mark.parametrize("updates", [UPDATES, ENGLISH], ids=["with headlines", "without"])
def test_updates_that_only_json_ld_has_stand_behind_the_lead_with_their_times(
    updates: Sequence[tuple[str, str, str]],
) -> None:
    found = read(page(paragraphs(*LEAD), json_ld=report([posting(*update) for update in updates])))
    assert told(found.blocks) == wanted(*updates)
    assert found.text == "\n".join(text for _, text, _ in wanted(*updates))
    assert found.type is ArticleType.LIVEBLOG


@pytest.mark.parametrize("updates", [UPDATES, ENGLISH], ids=["with headlines", "without"])
def test_updates_that_the_page_shows_as_well_are_not_doubled(updates: Sequence[tuple[str, str, str]]) -> None:
    shown = paragraphs(*LEAD) + "".join(f"<h2>{head}</h2>" * bool(head) + f"<p>{body}</p>" for head, _, body in updates)
    found = read(page(shown, json_ld=report([posting(*update) for update in updates])))
    assert told(found.blocks) == wanted(*updates)


def test_the_order_is_the_one_that_the_page_shows() -> None:
    shown = paragraphs(*LEAD) + "".join(f"<h2>{head}</h2><p>{body}</p>" for head, _, body in reversed(UPDATES))
    found = read(page(shown, json_ld=report([posting(*update) for update in UPDATES])))
    assert told(found.blocks) == wanted(*reversed(UPDATES))


def test_an_update_that_the_page_lacks_stands_between_its_neighbours() -> None:
    first, _, last = UPDATES
    shown = paragraphs(*LEAD) + "".join(f"<h2>{head}</h2><p>{body}</p>" for head, _, body in (first, last))
    found = read(page(shown, json_ld=report([posting(*update) for update in UPDATES])))
    assert told(found.blocks) == wanted(*UPDATES)


def test_newer_updates_than_the_page_shows_stand_behind_the_lead() -> None:
    _, _, last = UPDATES
    shown = paragraphs(*LEAD) + f"<h2>{last[0]}</h2><p>{last[2]}</p>"
    found = read(page(shown, json_ld=report([posting(*update) for update in UPDATES])))
    assert told(found.blocks) == wanted(*UPDATES)


def test_what_the_page_says_in_other_words_is_left_to_the_page() -> None:
    head, at, body = UPDATES[0]
    longer = "O molhe norte aguentou a segunda maré do dia, e o capitão do porto passou lá a noite com duas garrafas térmicas."
    found = read(page(paragraphs(*LEAD) + f"<h2>{head}</h2><p>{longer}</p>", json_ld=report([posting(head, at, body)])))
    assert longer in found.text
    assert body not in found.text


def test_a_headline_that_is_cut_off_the_text_is_no_heading() -> None:
    _, at, body = UPDATES[0]
    found = read(page(paragraphs(*LEAD), json_ld=report([posting(f"10h40 {body[:60]}", at, body)])))
    assert told(found.blocks) == wanted(("", at, body))


def test_html_and_entities_in_updates_are_undone_and_its_paragraphs_are_blocks() -> None:
    head, at, body = UPDATES[0]
    marked = f"&lt;p&gt;{body}&lt;/p&gt;<p>“Nunca vi nada <b>assim</b>”, disse &amp; saiu.</p>"
    found = read(page(paragraphs(*LEAD), json_ld=report([posting(escape(f"{head} & mais"), at, marked)])))
    assert [block.text for block in found.blocks[2:]] == [
        f"{head} & mais",
        body,
        "“Nunca vi nada assim”, disse & saiu.",
    ]
    assert {block.at for block in found.blocks[2:]} == {time(at)}


ODD = {
    "words alone": (UPDATES[0][2], None),
    "no date": (posting("", "", UPDATES[0][2]), None),
    "a day without an hour": (posting("", "2026-03-02", UPDATES[0][2]), None),
    "no date at all": (posting("", "há pouco", UPDATES[0][2]), None),
    "a date that is far ahead": (posting("", "2026-03-04T10:00:00Z", UPDATES[0][2]), None),
    "a text in an object": (posting("", UPDATES[0][1], {"@value": UPDATES[0][2]}), time(UPDATES[0][1])),
    "a text in a list": (posting("", UPDATES[0][1], [UPDATES[0][2]]), time(UPDATES[0][1])),
    "the hours of the outlet": (posting("", "2026-03-02T10:40:00", UPDATES[0][2]), time("2026-03-02T10:40:00Z")),
}


@pytest.mark.parametrize(("update", "at"), ODD.values(), ids=list(ODD))
def test_an_update_without_a_time_that_can_be_read_has_none(update: Any, at: datetime | None) -> None:
    found = read(page(paragraphs(*LEAD), json_ld=report(update)))
    assert told(found.blocks)[2:] == [(BlockKind.PARAGRAPH, UPDATES[0][2], at)]


@pytest.mark.parametrize("nothing", [[], {}, None, 7, [None, 3, {}, [[]]], {"@type": "BlogPosting"}])
def test_updates_that_say_nothing_add_nothing(nothing: Any) -> None:
    assert told(read(page(paragraphs(*LEAD), json_ld=report(nothing))).blocks) == wanted()


def test_a_page_that_shows_nothing_has_the_updates_of_its_json_ld() -> None:
    found = read(page("<div id='app'></div>", json_ld=report([posting(*update) for update in UPDATES])))
    assert told(found.blocks) == wanted(*UPDATES)[2:]
    assert found.extraction.engine == "json-ld"


def test_the_same_update_twice_is_one() -> None:
    one = posting(*UPDATES[0])
    assert told(read(page(paragraphs(*LEAD), json_ld=report([one, one]))).blocks) == wanted(UPDATES[0])


def test_no_more_is_taken_than_a_text_may_have() -> None:
    many = [posting(f"Atualização número {n}", UPDATES[0][1], f"{n} {UPDATES[0][2]}") for n in range(200)]
    found = read(page(paragraphs(*LEAD), json_ld=report(many)), policy=ReadingPolicy(text=2000))
    assert found.text.startswith("\n".join(LEAD))
    assert 1500 < len(found.text) <= 2000


def test_a_report_beside_the_article_of_the_same_address_is_the_articles() -> None:
    article = {"@type": "NewsArticle", "headline": "Temporal na costa", "url": URL, "author": "Rui Costa"}
    found = read(page(paragraphs(*LEAD), json_ld=[article, report([posting(*UPDATES[0])])]))
    assert told(found.blocks) == wanted(UPDATES[0])
    assert (found.type, found.authors) == (ArticleType.LIVEBLOG, ("Rui Costa",))


def test_an_article_that_leads_to_a_report_stays_as_it_is() -> None:
    url = "https://www.diario-do-cais.example/costa/temporal"
    article = {"@type": "NewsArticle", "headline": "Temporal na costa", "url": url, "author": "Rui Costa"}
    link = f'<p><a href="{URL}">Siga o temporal ao minuto</a></p>'
    widget = '<aside class="live-blog-teaser">' + "".join(entry(*update) for update in UPDATES) + "</aside>"
    plain = read(page(paragraphs(*LEAD) + link, json_ld=article), url=url)
    found = read(
        page(paragraphs(*LEAD) + link, json_ld=[article, report([posting(*UPDATES[0])])], tail=widget), url=url
    )
    assert told(found.blocks) == told(plain.blocks) == wanted()
    assert (found.type, found.live_blog) == (ArticleType.ARTICLE, URL)


@pytest.mark.parametrize("updates", [UPDATES, ENGLISH], ids=["with headlines", "without"])
def test_a_report_without_json_ld_is_read_by_its_structure(updates: Sequence[tuple[str, str, str]]) -> None:
    found = read(page(paragraphs(*LEAD) + "".join(entry(*update) for update in updates)))
    assert told(found.blocks) == wanted(*updates)


def test_the_times_of_comments_are_none_of_the_report() -> None:
    comments = "".join(
        f'<div class="comment"><time datetime="2026-03-02T11:0{n}:00Z">11:0{n}</time>{paragraphs(body * 3)}</div>'
        for n, (_, _, body) in enumerate(ENGLISH)
    )
    body = paragraphs(*LEAD) + "".join(entry(*update) for update in UPDATES)
    found = read(page(body, tail=f'<section class="comments">{comments}</section>'))
    assert {block.at for block in found.blocks} == {None, *(time(at) for _, at, _ in UPDATES)}


def test_a_page_whose_text_is_a_row_of_updates_is_a_report_although_nothing_says_so() -> None:
    body = f'<div class="liveblog">{"".join(entry(*update) for update in UPDATES)}</div>'
    url = "https://www.diario-do-cais.example/costa/temporal-4711"
    found = read(page(body), url=url)
    assert told(found.blocks) == wanted(*UPDATES)[2:]
    assert found.type is ArticleType.LIVEBLOG
    assert read(page(body.replace("liveblog", "story")), url=url).type is ArticleType.ARTICLE
