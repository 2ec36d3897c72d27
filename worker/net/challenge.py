"""Who wants to see a browser: answers that are a test for robots, and no word about the page that was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Statuses under which challenges are served. A page that comes with 200 is judged by its reader.
_STATUSES = frozenset({202, 403, 405, 429, 503})
# Header, what is in its value, and whose it is.
_HEADERS = (
    ("cf-mitigated", "challenge", "Cloudflare"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-vercel-mitigated", "challenge", "Vercel"),
    ("x-vercel-challenge-token", "", "Vercel"),
    ("x-kpsdk-ct", "", "Kasada"),
    ("x-datadome", "protected", "DataDome"),
    ("x-dd-b", "", "DataDome"),
)
# What the pages of these services hold, in lower case. Cloudflare adds scripts of `/cdn-cgi/challenge-platform/` to ordinary
# pages as well; those that begin a challenge are its orchestrators.
_MARKS = (
    (b"_cf_chl_opt", "Cloudflare"),
    (b"/orchestrate/chl_", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b"px-captcha", "HUMAN"),
    (b"_pxappid", "HUMAN"),
    (b"_incapsula_resource", "Imperva"),
    (b"sucuri_cloudproxy_js", "Sucuri"),
    (b"awswafintegration", "AWS WAF"),
    (b"/.well-known/ddos-guard/", "DDoS-Guard"),
    (b"sec-if-cpt-container", "Akamai"),
    (b"ak-challenge", "Akamai"),
    (b"anubis_challenge", "Anubis"),
    (b"hcaptcha.com/1/api.js", "hCaptcha"),
    (b"google.com/recaptcha/api.js", "reCAPTCHA"),
    (b"recaptcha/enterprise.js", "reCAPTCHA"),
)
# A word has nothing before it: an oak-challenge is held every year.
_PATTERNS = tuple((re.compile((rb"\b" if mark[:1].isalpha() else b"") + re.escape(mark)), who) for mark, who in _MARKS)


def challenger(status: int, headers: Mapping[str, str], start: bytes) -> str | None:
    """Whose challenge an answer is; None when it is none. `headers` are looked up by lower-case names."""
    if status not in _STATUSES:
        return None
    for name, word, who in _HEADERS:
        if name in headers and word in headers[name].lower():
            return who
    lower = start.lower()
    return next((who for pattern, who in _PATTERNS if pattern.search(lower)), None)
