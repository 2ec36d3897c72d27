"""The life of the sample outlet in the service: what its first hours bring, on either database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from tests.doubles import ListSink
from tests.harness import Desk, FakeClock
from tests.invariants import check, check_quiet
from tests.sample.gazette import BORN, ORIGIN, codes_of, text_blocks
from worker.clock import new_id
from worker.news.page import Held, Page, Request, Validators
from worker.news.subscription import Subscription
from worker.news.work import Purpose
from worker.reading.feeds import FeedparserReader
from worker.reading.pages import TrafilaturaReader
from worker.sample.canary import CANARY_EVERY, CANARY_PATH
from worker.sample.outlet import sample_outlet
from worker.sample.policy import SamplePolicy
from worker.sample.server import answer
from worker.sample.site import CORRECTED_AFTER, SampleSite
from worker.store.database import open_database
from worker.store.manual import feeds_of, poll_now
from worker.store.schema import articles

WHOLE = timedelta(minutes=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWeb:
    """A web that is the sample outlet and nothing else, at the time of the desk."""

    site: SampleSite
    clock: FakeClock

    def fetch(self, request: Request) -> Page:
        """What its server would answer."""
        assert request.url.startswith(f"{ORIGIN}/")
        found = answer(self.site, urlsplit(request.url).path, now=self.clock.now())
        held = Validators(etag=f'"{sha256(found.body).hexdigest()[:16]}"')
        if request.validators.etag == held.etag:
            return Page(url=request.url, status=304, validators=held)
        return Page(
            url=request.url,
            status=found.status,
            body=Held(found.body),
            content_type=found.content_type,
            validators=held,
        )


@pytest.fixture
def site() -> SampleSite:
    """The site on its first day."""
    return SampleSite(ORIGIN, BORN)


@pytest.fixture
def desk(database_url: str, site: SampleSite) -> Iterator[Desk]:
    """An engine with the real readers that follows the outlet from its birth on."""
    clock = FakeClock(at=BORN)
    database = open_database(database_url, new_id=new_id)
    made = Desk(
        database,
        SiteWeb(site=site, clock=clock),
        clock=clock,
        feed_reader=FeedparserReader(),
        page_reader=TrafilaturaReader(),
        # Only a sink that asks for it gets the sample outlet's articles.
        subscriptions={"memory": Subscription(sample=True)},
    )
    made.open(replace(sample_outlet(SamplePolicy(url=ORIGIN)), enabled=True))
    try:
        yield made
        check(database)
    finally:
        database.close()


def ends(desk: Desk) -> dict[str, tuple[str | None, str]]:
    """How each article ended, by its address on the site; an address occurs once."""
    with desk.database.read() as c:
        rows = c.execute(select(articles.c.url, articles.c.outcome, articles.c.reason)).all()
    found = {row.url.removeprefix(f"{ORIGIN}/"): (row.outcome, row.reason or "") for row in rows}
    assert len(found) == len(rows)
    return found


def delivered(desk: Desk) -> list[dict[str, Any]]:
    """The records that the sink got, in their order; each revision came once."""
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    assert set(Counter(sink.order).values()) == {1}
    return [json.loads(sink.stored[key]) for key in sink.order]


def path_of(record: dict[str, Any]) -> str:
    """Where a record's page is on its site."""
    path: str = urlsplit(record["url"]).path
    return path.removeprefix("/")


def live_until(desk: Desk, after: timedelta) -> None:
    """Go on until so long after the site's birth, with its feeds polled then."""
    desk.settle(BORN + after - desk.clock.now())
    desk.clock.at = max(desk.clock.now(), BORN + after)
    poll_now(desk.database, feeds_of(desk.database), purpose=Purpose.MANUAL, now=desk.clock.now())
    desk.settle(WHOLE)


