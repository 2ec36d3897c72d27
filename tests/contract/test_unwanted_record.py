"""A record that one sink can't store is dead there alone, and all others have it and everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.contract.sinks.folder import Folder
from tests.contract.sinks.postgres import Postgres
from tests.doubles import ScriptedWeb
from tests.filing import Filing
from tests.harness import Desk, outlet
from tests.servers import PostgresServer
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.news.reason import Reason
from worker.store.database import Database, open_database
from worker.store.schema import deliveries
from worker.store.sendings import sendings_of

FEW = DeliveryPolicy(batch=10, max_tries=3, first_wait=timedelta(seconds=10), longest_wait=timedelta(seconds=60))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of either kind."""
    opened = open_database(database_url, new_id=new_id)
    yield opened
    opened.close()


@pytest.fixture
def rows(postgres_server: PostgresServer) -> Iterator[Postgres]:
    """An empty database downstream."""
    postgres_server.start()
    made = Postgres(postgres_server, postgres_server.create_database())
    yield made
    for sink in made.opened:
        sink.close()


def test_a_text_with_a_nul_is_dead_for_postgresql_alone_with_its_reason(
    rows: Postgres, tmp_path: Path, database: Database
) -> None:
    folder = Folder(tmp_path / "records")
    sinks = {"files": folder.open(), "rows": rows.open()}
    desk = Desk(database=database, web=ScriptedWeb(), sinks=sinks, delivery=FEW)
    desk.open(outlet("https://paper.example/rss"))
    filing = Filing(database)
    ids = filing.more(30, now=desk.clock.now())
    (bad,) = filing.more(1, now=desk.clock.now(), text="A NUL slipped through: \0")
    filing.more(30, now=desk.clock.now())
    desk.settle(timedelta(minutes=10))

    every = set(filing.filed)
    assert set(folder.stored()) == every
    assert set(rows.stored()) == every - {f"{bad}:1"}
    assert len(ids) + 31 == len(every)
    with database.read() as c:
        dead = c.execute(select(deliveries).where(deliveries.c.outcome != "delivered")).all()
        (told,) = [
            sent for sent in sendings_of(c, dead[0].article_id, filed=True, now=desk.clock.now()) if sent.sink == "rows"
        ]
    assert [(row.sink_id, str(row.article_id), row.outcome, row.tries) for row in dead] == [("rows", bad, "dead", 3)]
    assert dead[0].error.startswith(f"{Reason.SINK_REFUSED}: ")
    assert "0x00" in dead[0].error, "in PostgreSQL's own words"
    assert told.state == "dead"
    assert "3 tries" in told.words
