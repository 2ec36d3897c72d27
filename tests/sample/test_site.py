"""The pages of the sample outlet: their kinds and numbers, what changes on them and when, and that they are sound."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import combinations
from urllib.parse import urlsplit

import pytest
from lxml import etree, html

from tests.sample.gazette import BORN, FEEDS, ORIGIN, SITE, document, read, served, told
from worker.news.content import content_hash, normalize_text
from worker.news.identity import Witness, url_key
from worker.sample.feeds import RSS, SITEMAP
from worker.sample.site import CORRECTED_AFTER, SampleSite
from worker.sample.story import Story

QUARTER = timedelta(minutes=15)
LANGUAGES = {"en", "pt", "es", "de", "fr"}
LAYOUTS = {
    "wordpress", "arc", "liveblog", "opinion", "gallery", "paywall", "consent", "wire", "table", "microdata", "dublincore",
    "release", "shell", "list",
}  # fmt: skip
# It would be an element, end a script or an attribute, begin a comment, end a section of a feed, fill a place of a layout.
HOSTILE = "</script><marquee>\"Bees\" & 'beans' &lt; ]]> <!-- {{slug}} {0}"
_JSON_LD = re.compile(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', re.DOTALL)
_VOID = frozenset({"meta", "link", "img", "br", "hr", "input", "source"})


def pages(site: SampleSite = SITE, now: datetime = BORN) -> Iterator[tuple[Story, str]]:
    """Every story and its page."""
    for story in [*site.stories.values(), *site.canaries(now=now)]:
        found = served(f"{ORIGIN}/{story.slug}", site=site, now=now)
        assert found.status == 200
        yield story, found.body.decode(story.charset)


def text_of(story: Story) -> str:
    """A story's text as it is compared."""
    return normalize_text("\n".join(text for _, text in told(story.blocks).blocks))


def alike(one: str, other: str) -> float:
    """The share of pieces of three words that two texts have in common (Jaccard)."""
    a, b = ({tuple(words[n : n + 3]) for n in range(len(words) - 2)} for words in (one.split(), other.split()))
    return len(a & b) / len(a | b)


def changed(after: timedelta) -> list[str]:
    """The written stories whose page is another so long after the birth."""
    return [slug for slug in SITE.stories if served(f"{ORIGIN}/{slug}") != served(f"{ORIGIN}/{slug}", now=BORN + after)]


def canaries_of(site: SampleSite, *, hours: int) -> list[Story]:
    """The newest canary of each quarter from the birth on."""
    return [site.canaries(now=site.born_at + QUARTER * n)[0] for n in range(4 * hours)]


def test_there_are_pages_of_every_kind_in_five_languages() -> None:
    stories = SITE.stories.values()
    assert len(stories) >= 24
    assert {story.layout for story in stories} == LAYOUTS
    languages = Counter(story.language for story in stories if story.expect == "stored")
    assert set(languages) == LANGUAGES
    assert min(languages.values()) >= 4
    assert {story.expect for story in stories} == {"stored", "duplicate", "dropped"}
    assert {story.tier for story in stories} == {"free", "metered"}


def test_what_is_not_stored_says_why() -> None:
    assert all(bool(story.reason) == (story.expect != "stored") for story in SITE.stories.values())


def test_what_is_to_be_stored_is_long_enough_to_be_told_from_others() -> None:
    for story in SITE.stories.values():
        assert story.expect != "stored" or len(text_of(story).replace(" ", "")) >= 250, story.slug


def test_the_wire_copy_stands_at_two_addresses_and_nothing_else_is_alike() -> None:
    texts = {story.slug: text_of(story) for story in SITE.stories.values() if story.blocks}
    twins = [pair for pair in combinations(texts, 2) if texts[pair[0]] == texts[pair[1]]]
    assert [{SITE.stories[slug].layout for slug in pair} for pair in twins] == [{"wordpress", "wire"}]
    for pair in combinations(texts, 2):
        assert pair in twins or alike(texts[pair[0]], texts[pair[1]]) < 0.1, pair


def test_no_two_addresses_are_one_to_the_service() -> None:
    keys = {url_key(f"{ORIGIN}/{slug}", Witness.FEED).hash for slug in SITE.stories}
    assert len(keys) == len(SITE.stories)


def test_one_article_is_corrected_exactly_an_hour_after_the_birth_and_nothing_else_changes() -> None:
    corrected = [slug for slug, story in SITE.stories.items() if story.correction]
    assert len(corrected) == 1
    assert changed(CORRECTED_AFTER - timedelta(microseconds=1)) == []
    assert changed(CORRECTED_AFTER) == corrected
    assert changed(timedelta(days=400)) == corrected


def test_the_same_moment_gives_the_same_bytes() -> None:
    now = BORN + timedelta(hours=3)
    other = SampleSite(ORIGIN, BORN)
    paths = [*FEEDS, *SITE.stories, *(canary.slug for canary in SITE.canaries(now=now)), "", "robots.txt"]
    for path in paths:
        assert served(f"{ORIGIN}/{path}", now=now) == served(f"{ORIGIN}/{path}", site=other, now=now), path


