"""2,000 articles with revisions reach a consumer of each kind that is stopped, slow and refuses, while the worker is killed in mid batch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest

from tests.contract.sinks.folder import Folder
from tests.contract.sinks.postgres import Postgres
from tests.contract.sinks.receiver import SECRET, Letter, Receiver, Reply, open_receiver
from tests.contract.sinks.stream import Stream, open_stream
from tests.faults.consumers import TENTH, Consumer, Trial
from tests.servers import PostgresServer, RedisServer
from worker.clock import new_id

pytestmark = pytest.mark.faults


@dataclass
class InFolder:
    """Files in a folder; where a file is in the way instead, it is stopped."""

    place: Folder
    slow: None = None
    refusing: None = None

    def options(self) -> Mapping[str, str]:
        return {"KIND": "files", "PATH": str(self.place.path)}

    def keys(self) -> Sequence[str]:
        # The name of a batch tells when it was put together; the next revision's is put together when this one has arrived.
        parts = sorted(self.place.parts(), key=lambda part: part.name)
        lines = [line for part in parts for line in part.read_text(encoding="utf-8").split("\n") if line]
        return [f"{found['id']}:{found['revision']}" for found in map(json.loads, lines)]

    def holds(self) -> Mapping[str, int]:
        return _highest(self.keys())

    def stopped(self) -> AbstractContextManager[None]:
        return self.place.away()


@dataclass
class InRows:
    """Tables on a real PostgreSQL."""

    place: Postgres

    def options(self) -> Mapping[str, str]:
        return {"KIND": "postgres", "URL": self.place.url}

    def keys(self) -> Sequence[str]:
        rows = self.place.rows("SELECT id || ':' || revision FROM copydesk_articles_revisions ORDER BY received_at, id")
        return [key for (key,) in rows]

    def holds(self) -> Mapping[str, int]:
        return dict(self.place.rows("SELECT id::text, revision FROM copydesk_articles"))

    def stopped(self) -> AbstractContextManager[None]:
        return self.place.away()

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Somebody holds the table."""
        with self.place.connect() as holder, holder.transaction():
            holder.execute("LOCK TABLE copydesk_articles")
            yield

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """A check that somebody put on the table, and takes off again."""
        self.place.order("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS " + _REFUSE)
        on = "CREATE TRIGGER refuse BEFORE INSERT ON copydesk_articles_revisions FOR EACH ROW EXECUTE FUNCTION refuse()"
        self.place.order(on)
        yield
        self.place.order("DROP TRIGGER refuse ON copydesk_articles_revisions")


_REFUSE = f"""$$ BEGIN
IF hashtext(NEW.id::text) % {TENTH} = 0 THEN RAISE check_violation USING MESSAGE = 'not today'; END IF;
RETURN NEW;
END $$"""


@dataclass
class InStream:
    """A stream on a real Redis."""

    place: Stream
    refusing: None = None

    def options(self) -> Mapping[str, str]:
        return {"KIND": "redis-stream", "URL": self.place.url}

    def keys(self) -> Sequence[str]:
        return self.place.keys()

    def holds(self) -> Mapping[str, int]:
        return _highest(self.place.keys())

    def stopped(self) -> AbstractContextManager[None]:
        return self.place.away()

    @contextmanager
    def slow(self) -> Iterator[None]:
        """The server answers nobody who writes for a second and a half."""
        with self.place.client as client:
            client.execute_command("CLIENT", "PAUSE", "1500", "WRITE")
            yield


@dataclass
class AtReceiver:
    """A receiver of signed requests, which keeps each `webhook-id` once."""

    place: Receiver

    def options(self) -> Mapping[str, str]:
        return {"KIND": "webhook", "URL": self.place.url, "SECRET": SECRET, "PRIVATE": "true", "TIMEOUT_S": "2"}

    def keys(self) -> Sequence[str]:
        return self.place.keys()

    def holds(self) -> Mapping[str, int]:
        return _highest(self.place.keys())

    def stopped(self) -> AbstractContextManager[None]:
        return self.place.away()

    @contextmanager
    def slow(self) -> Iterator[None]:
        """It takes half a second for each request."""
        with self._saying(lambda _: time.sleep(0.5)):
            yield

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """It does not like every tenth record."""
        with self._saying(lambda letter: Reply(status=422) if crc32(letter.id.encode()) % TENTH == 0 else None):
            yield

    @contextmanager
    def _saying(self, script: Callable[[Letter], Reply | None]) -> Iterator[None]:
        before, self.place.script = self.place.script, script
        yield
        self.place.script = before


def _highest(keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in keys:
        article, n = key.split(":")
        found[article] = max(found.get(article, 0), int(n))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> InFolder:
    """A folder that is not there yet."""
    return InFolder(Folder(tmp_path / "records"))


@pytest.fixture
def rows(postgres_server: PostgresServer) -> Iterator[InRows]:
    """An empty database on a server that can be stopped."""
    postgres_server.start()
    url = postgres_server.create_database()
    place = Postgres(postgres_server, url)
    sink = place.open()
    # The tables are made by whoever comes first, and the check is to stand on them from the start.
    sink.deliver(str(new_id()), [])
    sink.close()
    yield InRows(place)
    postgres_server.drop_database(url)


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[InStream]:
    """An empty server."""
    for place in open_stream(tmp_path):
        yield InStream(place)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[AtReceiver]:
    """A receiver that has taken nothing yet."""
    for place in open_receiver(tmp_path):
        yield AtReceiver(place)


@pytest.mark.parametrize("kind", ["folder", "rows", "stream", "receiver"])
def test_a_consumer_that_gets_in_the_way_has_everything_once_and_in_order_in_the_end(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    redis_server: RedisServer,
    report: Callable[[str], None],
) -> None:
    consumer: Consumer = request.getfixturevalue(kind)
    seed = 20261201
    toll = Trial(tmp_path / "run", consumer, redis_server.url, seed).run()
    assert toll.killed == 4
    assert toll.trouble
    report(
        f"{kind}: 2,000 articles, worker killed {toll.killed} times, {', '.join(toll.trouble)}; quiet after {toll.recovery_s} s"
    )
