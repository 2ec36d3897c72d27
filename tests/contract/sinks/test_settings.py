"""What the settings may say to a kind of sink."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contract.sinks.places import tools
from worker.sinks.build import mistakes_of, open_sink


@pytest.mark.parametrize(
    ("kind", "options", "mistakes"),
    [
        ("files", {"path": "records"}, []),
        ("postgres", {"url": "postgresql://h/d", "table": "_news_2"}, []),
        ("kafka", {}, ["sinks.out.kind: there is no kind 'kafka'; there are files, postgres, redis-stream, webhook"]),
        ("files", {}, ["sinks.out.path: the kind files needs it"]),
        (
            "files",
            {"path": "records", "url": "x"},
            ["sinks.out: there is no setting url; there are path"],
        ),
        ("postgres", {}, ["sinks.out.url: the kind postgres needs it"]),
    ],
)
def test_mistakes_in_settings_are_named(kind: str, options: Mapping[str, str], mistakes: list[str]) -> None:
    assert mistakes_of("out", kind, options) == mistakes


def test_a_sink_that_there_is_not_is_not_opened() -> None:
    with pytest.raises(ValueError, match="no kind 'kafka'"):
        open_sink("kafka", {}, tools())
