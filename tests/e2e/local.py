"""The service as a user runs it: the command in a process of its own, over a configuration that the test writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Local:
    """One configuration and one data folder."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def make(cls, folder: Path, outlets: Sequence[Mapping[str, Any]], **environment: str) -> Local:
        """Write the configuration."""
        config = folder / "config"
        (config / "outlets").mkdir(parents=True)
        (config / "copydesk.toml").write_text("", encoding="utf-8")
        (config / "outlets" / "all.yaml").write_text(yaml.safe_dump(list(outlets)), encoding="utf-8")
        own = {"COPYDESK_CONFIG": str(config), "COPYDESK_DATA": str(folder / "data")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
        return cls(folder, kept | own | environment)

    def ask(self, *arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run the command to its end, however it ends."""
        return subprocess.run(
            [sys.executable, "-m", "worker.cli", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run the command to its end and return what it printed."""
        done = self.ask(*arguments)
        assert done.returncode == expect, (
            f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return done.stdout

    def json(self, *arguments: str, expect: int = 0) -> Any:
        """Run the command with `--json` and read the last line."""
        return json.loads(self.run(*arguments, "--json", expect=expect).splitlines()[-1])

    def records(self) -> list[dict[str, Any]]:
        """What `export` gives."""
        return [json.loads(line) for line in self.run("export").splitlines()]

    @property
    def database_url(self) -> str:
        """Where the state is."""
        return self.environment.get("COPYDESK_DATABASE_URL", f"sqlite:///{self.folder / 'data' / 'copydesk.db'}")
