"""The webhook sink with real processes on either side: one that is killed, and the receiver that the documentation shows."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records
from tests.contract.sinks.receiver import LONGEST_WAIT_S, SECRET, Letter, Receiver, Reply
from tests.net.test_client import dead_port
from worker.news.errors import SinkDown
from worker.sinks.signing import keys_of, signatures

SHOWN = ROOT / "docs" / "sinks" / "receiver.py"
# It delivers, and dies in the middle of it.
_CHILD = """
import json, sys
from tests.contract.sinks.receiver import Receiver
from worker.pipeline.ports import Parcel
port, per, batch, bodies = json.loads(sys.stdin.read())
parcels = [Parcel(key=key, article=key.split(":")[0], revision=1, body=body.encode()) for key, body in bodies.items()]
Receiver(port=port).open(per=per, parallel=4).deliver(batch, parcels)
"""


@pytest.mark.faults
@pytest.mark.parametrize("per", ["record", "batch"])
def test_a_batch_whose_sender_was_killed_completes_and_each_key_is_stored_once(receiver: Receiver, per: str) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(40)]
    killed = Event()
    with subprocess.Popen([sys.executable, "-c", _CHILD], stdin=subprocess.PIPE, cwd=ROOT) as child:

        def script(letter: Letter) -> Reply | None:
            """Take little at a time, and kill the sender when some of it is taken."""
            if per == "batch" and len(letter.said["data"]) > 5:
                return Reply(status=413)
            if len(receiver.took) == 3:
                child.kill()
                child.wait(LONGEST_WAIT_S)
                killed.set()
            return None

        receiver.script = script
        told = [receiver.port, per, batch, {one.key: one.body.decode() for one in parcels}]
        assert child.stdin is not None
        child.stdin.write(json.dumps(told).encode())
        child.stdin.close()
        assert killed.wait(LONGEST_WAIT_S)
    assert child.returncode == -signal.SIGKILL
    assert 0 < len(receiver.stored()) < len(parcels)
    assert list(receiver.open(per=per).deliver(batch, parcels)) == []
    assert sorted(receiver.keys()) == sorted(one.key for one in parcels)
    assert receiver.stored() == records(*parcels)
    assert receiver.repeats >= 3


# --- the receiver that the documentation shows ----------------------------------------------------------------------
@dataclass
class Shown:
    """The very file, as a process of its own."""

    folder: Path
    port: int = field(default_factory=dead_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def listens(self) -> bool:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def post(self, id_: str, body: bytes, *, at: int | None = None, **headers: str) -> int:
        """Send a request, signed well if nothing else is said; the status of the answer."""
        timestamp = int(time.time()) if at is None else at
        signed = signatures(keys_of(SECRET), id_=id_, timestamp=timestamp, body=body)
        said = {"webhook-id": id_, "webhook-timestamp": str(timestamp), "webhook-signature": signed}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_WAIT_S)) as connection:
            connection.request("POST", "/", body, said | named)
            return connection.getresponse().status

    def rows(self) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "articles.db")) as db:
            return db.execute("SELECT id, revision, record FROM articles ORDER BY id").fetchall()

    def stored(self) -> dict[str, object]:
        return {f"{id_}:{revision}": json.loads(record) for id_, revision, record in self.rows()}


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    """The receiver, listening."""
    made = Shown(tmp_path)
    command = [sys.executable, str(SHOWN), str(made.port)]
    environment = {"WEBHOOK_SECRET": SECRET}
    log = tmp_path / "log"
    with (
        log.open("wb") as written,
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=written, stderr=written) as process,
    ):
        try:
            deadline = time.monotonic() + LONGEST_WAIT_S
            while not made.listens():
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "it does not listen"
                time.sleep(0.01)
            yield made
        finally:
            process.kill()


@pytest.mark.parametrize("per", ["record", "batch"])
def test_the_shown_receiver_stores_what_it_gets_and_the_same_again_changes_nothing(
    shown: Shown, receiver: Receiver, per: str
) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), title=ODD) for _ in range(20)]
    sink = receiver.open(url=shown.url, per=per)
    assert list(sink.deliver(batch, parcels)) == []
    assert shown.stored() == records(*parcels)
    before = shown.rows()
    assert list(sink.deliver(batch, parcels)) == []
    assert shown.rows() == before


def test_the_shown_receiver_keeps_the_newest_revision(shown: Shown, receiver: Receiver) -> None:
    article = new_article()
    sink = receiver.open(url=shown.url)
    for revision in (1, 3, 2):
        assert list(sink.deliver(new_batch(), [parcel(article, revision)])) == []
    assert shown.stored() == records(parcel(article, 3))


def test_the_shown_receiver_takes_an_id_once(shown: Shown) -> None:
    first, second = (parcel(new_article()) for _ in range(2))
    for one in (first, second):
        assert shown.post("one-id", b'{"type":"article.new","data":' + one.body + b"}") == 204
    assert shown.stored() == records(first)


def test_the_shown_receiver_believes_nobody_else(shown: Shown, receiver: Receiver) -> None:
    one = parcel(new_article())
    body = b'{"type":"article.new","data":' + one.body + b"}"
    good = signatures(keys_of(SECRET), id_=one.key, timestamp=int(time.time()), body=body)
    wrong = [good.replace("v1,", "v2,"), good[:-4], "", "\u00e9", "v1,", "v1,!"]
    assert [shown.post(one.key, body, webhook_signature=signature) for signature in wrong] == [401] * len(wrong)
    assert shown.post(one.key, body, webhook_id="another") == 401
    assert shown.post(one.key, body, webhook_timestamp="soon") == 401
    assert [shown.post(one.key, body, at=int(time.time()) + off) for off in (-400, 400)] == [401, 401]
    other = receiver.open(url=shown.url, secret=f"whsec_{'A' * 32}")
    with pytest.raises(SinkDown, match="HTTP 401"):
        other.deliver(new_batch(), [one])
    assert shown.rows() == []
    assert shown.post(one.key, body) == 204
    assert shown.stored() == records(one)


def test_the_documentation_shows_this_receiver() -> None:
    page = (ROOT / "docs" / "sinks" / "webhook.md").read_text(encoding="utf-8")
    assert f"```python\n{SHOWN.read_text(encoding='utf-8')}```" in page
