"""The plugin that docs/extending.md shows is built, installed into an environment of its own, and delivers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from docs.sinks.opensearch import KIND
from tests.architecture.source import ROOT
from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, record
from tests.deployment.bulk import BAD, BUSY, KEY, Index, bulk_server
from worker.clock import SystemClock
from worker.net.policy import NetPolicy
from worker.net.poster import HttpxPoster
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Sink
from worker.sinks.kind import Tools

EXTENDING = ROOT / "docs" / "extending.md"
MODULE = ROOT / "docs" / "sinks" / "opensearch.py"


def _shown(language: str, first: str) -> str:
    """A block of the page by its language and how it begins."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", EXTENDING.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(first))
    return str(found)


def test_the_page_shows_the_very_file() -> None:
    assert _shown("python", '"""') == MODULE.read_text(encoding="utf-8")


# What the process of a worker does with a sink: settings are read, the sink is opened, and each batch is handed in.
_WORKER = """
import json, sys
from worker.configure import configure
from worker.news.errors import SinkDown
from worker.pipeline.ports import Parcel
from worker.wiring import Service
settings, _ = configure()
sink = Service(settings=settings, bell=None).sink_of("search")
for batch, parcels in json.loads(sys.stdin.read()):
    sent = [Parcel(key=f"{id}:{n}", article=id, revision=n, body=body.encode()) for id, n, body in parcels]
    try:
        print(json.dumps([[one.key, one.reason, one.detail, one.tried] for one in sink.deliver(batch, sent)]))
    except SinkDown as error:
        print(json.dumps(str(error)))
"""


