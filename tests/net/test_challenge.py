"""Challenges are told from pages, and from refusals that are about the page."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.conftest import Made
from tests.net.test_client import failure, get
from tests.net.web import Web, reply
from worker.net.challenge import challenger
from worker.news.errors import HostDown
from worker.news.reason import Reason

CHALLENGING = [202, 403, 405, 429, 503]
# Answers that say it in a header: of whom, and the header.
BY_HEADER = [
    ("Cloudflare", {"cf-mitigated": "challenge"}),
    ("AWS WAF", {"x-amzn-waf-action": "captcha"}),
    ("AWS WAF", {"x-amzn-waf-action": "challenge"}),
    ("Vercel", {"x-vercel-mitigated": "Challenge"}),
    ("Vercel", {"x-vercel-challenge-token": "2.1764.60"}),
    ("Kasada", {"x-kpsdk-ct": "0abc"}),
    ("DataDome", {"x-datadome": "protected"}),
    ("DataDome", {"x-dd-b": "1"}),
]
# Pages that say it, as short as they can be: of whom, and the page.
BY_PAGE = [
    ("Cloudflare", '<title>Just a moment...</title><script>window._cf_chl_opt = {cvId: "3"};</script>'),
    ("Cloudflare", '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=1"></script>'),
    ("DataDome", '<script src="https://ct.captcha-delivery.com/c.js"></script><p>Please enable JS</p>'),
    ("DataDome", '<iframe src="https://geo.captcha-delivery.com/captcha/?cid=1"></iframe>'),
    ("HUMAN", '<h1>Press &amp; hold</h1><div id="px-captcha"></div>'),
    ("HUMAN", "<script>window._pxAppId = 'PX1';</script>"),
    ("Imperva", '<iframe src="/_Incapsula_Resource?CWUDNSAI=9&amp;xinfo=1"></iframe>'),
    ("Sucuri", "<script>var s={},l=0,sucuri_cloudproxy_js='',S='eD0n';</script>"),
    ("AWS WAF", "<script>AwsWafIntegration.saveReferrer();</script>"),
    ("DDoS-Guard", '<script src="/.well-known/ddos-guard/js-challenge/index.js"></script>'),
    ("Akamai", '<div id="sec-if-cpt-container"></div>'),
    ("Akamai", '<div class="ak-challenge"></div>'),
    ("Anubis", '<script id="anubis_challenge" type="application/json">{"rules": 4}</script>'),
    ("hCaptcha", '<script src="https://js.hcaptcha.com/1/api.js" async></script>'),
    ("reCAPTCHA", '<script src="https://www.google.com/recaptcha/api.js"></script>'),
    ("reCAPTCHA", '<script src="https://www.recaptcha.net/recaptcha/enterprise.js"></script>'),
]
ORDINARY = [
    "",
    "<h1>403 Forbidden</h1><hr><center>nginx</center>",
    "<h1>404 Not Found</h1><p>The page was taken down.</p>",
    "<h1>Service Unavailable</h1><p>Back soon. Ref A: 0123</p>",
    "<p>For subscribers only: log in to read on.</p>",
    "<p>A captcha is a challenge, writes our columnist about Cloudflare, DataDome and Imperva.</p>",
    '<a href="/sport/oak-challenge-2026">The Oak Challenge</a><a href="/peak-challenge">and the peak</a>',
    # What Cloudflare adds to all pages of an outlet.
    '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script><p>This story is for subscribers.</p>',
    '<script>a.src="/cdn-cgi/challenge-platform/h/g/scripts/jsd/1/main.js"</script><p>No.</p>',
]
PLAIN_HEADERS = {"server": "cloudflare", "cf-ray": "1-AMS", "x-vercel-mitigated": "deny", "x-datadome": "allowed"}


@pytest.mark.parametrize("status", CHALLENGING)
@pytest.mark.parametrize(("who", "headers"), BY_HEADER)
def test_a_challenge_is_known_by_a_header(status: int, who: str, headers: dict[str, str]) -> None:
    assert challenger(status, headers, b"") == who


@pytest.mark.parametrize("status", CHALLENGING)
@pytest.mark.parametrize(("who", "page"), BY_PAGE)
def test_a_challenge_is_known_by_its_page(status: int, who: str, page: str) -> None:
    for written in (page, page.upper(), page.lower(), f"<html>{' ' * 60_000}{page}"):
        assert challenger(status, {}, written.encode()) == who


@pytest.mark.parametrize("status", [*CHALLENGING, 404, 500])
@pytest.mark.parametrize("page", ORDINARY)
def test_an_ordinary_error_is_no_challenge(status: int, page: str) -> None:
    assert challenger(status, PLAIN_HEADERS, page.encode()) is None


@given(st.integers(100, 599).filter(lambda status: status not in CHALLENGING), st.sampled_from(BY_HEADER + BY_PAGE))
def test_no_other_status_and_least_of_all_200_is_a_challenge(
    status: int, mark: tuple[str, dict[str, str] | str]
) -> None:
    headers, page = (mark[1], "") if isinstance(mark[1], dict) else ({}, mark[1])
    assert challenger(status, headers, page.encode()) is None
    assert challenger(200, headers, page.encode()) is None


@given(st.sampled_from(CHALLENGING), st.binary(max_size=300))
def test_no_page_is_an_error(status: int, page: bytes) -> None:
    challenger(status, {}, page)


# --- through the client ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", CHALLENGING)
@pytest.mark.parametrize("packed", [False, True])
def test_a_host_that_challenges_is_down_for_as_long_as_it_says(web: Web, made: Made, status: int, packed: bool) -> None:
    page = BY_PAGE[0][1].encode()
    sent, encoding = (gzip.compress(page), "gzip") if packed else (page, "identity")
    web.answers["/a"] = reply(status, sent, Content_Encoding=encoding, Retry_After="120")
    assert failure(made(), web.url("/a")) == HostDown(
        Reason.CHALLENGE, f"HTTP {status}, a challenge of Cloudflare", 120.0
    )


def test_a_challenge_may_be_in_a_header_alone(web: Web, made: Made) -> None:
    web.answers["/a"] = reply(403, b"<p>no</p>", CF_Mitigated="challenge")
    found = failure(made(), web.url("/a"))
    assert isinstance(found, HostDown)
    assert (found.reason, found.retry_after) == (Reason.CHALLENGE, None)


def test_a_challenge_that_breaks_off_behind_its_mark_is_one(web: Web, made: Made) -> None:
    packed = gzip.compress(BY_PAGE[0][1].encode() + bytes(range(256)) * 200)
    web.answers["/a"] = reply(503, packed[:-20], Content_Encoding="gzip")
    assert failure(made(), web.url("/a")).reason is Reason.CHALLENGE


def test_ordinary_errors_stay_what_they_are(web: Web, made: Made) -> None:
    fetcher = made()
    for page in ORDINARY:
        web.answers |= {f"/{status}": reply(status, page.encode(), CF_Ray="1-AMS") for status in (403, 404, 429, 503)}
        for status in (403, 404):
            answer = get(fetcher, web.url(f"/{status}"))
            assert (answer.status, answer.body.read()) == (status, page.encode())
        assert failure(fetcher, web.url("/429")).reason is Reason.RATE_LIMITED
        assert failure(fetcher, web.url("/503")).reason is Reason.SERVER_ERROR


def test_a_page_is_a_page_whatever_is_in_it(web: Web, made: Made) -> None:
    page = "".join(page for _, page in BY_PAGE).encode()
    web.answers["/a"] = reply(200, page, CF_Mitigated="challenge", X_DataDome="protected")
    assert get(made(), web.url("/a")).body.read() == page
