"""What the settings may say to a kind of sink."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contract.sinks.places import tools
from tests.doubles import ListSink
from worker.pipeline.ports import Sink
from worker.settings import SinkSettings
from worker.sinks.build import BUILT_IN, WrongSettings, kind_of, kinds, mistakes_of, open_sink
from worker.sinks.kind import SinkKind, Tools

KINDS = "files, made, postgres, redis-stream, webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOptions:
    """Options of every shape."""

    url: str
    keys: list[str] = field(default_factory=list)
    many: tuple[str, ...] = ()
    most: int = 1
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError("most: should be 1 or more")


@dataclass
class MadeSink(ListSink):
    """A sink that remembers how it was opened."""

    options: MadeOptions = field(default_factory=lambda: MadeOptions(url=""))


def _open(options: MadeOptions, tools: Tools) -> Sink:
    return MadeSink(options=options)


KIND = SinkKind(options=MadeOptions, open=_open)


@pytest.fixture(autouse=True)
def _made(monkeypatch: pytest.MonkeyPatch) -> None:
    """This very file is a kind."""
    monkeypatch.setitem(BUILT_IN, "made", __name__)


def _options(options: Mapping[str, object]) -> MadeOptions:
    sink = open_sink("made", options, tools())
    assert isinstance(sink, MadeSink)
    return sink.options


def test_options_have_their_types_whether_they_come_from_the_file_or_the_environment() -> None:
    wanted = MadeOptions(url="u", keys=["a"], many=("b",), most=7, headers={"c": "d"})
    given = {"url": "u", "keys": ["a"], "many": ["b"], "headers": {"c": "d"}}
    assert [_options({**given, "most": most}) for most in (7, "7")] == [wanted, wanted]


def test_a_file_says_an_option_and_a_line_of_it_each_one_of_a_list(tmp_path: Path) -> None:
    one, several = tmp_path / "one", tmp_path / "several"
    one.write_text("the secret\n", encoding="utf-8")
    several.write_text("new\nold\n", encoding="utf-8")
    found = _options({"url_file": str(one), "keys_file": str(several), "many_file": str(one)})
    assert found == MadeOptions(url="the secret", keys=["new", "old"], many=("the secret",))


def test_all_that_is_wrong_is_said_at_once_with_what_would_be_right(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"\xff\xfe")
    given = {"url": "u", "url_file": "x", "keys_file": str(tmp_path / "none"), "many_file": str(blob), "colour": "red"}
    *files, unknown = mistakes_of("out", "made", given)
    assert files == [
        "sinks.out.url_file: url is there too; one of the two is enough",
        f"sinks.out.keys_file: {tmp_path}/none can't be read: No such file or directory",
        f"sinks.out.many_file: {blob} can't be read: it is no text",
    ]
    assert unknown.startswith(
        "sinks.out.colour: there is no such setting; the kind made has url, keys, many, most, headers, and every sink kind, "
    )


def test_the_settings_of_every_sink_are_those_that_the_settings_know() -> None:
    (mistake,) = mistakes_of("out", "made", {"url": "u", "colour": "red"})
    known = {found.alias or name for name, found in SinkSettings.model_fields.items()}
    assert set(mistake.rpartition("every sink ")[2].split(", ")) == known


@pytest.mark.parametrize(
    ("kind", "options", "mistakes"),
    [
        ("files", {"path": "records"}, []),
        ("postgres", {"url": "postgresql://h/d", "table": "_news_2"}, []),
        ("kafka", {}, [f"sinks.out.kind: there is no kind 'kafka'; there are {KINDS}"]),
        ("files", {}, ["sinks.out.path: the kind files needs it"]),
        ("postgres", {}, ["sinks.out.url: the kind postgres needs it"]),
        ("made", {"url": 5}, ["sinks.out.url: Input should be a valid string"]),
        ("made", {"url": "u", "keys": "one"}, ["sinks.out.keys: Input should be a valid list"]),
        ("made", {"url": "u", "headers": {"a": 1}}, ["sinks.out.headers.a: Input should be a valid string"]),
        ("made", {"url": "u", "most": 0}, ["sinks.out: most: should be 1 or more"]),
    ],
)
def test_mistakes_in_settings_are_named(kind: str, options: Mapping[str, object], mistakes: list[str]) -> None:
    assert mistakes_of("out", kind, options) == mistakes


def test_what_was_found_is_not_repeated_for_it_may_be_a_password() -> None:
    with pytest.raises(WrongSettings) as caught:
        open_sink("made", {"url": "u", "keys": {"a": "sesame"}, "most": "sesame"}, tools())
    assert len(caught.value.mistakes) == 2
    assert "sesame" not in str(caught.value)
    # A traceback shows the causes as well.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("kind", "library", "advice"),
    [("postgres", "psycopg", "; `pip install copydesk[postgres]`"), ("redis-stream", "redis", "")],
)
def test_a_kind_whose_library_is_missing_says_so_and_which_extra_has_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, library: str, advice: str
) -> None:
    monkeypatch.delitem(sys.modules, BUILT_IN[kind], raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    words = f"the kind {kind} can't be had: import of {library} halted; None in sys.modules{advice}"
    assert mistakes_of("out", kind, {}) == [f"sinks.out.kind: {words}"]


def test_every_built_in_kind_can_be_had() -> None:
    assert [kind for kind in kinds() if not isinstance(kind_of(kind), SinkKind)] == []


def test_a_sink_that_there_is_not_is_not_opened() -> None:
    with pytest.raises(WrongSettings, match="no kind 'kafka'"):
        open_sink("kafka", {}, tools())
