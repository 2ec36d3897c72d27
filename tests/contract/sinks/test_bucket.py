"""What is particular to files in S3."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pyarrow.fs as arrow
import pytest
from pyarrow.dataset import dataset

from tests.contract.sinks.bucket import SECRET, Bucket
from tests.contract.sinks.folder import Folder
from tests.contract.sinks.parcels import new_article, new_batch, parcel, records
from worker.news.errors import SinkDown


@pytest.fixture
def frozen() -> Iterator[str]:
    """A server that takes every connection and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_an_object_is_named_as_a_part_in_a_folder_and_has_the_same_bytes(bucket: Bucket, folder: Folder) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(3)]
    for place in (bucket, folder):
        assert list(place.open().deliver(batch, parcels)) == []
    in_folder = {
        f"{bucket.name}/copydesk/{name}": part.read_bytes()
        for name, part in zip(folder.names(), folder.parts(), strict=True)
    }
    assert bucket.objects() == in_folder


def test_the_parts_of_many_countries_all_arrive(bucket: Bucket) -> None:
    countries = [first + second for first in "ABC" for second in "ABCDEFGHIJ"]
    parcels = [parcel(new_article(), outlet={"id": "x", "name": "X", "country": country}) for country in countries]
    assert list(bucket.open().deliver(new_batch(), parcels)) == []
    assert bucket.stored() == records(*parcels)
    assert len(bucket.objects()) == len(countries)


def test_parquet_in_a_bucket_is_one_table(bucket: Bucket) -> None:
    parcels = [parcel(new_article()) for _ in range(3)]
    for one in parcels:
        bucket.open(format="parquet").deliver(new_batch(), [one])
    files = arrow.PyFileSystem(arrow.FSSpecHandler(bucket.files))
    table = dataset(f"{bucket.name}/copydesk", filesystem=files, format="parquet", partitioning="hive").to_table()
    assert set(table.column("country").to_pylist()) == {"PT"}
    found = {f"{row['id']}:{row['revision']}": json.loads(row["record"]) for row in table.to_pylist()}
    assert found == records(*parcels)


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that says yes, a header at a time."""
    over = Event()

    def answer(listening: socket.socket) -> None:
        with suppress(OSError), listening.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
            for n in range(100):
                connection.sendall(b"X-Wait-%d: 1\r\n" % n)
                over.wait(0.1)
            connection.sendall(b"Content-Length: 0\r\n\r\n")

    with socket.socket() as listening, ThreadPoolExecutor(1) as threads:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        threads.submit(answer, listening)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()


def test_a_store_that_says_nothing_is_down_within_its_time(bucket: Bucket, frozen: str) -> None:
    with pytest.raises(SinkDown, match="did not answer within 1 s"):
        bucket.open(endpoint_url=frozen, timeout_s=1).deliver(new_batch(), [parcel(new_article())])


def test_a_store_that_keeps_talking_is_down_within_its_time_too(bucket: Bucket, dripping: str) -> None:
    with pytest.raises(SinkDown, match="did not answer within 1 s"):
        bucket.open(endpoint_url=dripping, timeout_s=1).deliver(new_batch(), [parcel(new_article())])


def test_a_store_where_nobody_listens_is_down(bucket: Bucket, closed: str) -> None:
    with pytest.raises(SinkDown, match="Could not connect"):
        bucket.open(endpoint_url=closed).deliver(new_batch(), [parcel(new_article())])


def test_a_bucket_that_there_is_not_is_down_and_takes_the_same_batch_when_it_is_there(bucket: Bucket) -> None:
    batch, one = new_batch(), parcel(new_article())
    sink = bucket.open()
    bucket.files.rmdir(bucket.name)
    with pytest.raises(SinkDown, match="bucket does not exist"):
        sink.deliver(batch, [one])
    bucket.files.mkdir(bucket.name)
    assert list(sink.deliver(batch, [one])) == []
    assert bucket.stored() == records(one)


@pytest.mark.parametrize(
    "storage", [{"nonsense": 1}, {"client_kwargs": {"verify": 7, "nonsense": 1}}, {"config_kwargs": {"nonsense": 1}}]
)
def test_what_a_store_does_not_understand_is_said_without_the_secret(
    bucket: Bucket, storage: dict[str, object]
) -> None:
    with pytest.raises(SinkDown, match="nonsense") as caught:
        bucket.open(storage=storage).deliver(new_batch(), [parcel(new_article())])
    assert SECRET not in str(caught.value)


def test_what_the_settings_say_to_the_client_is_beside_what_we_say(bucket: Bucket) -> None:
    """The region stays, and the limits of our own that are not named."""
    for seconds in (2, 3):
        storage = {"client_kwargs": {"verify": False}, "config_kwargs": {"connect_timeout": seconds}}
        sink, one = bucket.open(storage=storage), parcel(new_article())
        files = sink.shelf.files  # type: ignore[attr-defined]
        assert files.client_kwargs == {"region_name": "eu-west-1", "verify": False}
        assert files.config_kwargs == {"connect_timeout": seconds, "read_timeout": 6, "retries": {"max_attempts": 1}}
        assert list(sink.deliver(new_batch(), [one])) == []
        assert records(one).items() <= bucket.stored().items()
