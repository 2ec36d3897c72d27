"""What robots.txt says to us, however it is written, and what its reading may cost."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.conftest import Made
from tests.net.test_client import failure, get
from tests.net.web import MOST_CHUNKS, Reply, Web, endless, reply
from worker.net.policy import NetPolicy
from worker.net.robots import MOST_PARSED_BYTES, ProtegoRules, agent_token
from worker.news.page import Accept
from worker.news.reason import Reason

SITE = "https://paper.example"
LONGEST_DELAY = timedelta(days=1)
WHOLE_S = 20.0


@pytest.fixture(scope="module")
def rules() -> ProtegoRules:
    """The rules for us."""
    return ProtegoRules("Copydesk")


def lines(*lines: str) -> bytes:
    return "\n".join(lines).encode()


# --- who we are -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        (NetPolicy().user_agent, "Copydesk"),
        ("Copydesk/0.1 (+https://desk.example/bot)", "Copydesk"),
        ("Copydesk (+https://desk.example/a/b)", "Copydesk"),
        ("Copydesk", "Copydesk"),
        ("news-desk/1", "news-desk"),
        ("", ""),
    ],
)
def test_our_token_is_what_stands_before_the_version(user_agent: str, token: str) -> None:
    assert agent_token(user_agent) == token


# --- what they allow ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "path", "allowed"),
    [
        # Groups: ours, whatever its case and place, is used instead of the one for all.
        (lines("User-agent: *", "Disallow: /"), "/a", False),
        (lines("User-agent: *", "Disallow: /", "User-agent: copydesk", "Disallow: /b"), "/a", True),
        (lines("User-agent: COPYDESK", "Disallow: /b", "", "User-agent: *", "Disallow: /"), "/b", False),
        (lines("User-agent: Copydesk/0.1", "Disallow: /"), "/a", False),
        (lines("User-agent: Copydesk", "User-agent: Other", "Disallow: /"), "/a", False),
        (lines("User-agent: Other", "Disallow: /"), "/a", True),
        (lines("User-agent: Copydesk", "Disallow:", "User-agent: *", "Disallow: /"), "/a", True),
        (lines("user-AGENT : *", "dISALLOW :/a", "aLLOW: /a/b"), "/a/b", True),
        # Two groups of ours are one (RFC 9309 §2.2.1).
        (lines("User-agent: Copydesk", "Disallow: /a", "User-agent: Copydesk", "Disallow: /b"), "/a", False),
        (lines("User-agent: Copydesk", "Disallow: /a", "User-agent: Copydesk", "Disallow: /b"), "/b", False),
        # The longest match wins, and Allow where two are as long (§2.2.2).
        (lines("User-agent: *", "Disallow: /a", "Allow: /a/b"), "/a/b/c", True),
        (lines("User-agent: *", "Allow: /a", "Disallow: /a/b"), "/a/b/c", False),
        (lines("User-agent: *", "Disallow: /a/b", "Allow: /a/b"), "/a/b", True),
        (lines("User-agent: *", "Allow: /", "Disallow: /a"), "/b", True),
        # Stars and ends.
        (lines("User-agent: *", "Disallow: /*.pdf$"), "/a/b.pdf", False),
        (lines("User-agent: *", "Disallow: /*.pdf$"), "/a/b.pdf?c", True),
        (lines("User-agent: *", "Disallow: /a*z"), "/a/b/z/c", False),
        (lines("User-agent: *", "Disallow: /a$"), "/a", False),
        (lines("User-agent: *", "Disallow: /a$"), "/ab", True),
        (lines("User-agent: *", "Disallow: /*?print="), "/a?print=1", False),
        (lines("User-agent: *", "Disallow: *"), "/a", False),
        # However a letter is written.
        (lines("User-agent: *", "Disallow: /edi%C3%A7%C3%A3o"), "/edição", False),
        (lines("User-agent: *", "Disallow: /edição"), "/edi%c3%a7%c3%a3o/1", False),
        (lines("User-agent: *", "Disallow: /%7Ejoe"), "/~joe", False),
        (lines("User-agent: *", "Disallow: /a%2Fb"), "/a/b", True),
        (lines("User-agent: *", "Disallow: /A"), "/a", True),
        # However the file is written.
        (b"\xef\xbb\xbf" + lines("User-agent: *", "Disallow: /a"), "/a", False),
        (b"User-agent: *\r\nDisallow: /a\r\n", "/a", False),
        (b"User-agent: *\rDisallow: /a\r", "/a", False),
        (b"User-agent: *\nDis\0allow: /a\0\n", "/a", False),
        (b"User-agent: * # all\nDisallow: /a # none\n", "/a", False),
        ("User-agent: *\nDisallow: /a\nDisallow: /\xff\n".encode("latin-1"), "/a", False),
        (lines("Disallow: /"), "/a", True),
        (lines("User-agent: *", "Noindex: /", "Sitemap: file:///etc/passwd", "Host: x", ":", "Disallow"), "/a", True),
        # What is none.
        (b"", "/a", True),
        (b"\0" * 1000, "/a", True),
        (b"<!doctype html><html><body><h1>Welcome</h1><p>User-agent: who?</p></body></html>", "/a", True),
        (gzip.compress(lines("User-agent: *", "Disallow: /")), "/a", True),
        # RFC 9309 §2.3: it is UTF-8.
        ("User-agent: *\nDisallow: /".encode("utf-16"), "/a", True),
    ],
)  # fmt: skip
def test_what_the_rules_say_of_a_path(rules: ProtegoRules, body: bytes, path: str, allowed: bool) -> None:
    assert rules.allows(body, SITE + path) is allowed


@given(st.binary(max_size=300), st.text(max_size=30))
def test_no_garbage_is_an_error(body: bytes, path: str) -> None:
    rules = ProtegoRules("Copydesk")
    assert rules.allows(body, f"{SITE}/{path}") in {True, False}
    assert rules.delay(body) is None


WORDS = st.sampled_from(
    [b"User-agent", b"Disallow", b"Allow", b"Crawl-delay", b"Request-rate", b"Visit-time", b"Sitemap", b"*", b"$", b":", b" ",
     b"\n", b"\r", b"/", b"%", b"%zz", b"9" * 400, b"1", b"-", b".", b"e", b"inf", b"nan", b"s", b"h", b"\xff", b"\0", b"#", b"Copydesk", b"[::1"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=40).map(b"".join))
def test_no_words_of_its_own_in_a_wrong_order_are_an_error(body: bytes) -> None:
    rules = ProtegoRules("Copydesk")
    rules.allows(body, f"{SITE}/a?b")
    delay = rules.delay(body)
    assert delay is None or timedelta(0) <= delay <= LONGEST_DELAY


# --- how slowly we are to go ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Crawl-delay: 10", 10.0),
        ("Crawl-delay: 0.5", 0.5),
        ("crawl-DELAY : 2", 2.0),
        ("Crawl-delay: 0", None),
        ("Crawl-delay: -1", None),
        ("Crawl-delay: nan", None),
        ("Crawl-delay: inf", None),
        ("Crawl-delay: -inf", None),
        ("Crawl-delay: 1e308", 86_400.0),
        ("Crawl-delay: 1e999", None),
        ("Crawl-delay: " + "9" * 5000, None),
        ("Crawl-delay: soon", None),
        ("Crawl-delay:", None),
        ("Request-rate: 1/10", 10.0),
        ("Request-rate: 1/10s", 10.0),
        ("Request-rate: 2/1m", 30.0),
        ("Request-rate: 1/1h 0900-1700", 3600.0),
        ("Request-rate: 10/100000000", 86_400.0),
        ("Request-rate: 0/10", None),
        ("Request-rate: -1/10", None),
        ("Request-rate: 1/0", None),
        ("Request-rate: 1/-10", None),
        ("Request-rate: 1/" + "9" * 400, 86_400.0),
        ("Request-rate: " + "9" * 5000 + "/1", None),
        ("Request-rate: often", None),
    ],
)
def test_what_a_delay_is_taken_for(rules: ProtegoRules, line: str, seconds: float | None) -> None:
    delay = rules.delay(lines("User-agent: *", line, "Disallow: /b"))
    assert delay == (None if seconds is None else timedelta(seconds=seconds))


def test_the_slower_of_two_wishes_counts_and_only_those_for_us(rules: ProtegoRules) -> None:
    both = lines("User-agent: *", "Crawl-delay: 2", "Request-rate: 1/5")
    assert rules.delay(both) == timedelta(seconds=5)
    others = lines("User-agent: Other", "Crawl-delay: 9", "User-agent: Copydesk", "Disallow: /a")
    assert rules.delay(others) is None


# --- what it costs --------------------------------------------------------------------------------------------------
def test_hundreds_of_stars_take_no_time(rules: ProtegoRules) -> None:
    body = lines("User-agent: *", f"Disallow: /{'*a' * 200}b", f"Disallow: /{'a*' * 200}$")
    began = time.monotonic()
    assert rules.allows(body, f"{SITE}/{'a' * 2000}") is False
    assert rules.allows(body, f"{SITE}/{'c' * 2000}") is True
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    "rule",
    [
        b"Disallow: /%d\n",
        b"User-agent: bot%d\n",
        b"Disallow: /*%d*a*b*c$\n",
        b"Sitemap: http://x/%d\n",
        b"Crawl-delay: %d\n",
        b"%d\n",
    ],
)
def test_as_many_rules_as_are_read_take_a_moment(rule: bytes) -> None:
    rules, most = ProtegoRules("Copydesk"), NetPolicy().robots_bytes
    body = (b"User-agent: *\n" + b"".join(rule % n for n in range(100_000)))[:most]
    began = time.monotonic()
    rules.allows(body, f"{SITE}/a/b/c")
    rules.delay(body)
    assert time.monotonic() - began < WHOLE_S


def test_a_file_is_parsed_once() -> None:
    rules, body = ProtegoRules("Copydesk"), lines("User-agent: *", "Disallow: /b")
    assert rules.allows(body, f"{SITE}/a")
    (parsed,) = rules.parsed.values()
    assert not rules.allows(body, f"{SITE}/b")
    assert rules.delay(body) is None
    assert list(rules.parsed.values()) == [parsed]


def test_what_is_remembered_is_bounded_by_bytes_and_the_smallest_file_is_not_for_nothing() -> None:
    rules = ProtegoRules("Copydesk")
    for n in range(6):
        rules.allows(b"# %d\n" % n * 50_000, f"{SITE}/a")
        assert rules.parsed.currsize <= MOST_PARSED_BYTES
    assert 0 < len(rules.parsed) < 6
    small = ProtegoRules("Copydesk")
    for n in range(300):
        small.allows(b"%d" % n, f"{SITE}/a")
    assert small.parsed.currsize >= 300 * 20


def test_a_file_that_is_larger_than_all_that_is_remembered_is_read_and_forgotten() -> None:
    rules = ProtegoRules("Copydesk")
    body = lines("User-agent: *", "Disallow: /b") + b"\n" + b"#" * MOST_PARSED_BYTES
    assert not rules.allows(body, f"{SITE}/b")
    assert len(rules.parsed) == 0


# --- through the client ---------------------------------------------------------------------------------------------
RULES = lines("User-agent: *", "Disallow: /b", "")
MOST = 20_000


def in_gzip(start: bytes) -> Iterator[bytes]:
    """A gzip body that goes on and on."""
    packer = zlib.compressobj(wbits=31)
    yield packer.compress(start) + packer.flush(zlib.Z_SYNC_FLUSH)
    for line in repeat(b"# and more of it\n" * 100, MOST_CHUNKS):
        yield packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize("length", [MOST - 1, MOST, MOST + 1, 10 * MOST])
@pytest.mark.parametrize("packed", [False, True])
def test_no_more_than_the_beginning_of_a_long_file_is_taken(web: Web, made: Made, length: int, packed: bool) -> None:
    body = (RULES + b"#" * length)[:length]
    sent, encoding = (gzip.compress(body), "gzip") if packed else (body, "identity")
    web.answers["/robots.txt"] = reply(200, sent, Content_Encoding=encoding)
    page = get(made(robots_bytes=MOST), web.url("/robots.txt"), Accept.ROBOTS)
    assert page.body.read() == body[:MOST]


def test_a_file_without_an_end_is_read_as_far_as_its_beginning(web: Web, made: Made) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    web.answers["/plain"] = endless(head + b"\r\n" + RULES, b"# and more of it\n" * 100)
    web.answers["/packed"] = Reply(chain([head + b"Content-Encoding: gzip\r\n\r\n"], in_gzip(RULES)))
    fetcher = made(robots_bytes=MOST)
    for path in ("/plain", "/packed"):
        body = get(fetcher, web.url(path), Accept.ROBOTS).body.read()
        assert len(body) == MOST
        assert not ProtegoRules("Copydesk").allows(body, f"{SITE}/b")


def test_a_file_that_announces_too_much_is_not_refused(web: Web, made: Made) -> None:
    web.answers["/robots.txt"] = Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + RULES * 1000])
    page = get(made(robots_bytes=MOST), web.url("/robots.txt"), Accept.ROBOTS)
    assert page.body.read() == (RULES * 1000)[:MOST]


def test_a_file_in_a_packing_that_was_not_asked_for_is_refused(web: Web, made: Made) -> None:
    web.answers["/robots.txt"] = reply(200, RULES, Content_Encoding="br")
    assert failure(made(), web.url("/robots.txt"), accept=Accept.ROBOTS).reason is Reason.ENCODING