@dataclass(frozen=True)
class Environment:
    """An environment of its own, which sees Copydesk and its libraries where the tests run from."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "env" / "bin" / "python"

    def run(self, *arguments: str, told: str = "", fails: bool = False) -> str:
        """Run its Python; what it printed, or complained of when it `fails`."""
        given = {"PATH": os.environ["PATH"], "COPYDESK_CONFIG": str(self.folder / "config")}
        done = subprocess.run(
            [str(self.python), *arguments], env=given, cwd=self.folder, input=told, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    def configure(self, text: str) -> None:
        (self.folder / "config" / "outlets").mkdir(parents=True, exist_ok=True)
        (self.folder / "config" / "copydesk.toml").write_text(text, encoding="utf-8")

    def install(self, wheel: Path) -> None:
        _pip("--python", str(self.python), "install", "--no-index", "--no-deps", str(wheel))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin as the page shows it, built by the tools that are installed."""
    source, out = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("wheels")
    (source / "pyproject.toml").write_text(_shown("toml", "[build-system]"), encoding="utf-8")
    shutil.copy(MODULE, source / "copydesk_opensearch.py")
    _pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(out), str(source))
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture
def bare(tmp_path: Path) -> Environment:
    """An environment without the plugin."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True, timeout=60)
    made = Environment(tmp_path)
    (site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    places = dict.fromkeys([str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    (site / "beside.pth").write_text("\n".join(places), encoding="utf-8")
    return made


def _settings(url: str, key_file: Path) -> str:
    shown = _shown("toml", "[sinks.search]")
    assert "https://search:9200" in shown
    return shown.replace("https://search:9200", url).replace("/run/secrets/search", str(key_file))


def test_what_the_page_shows_is_built_installed_and_delivers(bare: Environment, wheel: Path) -> None:
    article, other, key = new_article(), new_article(), bare.folder / "key"
    key.write_text(f"{KEY}\n", encoding="utf-8")
    newer, older = parcel(article, 2, title=ODD), parcel(article, 1)
    first, late = (new_batch(), [newer, parcel(other, title=BAD)]), (new_batch(), [older])
    told = json.dumps(
        [[name, [[p.article, p.revision, p.body.decode()] for p in sent]] for name, sent in (first, late, first)]
    )
    with bulk_server() as (url, index):
        bare.configure(_settings(url, key))
        complaint = bare.run("-m", "worker.cli", "status", fails=True)
        bare.install(wheel)
        said = [json.loads(line) for line in bare.run("-W", "error", "-c", _WORKER, told=told).splitlines()]
        kept = dict(index.documents)
    assert complaint.splitlines()[1].strip() == (
        "sinks.search.kind: there is no kind 'opensearch'; there are files, postgres, redis-stream, webhook"
    )
    reason = "HTTP 400: mapper_parsing_exception: failed to parse field [published_at]"
    refused = [[f"{other}:1", "sink_refused", reason, True]]
    assert said == [refused, [], refused]
    assert kept == {article: (2, record(article, 2, title=ODD))}


@contextmanager
def _opened(url: str, *, private: bool = True, authorization: str = KEY) -> Iterator[Sink]:
    """The sink of the page in this process, through the real door."""
    with ExitStack() as doors:

        def open_poster(own: Sequence[str], timeout: timedelta, most: int) -> HttpxPoster:
            door = HttpxPoster(policy=NetPolicy(), clock=SystemClock(), own=own, timeout=timeout, most=most)
            doors.callback(door.close)
            return door

        given = Tools(name="search", clock=SystemClock(), open_poster=open_poster)
        yield KIND.open(KIND.options(url=url, private=private, authorization=authorization), given)


@pytest.fixture
def served() -> Iterator[tuple[Sink, Index]]:
    """The sink, and what its server has."""
    with bulk_server() as (url, index), _opened(url) as sink:
        yield sink, index


def test_repeated_and_older_revisions_change_nothing(served: tuple[Sink, Index]) -> None:
    sink, index = served
    articles = [new_article() for _ in range(50)]
    batches = [(new_batch(), [parcel(one, n) for one in articles]) for n in (1, 3, 2)]
    for batch, parcels in (*batches, *batches):
        assert list(sink.deliver(batch, parcels)) == []
    assert index.documents == {one: (3, record(one, 3)) for one in articles}


def test_revisions_of_one_article_may_come_in_one_batch_in_any_order(served: tuple[Sink, Index]) -> None:
    sink, index = served
    article = new_article()
    assert list(sink.deliver(new_batch(), [parcel(article, n) for n in (2, 3, 1)])) == []
    assert index.documents == {article: (3, record(article, 3))}


def test_a_document_that_the_server_refuses_or_has_no_time_for_comes_back_and_the_others_are_there(
    served: tuple[Sink, Index],
) -> None:
    sink, index = served
    good, bad, late = parcel(new_article()), parcel(new_article(), title=BAD), parcel(new_article(), title=BUSY)
    refused, busy = sink.deliver(new_batch(), [late, bad, good])[::-1]
    assert (refused.key, refused.reason, refused.tried) == (bad.key, Reason.SINK_REFUSED, True)
    assert "HTTP 400: mapper_parsing_exception" in refused.detail
    assert (busy.key, busy.reason, busy.tried) == (late.key, Reason.SINK_SLOW, False)
    assert list(index.documents) == [good.article]


def test_a_server_that_has_no_time_for_any_document_is_down(served: tuple[Sink, Index]) -> None:
    sink, _ = served
    with pytest.raises(SinkDown, match="HTTP 429: es_rejected_execution_exception"):
        sink.deliver(new_batch(), [parcel(new_article(), title=BUSY) for _ in range(2)])


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_refuses_the_whole_request_is_down_and_takes_the_same_batch_afterwards(
    served: tuple[Sink, Index], status: int
) -> None:
    sink, index = served
    index.answers.append(status)
    batch, one = new_batch(), parcel(new_article())
    with pytest.raises(SinkDown, match=f"HTTP {status}: .*circuit_breaking_exception") as caught:
        sink.deliver(batch, [one])
    assert caught.value.retry_after == (17 if status == 429 else None)
    assert list(sink.deliver(batch, [one])) == []
    assert list(index.documents) == [one.article]


def _is_down(url: str, words: str, *, private: bool = True, authorization: str = KEY) -> str:
    with (
        _opened(url, private=private, authorization=authorization) as sink,
        pytest.raises(SinkDown, match=words) as caught,
    ):
        sink.deliver(new_batch(), [parcel(new_article())])
    return str(caught.value)


def test_a_wrong_key_is_down_in_words_without_it() -> None:
    with bulk_server() as (url, index):
        assert "d3Jvbmc" not in _is_down(url, r"HTTP 401: .*security_exception", authorization="ApiKey d3Jvbmc=")
        assert index.documents == {}


def test_a_server_at_a_private_address_is_asked_only_when_the_settings_say_so() -> None:
    with bulk_server() as (url, index):
        _is_down(url, "blocked_address", private=False)
        assert index.documents == {}


def test_a_server_that_is_not_there_is_down() -> None:
    with bulk_server() as (url, _):
        pass
    _is_down(url, "connect")