def test_at_first_every_story_ends_as_it_is_written(desk: Desk, site: SampleSite) -> None:
    desk.settle(WHOLE)
    wanted = {slug: (story.expect, story.reason) for slug, story in site.stories.items()}
    (canary,) = site.canaries(now=BORN)
    assert ends(desk) == wanted | {canary.slug: ("stored", "")}
    records = delivered(desk)
    assert {path_of(record) for record in records} == {slug for slug, end in ends(desk).items() if end[0] == "stored"}
    assert {(record["revision"], record["change"]) for record in records} == {(1, "new")}
    memory = desk.sinks["memory"]
    assert isinstance(memory, ListSink)
    check_quiet(desk.database, {"memory": Counter(memory.order)})


def test_the_records_say_what_the_stories_say(desk: Desk, site: SampleSite) -> None:
    desk.settle(WHOLE)
    found = {path_of(record): record for record in delivered(desk)}
    for slug, story in site.stories.items():
        if story.expect == "stored":
            record = found[slug]
            assert record["text"] == "\n".join(text for _, text in text_blocks(story))
            assert (record["title"], record["titles"]["feed"]) == (story.title, story.title)
            assert record["language"]["code"] in codes_of(story)
            assert record["authors"] == list(story.authors)
            assert len(record["seen_in"]) >= 1


def test_the_wire_copy_is_a_duplicate_of_the_article_with_its_text(desk: Desk, site: SampleSite) -> None:
    desk.settle(WHOLE)
    with desk.database.read() as c:
        rows = {row.url: row for row in c.execute(select(articles))}
    (copy,) = (row for row in rows.values() if row.outcome == "duplicate")
    assert site.stories[copy.url.removeprefix(f"{ORIGIN}/")].layout == "wire"
    (kept,) = (row for row in rows.values() if row.id == copy.duplicate_of)
    assert site.stories[kept.url.removeprefix(f"{ORIGIN}/")].title == copy.title
    assert kept.outcome == "stored"


def test_each_quarter_of_an_hour_brings_the_canary_and_nothing_else(desk: Desk, site: SampleSite) -> None:
    desk.settle(WHOLE)
    known, records = ends(desk), len(delivered(desk))
    for n in range(1, 9):
        after = CANARY_EVERY * n
        live_until(desk, after)
        (fresh,) = set(ends(desk)) - set(known)
        assert fresh == site.canaries(now=BORN + after)[0].slug
        known[fresh] = ("stored", "")
        assert ends(desk) == known
        new = [record for record in delivered(desk)[records:] if record["change"] == "new"]
        assert [path_of(record) for record in new] == [fresh]
        records = len(delivered(desk))


def test_only_the_correction_makes_a_second_revision(desk: Desk, site: SampleSite) -> None:
    desk.settle(WHOLE)
    live_until(desk, CORRECTED_AFTER - timedelta(minutes=5))
    assert {record["revision"] for record in delivered(desk)} == {1}
    live_until(desk, timedelta(hours=3))
    later = [record for record in delivered(desk) if record["revision"] > 1]
    assert [(path_of(record), record["revision"], record["change"]) for record in later] == [
        (slug, 2, "correction") for slug, story in site.stories.items() if story.correction
    ]
    (story,) = (story for story in site.stories.values() if story.correction)
    assert later[0]["text"] == "\n".join(text for _, text in text_blocks(story, story.correction))


def test_by_the_feeds_own_rhythm_no_canary_is_lost(desk: Desk, site: SampleSite) -> None:
    desk.settle(timedelta(hours=3))
    found = sorted(slug for slug in ends(desk) if slug.startswith(f"{CANARY_PATH}/"))
    quarters = [site.canaries(now=BORN + CANARY_EVERY * n)[0].slug for n in range(len(found))]
    assert found == quarters
    assert len(found) >= 3 * 4 - 2
    assert Counter(end for end, _ in ends(desk).values()) == Counter(
        [story.expect for story in site.stories.values()] + ["stored"] * len(found)
    )
    assert len(delivered(desk)) == sum(end == "stored" for end, _ in ends(desk).values()) + 1
