"""What a webhook's receiver is sent, and what the settings may say."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Lock
from uuid import UUID

import pytest

from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records
from tests.contract.sinks.receiver import SECRET, Letter, Receiver, Reply
from tests.harness import START, FakeClock
from worker.news.errors import SinkDown
from worker.pipeline.ports import Parcel
from worker.sinks.build import mistakes_of, open_sink
from worker.sinks.signing import keys_of, signatures

OLD_SECRET = f"whsec_{b64encode(bytes(range(24))).decode()}"
NEW_SECRET = f"whsec_{b64encode(bytes(range(64))).decode()}"


def batch_of(at: datetime) -> str:
    """The name of a batch that was put together then."""
    return str(UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | 42))


# --- one request ----------------------------------------------------------------------------------------------------
def test_a_signature_is_the_one_of_the_specification_s_example() -> None:
    keys = keys_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    id_, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    signed = signatures(keys, id_=id_, timestamp=1614265330, body=body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_record_is_one_signed_request_with_its_key_as_its_id(receiver: Receiver) -> None:
    receiver.script = lambda _: Reply()
    one = parcel(new_article(), 3)
    assert list(receiver.open(clock=FakeClock()).deliver(new_batch(), [one])) == []
    (letter,) = receiver.letters
    assert letter.path == "/hooks/news"
    assert letter.headers["content-type"] == "application/json"
    assert letter.headers["user-agent"].startswith("Copydesk/")
    assert (letter.id, letter.headers["webhook-timestamp"]) == (one.key, str(int(START.timestamp())))
    expected = signatures(keys_of(SECRET), id_=one.key, timestamp=int(START.timestamp()), body=letter.body)
    assert letter.headers["webhook-signature"] == expected


def test_the_body_holds_the_record_byte_by_byte_and_what_became_of_it_beside_it(receiver: Receiver) -> None:
    first = parcel(new_article(), title=ODD)
    again = replace(parcel(new_article(), 2, change="withdrawn", fetched_at=None), replay=True, superseded_by=5)
    receiver.open(parallel=1).deliver(new_batch(), [first, again])
    at = b'"timestamp":"2026-11-24T12:01:02.345678Z",'
    assert [letter.body for letter in receiver.letters] == [
        b'{"type":"article.new",' + at + b'"data":' + first.body + b"}",
        b'{"type":"article.withdrawn","replay":true,"superseded_by":5,"data":' + again.body + b"}",
    ]


def test_a_repeated_request_has_its_id_and_body_and_the_time_of_its_own_attempt(receiver: Receiver) -> None:
    receiver.script = lambda _: Reply()
    clock, one = FakeClock(), parcel(new_article())
    sink = receiver.open(clock=clock)
    for _ in range(2):
        sink.deliver(new_batch(), [one])
        clock.move(timedelta(hours=1))
    first, second = receiver.letters
    assert (first.id, first.body) == (second.id, second.body)
    times = [int(letter.headers["webhook-timestamp"]) for letter in receiver.letters]
    assert times[1] - times[0] == 3600
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_replay_is_no_repetition_to_a_receiver_and_the_same_replay_twice_is(receiver: Receiver) -> None:
    one, batch = parcel(new_article()), new_batch()
    again = replace(one, replay=True)
    sink = receiver.open()
    for name, sent in ((new_batch(), one), (batch, again), (batch, again)):
        sink.deliver(name, [sent])
    assert list(receiver.took) == [one.key, f"{one.key}:{batch}"]
    assert receiver.repeats == 1


def test_headers_of_the_settings_are_sent_along(receiver: Receiver) -> None:
    given = {"X-Tenant": "news desk"}
    receiver.open(headers=given, authorization="Bearer open-sesame").deliver(new_batch(), [parcel(new_article())])
    (letter,) = receiver.letters
    assert (letter.headers["x-tenant"], letter.headers["authorization"]) == ("news desk", "Bearer open-sesame")


def test_a_batch_may_be_one_request_with_the_time_at_which_it_was_put_together(receiver: Receiver) -> None:
    batch = batch_of(datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC))
    parcels = [parcel(new_article()), replace(parcel(new_article(), 2), replay=True, superseded_by=3)]
    assert list(receiver.open(per="batch").deliver(batch, parcels)) == []
    (letter,) = receiver.letters
    assert (letter.id, receiver.is_signed(letter)) == (batch, True)
    assert letter.body == (
        b'{"type":"articles","timestamp":"2026-11-24T12:00:00.250Z","data":['
        b'{"type":"article.new","data":' + parcels[0].body + b"},"
        b'{"type":"article.minor","replay":true,"superseded_by":3,"data":' + parcels[1].body + b"}]}"
    )


def test_a_batch_whose_name_has_no_time_has_none(receiver: Receiver) -> None:
    receiver.open(per="batch").deliver("6fa459ea-ee8a-4ca4-894e-db77e160355e", [parcel(new_article())])
    assert list(receiver.letters[0].said) == ["type", "data"]


@pytest.mark.parametrize("per", ["record", "batch"])
@pytest.mark.parametrize("body", [b"", b'{"half', b"[]", b'{"title":"no change"}', b'"text"', b"\xff"])
def test_what_is_no_record_comes_back_and_its_neighbours_are_sent(receiver: Receiver, per: str, body: bytes) -> None:
    bad, good = Parcel(key="k:1", article="k", revision=1, body=body), [parcel(new_article()) for _ in range(2)]
    (returned,) = receiver.open(per=per).deliver(new_batch(), [good[0], bad, good[1]])
    assert (returned.key, returned.tried) == ("k:1", True)
    assert returned.detail.startswith("it is no record: ")
    assert receiver.stored() == records(*good)


# --- secrets --------------------------------------------------------------------------------------------------------
def test_while_secrets_change_receivers_with_either_of_them_believe_a_request(receiver: Receiver) -> None:
    sink = receiver.open(secret=NEW_SECRET, secrets=[OLD_SECRET])
    for known in (OLD_SECRET, NEW_SECRET):
        receiver.secrets = [known]
        assert list(sink.deliver(new_batch(), [parcel(new_article())])) == []
    receiver.secrets = [SECRET]
    with pytest.raises(SinkDown, match="HTTP 401: the signature is none"):
        sink.deliver(new_batch(), [parcel(new_article())])
    assert [len(letter.headers["webhook-signature"].split(" ")) for letter in receiver.letters] == [2, 2, 2]


def test_the_new_secret_signs_first(receiver: Receiver) -> None:
    receiver.script = lambda _: Reply()
    receiver.open(secret=f"{NEW_SECRET}\n{OLD_SECRET}\n").deliver(new_batch(), [parcel(new_article())])
    (letter,) = receiver.letters
    new, old = letter.headers["webhook-signature"].split(" ")
    for secret, signature in ((NEW_SECRET, new), (OLD_SECRET, old)):
        receiver.secrets = [secret]
        assert receiver.is_signed(replace_signature(letter, signature))
    receiver.secrets = [OLD_SECRET]
    assert not receiver.is_signed(replace_signature(letter, new))


def replace_signature(letter: Letter, signature: str) -> Letter:
    return replace(letter, headers={**letter.headers, "webhook-signature": signature})


def test_secrets_may_stand_in_files(receiver: Receiver, tmp_path: Path) -> None:
    secret, login = tmp_path / "secret", tmp_path / "login"
    secret.write_text(f"{NEW_SECRET}\n{OLD_SECRET}\n", encoding="ascii")
    login.write_text("Bearer open-sesame\n", encoding="ascii")
    options = {"url": receiver.url, "private": True, "secret_file": str(secret), "authorization_file": str(login)}
    receiver.secrets = [OLD_SECRET]
    open_sink("webhook", options, receiver.tools()).deliver(new_batch(), [parcel(new_article())])
    assert len(receiver.took) == 1
    assert receiver.letters[0].headers["authorization"] == "Bearer open-sesame"


# --- how many at a time, and in what order --------------------------------------------------------------------------
def test_so_many_requests_go_out_at_a_time_and_no_more(receiver: Receiver) -> None:
    lock, all_here, here, most = Lock(), Barrier(4), 0, 0

    def script(letter: Letter) -> None:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        # Fewer than four at a time would wait here for ever.
        all_here.wait(20)
        with lock:
            here -= 1

    receiver.script = script
    parcels = [parcel(new_article()) for _ in range(40)]
    assert list(receiver.open(parallel=4).deliver(new_batch(), parcels)) == []
    assert most == 4
    assert receiver.stored() == records(*parcels)


def test_revisions_of_one_article_come_in_their_order(receiver: Receiver) -> None:
    articles = [new_article() for _ in range(5)]
    parcels = [parcel(article, revision) for revision in (3, 1, 2) for article in articles]
    receiver.open(parallel=8).deliver(new_batch(), parcels)
    for article in articles:
        came = [letter.id for letter in receiver.letters if letter.id.startswith(article)]
        assert came == [f"{article}:{revision}" for revision in (1, 2, 3)]


# --- settings -------------------------------------------------------------------------------------------------------
GOOD = {"url": "https://desk.example/in", "secret": SECRET}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "http://10.0.0.5:8080/in", "private": True},
        {"secret": "", "secrets": [SECRET]},
        {"per": "batch", "parallel": 32, "timeout_s": 30},
        {"headers": {"X-Key": "a b"}, "authorization": "Basic bWU6c2VzYW1l"},
    ],
)
def test_good_settings_are_taken(options: Mapping[str, object]) -> None:
    assert mistakes_of("out", "webhook", {**GOOD, **options}) == []


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({"url": "desk.example/sesame"}, "url: should be https://HOST/PATH"),
        ({"url": "https:///sesame"}, "url: should be https://HOST/PATH"),
        ({"url": "https://[::1/sesame"}, "url: should be https://HOST/PATH"),
        ({"url": "https://h:99999/sesame"}, "url: should be https://HOST/PATH"),
        ({"url": "ftp://desk.example/sesame"}, "url: should be https://HOST/PATH"),
        ({"url": f"https://desk.example/sesame{'x' * 2048}"}, "url: should be https://HOST/PATH"),
        ({"url": "https://me:sesame@desk.example/"}, "url: a login has its place in `authorization`"),
        ({"url": "http://desk.example/sesame"}, "url: should be https://…; http:// is for a receiver in your own"),
        ({"secret": ""}, "secret: a receiver needs one: whsec_ and 24 to 64 random bytes in base64"),
        ({"secret": SECRET.removeprefix("whsec_")}, "secret: should be whsec_ and base64 of 24 to 64 bytes"),
        ({"secret": "whsec_sesame"}, "secret: should be whsec_ and base64 of 24 to 64 bytes"),
        ({"secret": "whsec_not base64 sesame"}, "secret: should be whsec_"),
        ({"secrets": [f"whsec_{b64encode(b'sesame').decode()}"]}, "secret: should be whsec_"),
        ({"timeout_s": 0}, "timeout_s: should be from 1 to 30"),
        ({"timeout_s": 31}, "timeout_s: should be from 1 to 30"),
        ({"parallel": 0}, "parallel: should be from 1 to 32"),
        ({"parallel": 33}, "parallel: should be from 1 to 32"),
        ({"headers": {"webhook-id": "sesame"}}, "headers: 'webhook-id' is no header that can be set"),
        ({"headers": {"Content-Length": "1"}}, "headers: 'Content-Length' is no header that can be set"),
        ({"headers": {"X Key": "sesame"}}, "headers: 'X Key' is no header that can be set"),
        ({"headers": {"X-Key": "se\nsame"}}, "headers: 'X-Key' is no header that can be set, or its value is none"),
        ({"authorization": "Bearer se\nsame"}, "headers: 'Authorization' is no header that can be set, or its"),
    ],
)
def test_mistakes_are_named_and_secrets_not_repeated(options: Mapping[str, object], mistake: str) -> None:
    (found,) = mistakes_of("out", "webhook", {**GOOD, **options})
    assert found.startswith(f"sinks.out: {mistake}")
    assert "sesame" not in found


def test_a_kind_of_request_that_there_is_not_is_named() -> None:
    assert mistakes_of("out", "webhook", GOOD | {"per": "day"}) == [
        "sinks.out.per: Input should be 'record' or 'batch'"
    ]


# --- who may be asked -----------------------------------------------------------------------------------------------
def test_a_receiver_in_our_own_network_is_asked_only_when_the_settings_say_so(receiver: Receiver) -> None:
    closed = receiver.open(url=f"https://127.0.0.1:{receiver.port}/", private=False)
    with pytest.raises(SinkDown, match=r"`private = true` says that it may be"):
        closed.deliver(new_batch(), [parcel(new_article())])
    assert receiver.connections == 0
    assert list(receiver.open().deliver(new_batch(), [parcel(new_article())])) == []


def test_the_record_comes_out_as_it_went_in(receiver: Receiver) -> None:
    odd = parcel(new_article(), text=ODD)
    receiver.open().deliver(new_batch(), [odd])
    assert receiver.letters[0].said["data"] == json.loads(odd.body)
