"""The PostgreSQL sink when its server is in trouble."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest

import worker.sinks.postgres
import worker.sinks.postgres_connections
from tests.contract.sinks.parcels import new_article, new_batch, parcel, records
from tests.contract.sinks.pooler import pooled
from tests.contract.sinks.postgres import Postgres
from worker.news.errors import SinkDown
from worker.pipeline.ports import Parcel
from worker.sinks.postgres import PostgresSink

SMALL_DISK = 64 << 20


def test_a_batch_is_there_after_a_crash_of_the_server(database: Postgres) -> None:
    sink, parcels = database.open(), [parcel(new_article()) for _ in range(20)]
    sink.deliver(new_batch(), parcels)
    database.server.restart(crash=True)
    assert database.stored() == records(*parcels)
    assert list(sink.deliver(new_batch(), parcels)) == []


def test_a_server_at_the_wrong_port_is_down_in_words_without_the_password() -> None:
    sink = PostgresSink("postgresql+psycopg://reader:open-sesame@127.0.0.1:1/news")
    with pytest.raises(SinkDown, match=r"127\.0\.0\.1") as caught:
        sink.deliver(new_batch(), [parcel(new_article())])
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://reader:open/sesame@db/news", "postgresql://a:sesame@h:70000/news"])
def test_an_address_that_cannot_be_read_is_not_repeated_in_words(url: str) -> None:
    with pytest.raises(SinkDown) as caught:
        PostgresSink(url).deliver(new_batch(), [parcel(new_article())])
    assert "sesame" not in str(caught.value)


def test_a_table_that_someone_holds_is_not_waited_for_without_end(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.sinks.postgres, "LONGEST_STATEMENT", timedelta(milliseconds=100))
    sink, batch, parcels = database.open(), new_batch(), [parcel(new_article())]
    sink.deliver(new_batch(), [])
    with database.connect() as holder, holder.transaction():
        # A sink that waits all the same is let through, and the test fails.
        holder.execute("SET idle_in_transaction_session_timeout = '20s'")
        holder.execute("LOCK TABLE copydesk_articles")
        with pytest.raises(SinkDown, match="timeout"):
            sink.deliver(batch, parcels)
    assert list(sink.deliver(batch, parcels)) == []
    assert database.stored() == records(*parcels)


@contextmanager
def _frozen(process: int) -> Iterator[None]:
    """A process that stands still."""
    # A sink that waits all the same is let through, and the test fails.
    rescue = Timer(30, os.kill, (process, signal.SIGCONT))
    rescue.daemon = True
    os.kill(process, signal.SIGSTOP)
    rescue.start()
    try:
        yield
    finally:
        rescue.cancel()
        os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("letters", [10, 100_000], ids=["small batch", "batch that fills every buffer"])
def test_a_server_that_stands_still_is_down_and_the_same_batch_is_stored_when_it_goes_on(
    database: Postgres, monkeypatch: pytest.MonkeyPatch, letters: int
) -> None:
    monkeypatch.setattr(worker.sinks.postgres_connections, "LONGEST_LOAN_S", 1.0)
    sink, batch = database.open(), new_batch()
    parcels = [parcel(new_article(), text="a" * letters) for _ in range(40)]
    sink.deliver(new_batch(), [])
    (process,) = database.processes()
    with _frozen(process), pytest.raises(SinkDown, match="no answer in 1 s"):
        sink.deliver(batch, parcels)
    monkeypatch.undo()
    assert list(sink.deliver(batch, parcels)) == []
    assert database.stored() == records(*parcels)


def test_a_server_that_takes_a_connection_and_says_nothing_is_down(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.sinks.postgres_connections, "CONNECT_S", 2)
    sink, one = database.open(), parcel(new_article())
    with _frozen(database.server.pid), pytest.raises(SinkDown, match="timeout"):
        sink.deliver(new_batch(), [one])
    assert list(sink.deliver(new_batch(), [one])) == []


def test_a_connection_that_the_server_ended_while_nobody_used_it_costs_no_batch(database: Postgres) -> None:
    sink, parcels = database.open(), [parcel(new_article()) for _ in range(2)]
    sink.deliver(new_batch(), parcels[:1])
    (process,) = database.processes()
    database.order(
        "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = 'copydesk sink'"
    )
    assert list(sink.deliver(new_batch(), parcels[1:])) == []
    assert database.stored() == records(*parcels)
    assert process not in database.processes()


def test_a_database_that_takes_no_more_connections_is_down_until_it_does(database: Postgres) -> None:
    with database.writer() as url:
        sink, batch, one = database.watch(PostgresSink(url)), new_batch(), parcel(new_article())
        database.order("ALTER ROLE writer CONNECTION LIMIT 0")
        with pytest.raises(SinkDown, match="too many connections"):
            sink.deliver(batch, [one])
        database.order("ALTER ROLE writer CONNECTION LIMIT -1")
        assert list(sink.deliver(batch, [one])) == []
        sink.close()
    assert database.stored() == records(one)


def test_a_server_that_only_reads_is_down_until_the_sink_finds_one_that_writes(database: Postgres) -> None:
    with database.writer() as url:
        sink, batch, one = database.watch(PostgresSink(url)), new_batch(), parcel(new_article())
        database.order("ALTER ROLE writer SET default_transaction_read_only = on")
        for _ in range(2):
            with pytest.raises(SinkDown, match="read-only transaction"):
                sink.deliver(batch, [one])
        database.order("ALTER ROLE writer RESET default_transaction_read_only")
        assert list(sink.deliver(batch, [one])) == []
        sink.close()
    assert database.stored() == records(one)


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk is mounted, which only root may")
def test_a_full_disk_is_trouble_of_the_sink_and_no_refusal_and_the_same_batch_is_stored_when_there_is_room(
    database: Postgres, tmp_path: Path
) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), text=os.urandom(20_000).hex()) for _ in range(50)]
    with _small_disk(database) as place:
        sink = database.watch(PostgresSink(f"{database.url}&options=-c%20default_tablespace%3Dsmall"))
        sink.deliver(new_batch(), parcels[:1])
        fill = place / "fill"
        with pytest.raises(OSError, match="No space left"):
            fill.write_bytes(bytes(2 * SMALL_DISK))
        for _ in range(2):
            with pytest.raises(SinkDown, match="No space left on device"):
                sink.deliver(batch, parcels)
        fill.unlink()
        assert list(sink.deliver(batch, parcels)) == []
        assert database.stored() == records(*parcels)
        sink.close()


@contextmanager
def _small_disk(database: Postgres) -> Iterator[Path]:
    """The folder of a tablespace `small` on a file system of its own; what is in it goes with it."""
    place = database.server.folder / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(place)], check=True)
    try:
        owner = database.server.folder.stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        place.chmod(0o700)
        database.order(f"CREATE TABLESPACE small LOCATION '{place}'")
        yield place
        database.order("DROP TABLE copydesk_articles, copydesk_articles_revisions")
        database.order("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def test_behind_a_pooler_each_transaction_may_have_another_process_of_the_server(
    database: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sent: list[Parcel] = []
    with pooled(database.server.folder, tmp_path_factory.mktemp("pg")) as folder:
        url = database.url.replace(str(database.server.folder), str(folder))
        sinks = [database.watch(PostgresSink(url)) for _ in range(2)]
        for n in range(12):
            sent += [parcel(new_article()) for _ in range(5)]
            bad = parcel("no-uuid")
            assert [one.key for one in sinks[n % 2].deliver(new_batch(), [*sent[-5:], bad])] == [bad.key]
        assert len(database.processes()) == 6
        left = database.rows("SELECT relname FROM pg_class WHERE relpersistence = 't'")
        for sink in sinks:
            sink.close()
    assert left == []
    assert database.stored() == records(*sent)
