"""One run of the whole deployment: a real Redis and PostgreSQL, every service of docker-compose.yml, from start to stop."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.deployment.containers import Container, Ending, Machine, stop, wait_until
from tests.deployment.files import documented_secrets, services
from tests.servers import PostgresServer

USER, PASSWORD = "desk", "s3cret"
SERVERS = ("redis", "postgres")
ONCE = ("migrate",)
# So many articles show that every kind of process works; all of them would only take longer.
ENOUGH = 10
LONGEST_FLOW_S = 120.0
# A Celery that nobody answers waits for its whole timeout: one of them is enough.
EACH_KIND_OF_CHECK = ("worker-io", "flower", "sample")


@dataclass
class Seen:
    """What was seen of one run."""

    started: set[str] = field(default_factory=set)
    # Exit codes of `migrate` and of the command that has the sample outlet polled.
    migrated: int = -1
    redis_without_password: str = ""
    redis_settings: dict[str, str] = field(default_factory=dict)
    stored: int = 0
    delivered: int = 0
    # Status of Flower's front page without and with the password.
    flower: tuple[int, int] = (0, 0)
    healthy: dict[str, bool] = field(default_factory=dict)
    healthy_when_stopped: dict[str, bool] = field(default_factory=dict)
    endings: dict[str, Ending] = field(default_factory=dict)
    # What lies in a container's own folder at the end, where its root is read-only.
    written: dict[str, set[str]] = field(default_factory=dict)
    # Seconds since the start, at the end of each step.
    times: dict[str, float] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    """Free ports for what listens."""

    redis: int
    postgres: int
    sample: int
    flower: int

    def names(self) -> dict[str, str]:
        """What the files call by the names of their networks, and where it is here: nothing but the loopback."""
        return {
            "redis:6379": f"127.0.0.1:{self.redis}",
            "@postgres/": f"@127.0.0.1:{self.postgres}/",
            "sample:8642": f"127.0.0.1:{self.sample}",
            "--address=0.0.0.0": "--address=127.0.0.1",
            "5555": str(self.flower),
            # Their clients ask at the usual port.
            "redis-cli": f"redis-cli -p {self.redis}",
            "pg_isready": f"pg_isready --port={self.postgres}",
            "PASSWORD": PASSWORD,
            "USER": USER,
        }


def free_ports() -> Ports:
    """Ports that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    try:
        return Ports(*(probe.getsockname()[1] for probe in probes))
    finally:
        for probe in probes:
            probe.close()


