"""Records per second into each kind of sink, in batches, next to what its raw client takes in bulk, in the same run.

`python -m bench.delivery [RECORDS]`. Raw is the least that leaves the same thing behind: ready lines in as many files, each fsynced
and renamed; ready rows written as Parquet; one COPY into tables of the same shape; pipelines of XADD; as many requests of a plain
client. Each is done in turns with the sink, and the best of three is compared. At last, the outbox: what a delivery costs beside its sink.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pyarrow as pa
from pyarrow import parquet
from redis import Redis

from tests.doubles import ScriptedWeb
from tests.filing import Filing
from tests.harness import Desk, outlet
from tests.servers import PostgresServer, RedisServer
from worker.clock import SystemClock, new_id
from worker.net.policy import NetPolicy
from worker.net.poster import HttpxPoster
from worker.news.record import Change, Extraction, Language, OutletRef, Record
from worker.pipeline.ports import Parcel, Poster, Returned, Sink
from worker.sinks.build import open_sink
from worker.sinks.flat import COLUMNS, flat
from worker.sinks.kind import Tools
from worker.sinks.parquet import COMPRESSION, SCHEMA, row_of
from worker.store.database import Database, open_database
from worker.store.values import dump_bytes

RECORDS = 5000
LETTERS = 4000
SIZES = (100, 1000)
TIMES = 3
PARALLEL = 8
SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1iZW5jaC0xMjM0NTY3ODkwMTI="
Batch = tuple[str, Sequence[Parcel]]


@dataclass(frozen=True)
class Rival:
    """A sink, and the raw way to the same place; each call of a maker begins with an empty place."""

    name: str
    sink: Callable[[], Sink]
    raw: Callable[[Sequence[Batch]], Callable[[], None]]


def parcels(many: int) -> list[Parcel]:
    """Records of as many different texts, in the length of a usual article."""
    return [_parcel(n) for n in range(many)]


def _parcel(n: int) -> Parcel:
    id_ = str(new_id())
    words = [hashlib.blake2b(f"{n}:{i // 3}".encode(), digest_size=3).hexdigest() for i in range(LETTERS // 7)]
    record = Record(
        id=id_,
        revision=1,
        change=Change.NEW,
        url=f"https://paper.example/{n}",
        outlet=OutletRef(id="paper", name="The Paper", country="PT", language="pt"),
        title=f"Título {n}",
        summary=" ".join(words[:20]),
        text=" ".join(words),
        authors=("Ana Reis",),
        topics=("política",),
        language=Language(code="pt", source="text", confidence=0.99),
        published_at=datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=n),
        extraction=Extraction(engine="bench", version="1", quality=1.0),
    )
    return Parcel(key=f"{id_}:1", article=id_, revision=1, body=dump_bytes(record))


def compare(rival: Rival, records: Sequence[Parcel], size: int) -> tuple[float, float]:
    """Records per second of the sink and of the raw way, the best of some turns."""
    best = [0.0, 0.0]
    for _ in range(TIMES):
        batches = [(str(new_id()), records[i : i + size]) for i in range(0, len(records), size)]
        sink, raw = rival.sink(), rival.raw(batches)
        ways: tuple[Callable[[], None], ...] = (partial(_deliver, sink, batches), raw)
        for way, run in enumerate(ways):
            began = time.perf_counter()
            run()
            best[way] = max(best[way], len(records) / (time.perf_counter() - began))
    return best[0], best[1]


def _deliver(sink: Sink, batches: Sequence[Batch]) -> None:
    for batch, sent in batches:
        returned = sink.deliver(batch, sent)
        assert not returned, returned[0].detail


def tools() -> Tools:
    """The real tools."""

    def poster(urls: Sequence[str], timeout: timedelta, most: int) -> Poster:
        return HttpxPoster(policy=NetPolicy(), clock=SystemClock(), own=urls, timeout=timeout, most=most)

    return Tools(name="bench", clock=SystemClock(), open_poster=poster)


# --- files ------------------------------------------------------------------------------------------------------------------


def in_files(folder: Path, form: str) -> Rival:
    """A folder on this disk."""

    def sink() -> Sink:
        return open_sink("files", {"path": str(_fresh(folder)), "format": form}, tools())

    def raw(batches: Sequence[Batch]) -> Callable[[], None]:
        place = _fresh(folder)
        rows = [(place / batch, _lines(sent) if form == "jsonl" else _rows_of(sent)) for batch, sent in batches]

        def run() -> None:
            for path, ready in rows:
                _renamed(path, ready)

        return run

    return Rival(f"files, {form}", sink, raw)


def _fresh(folder: Path) -> Path:
    place = folder / str(new_id())
    place.mkdir()
    return place


def _renamed(path: Path, ready: Sequence[Any]) -> None:
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        if isinstance(ready[0], bytes):
            file.write(b"".join(ready))
        else:
            parquet.write_table(pa.Table.from_pylist(list(ready), schema=SCHEMA), file, compression=COMPRESSION)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    listing = os.open(path.parent, os.O_RDONLY)
    os.fsync(listing)
    os.close(listing)


def _lines(sent: Sequence[Parcel]) -> list[bytes]:
    return [one.body + b"\n" for one in sent]


def _rows_of(sent: Sequence[Parcel]) -> list[dict[str, Any]]:
    return [row_of(one.body) for one in sent]


# --- PostgreSQL -------------------------------------------------------------------------------------------------------------


def in_rows(server: PostgresServer, *, search: bool) -> Rival:
    """Tables as the sink makes them."""

    def sink() -> Sink:
        return open_sink("postgres", {"url": server.create_database(), "search": search}, tools())

    def raw(batches: Sequence[Batch]) -> Callable[[], None]:
        url = server.create_database()
        # The sink makes its tables, with all their indexes.
        open_sink("postgres", {"url": url, "search": search}, tools()).deliver(str(new_id()), [])
        rows = [[_rows(one) for one in sent] for _, sent in batches]
        connection = psycopg.connect(url.replace("+psycopg", ""))
        return lambda: _copied(connection, rows)

    return Rival(f"postgres{'' if search else ', no search'}", sink, raw)


def _rows(one: Parcel) -> tuple[list[Any], list[Any]]:
    body = one.body.decode()
    columns = flat(one.body)
    return [*columns.values(), body], [columns["id"], columns["revision"], columns["change"], body]


def _copied(connection: psycopg.Connection[Any], batches: Sequence[Sequence[tuple[list[Any], list[Any]]]]) -> None:
    into = (
        f"copydesk_articles ({', '.join([*COLUMNS, 'record'])})",
        "copydesk_articles_revisions (id, revision, change, record)",
    )
    with connection:
        for rows in batches:
            for n, table in enumerate(into):
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row[n])
            connection.commit()


# --- Redis ------------------------------------------------------------------------------------------------------------------


def in_stream(server: RedisServer) -> Rival:
    """A stream of bounded length."""

    def sink() -> Sink:
        server.flushall()
        return open_sink("redis-stream", {"url": f"unix://{server.socket}", "most": 100_000}, tools())

    def raw(batches: Sequence[Batch]) -> Callable[[], None]:
        client = Redis(unix_socket_path=str(server.socket))

        def run() -> None:
            for _, sent in batches:
                with client.pipeline(transaction=False) as pipe:
                    for one in sent:
                        pipe.xadd("raw", {"key": one.key, "record": one.body}, maxlen=100_000, approximate=True)
                    pipe.execute()

        return run

    return Rival("redis-stream", sink, raw)


# --- webhook ----------------------------------------------------------------------------------------------------------------

_RECEIVER = """
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    def process_request(self, request, client):
        request.setsockopt(6, 1, 1)
        super().process_request(request, client)
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def receiver() -> Iterator[str]:
    """A receiver in a process of its own, which says 204 to everything."""
    with subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.terminate()


