"""The client: what it asks, what it makes of answers, and when it gives up; real sockets, on loopback only."""

from __future__ import annotations

import gzip
import socket
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness import START
from tests.net.conftest import Made
from tests.net.web import LONGEST_WAIT_S, Asked, Reply, Web, dripping, endless, reply
from worker.net.client import ERROR_BODY, LONGEST_URL, HttpxFetcher, retry_after
from worker.news.errors import CopydeskError, HostDown, Refused
from worker.news.page import Accept, Held, Moved, Page, Request, Validators, origin_of
from worker.news.reason import Reason

SHORT = timedelta(seconds=0.4)
SECRET = "open-sesame"


@pytest.fixture
def fetcher(made: Made) -> HttpxFetcher:
    """A fetcher with the usual limits."""
    return made()


def walk(
    fetcher: HttpxFetcher,
    url: str,
    accept: Accept = Accept.PAGE,
    *,
    validators: Validators | None = None,
    hops: int = 0,
) -> list[Page | Moved]:
    """Fetch an address, and go where it leads."""
    request = Request(url=url, accept=accept, validators=validators or Validators(), hops=hops)
    found: list[Page | Moved] = [fetcher.fetch(request)]
    while isinstance(last := found[-1], Moved):
        found.append(fetcher.fetch(replace(request, url=last.url, hops=last.hops)))
    return found


def get(fetcher: HttpxFetcher, url: str, accept: Accept = Accept.PAGE, *, validators: Validators | None = None) -> Page:
    """Fetch what must be a page in the end."""
    page = walk(fetcher, url, accept, validators=validators)[-1]
    assert isinstance(page, Page)
    return page


def failure(fetcher: HttpxFetcher, url: str, *, hops: int = 0, accept: Accept = Accept.PAGE) -> CopydeskError:
    """Fetch what must fail."""
    with pytest.raises(CopydeskError) as caught:
        walk(fetcher, url, accept, hops=hops)
    assert isinstance(caught.value, HostDown | Refused)
    return caught.value