def test_each_quarter_of_an_hour_brings_one_canary_that_carries_its_time() -> None:
    known = {story.slug for story in SITE.canaries(now=BORN)}
    assert len(known) == 1
    for n in range(1, 12):
        now = BORN + QUARTER * n
        fresh = [story for story in SITE.canaries(now=now) if story.slug not in known]
        assert len(fresh) == 1
        assert BORN + QUARTER * (n - 1) < fresh[0].published_at <= now
        assert f"{fresh[0].published_at:%H:%M} UTC" in read(fresh[0], now=now).text
        known.add(fresh[0].slug)


def test_the_feed_names_the_canaries_of_the_last_hour_newest_first() -> None:
    now = BORN + timedelta(hours=5)
    named = [entry.published_at for entry in document(RSS, now=now).entries if "/canary/" in (entry.url or "")]
    quarter = now.replace(minute=0, second=0)
    assert named == [quarter - QUARTER * n for n in range(4)]


@pytest.mark.parametrize(
    "name",
    ["20261124T1145Z", "20261124T1315Z", "20261124T1207Z", "20261199T1200Z", "20261124T12:00Z", "", "20261124T1200Z/x"],
    ids=["before the birth", "in the future", "no quarter", "no day", "another form", "nothing", "below one"],
)
def test_there_is_no_canary_at_any_other_address(name: str) -> None:
    assert served(f"{ORIGIN}/canary/{name}", now=BORN + timedelta(hours=1)).status == 404
    assert served(f"{ORIGIN}/canary/20261124T1200Z", now=BORN).status == 200


def test_no_canary_is_taken_for_another_of_its_day() -> None:
    canaries = canaries_of(SITE, hours=24)
    texts = [text_of(story) for story in canaries]
    assert len({content_hash(text) for text in texts}) == len(canaries) == 96
    assert min(len(text.replace(" ", "")) for text in texts) >= 250
    # Near-duplicates begin far above; the most that two notes of a day have in common is two sentences of six.
    assert max(alike(one, other) for one, other in combinations(texts, 2)) < 0.4


def test_each_link_inside_the_site_leads_to_a_page_of_it() -> None:
    waiting, seen = {"", SITEMAP}, set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        found = served(f"{ORIGIN}/{path}")
        assert found.status == 200, path
        if found.content_type.startswith("text/html"):
            waiting |= set(paths_on(found.body)) - seen
    assert seen >= {*SITE.stories, *FEEDS}


def paths_on(body: bytes) -> Iterator[str]:
    """The addresses on a page that lead to the site itself."""
    for element in html.document_fromstring(body).iter():
        for name in ("href", "src", "content", "action"):
            parts = urlsplit(element.get(name) or "")
            if f"{parts.scheme}://{parts.netloc}" == ORIGIN:
                yield parts.path.removeprefix("/")


class Balance(HTMLParser):
    """Fails when an element is not closed by its own end, or an attribute stands twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag} {attrs}>"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


def test_pages_are_well_formed() -> None:
    for story, page in pages():
        balance = Balance()
        balance.feed(page)
        balance.close()
        assert balance.open == [], story.slug
        assert "{{" not in page, story.slug


def test_what_a_page_states_in_json_ld_can_be_read() -> None:
    found = {story.slug: [json.loads(script) for script in _JSON_LD.findall(page)] for story, page in pages()}
    assert {story.layout for story in SITE.stories.values() if found[story.slug]} == LAYOUTS - {
        "consent", "wire", "table", "microdata", "dublincore", "release",
    }  # fmt: skip


def test_a_page_says_its_charset_and_keeps_to_it() -> None:
    assert {story.charset for story in SITE.stories.values()} == {"utf-8", "iso-8859-1"}
    for slug, story in SITE.stories.items():
        answer = served(f"{ORIGIN}/{slug}")
        assert answer.content_type == f"text/html; charset={story.charset}"
        assert f"charset={story.charset}" in answer.body.decode(story.charset).replace('"', "")


def hostile() -> SampleSite:
    """A site whose words are all an attack."""
    site = SampleSite(ORIGIN, BORN)
    block = dict.fromkeys(("p", "h2", "quote", "list", "table", "captions", "figure"), HOSTILE)
    block["also"] = f"{HOSTILE} -> old-bridge-repair"
    post = {"post": f"1 | {HOSTILE}"}
    for slug, story in list(site.stories.items()):
        site.stories[slug] = replace(
            story,
            title=HOSTILE,
            summary=HOSTILE,
            section=HOSTILE,
            caption=HOSTILE,
            authors=(HOSTILE,),
            tags=(HOSTILE,),
            blocks=(post, block) if story.layout == "liveblog" else (block,),
        )
    return site


def strings(value: object) -> Iterator[str]:
    """All strings in a value of JSON."""
    match value:
        case str():
            yield value
        case list() | dict():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from strings(inner)


def test_the_words_of_a_story_are_words_wherever_they_stand() -> None:
    for story, page in pages(hostile()):
        Balance().feed(page)
        assert "<marquee" not in page, story.slug
        stated = [text for script in _JSON_LD.findall(page) for text in strings(json.loads(script))]
        assert not stated or story.title in stated, story.slug


@pytest.mark.parametrize("path", FEEDS)
def test_the_words_of_a_story_are_words_in_its_feeds(path: str) -> None:
    body = served(f"{ORIGIN}/{path}", site=hostile()).body
    if body.startswith(b"{"):
        titles = [item["title"] for item in json.loads(body)["items"]]
    else:
        titles = [element.text for element in etree.fromstring(body).iter("{*}title")]
    assert titles.count(HOSTILE) == sum(FEEDS[path] in story.feeds for story in SITE.stories.values())
