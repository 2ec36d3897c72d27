"""The first five minutes of a new user, on the real service: what `make run` gives, and what it says about what is amiss."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.architecture.source import ROOT
from worker.clock import SystemClock, new_id
from worker.sample.site import SampleSite
from worker.store.database import open_database
from worker.store.lives import Life, why

CLEAN_END = 0
WORKERS = {"celerybeat", "control", "cpu", "deliver", "io"}


def _transcript() -> ModuleType:
    """The program that writes the page, as a module."""
    spec = importlib.util.spec_from_file_location("transcript", ROOT / "docs" / "transcript.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["transcript"] = module
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Minutes:
    """What was written down while the service ran, and what it left."""

    page: str
    records: list[dict[str, Any]]
    lives: dict[str, Life]
    tasks: list[dict[str, Any]]
    open_door: int
    status: dict[str, Any]
    after_restart: int
    ended_with: list[int | None]
    left_running: list[str]
    folder: Path


@pytest.fixture(scope="module")
def site() -> SampleSite:
    """The sample outlet as it is written."""
    return SampleSite("http://127.0.0.1:8642", SystemClock().now())


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory, site: SampleSite) -> Minutes:
    """One run of the program that writes the page; between its parts the running service is asked for more."""
    transcript = _transcript()
    first = transcript.FirstMinutes.make(tmp_path_factory.mktemp("first"))
    # Whatever fails here, closing the writer stops the service.
    with closing(transcript.write(first, articles=transcript.stored_stories())) as parts:
        # The introduction, the start, and what is looked at.
        page = list(islice(parts, 3))
        records = [json.loads(line) for line in first.type("copydesk export").splitlines()]
        lives = _lives(first, site)
        tasks, open_door = _flower(first)
        status = _status(first)
        before = first.service
        page.extend(parts)
    return Minutes(
        page="\n".join(page),
        records=records,
        lives=lives,
        tasks=tasks,
        open_door=open_door,
        status=status,
        after_restart=len(first.type("copydesk export").splitlines()),
        ended_with=[before.returncode, first.service.returncode],
        left_running=_running_in(first.folder),
        folder=first.folder,
    )


def _status(first: Any) -> dict[str, Any]:
    """How things stand, when all workers have answered; a busy machine's may take longer than `status` waits for them."""
    for _ in range(10):
        found: dict[str, Any] = json.loads(first.type("copydesk status --json"))
        if len(found["workers"]) == len(WORKERS):
            break
    return found


def _lives(first: Any, site: SampleSite) -> dict[str, Life]:
    """What became of each written story."""
    database = open_database(f"sqlite:///{first.folder / 'data' / 'copydesk.db'}", new_id=new_id)
    now = SystemClock().now()
    try:
        found = {slug: why(database, f"{first.sample}/{slug}", now=now) for slug in site.stories}
    finally:
        database.close()
    assert None not in found.values()
    return {slug: life for slug, life in found.items() if life is not None}


def _flower(first: Any) -> tuple[list[dict[str, Any]], int]:
    """The tasks that Flower knows, and what it says to who has no password."""
    said = first.said.read_text(encoding="utf-8")
    address = re.search(r"Flower: (http://127\.0\.0\.1:\d+)", said)
    assert address is not None
    password = (first.folder / "data" / "flower-password").read_text(encoding="ascii").strip()
    with httpx.Client(base_url=address[1], trust_env=False) as client:
        tasks = client.get("/api/tasks", auth=("copydesk", password)).json()
        return list(tasks.values()), client.get("/api/tasks").status_code


def _running_in(folder: Path) -> list[str]:
    """The processes that work in a folder."""
    running = psutil.process_iter(["cwd", "cmdline"])
    return [" ".join(process.info["cmdline"] or ()) for process in running if process.info["cwd"] == str(folder)]


def test_the_page_of_the_documentation_is_what_happens(minutes: Minutes) -> None:
    """Times and ids differ from run to run; all else is as it is written."""
    transcript = sys.modules["transcript"]
    written = transcript.PAGE.read_text(encoding="utf-8")
    assert transcript.masked(minutes.page) == transcript.masked(written), "run `make transcript`"


def test_the_sample_outlet_is_stored_but_for_what_is_no_article(minutes: Minutes, site: SampleSite) -> None:
    # Which of the two copies of the wire is the duplicate is a matter of which was read first.
    twins = {slug for slug, story in site.stories.items() if story.layout == "wire"} | {"wire-glacier-study"}
    ends = {slug: life.outcome for slug, life in minutes.lives.items() if slug not in twins}
    assert ends == {slug: story.expect for slug, story in site.stories.items() if slug not in twins}
    stored = Counter(path_of(record) for record in minutes.records)
    assert set(stored.values()) == {1}
    assert len(twins & set(stored)) == 1
    assert any(path.startswith("canary/") for path in stored)


def path_of(record: dict[str, Any]) -> str:
    """Where a record's page is on its site."""
    path: str = urlsplit(record["url"]).path.strip("/")
    return path


@pytest.mark.parametrize("slug", ["picture-walk-lantern-night", "hidden-cost-of-quiet", "energy-report"])
def test_what_is_not_stored_has_its_reason(minutes: Minutes, slug: str) -> None:
    assert minutes.lives[slug].now.startswith("dropped: ")
    assert slug not in {path_of(record) for record in minutes.records}


def test_flower_shows_the_tasks_with_their_outcomes(minutes: Minutes) -> None:
    ended = {task["name"]: task["result"] for task in minutes.tasks if task["state"] == "SUCCESS"}
    assert set(ended) >= {f"copydesk.stage.{stage}" for stage in ("poll", "parse", "fetch", "extract", "deliver")}
    results = " ".join(str(task["result"]) for task in minutes.tasks)
    assert "stored" in results
    assert "poll_failed: connect" in results or "failed: connect" in results


def test_flower_asks_for_the_password(minutes: Minutes) -> None:
    assert minutes.open_door == httpx.codes.UNAUTHORIZED


def test_an_outlet_that_can_t_be_reached_is_shown_in_words(minutes: Minutes) -> None:
    (feed,) = (feed for feed in minutes.status["feeds"] if feed["outlet"] == "observador")
    assert feed["state"] == "failing"
    assert feed["words"].startswith("no connection to the host")
    assert feed["words"].endswith("it never answered")


def test_nothing_is_amiss_on_this_machine_and_all_workers_answer(minutes: Minutes) -> None:
    assert {name.split("@")[0] for name in minutes.status["workers"]} == WORKERS
    assert [problem for problem in minutes.status["problems"] if "MB left" not in problem] == []


def test_ctrl_c_ends_everything_and_the_next_start_goes_on(minutes: Minutes) -> None:
    assert minutes.ended_with == [CLEAN_END, CLEAN_END]
    assert minutes.left_running == []
    assert not list((minutes.folder / "data").glob("*.sock"))
    # A quarter of an hour may have begun meanwhile.
    assert len(minutes.records) <= minutes.after_restart <= len(minutes.records) + 1