def dead_port() -> int:
    """A port on which nobody listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


# --- what is asked --------------------------------------------------------------------------------------------------
def test_the_client_says_who_it_is_and_what_it_can_undo(web: Web, made: Made) -> None:
    get(made(user_agent="Deskhand/1 (+https://desk.example)"), web.url())
    (asked,) = web.asked
    assert asked.line == "GET / HTTP/1.1"
    assert asked.headers["host"] == web.address
    assert asked.headers["user-agent"] == "Deskhand/1 (+https://desk.example)"
    assert asked.headers["accept-encoding"] == "gzip, deflate"


def test_feeds_and_pages_are_asked_for_by_their_own_kinds(web: Web, fetcher: HttpxFetcher) -> None:
    for accept in (Accept.FEED, Accept.PAGE):
        get(fetcher, web.url(), accept)
    feed, page = (asked.headers["accept"] for asked in web.asked)
    assert feed.startswith("application/rss+xml, application/atom+xml")
    assert page.startswith("text/html")


def test_both_validators_are_sent_as_they_came(web: Web, fetcher: HttpxFetcher) -> None:
    day = "Tue, 24 Nov 2026 11:00:00 GMT"
    web.answers["/"] = reply(200, b"news", ETag='W/"1, 2"', Last_Modified=day)
    first = get(fetcher, web.url())
    assert first.validators == Validators(etag='W/"1, 2"', last_modified=day)
    get(fetcher, web.url(), validators=first.validators)
    without, conditional = (asked.headers for asked in web.asked)
    assert not {"if-none-match", "if-modified-since"} & without.keys()
    assert (conditional["if-none-match"], conditional["if-modified-since"]) == ('W/"1, 2"', day)


def test_a_validator_in_other_letters_does_not_end_the_feed(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/"] = reply(200, b"news", ETag='"edição"')
    first = get(fetcher, web.url(), Accept.FEED)
    assert first.validators.etag == '"edição"'
    assert get(fetcher, web.url(), Accept.FEED, validators=first.validators).body.read() == b"news"
    assert web.asked[1].headers["if-none-match"].encode("latin-1").decode() == '"edição"'


def test_cookies_are_never_sent_back(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(302, Location="/b", Set_Cookie="seen=1; Path=/")
    web.answers["/b"] = reply(200, b"", Set_Cookie="more=2; Path=/; Max-Age=9999")
    for _ in range(2):
        get(fetcher, web.url("/a"))
    assert len(web.asked) == 4
    assert not any("cookie" in asked.headers for asked in web.asked)


def test_neither_proxies_nor_logins_are_taken_from_the_environment(
    web: Web, made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port()}")
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert get(made(), web.url()).status == 404
    assert "authorization" not in web.asked[0].headers


# --- what comes -----------------------------------------------------------------------------------------------------
def test_what_is_kept_of_an_answer(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(
        200, b"news", Content_Type="text/html; charset=latin1", Cache_Control="max-age=60", X_Powered_By="PHP/4"
    )
    page = get(fetcher, web.url("/a"))
    assert page.body.read() == b"news"
    assert replace(page, body=Held()) == Page(
        url=web.url("/a"),
        status=200,
        address="127.0.0.1",
        content_type="text/html; charset=latin1",
        headers={"cache-control": "max-age=60"},
    )


def test_a_packed_body_is_undone(web: Web, fetcher: HttpxFetcher) -> None:
    body = b"<p>news</p>" * 10_000
    packed = gzip.compress(body)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    middle = len(packed) // 2
    parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:middle], packed[middle:], b"")]
    web.answers["/a"] = Reply([head, *parts])
    assert get(fetcher, web.url("/a")).body.read() == body


def test_a_packing_that_was_not_asked_for_is_refused(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(200, b"x" * 100, Content_Encoding="br")
    assert failure(fetcher, web.url("/a")) == Refused(Reason.ENCODING, "Content-Encoding: br")


def test_an_error_page_is_read_no_further_than_its_beginning(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = endless(b"HTTP/1.1 403 No\r\n\r\n", b"x" * 5000)
    page = get(fetcher, web.url("/a"))
    assert (page.status, page.body.read()) == (403, b"x" * ERROR_BODY)


def test_an_error_page_that_cannot_be_read_is_none_the_less_an_error(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(404, b"x", Content_Encoding="br")
    web.answers["/b"] = Reply([b"HTTP/1.1 410 Gone\r\nContent-Length: 100\r\n\r\nhalf"])
    assert (get(fetcher, web.url("/a")).status, get(fetcher, web.url("/b")).status) == (404, 410)


def test_a_redirect_that_names_no_place_is_an_answer(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(302, b"moved")
    assert get(fetcher, web.url("/a")).status == 302


# --- sizes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("accept", "limit"), [(Accept.PAGE, "page_decoded"), (Accept.FEED, "feed_decoded")])
def test_a_body_over_its_limit_is_refused_and_one_at_its_limit_is_not(
    web: Web, made: Made, accept: Accept, limit: str
) -> None:
    fetcher = made(**{limit: 10_000})
    for size in (10_000, 10_001):
        web.answers[f"/{size}"] = reply(200, b"x" * size)
    assert get(fetcher, web.url("/10000"), accept).body.size == 10_000
    assert failure(fetcher, web.url("/10001"), accept=accept).reason is Reason.TOO_LARGE


def test_a_body_that_announces_too_much_is_not_read(web: Web, made: Made) -> None:
    web.answers["/a"] = Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"])
    assert failure(made(page_wire=100_000), web.url("/a")) == Refused(Reason.TOO_LARGE, "100001 bytes announced")


# --- time -----------------------------------------------------------------------------------------------------------
def test_a_host_that_says_nothing_is_given_up_sooner_than_one_that_drips(web: Web, made: Made) -> None:
    web.answers["/a"] = dripping(web, b"", b"")
    assert failure(made(read=timedelta(seconds=0.1)), web.url("/a")).reason is Reason.TIMEOUT


def test_a_slow_host_takes_no_time_from_another(web: Web, made: Made) -> None:
    fetcher, waiting = made(page_total=timedelta(seconds=1)), Event()

    def slow(asked: Asked) -> Reply:
        waiting.set()
        return dripping(web, b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")

    web.answers |= {"/slow": slow, "/quick": reply(200, b"here")}
    with ThreadPoolExecutor(1) as threads:
        dragging = threads.submit(failure, fetcher, web.url("/slow"))
        assert waiting.wait(LONGEST_WAIT_S)
        for _ in range(20):
            assert get(fetcher, web.url("/quick")).body.read() == b"here"
    assert dragging.result().reason is Reason.TIMEOUT


# --- redirects ------------------------------------------------------------------------------------------------------
def test_redirects_are_told_and_never_followed_by_themselves(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(301, Location="/b?x=1#part")
    web.answers["/b?x=1"] = reply(307, Location=web.url("/c"))
    web.answers["/c"] = reply(200, b"here")
    *moves, page = walk(fetcher, web.url("/a"), validators=Validators(etag='"1"'))
    assert isinstance(page, Page)
    assert (page.url, page.body.read()) == (web.url("/c"), b"here")
    assert moves == [
        Moved(url=web.url("/b?x=1"), status=301, hops=1, address="127.0.0.1"),
        Moved(url=web.url("/c"), status=307, hops=2, address="127.0.0.1"),
    ]
    assert [asked.headers["if-none-match"] for asked in web.asked] == ['"1"'] * 3


def test_another_port_is_another_host(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(302, Location="//127.0.0.1:1/a")
    assert isinstance(fetcher.fetch(Request(url=web.url("/a"), accept=Accept.PAGE)), Moved)


def test_a_loop_is_left(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(302, Location="/b")
    web.answers["/b"] = reply(302, Location="/a")
    assert failure(fetcher, web.url("/a")).reason is Reason.TOO_MANY_REDIRECTS
    assert len(web.asked) == 6


@pytest.mark.parametrize("before", [0, 3])
def test_as_many_redirects_are_followed_as_are_allowed_with_those_before(web: Web, made: Made, before: int) -> None:
    fetcher = made(redirects=4)
    for n in range(10):
        web.answers[f"/{n}"] = reply(302, Location=f"/{n - 1}")
    web.answers["/0"] = reply(200, b"here")
    last = walk(fetcher, web.url(f"/{4 - before}"), hops=before)[-1]
    assert isinstance(last, Page)
    assert last.body.read() == b"here"
    assert failure(fetcher, web.url(f"/{5 - before}"), hops=before).reason is Reason.TOO_MANY_REDIRECTS


@pytest.mark.parametrize(
    "target",
    [
        "mailto:a@paper.example", "https://", "https:///a", "https://[::1/a", "//127.0.0.1:port/a", f"/{'x' * LONGEST_URL}",
    ],
)  # fmt: skip
def test_a_redirect_that_leads_off_the_web_is_refused(web: Web, fetcher: HttpxFetcher, target: str) -> None:
    web.answers["/a"] = reply(302, Location=target)
    assert failure(fetcher, web.url("/a")).reason is Reason.BAD_REDIRECT
    assert web.targets() == ["/a"]


def test_a_redirect_is_followed_however_its_scheme_is_written_and_gives_no_login(
    web: Web, fetcher: HttpxFetcher
) -> None:
    web.answers["/a"] = reply(302, Location=f"HTTP://me:{SECRET}@{web.address}/b")
    web.answers["/b"] = reply(200, b"here")
    page = get(fetcher, web.url("/a"))
    assert page.url == web.url("/b")
    assert "authorization" not in web.asked[1].headers


def test_a_redirect_in_other_letters_is_followed(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(302, Location="/edição de hoje")
    web.answers["/edi%C3%A7%C3%A3o%20de%20hoje"] = reply(200, b"here")
    assert get(fetcher, web.url("/a")).body.read() == b"here"


@pytest.mark.parametrize(
    "url",
    ["", "http://:80/", "http://./", "http://../", "paper.example", "ftp://paper.example/", "file:///etc/passwd", "http://", "http://[::1/", "http://h:99999/",
     "https://a..b/", "https://\x00/", "https://xn--\u0430/", f"https://h/{'x' * LONGEST_URL}"],
)  # fmt: skip
def test_what_is_no_web_address_is_not_asked(fetcher: HttpxFetcher, url: str) -> None:
    assert failure(fetcher, url).reason is Reason.BAD_LINK


@pytest.mark.parametrize(
    "more", [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake", b"HTTP/1.1 304 As\r\n\r\n", b"!", b"\r\n"]
)
def test_what_follows_an_answer_is_no_answer_to_the_next_question(web: Web, fetcher: HttpxFetcher, more: bytes) -> None:
    web.answers["/a"] = Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews" + more], kept=True)
    web.answers["/b"] = reply(200, b"here")
    assert get(fetcher, web.url("/a")).body.read() == b"news"
    assert get(fetcher, web.url("/b")).body.read() == b"here"


# --- hosts that are down --------------------------------------------------------------------------------------------
def test_a_host_that_does_not_listen_is_down(made: Made) -> None:
    place = f"127.0.0.1:{dead_port()}"
    found = failure(made(allow_addresses=(place,)), f"http://{place}/")
    assert isinstance(found, HostDown)
    assert found.reason is Reason.CONNECT


def test_a_name_that_can_never_be_is_not_there(fetcher: HttpxFetcher) -> None:
    # RFC 6761 §6.4 keeps the name free. A machine without any name server can't say so.
    assert failure(fetcher, "http://paper.invalid/").reason in {Reason.DNS, Reason.DNS_TEMPORARY}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (socket.EAI_NONAME, Reason.DNS),
        (socket.EAI_NODATA, Reason.DNS),
        (socket.EAI_AGAIN, Reason.DNS_TEMPORARY),
        (socket.EAI_FAIL, Reason.DNS_TEMPORARY),
        (socket.EAI_SYSTEM, Reason.DNS_TEMPORARY),
    ],
)
def test_a_name_that_is_not_there_is_told_from_one_that_could_not_be_asked_for(
    fetcher: HttpxFetcher, monkeypatch: pytest.MonkeyPatch, code: int, reason: Reason
) -> None:
    def resolve(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(code, "as scripted")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert failure(fetcher, "http://paper.invalid/").reason is reason


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="nothing"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Ty"], id="half a head"),
        pytest.param([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"], id="half a chunk"),
        pytest.param([b"SSH-2.0-OpenSSH_9.2\r\n"], id="another protocol"),
        pytest.param([b"\x00\xff" * 2000], id="garbage"),
        pytest.param([b"<html>as it was in 1991</html>"], id="HTTP/0.9"),
    ],
)  # fmt: skip
def test_a_host_that_breaks_off_or_speaks_no_proper_http_is_down(
    web: Web, fetcher: HttpxFetcher, answer: list[bytes]
) -> None:
    web.answers["/a"] = Reply(answer)
    found = failure(fetcher, web.url("/a"))
    assert isinstance(found, HostDown)
    assert found.reason is Reason.PROTOCOL


def test_a_connection_serves_one_request(web: Web, fetcher: HttpxFetcher) -> None:
    web.answers["/a"] = reply(200, b"here", kept=True)
    for _ in range(5):
        assert get(fetcher, web.url("/a")).body.read() == b"here"
        web.wait_until_idle()
    assert {asked.headers["connection"] for asked in web.asked} == {"close"}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120.0),
        ("Tuesday, 24-Nov-26 12:02:00 GMT", 120.0),
        ("Tue, 24 Nov 2026 13:02:00 +0100", 120.0),
        ("Tue, 24 Nov 2026 11:59:59 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("", None),
    ],
)
def test_how_long_a_host_asks_for(web: Web, fetcher: HttpxFetcher, value: str, seconds: float | None) -> None:
    web.answers["/a"] = reply(503, Retry_After=value)
    found = failure(fetcher, web.url("/a"))
    assert isinstance(found, HostDown)
    assert found.retry_after == seconds


@given(st.text(max_size=60) | st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S -2359")))
def test_no_word_of_a_host_about_waiting_is_an_error_or_a_time_before_now(value: str) -> None:
    seconds = retry_after(value, now=START)
    assert seconds is None or seconds >= 0
    assert seconds is None or seconds < timedelta(days=365 * 10_000).total_seconds()


# --- secrets --------------------------------------------------------------------------------------------------------
def with_secret(made: Made, *urls: str, value: str = SECRET, **limits: object) -> HttpxFetcher:
    return made({origin_of(url): {"X-Key": value} for url in urls}, **limits)


def test_a_secret_is_sent_to_its_origin_across_redirects_and_to_no_other(web: Web, made: Made) -> None:
    other = web.url("/c").replace("127.0.0.1", "localhost")
    allowed = (web.address, web.address.replace("127.0.0.1", "localhost"))
    fetcher = with_secret(made, web.url(), allow_addresses=allowed)
    web.answers |= {"/a": reply(302, Location="/b"), "/b": reply(302, Location=other), "/c": reply(200)}
    get(fetcher, web.url("/a"))
    keys = {asked.target: asked.headers.get("x-key") for asked in web.asked}
    assert keys == {"/a": SECRET, "/b": SECRET, "/c": None}


def test_a_secret_is_not_sent_over_another_scheme_of_its_host(web: Web, made: Made) -> None:
    """The proxy sees what goes to `http://`, and of `https://` the name alone."""
    fetcher = with_secret(made, "https://paper.example/", proxy=web.url())
    web.answers["http://paper.example/a"] = reply(302, Location="https://paper.example/b")
    assert failure(fetcher, "http://paper.example/a").reason is Reason.CONNECT
    assert web.targets() == ["http://paper.example/a", "paper.example:443"]
    assert not any("x-key" in asked.headers for asked in web.asked)


@pytest.mark.parametrize(
    "answer",
    [reply(503), reply(302, Location="file:///a"), Reply([]), reply(200, b"x", Content_Encoding="br"), Reply([b"\0"])],
)
def test_a_secret_is_in_the_words_of_no_failure(web: Web, made: Made, answer: Reply) -> None:
    web.answers["/a"] = answer
    found = failure(with_secret(made, web.url()), web.url("/a"))
    assert web.asked[0].headers["x-key"] == SECRET
    assert "sesame" not in "".join(traceback.format_exception(found))


@pytest.mark.parametrize("value", [f"{SECRET}\n", f"{SECRET}\r\nX-More: 1", f"\0{SECRET}", f" {SECRET} "])
def test_a_secret_that_is_no_header_is_in_the_words_of_no_failure_either(web: Web, made: Made, value: str) -> None:
    found = failure(with_secret(made, web.url(), value=value), web.url("/a"))
    assert "sesame" not in "".join(traceback.format_exception(found))
    assert web.asked == []


def test_a_secret_in_other_letters_is_sent_as_utf_8(web: Web, made: Made) -> None:
    get(with_secret(made, web.url(), value="abre-te sésamo"), web.url("/a"))
    assert web.asked[0].headers["x-key"].encode("latin-1").decode() == "abre-te sésamo"


# --- the proxy ------------------------------------------------------------------------------------------------------
def test_every_request_goes_through_the_proxy_that_is_set(web: Web, made: Made) -> None:
    web.answers["http://paper.example/a?b=c"] = reply(200, b"here")
    page = get(made(proxy=web.url()), "http://paper.example/a?b=c")
    assert (page.url, page.body.read()) == ("http://paper.example/a?b=c", b"here")
    (asked,) = web.asked
    assert asked.line == "GET http://paper.example/a?b=c HTTP/1.1"
    assert asked.headers["host"] == "paper.example"


def test_the_limits_hold_behind_a_proxy(web: Web, made: Made) -> None:
    fetcher = made(proxy=web.url(), page_wire=100_000, page_total=SHORT)
    web.answers["http://paper.example/a"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    web.answers["http://paper.example/b"] = dripping(web, b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")
    assert failure(fetcher, "http://paper.example/a").reason is Reason.TOO_LARGE
    assert failure(fetcher, "http://paper.example/b").reason is Reason.TIMEOUT


def test_a_proxy_that_is_away_or_refuses_is_no_answer_of_the_outlet(web: Web, made: Made) -> None:
    away = made(proxy=f"http://127.0.0.1:{dead_port()}")
    web.answers["http://paper.example/"] = reply(407)
    for fetcher, url in [
        (away, "http://paper.example/"),
        (made(proxy=web.url()), "http://paper.example/"),
        (made(proxy=web.url()), "https://paper.example/"),
    ]:
        found = failure(fetcher, url)
        assert isinstance(found, HostDown)
        assert found.reason is Reason.CONNECT


def test_the_password_of_the_proxy_is_for_the_proxy_alone(web: Web, made: Made) -> None:
    fetcher = made(proxy=web.url().replace("//", f"//me:{SECRET}@"))
    web.answers["http://paper.example/"] = reply(200)
    get(fetcher, "http://paper.example/")
    assert web.asked[0].headers["proxy-authorization"].startswith("Basic ")
    away = made(proxy=f"http://me:{SECRET}@127.0.0.1:{dead_port()}")
    assert "sesame" not in "".join(traceback.format_exception(failure(away, "http://paper.example/")))
