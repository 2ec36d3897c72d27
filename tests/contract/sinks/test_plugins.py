"""Sinks that other people wrote: their mistakes are named, and are no bugs of ours."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from tests.contract.sinks.parcels import new_article, new_batch, parcel
from tests.contract.sinks.places import tools
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.sinks.build import WrongSettings, kinds, mistakes_of, open_sink

_NUMBERS = count(1)
_BEGIN = """
from dataclasses import dataclass
from worker.news.errors import HostDown, Refused, SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Returned
from worker.sinks.kind import SinkKind

@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    word: str = ""
"""
_SINK = """
class Sink:
    def deliver(self, batch, parcels):
        {0}

KIND = SinkKind(options=Options, open=lambda options, tools: Sink())
"""


@pytest.fixture(autouse=True)
def _found_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Packages are found here, as in a folder of installed ones."""
    monkeypatch.syspath_prepend(tmp_path)


def _install(folder: Path, code: str) -> str:
    """Install a package as an installer does, with its module and what it says of itself; the module's name."""
    name = f"odd{next(_NUMBERS)}"
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[copydesk.sinks]\nodd = {name}:KIND\n", encoding="utf-8")
    return name


def test_a_plugin_is_one_of_the_kinds_and_has_its_options(tmp_path: Path) -> None:
    assert "odd" not in kinds()
    _install(tmp_path, _BEGIN + _SINK.format("return []"))
    assert "odd" in kinds()
    assert mistakes_of("out", "odd", {"word": "a"}) == []
    assert mistakes_of("out", "odd", {"word": 1}) == ["sinks.out.word: Input should be a valid string"]
    sink = open_sink("odd", {"word": "a"}, tools())
    assert list(sink.deliver(new_batch(), [parcel(new_article())])) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nowhere_to_be_found", "an error in the plugin odd: ModuleNotFoundError: No module named"),
        ("1 / 0", "an error in the plugin odd: ZeroDivisionError: division by zero"),
        ("def KIND(:", "an error in the plugin odd: SyntaxError: "),
        ("", "an error in the plugin odd: AttributeError: module"),
        ("KIND = 5", "the plugin odd names no SinkKind with a dataclass of options: odd"),
        (
            "from worker.sinks.kind import SinkKind\nKIND = SinkKind(options=dict, open=print)",
            "the plugin odd names no SinkKind with a dataclass of options: odd",
        ),
        (
            _BEGIN.replace("word: str", "batch: str") + _SINK.format("return []"),
            "the plugin odd has options that every sink has, and never gets them: batch",
        ),
    ],
)
def test_a_plugin_that_is_none_is_a_named_mistake(tmp_path: Path, code: str, words: str) -> None:
    _install(tmp_path, code)
    (mistake,) = mistakes_of("out", "odd", {})
    assert mistake.startswith(f"sinks.out.kind: {words}")


def test_two_plugins_of_one_name_are_a_named_mistake(tmp_path: Path) -> None:
    names = sorted(_install(tmp_path, _BEGIN + _SINK.format("return []")) for _ in range(2))
    words = f"odd is the name of several plugins: {names[0]}:KIND, {names[1]}:KIND"
    assert mistakes_of("out", "odd", {}) == [f"sinks.out.kind: {words}"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param("word: print = None", id="a type that is none"),
        pytest.param('word: str = ""\n    def __post_init__(self): raise KeyError("k")', id="an error in the check"),
    ],
)
def test_options_that_cannot_be_checked_are_a_named_mistake(tmp_path: Path, options: str) -> None:
    _install(tmp_path, _BEGIN.replace('word: str = ""', options) + _SINK.format("return []"))
    (mistake,) = mistakes_of("out", "odd", {})
    assert mistake.startswith("sinks.out: an error in the plugin odd: ")


def test_a_plugin_that_cannot_be_opened_is_a_named_mistake(tmp_path: Path) -> None:
    _install(tmp_path, _BEGIN + "KIND = SinkKind(options=Options, open=lambda options, tools: 1 / 0)")
    with pytest.raises(WrongSettings) as caught:
        open_sink("odd", {}, tools())
    assert caught.value.mistakes == ["sinks.out: an error in the plugin odd: ZeroDivisionError: division by zero"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('raise ValueError("boom")', "an error in the plugin odd: ValueError: boom"),
        ("pass", "an error in the plugin odd: TypeError: 'NoneType' object is not iterable"),
        ("return ['a:1']", "an error in the plugin odd: AttributeError: 'str' object has no attribute 'key'"),
        (
            "return [Returned(key='x:1', reason=Reason.SINK_REFUSED, detail='')]",
            "an error in the plugin odd: it returned what was not in the batch",
        ),
        ("raise SinkDown(Reason.SINK_DOWN, 'away')", "away"),
        ("raise HostDown(Reason.CONNECT, 'away')", "connect: away"),
        ("raise Refused(Reason.BLOCKED_ADDRESS, 'no')", "blocked_address: no"),
    ],
)
def test_whatever_a_plugin_does_wrong_makes_the_sink_down(tmp_path: Path, body: str, words: str) -> None:
    _install(tmp_path, _BEGIN + _SINK.format(body))
    with pytest.raises(SinkDown) as caught:
        open_sink("odd", {}, tools()).deliver(new_batch(), [parcel(new_article())])
    assert (caught.value.reason, caught.value.detail) == (Reason.SINK_DOWN, words)


def test_for_how_long_a_host_wants_to_be_left_alone_is_kept(tmp_path: Path) -> None:
    _install(tmp_path, _BEGIN + _SINK.format("raise HostDown(Reason.RATE_LIMITED, 'later', retry_after=9.0)"))
    with pytest.raises(SinkDown) as caught:
        open_sink("odd", {}, tools()).deliver(new_batch(), [parcel(new_article())])
    assert caught.value.retry_after == 9.0


def test_memory_that_is_used_up_is_no_trouble_of_the_sink(tmp_path: Path) -> None:
    _install(tmp_path, _BEGIN + _SINK.format("raise MemoryError"))
    with pytest.raises(MemoryError):
        open_sink("odd", {}, tools()).deliver(new_batch(), [parcel(new_article())])