def over_web(url: str, per: str) -> Rival:
    """Signed requests."""

    def sink() -> Sink:
        options = {"url": url, "private": True, "secret": SECRET, "per": per, "parallel": PARALLEL}
        return open_sink("webhook", options, tools())

    def raw(batches: Sequence[Batch]) -> Callable[[], None]:
        bodies = [[one.body for one in sent] for _, sent in batches]
        if per == "batch":
            bodies = [[b"[%s]" % b",".join(batch)] for batch in bodies]

        def run() -> None:
            with httpx.Client(trust_env=False) as client, ThreadPoolExecutor(PARALLEL) as threads:
                for batch in bodies:
                    list(threads.map(lambda body: client.post(url, content=body).raise_for_status(), batch))

        return run

    return Rival(f"webhook, per {per}", sink, raw)


# --- the outbox -------------------------------------------------------------------------------------------------------------


class Nowhere:
    """A sink that takes everything at once."""

    def __init__(self) -> None:
        self.taken = 0

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Take it."""
        del batch
        self.taken += len(parcels)
        return ()


def outbox(database: Database, many: int) -> tuple[float, float]:
    """Records per second from the outbox into nowhere, and CPU milliseconds of this process for each."""
    sink = Nowhere()
    desk = Desk(database=database, web=ScriptedWeb(), sinks={"nowhere": sink})
    desk.open(outlet("https://paper.example/rss"))
    Filing(database, letters=LETTERS).more(many, now=desk.clock.now())
    began, cpu = time.perf_counter(), time.process_time()
    while sink.taken < many:
        desk.tick()
    return many / (time.perf_counter() - began), (time.process_time() - cpu) / many * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    given = sys.argv[1:] if arguments is None else arguments
    many = int(given[0]) if given else RECORDS
    records = parcels(many)
    mean = sum(len(one.body) for one in records) / len(records)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}; {many:,} records of {mean:,.0f} bytes"
    )
    print(f"{'sink':24} {'batch':>6} {'records/s':>10} {'raw':>10} {'share':>6}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = PostgresServer()
        stack.callback(postgres.close)
        postgres.start()
        redis = stack.enter_context(RedisServer())
        url = stack.enter_context(receiver())
        rivals = [
            in_files(folder, "jsonl"),
            in_files(folder, "parquet"),
            in_rows(postgres, search=True),
            in_rows(postgres, search=False),
            in_stream(redis),
            over_web(url, "record"),
            over_web(url, "batch"),
        ]
        for rival in rivals:
            for size in SIZES:
                ours, raw = compare(rival, records, size)
                print(f"{rival.name:24} {size:>6} {ours:>10,.0f} {raw:>10,.0f} {ours / raw:>6.2f}", flush=True)
        for name, at in (("SQLite", f"sqlite:///{folder / 'outbox.db'}"), ("PostgreSQL", postgres.create_database())):
            database = open_database(at, new_id=new_id)
            rate, cpu = outbox(database, many)
            database.close()
            print(f"outbox on {name}: {rate:,.0f} records/s into nowhere, {cpu:.2f} ms CPU a record")


if __name__ == "__main__":
    main()
