"""The tests' own servers keep their promises, or nothing that is tested with them holds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy as sa

from tests.recorded import RecordedWeb
from tests.servers import PostgresServer, RedisServer

QUICK_S = 10.0


def test_a_killed_redis_comes_back_empty_at_the_same_address(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set("a", "1")
    address = redis_server.url
    redis_server.kill()
    redis_server.start()
    with redis_server.client() as client:
        assert client.get("a") is None
    assert redis_server.url == address


def test_a_persistent_redis_remembers_after_a_stop() -> None:
    with RedisServer(persistent=True) as server:
        with server.client() as client:
            client.set("a", "1")
        server.stop()
        server.start()
        with server.client() as client:
            assert client.get("a") == b"1"
        server.flushall()
        with server.client() as client:
            assert client.get("a") is None


def test_a_new_database_is_empty(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    assert sa.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE words (word VARCHAR)"))
    engine.dispose()


def test_what_was_committed_survives_a_crash_of_postgres() -> None:
    with PostgresServer() as server:
        engine = sa.create_engine(server.create_database(), pool_pre_ping=True)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE words (word VARCHAR)"))
            connection.execute(sa.text("INSERT INTO words VALUES ('kept')"))
        server.restart(crash=True)
        with engine.begin() as connection:
            assert connection.execute(sa.text("SELECT word FROM words")).scalars().all() == ["kept"]
        engine.dispose()
        folder = server.folder
    assert not folder.exists()


def test_a_database_can_be_made_like_another(postgres_server: PostgresServer) -> None:
    template = postgres_server.create_database()
    engine = sa.create_engine(template)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE words (word VARCHAR)"))
    engine.dispose()
    copy = postgres_server.create_database(template=template)
    engine = sa.create_engine(copy)
    assert sa.inspect(engine).get_table_names() == ["words"]
    postgres_server.drop_database(copy)
    postgres_server.drop_database(template)
    engine.dispose()


@pytest.mark.faults
def test_servers_end_with_the_process_that_started_them() -> None:
    program = (
        "import time; from tests.servers import *\n"
        "r = RedisServer(); r.start(); p = PostgresServer(); p.start()\n"
        "print(r.pid, p.pid, r.folder, p.folder, flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as starter:
        assert starter.stdout is not None
        redis, postgres, *folders = starter.stdout.readline().split()
        os.kill(starter.pid, signal.SIGKILL)
    deadline = time.monotonic() + QUICK_S
    while psutil.pid_exists(int(redis)) or psutil.pid_exists(int(postgres)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    # The next server sweeps up what a killed one left.
    with RedisServer():
        assert [folder for folder in folders if Path(folder).exists()] == []


def _small_web(folder: Path) -> Path:
    page = {"status": 200, "ctype": "text/html", "blob": "b1", "gzip": True}
    site = {
        "news.example/": {"1": page, "2": {**page, "blob": "b2"}},
        "news.example/busy": {"*": {**page, "fail_first": {"status": 429, "retry_after": 7}}},
        "old.example/a?b=1": {"*": {"status": 301, "ctype": None, "blob": None, "location": "http://news.example/"}},
    }
    (folder / "site.json").write_text(json.dumps(site), encoding="utf-8")
    (folder / "blobs").mkdir()
    (folder / "blobs" / "b1").write_bytes(b"first")
    (folder / "blobs" / "b2").write_bytes(b"second")
    return folder


def test_a_recorded_web_answers_for_its_hosts(tmp_path: Path) -> None:
    with RecordedWeb(_small_web(tmp_path)) as web, httpx.Client(proxy=web.proxy_url) as client:
        first = client.get("http://old.example/a?b=1", follow_redirects=True)
        assert (first.text, first.headers["Content-Encoding"]) == ("first", "gzip")
        again = client.get("http://news.example/", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == httpx.codes.NOT_MODIFIED
        web.epoch(2)
        assert client.get("http://news.example/").text == "second"
        assert client.get("http://news.example/nothing").status_code == httpx.codes.NOT_FOUND
        assert [(asked.host, asked.status, asked.conditional) for asked in web.log()] == [
            ("old.example", 301, False),
            ("news.example", 200, False),
            ("news.example", 304, True),
            ("news.example", 200, False),
            ("news.example", 404, False),
        ]


def test_a_recorded_web_fails_first_where_it_did(tmp_path: Path) -> None:
    with RecordedWeb(_small_web(tmp_path)) as web, httpx.Client(proxy=web.proxy_url) as client:
        busy = client.get("http://news.example/busy")
        assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
        assert client.get("http://news.example/busy").status_code == httpx.codes.OK
        web.reset()
        assert web.log() == []
        assert client.get("http://news.example/busy").status_code == httpx.codes.TOO_MANY_REQUESTS


def test_the_recorded_demo_is_served(recorded: Path) -> None:
    site = json.loads((recorded / "demo" / "site.json").read_bytes())
    plain = next(key for key, epochs in site.items() if (epochs.get("*") or {}).get("status") == httpx.codes.OK)
    with RecordedWeb(recorded / "demo") as web, httpx.Client(proxy=web.proxy_url) as client:
        web.epoch(1)
        assert client.get(f"http://{plain}").is_success