@dataclass
class Deployment:
    """The services of the file, in the order in which compose would start them."""

    folder: Path
    ports: Ports = field(default_factory=free_ports)
    services: dict[str, dict[str, Any]] = field(default_factory=services)
    seen: Seen = field(default_factory=Seen)
    containers: dict[str, Container] = field(default_factory=dict, init=False)
    began: float = field(default_factory=time.monotonic)

    def run(self) -> Seen:
        """Start, look, stop, and tell."""
        machine = self._machine()
        self.containers = {name: machine.container(name, service) for name, service in self.services.items()}
        try:
            with self._postgres():
                self._start_redis()
                self._migrate()
                self._start_others()
                self._watch_the_sample()
                self._ask_flower()
                self.seen.healthy = self._health()
                self._note("health")
                self.seen.endings = stop([self.containers[name] for name in self._lasting()])
                self._note("stop")
                self.seen.healthy_when_stopped = self._health_when_stopped()
                self._note("health when stopped")
        finally:
            for container in self.containers.values():
                container.kill()
        self._look_for_files()
        return self.seen

    def _machine(self) -> Machine:
        names = self.ports.names()
        config = self.folder / "config"
        (config / "outlets").mkdir(parents=True)
        # The sample outlet is on this machine: it needs no manners.
        (config / "copydesk.toml").write_text("[politeness]\nspacing_s = 0\n", encoding="utf-8")
        bare = Machine(folder=self.folder, names=names, secrets={}, config=config)
        secrets = {name: bare.here(form) for name, form in documented_secrets().items()}
        return Machine(folder=self.folder, names=names, secrets=secrets, config=config)

    def _lasting(self) -> list[str]:
        return [name for name in self.services if name not in (*SERVERS, *ONCE)]

    def _note(self, step: str) -> None:
        self.seen.times[step] = round(time.monotonic() - self.began, 1)

    @contextmanager
    def _postgres(self) -> Iterator[None]:
        """A PostgreSQL with the flags of the file's, and the user and database that its image would make."""
        service = self.services["postgres"]
        program, *flags = service["command"]
        assert program == "postgres"
        port = str(self.ports.postgres)
        names: Mapping[str, str] = service["environment"]
        with pytest.MonkeyPatch.context() as patch:
            # Where the test's own connections find it.
            patch.setenv("PGPORT", port)
            with PostgresServer(options=[*flags, "-h", "127.0.0.1", "-p", port]) as server:
                with psycopg.connect(host=str(server.folder), user="postgres", autocommit=True) as c:
                    c.execute(f"CREATE ROLE {names['POSTGRES_USER']} LOGIN".encode())
                    c.execute(f"CREATE DATABASE {names['POSTGRES_DB']} OWNER {names['POSTGRES_USER']}".encode())
                # Its health check is a program beside the server's, wherever that is installed.
                self.containers["postgres"].environment["PATH"] += f":{server._programs}"
                self.seen.started.add("postgres")
                self._note("postgres")
                yield

    def _start_redis(self) -> None:
        """Its own command; the arguments behind it hold over the file's."""
        self.containers["redis"].start("--port", str(self.ports.redis), "--bind", "127.0.0.1")
        assert wait_until(self.containers["redis"].healthy, 30), self.containers["redis"].log
        self.seen.started.add("redis")
        self.seen.redis_without_password = self._ask_redis_without_password()
        with redis.Redis(port=self.ports.redis, password=PASSWORD, decode_responses=True) as client:
            self.seen.redis_settings = dict(client.config_get("*"))
        self._note("redis")

    def _ask_redis_without_password(self) -> str:
        once = Retry(NoBackoff(), 0)
        with redis.Redis(port=self.ports.redis, protocol=2, retry=once) as stranger:
            try:
                return str(stranger.ping())
            except redis.AuthenticationError as error:
                return str(error)

    def _migrate(self) -> None:
        migrate = self.containers["migrate"]
        self.seen.migrated = migrate.run(migrate.command, 60)
        self.seen.started.add("migrate")
        self._note("migrate")

    def _start_others(self) -> None:
        for name in self._lasting():
            self.containers[name].start()
            self.seen.started.add(name)
        self._note("start")

    def _watch_the_sample(self) -> None:
        """Until enough of its articles are in the database and in the sink, brought there by the services alone."""
        url = self.containers["migrate"].secret("database_url").replace("+psycopg", "")
        records = self.folder / "volumes" / "data" / "records"
        with psycopg.connect(url, autocommit=True) as c:

            def enough() -> bool:
                self.seen.stored = _stored(c)
                self.seen.delivered = sum(len(part.read_bytes().splitlines()) for part in records.rglob("*.jsonl"))
                return min(self.seen.stored, self.seen.delivered) >= ENOUGH

            wait_until(enough, LONGEST_FLOW_S)
        self._note("flow")

    def _ask_flower(self) -> None:
        login = (USER, PASSWORD)
        with httpx.Client(base_url=f"http://127.0.0.1:{self.ports.flower}", trust_env=False) as client:

            def answers() -> bool:
                try:
                    self.seen.flower = (client.get("/").status_code, client.get("/", auth=login).status_code)
                except httpx.TransportError:
                    return False
                return True

            wait_until(answers, 60)
        self._note("flower")

    def _health(self) -> dict[str, bool]:
        """What the health checks say while all runs; two at a time, as there may be no more cores."""
        checked = [container for container in self.containers.values() if container.test]
        with ThreadPoolExecutor(2) as pool:
            return dict(zip((c.name for c in checked), pool.map(Container.healthy, checked), strict=True))

    def _health_when_stopped(self) -> dict[str, bool]:
        with ThreadPoolExecutor(2) as pool:
            checked = [self.containers[name] for name in EACH_KIND_OF_CHECK]
            return dict(zip(EACH_KIND_OF_CHECK, pool.map(Container.well, checked), strict=True))

    def _look_for_files(self) -> None:
        for name, container in self.containers.items():
            self.seen.logs[name] = container.log
            if self.services[name].get("read_only"):
                self.seen.written[name] = {file.name for file in container.root.iterdir()} - {"log", "secrets"}


def _stored(c: psycopg.Connection[Any]) -> int:
    row = c.execute("SELECT count(*) FROM articles WHERE outcome = 'stored'").fetchone()
    return int(row[0]) if row else 0
