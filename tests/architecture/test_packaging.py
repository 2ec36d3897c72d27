"""What is installed is what was locked, from wherever the installer gets its packages."""

from __future__ import annotations

import re
import tomllib

import pytest

import worker
from tests.architecture.source import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")
_PINNED = re.compile(r"^[A-Za-z0-9._-]+==[^\s;]+")


def _requirements(lock: str) -> list[str]:
    """The entries of a lock file, each with its continued lines in one, without comments."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", "").splitlines() if line.strip()]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_one_version_and_its_hashes(lock: str) -> None:
    for requirement in _requirements(lock):
        assert _PINNED.match(requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_place_to_install_from(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", " ".join(_requirements(lock)))) == {"--hash"}
    assert "://" not in text
    assert " @ " not in text
    assert not re.search(r"(?:^|[\s=])/\w", text)


def test_running_and_testing_use_the_same_versions() -> None:
    running, testing = ({entry.split()[0] for entry in _requirements(lock)} for lock in LOCKS)
    assert running <= testing


def test_the_package_says_its_version_as_the_project_does() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert worker.__version__ == project["version"]
