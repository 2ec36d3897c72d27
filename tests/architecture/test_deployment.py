"""The two lists of processes, for containers and for one machine, say the same, and containers can do no more than they must."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from tests.architecture.source import ROOT
from tests.deployment.files import OUR_IMAGE, composed, seconds, services, stages
from worker.celery import configuration
from worker.net.policy import NetPolicy
from worker.news.work import Stage

OURS = sorted(name for name, service in services().items() if service["image"].startswith(OUR_IMAGE))
# A version to the last number: another one is a decision, not an accident.
_PINNED = re.compile(r"^[a-z]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?$")


def _workers() -> dict[str, list[str]]:
    """The commands of the workers in docker-compose.yml, by their names without `worker-`."""
    return {
        name.removeprefix("worker-"): service["command"]
        for name, service in services().items()
        if name.startswith("worker-")
    }


def _procfile() -> dict[str, list[str]]:
    lines = (ROOT / "ops" / "Procfile").read_text(encoding="utf-8").splitlines()
    return {name: command.split() for name, _, command in (line.partition(": ") for line in lines)}


def test_every_queue_has_one_kind_of_worker() -> None:
    queues = Counter(queue for command in _workers().values() for queue in command[command.index("-Q") + 1].split(","))
    assert queues == Counter(["control", *Stage])


def test_a_machine_runs_the_workers_that_the_containers_run() -> None:
    assert {name: command for name, command in _procfile().items() if "worker" in command} == _workers()


def test_a_machine_runs_all_processes_that_the_containers_run() -> None:
    assert _procfile().keys() == {name.removeprefix("worker-") for name in OURS} - {"migrate"}


def test_every_secret_that_a_container_reads_is_given_to_it() -> None:
    for name, service in services().items():
        read = set(re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(service)))
        assert read == set(service.get("secrets", [])), name


def test_the_sample_is_given_no_secret() -> None:
    assert services()["sample"]["secrets"] == []
    assert "DATABASE" not in str(services()["sample"]["environment"])


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_can_do_no_more_than_it_must(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 256


@pytest.mark.parametrize("name", sorted(services()))
def test_every_container_has_an_end_of_memory_and_of_logs(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["logging"] == {"driver": "local"}


def test_only_flower_can_be_reached_and_only_from_its_own_machine() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"flower": ["127.0.0.1:5555:5555"]}


def test_only_what_asks_the_web_or_a_sink_or_is_published_has_a_way_out() -> None:
    networks: dict[str, Any] = composed()["networks"]
    assert networks["inside"] == {"internal": True}
    assert all("inside" in service["networks"] for service in services().values())
    out = {name for name, service in services().items() if service["networks"] != ["inside"]}
    assert out == {"worker-io", "worker-deliver", "flower"}


def test_the_sample_listens_where_it_is_asked_for() -> None:
    asked = {service["environment"].get("COPYDESK_SAMPLE__URL") for name, service in services().items() if name in OURS}
    assert asked == {f"http://{services()['sample']['hostname']}:8642"}


def test_the_image_is_built_once() -> None:
    assert [name for name in OURS if "build" in services()[name]] == ["migrate"]
    assert {services()[name]["pull_policy"] for name in OURS if name != "migrate"} == {"never"}


def test_every_image_is_pinned() -> None:
    images = [service["image"] for service in services().values()]
    images += [stage[0][1].removesuffix(" AS build") for stage in stages()]
    assert [image for image in images if not _PINNED.match(image)] == []


def test_a_worker_has_more_time_to_stop_than_what_it_waits_for_may_take() -> None:
    longest = max(configuration()["worker_soft_shutdown_timeout"], NetPolicy().page_total.total_seconds())
    for name in _workers():
        assert seconds(services()[f"worker-{name}"]["stop_grace_period"]) >= longest + 10
