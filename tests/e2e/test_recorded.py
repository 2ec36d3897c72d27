"""The whole service on recorded real input: 78 hosts, 125 real articles, through a proxy, by real workers and a real Redis."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.e2e.announced import announced
from tests.e2e.local import Local
from tests.invariants import check
from tests.recorded import RecordedWeb
from worker.clock import new_id
from worker.news.identity import normalize_url
from worker.store.database import Database, open_database
from worker.store.schema import articles, feeds, sightings

pytestmark = [pytest.mark.recorded, pytest.mark.faults]
# What the recorded web holds besides articles: two answers that say that a page is gone wait an hour for the second one.
WAITS_LONGER = 3


@dataclass(frozen=True)
class Round:
    """The service after two rounds over the recorded web."""

    local: Local
    demo: Path
    truth: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def rounds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """Epoch 1 and epoch 2, each by `copydesk run --once`, on either database."""
    demo = Path(request.getfixturevalue("recorded_folder")) / "demo"
    truth = json.loads((demo / "truth.json").read_text(encoding="utf-8"))
    more: dict[str, str] = {}
    if request.param == "postgresql":
        more["COPYDESK_DATABASE_URL"] = request.getfixturevalue("postgres_server").create_database()
    with RecordedWeb(demo) as web:
        local = Local.make(
            tmp_path_factory.mktemp("recorded"),
            [_outlet(host, entry) for host, entry in truth["outlets"].items()],
            COPYDESK_NET__PROXY=web.proxy_url,
            COPYDESK_POLITENESS__SPACING_S="0",
            COPYDESK_POLITENESS__PAUSE_S="1",
            **more,
        )
        reports = []
        for epoch in (1, 2):
            web.epoch(epoch)
            reports.append(local.json("run", "--once", "--wait", "2m", expect=WAITS_LONGER))
        yield Round(local, demo, truth, *reports)


def _outlet(host: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": re.sub(r"[^a-z0-9]+", "-", host),
        "name": host,
        "country": "DE",
        "language": "de",
        "homepage": f"http://{host}/",
        "enabled": True,
        "feeds": [{"url": entry["feed"]}],
    }


def test_every_feed_is_polled_and_the_report_adds_up(rounds: Round) -> None:
    """All feeds answer in both epochs; what was discovered has an end, or waits."""
    for report in (rounds.first, rounds.second):
        assert (report["polled"], report["failed"]) == (len(rounds.truth["outlets"]), 0)
    found = rounds.first["discovered"] + rounds.second["discovered"]
    ended = sum(
        report["stored"] + report["duplicate"] + sum(report["dropped"].values()) + sum(report["quarantined"].values())
        for report in (rounds.first, rounds.second)
    )
    assert found == ended + rounds.second["waiting"]


def test_what_the_feeds_announced_is_what_was_sighted(rounds: Round) -> None:
    """The set of (feed, guid, address) in the served bytes equals the sightings, both ways."""
    served = set()
    site = json.loads((rounds.demo / "site.json").read_text(encoding="utf-8"))
    for host, entry in rounds.truth["outlets"].items():
        for epoch in ("1", "2"):
            body = (rounds.demo / "blobs" / site[f"{host}/feed"][epoch]["blob"]).read_bytes()
            served |= set(announced(body, entry["feed"]))
    with opened(rounds) as database, database.read() as c:
        rows = c.execute(select(feeds.c.url, sightings.c.guid, sightings.c.url).join_from(sightings, feeds))
        sighted = {(feed, guid, url) for feed, guid, url in rows}
    assert sighted == served


def test_each_article_is_stored_once(rounds: Round) -> None:
    """Retitled and re-announced ones are no second article; what is no article is not stored."""
    expected = Counter(normalize_url(article["url"]) for article in rounds.truth["articles"])
    stored = Counter(normalize_url(record["urls"]["final"]) for record in rounds.local.records())
    assert stored == expected
    assert set(expected.values()) == {1}
    with opened(rounds) as database:
        check(database)
        with database.read() as c:
            reasons = Counter(c.execute(select(articles.c.reason).where(articles.c.outcome != "stored")).scalars())
    assert reasons == {"forbidden": 1, "not_html": 1}


def test_the_text_is_the_articles_text(rounds: Round, report: Any) -> None:
    """Token F1 against the recorded truth is at least 0.95 on average."""
    texts = {normalize_url(record["urls"]["final"]): record["text"] for record in rounds.local.records()}
    scores = sorted(
        (token_f1(texts[normalize_url(article["url"])], article["text"]), article["url"])
        for article in rounds.truth["articles"]
        if article["text"]
    )
    mean = sum(score for score, _ in scores) / len(scores)
    report(f"recorded web: token F1 {mean:.4f} over {len(scores)} articles; worst {scores[0][0]:.2f} {scores[0][1]}")
    assert mean >= 0.95


def test_every_record_reached_the_sink_once(rounds: Round) -> None:
    """The files hold each revision once."""
    lines = Counter[str]()
    for part in (rounds.local.folder / "data" / "records").rglob("part-*.jsonl"):
        for line in part.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            lines[f"{record['id']}:{record['revision']}"] += 1
    assert set(lines.values()) == {1}
    assert len({key.split(":")[0] for key in lines}) == len(rounds.truth["articles"])


def token_f1(found: str, expected: str) -> float:
    """F1 over the multiset of words."""
    a, b = (Counter(re.findall(r"\w+", text.casefold())) for text in (found, expected))
    same = (a & b).total()
    return 2 * same / (a.total() + b.total()) if same else 0.0


@contextmanager
def opened(rounds: Round) -> Iterator[Database]:
    """The state of record."""
    database = open_database(rounds.local.database_url, new_id=new_id)
    try:
        yield database
    finally:
        database.close()
