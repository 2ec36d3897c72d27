"""docker-compose.yml: it is what the specification allows, and its services do together what they are for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deployment.deployed import EACH_KIND_OF_CHECK, ENOUGH, PASSWORD, Deployment, Seen
from tests.deployment.files import COMPOSE, composed, documented_secrets, services


def _checked(file: Path) -> subprocess.CompletedProcess[str]:
    """Ask for the file against the specification's JSON Schema, which comes with the program."""
    program = Path(sys.executable).with_name("check-jsonschema")
    # Whatever it asked the web would be refused.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    return subprocess.run(
        [str(program), "--builtin-schema", "vendor.compose-spec", str(file)],
        env=dict(os.environ) | nowhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_file_is_what_the_specification_allows() -> None:
    done = _checked(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("healthcheck:", "healthchek:"), ("mem_limit: 512m", "mem_limit: [512m]")],
    ids=["key", "value"],
)
def test_a_mistake_in_the_file_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    assert right in text
    copy = tmp_path / "docker-compose.yml"
    copy.write_text(text.replace(right, wrong), encoding="utf-8")
    done = _checked(copy)
    assert done.returncode == 1, done.stdout + done.stderr


def test_a_variable_goes_before_its_default() -> None:
    given = composed({"COPYDESK_ARCHIVE_URL": "s3://bucket/copydesk"})["services"]["worker-io"]
    assert given["environment"]["COPYDESK_ARCHIVE_URL"] == "s3://bucket/copydesk"
    assert services()["worker-io"]["environment"]["COPYDESK_ARCHIVE_URL"] == "/var/lib/copydesk/pages"


def test_the_head_of_the_file_says_what_each_secret_holds() -> None:
    assert documented_secrets().keys() == composed()["secrets"].keys()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One run of everything; the tests below look at what was seen of it."""
    return Deployment(tmp_path_factory.mktemp("deployment")).run()


def test_every_service_of_the_file_is_started(seen: Seen, report: Callable[[str], None]) -> None:
    report(f"deployment: {seen.stored} stored, {seen.delivered} delivered; seconds until each step's end: {seen.times}")
    assert seen.started == services().keys()


def test_redis_asks_for_its_password_and_drops_no_queue(seen: Seen) -> None:
    assert "Authentication required" in seen.redis_without_password
    assert seen.redis_settings["maxmemory-policy"] == "noeviction"
    assert seen.redis_settings["appendonly"] == "yes"
    assert seen.redis_settings["dir"].endswith("/volumes/redis")


def test_the_database_is_made_before_the_workers_start(seen: Seen) -> None:
    assert seen.migrated == 0, seen.logs


def test_the_services_bring_the_sample_outlet_home(seen: Seen) -> None:
    assert seen.stored >= ENOUGH, seen.logs
    assert seen.delivered >= ENOUGH, seen.logs


def test_flower_shows_nothing_without_the_password(seen: Seen) -> None:
    assert seen.flower == (401, 200), seen.logs["flower"]


def test_the_password_of_flower_is_in_no_command(seen: Seen) -> None:
    assert PASSWORD not in str(services()["flower"])


def test_every_health_check_says_well(seen: Seen) -> None:
    assert seen.healthy == dict.fromkeys(services().keys() - {"migrate"}, True), seen.logs


def test_no_health_check_calls_a_stopped_service_well(seen: Seen) -> None:
    assert seen.healthy_when_stopped == dict.fromkeys(EACH_KIND_OF_CHECK, False)


def test_every_service_ends_in_its_time_and_leaves_nothing_running(seen: Seen) -> None:
    assert {name: (how.in_time, how.left) for name, how in seen.endings.items()} == dict.fromkeys(
        services().keys() - {"redis", "postgres", "migrate"}, (True, 0)
    ), seen.endings


def test_what_has_a_read_only_root_writes_nothing_there(seen: Seen) -> None:
    assert set().union(*seen.written.values()) == set(), seen.written
