"""The place of files in S3: a bucket on a server that speaks it, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import s3fs

from tests.contract.sinks.places import tools
from worker.clock import new_id
from worker.pipeline.ports import Sink
from worker.sinks.build import open_sink

KEY, SECRET, REGION = "testing", "a-secret-of-the-tests", "eu-west-1"
PATIENCE_S = 30.0
# One request at a time: with threads, its objects fall over two requests for one of them (`I/O operation on closed file`).
_SERVER = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""


@dataclass
class Bucket:
    """A bucket; a reader takes every line of every object."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self, **options: object) -> Sink:
        named = {"endpoint_url": self.endpoint, "key": KEY, "secret": SECRET, "region": REGION, "timeout_s": 6}
        return open_sink("files", {"path": f"s3://{self.name}/copydesk", **named, **options}, tools())

    @property
    def files(self) -> Any:
        """A reader that remembers nothing."""
        client = {"region_name": REGION}
        return s3fs.S3FileSystem(
            key=KEY, secret=SECRET, endpoint_url=self.endpoint, client_kwargs=client, skip_instance_cache=True
        )

    def objects(self) -> dict[str, bytes]:
        files = self.files
        return {path: files.cat_file(path) for path in sorted(files.find(f"{self.name}/copydesk"))}

    def stored(self) -> Mapping[str, object]:
        lines = [line for body in self.objects().values() for line in body.decode().split("\n") if line]
        return {f"{found['id']}:{found['revision']}": found for found in map(json.loads, lines)}

    def snapshot(self) -> object:
        return self.objects()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Have it answer nobody; it keeps what it has in memory only, so it lives on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def s3_server(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server with no buckets, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    log = folder / "s3.log"
    command = [sys.executable, "-c", _SERVER, str(port)]
    environment = dict(os.environ) | {"PYTHONWARNINGS": "ignore"}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
        try:
            _wait_for(port, log)
            yield port, process
        finally:
            process.kill()


def open_bucket(server: tuple[int, subprocess.Popen[bytes]]) -> Bucket:
    """An empty bucket."""
    made = Bucket(f"news-{new_id()}", *server)
    made.files.mkdir(made.name, region_name=REGION)
    return made


def _wait_for(port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text(errors="replace")[-2000:])
