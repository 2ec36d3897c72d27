"""The two lists of processes, for containers and for one machine, say the same."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml

from tests.architecture.source import ROOT
from worker.news.work import Stage


def _composed() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_bytes())["services"]
    return services


def _workers() -> list[list[str]]:
    """The commands of the workers in docker-compose.yml."""
    return [service["command"] for name, service in _composed().items() if name.startswith("worker-")]


def test_every_queue_has_one_kind_of_worker() -> None:
    queues = Counter(queue for command in _workers() for queue in command[command.index("-Q") + 1].split(","))
    assert queues == Counter(["control", *Stage])


def test_a_machine_runs_the_workers_that_the_containers_run() -> None:
    lines = (ROOT / "ops" / "Procfile").read_text(encoding="utf-8").splitlines()
    commands = [line.partition(": ")[2].split() for line in lines]
    assert [command for command in commands if "worker" in command] == _workers()


def test_every_secret_that_a_container_reads_is_given_to_it() -> None:
    for name, service in _composed().items():
        read = set(re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(service)))
        assert read <= set(service.get("secrets", [])), name
