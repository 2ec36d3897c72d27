"""ops/Dockerfile, its steps done by hand: what it copies is there, and what it installs is whole and starts outside of the project."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.deployment.files import image_environment, stages

PIP = "/venv/bin/pip"
# A program of its own, so that nothing of the project's folder is on its path.
EVERYTHING_STARTS = """
import json, sys
from datetime import UTC, datetime
import worker
from worker.sample.site import SampleSite
now = datetime.now(UTC)
site = SampleSite("http://sample:8642", now)
pages = [site.page(slug, now=now).status for slug in site.stories]
print(json.dumps([worker.__file__, len(pages), sorted(set(pages))]))
"""


def _let_through() -> set[str]:
    """What .dockerignore lets through to the builder; it keeps everything else."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def _copied(stage: Sequence[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """What a stage copies from the project: (sources, target)."""
    parts = [shlex.split(rest) for word, rest in stage if word == "COPY" and not rest.startswith("--from")]
    return [(sources, target) for *sources, target in parts]


def _copy(stage: Sequence[tuple[str, str]], workdir: Path) -> None:
    """Do the COPY steps of a stage, with what the builder is sent."""
    without = shutil.ignore_patterns("__pycache__")
    for sources, target in _copied(stage):
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, workdir / target, ignore=without)
            else:
                shutil.copy(ROOT / source, workdir / target)


def _files(folder: Path) -> set[str]:
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return {file.as_posix() for file in found if "__pycache__" not in file.parts}


@dataclass(frozen=True)
class Built:
    """The image's two folders that count."""

    source: Path
    site: Path
    workdir: Path

    def run(self, *command: str) -> str:
        """Run a program in the image's environment; what it printed."""
        here = {"/venv/bin": str(self.site / "bin"), "$PATH": os.environ["PATH"]}
        here |= {"/srv/copydesk": str(self.workdir), "/var/lib/copydesk": str(self.workdir / "data")}
        places = re.compile("|".join(map(re.escape, here)))
        given = {k: places.sub(lambda f: here[f[0]], v) for k, v in image_environment().items()}
        # The libraries are those of the tests; the project is the installed one, which goes first.
        given["PYTHONPATH"] = str(self.site)
        done = subprocess.run(
            command, env=given, cwd=self.workdir, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The project installed by the image's own command, from what the image copies, into a folder of its own."""
    build, final = stages()
    source, site, workdir = (tmp_path_factory.mktemp(name) for name in ("src", "site", "srv"))
    _copy(build, source)
    _copy(final, workdir)
    (command,) = (rest for word, rest in build if word == "RUN" and rest.startswith(PIP) and "-r" not in rest.split())
    arguments = shlex.split(command.removeprefix(PIP))
    # What tests run from must not be changed, and nothing is to be fetched.
    more = ["--quiet", "--no-index", "--target", str(site)]
    subprocess.run(
        [sys.executable, "-m", "pip", *arguments, *more], cwd=source, check=True, timeout=120, capture_output=True
    )
    return Built(source, site, workdir)


def test_the_builder_is_sent_what_the_image_copies_and_nothing_else() -> None:
    copied = {source for stage in stages() for sources, _ in _copied(stage) for source in sources}
    assert copied == _let_through()
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_image_installs_locked_libraries_and_what_builds_the_project() -> None:
    (command,) = (rest for word, rest in stages()[0] if word == "RUN" and "-r" in rest.split())
    assert "--no-deps --require-hashes -r requirements.txt" in command
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    needed = (
        project["project"]["dependencies"] + project["build-system"]["requires"] + extras["postgres"] + extras["s3"]
    )
    names = {re.split(r"[\[<>=]", requirement)[0].replace("_", "-").replace(".", "-") for requirement in needed}
    assert names - locked == set()


def test_the_processes_are_not_root() -> None:
    words = dict(stages()[-1])
    assert words["USER"] == "copydesk"
    assert any("useradd --uid 10001" in rest for word, rest in stages()[-1] if word == "RUN")


def test_all_files_of_the_project_are_installed(built: Built) -> None:
    assert _files(built.site / "worker") == _files(built.source / "worker")


def test_the_image_says_what_it_can_do(built: Built) -> None:
    (words,) = (json.loads(rest) for word, rest in stages()[-1] if word == "CMD")
    assert "ingest" in built.run(*words)


def test_what_is_installed_reads_its_own_files(built: Built) -> None:
    where, pages, statuses = json.loads(built.run(sys.executable, "-c", EVERYTHING_STARTS))
    assert Path(where).is_relative_to(built.site)
    assert pages > 0
    assert statuses == [200]


def test_what_is_installed_makes_a_database(built: Built) -> None:
    assert json.loads(built.run("copydesk", "migrate", "--json"))["ready"] is True
    assert _files(built.workdir / "config") == _files(ROOT / "config")
