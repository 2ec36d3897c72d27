"""Why something ended as it did: the only label values that metrics, reports and the ledger use."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A closed list; a new one is added here, with its sentence in `WORDS`."""

    # The host (a Transient failure of all that is asked of it)
    DNS = "dns"
    DNS_TEMPORARY = "dns_temporary"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    CHALLENGE = "challenge"
    NO_ROBOTS = "no_robots"
    UNREACHABLE = "unreachable"
    # The answer about one address
    NOT_FOUND = "not_found"
    GONE = "gone"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    LEGAL = "legal"
    CLIENT_ERROR = "client_error"
    ROBOTS = "robots"
    RESERVED = "reserved"
    BLOCKED_ADDRESS = "blocked_address"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_REDIRECT = "bad_redirect"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    NOT_HTML = "not_html"
    # The entry
    NO_LINK = "no_link"
    BAD_LINK = "bad_link"
    TOO_OLD = "too_old"
    # The feed document
    EMPTY_BODY = "empty_body"
    NOT_A_FEED = "not_a_feed"
    UNPARSABLE = "unparsable"
    # The page
    NO_TEXT = "no_text"
    INDEX_PAGE = "index_page"
    CONSENT = "consent"
    LOGIN = "login"
    PAYWALL = "paywall"
    TRUNCATED = "truncated"
    SOFT_404 = "soft_404"
    EMPTY_SHELL = "empty_shell"
    REDIRECT = "redirect"
    MAINTENANCE = "maintenance"
    PARKED_DOMAIN = "parked_domain"
    APP_PAGE = "app_page"
    OFFER = "offer"
    POLICY_PAGE = "policy_page"
    ABOUT_PAGE = "about_page"
    GALLERY = "gallery"
    PLAYER = "player"
    COMMENTS_PAGE = "comments_page"
    # Identity
    SAME_URL = "same_url"
    SAME_TEXT = "same_text"
    SAME_STORY = "same_story"
    WITHDRAWN = "withdrawn"
    # Ourselves
    KILLED = "killed"
    MEMORY = "memory"
    BUG = "bug"
    NO_BODY = "no_body"
    # The sink
    SINK_DOWN = "sink_down"
    SINK_REFUSED = "sink_refused"
    SINK_SLOW = "sink_slow"
    SINK_GONE = "sink_gone"


WORDS: dict[Reason, str] = {
    Reason.DNS: "the host name does not exist",
    Reason.DNS_TEMPORARY: "the name server did not answer",
    Reason.CONNECT: "no connection to the host",
    Reason.TLS: "the host's certificate or TLS failed",
    Reason.TIMEOUT: "the host was too slow",
    Reason.PROTOCOL: "the host broke off or did not speak proper HTTP",
    Reason.SERVER_ERROR: "the host answered with a server error",
    Reason.RATE_LIMITED: "the host asked for fewer requests",
    Reason.CHALLENGE: "the host wants to see a browser",
    Reason.NO_ROBOTS: "the host's robots.txt can't be had, which is a no for now",
    Reason.UNREACHABLE: "the host was down for days",
    Reason.NOT_FOUND: "there is no such page",
    Reason.GONE: "the outlet took the page down",
    Reason.UNAUTHORIZED: "the page wants a login",
    Reason.FORBIDDEN: "the host refused us the page",
    Reason.LEGAL: "the page is blocked for legal reasons",
    Reason.CLIENT_ERROR: "the host did not like the request",
    Reason.ROBOTS: "robots.txt forbids it",
    Reason.RESERVED: "its publisher reserves such use of it",
    Reason.BLOCKED_ADDRESS: "the address is not on the public web (`[net] allow_addresses` would let it through)",
    Reason.TOO_MANY_REDIRECTS: "too many redirects",
    Reason.BAD_REDIRECT: "a redirect led nowhere",
    Reason.TOO_LARGE: "the body was over the limit",
    Reason.ENCODING: "the body's compression could not be undone",
    Reason.NOT_HTML: "it is no HTML page",
    Reason.NO_LINK: "the entry has no link",
    Reason.BAD_LINK: "the entry's link is no web address",
    Reason.TOO_OLD: "older than what is taken",
    Reason.EMPTY_BODY: "the body was empty",
    Reason.NOT_A_FEED: "it is no feed",
    Reason.UNPARSABLE: "it could not be parsed",
    Reason.NO_TEXT: "no article text was found",
    Reason.INDEX_PAGE: "it is a list of articles, not an article",
    Reason.CONSENT: "only a consent wall came",
    Reason.LOGIN: "only a login or a registration came",
    Reason.PAYWALL: "only a paywall came",
    Reason.TRUNCATED: "only the start of a text came, and it breaks off",
    Reason.SOFT_404: "it says that there is no such page",
    Reason.EMPTY_SHELL: "an empty page came that a script was to fill",
    Reason.REDIRECT: "only a way to another page came",
    Reason.MAINTENANCE: "the site is being worked on",
    Reason.PARKED_DOMAIN: "the domain is for sale",
    Reason.APP_PAGE: "only an offer of the outlet's app came",
    Reason.OFFER: "it offers a subscription or a newsletter",
    Reason.POLICY_PAGE: "it holds the rules of the site",
    Reason.ABOUT_PAGE: "it is about the outlet itself",
    Reason.GALLERY: "pictures without a text",
    Reason.PLAYER: "something to play or to leaf through, without a text",
    Reason.COMMENTS_PAGE: "it holds readers' comments only",
    Reason.SAME_URL: "the same address as an article at hand",
    Reason.SAME_TEXT: "the same text as an article at hand",
    Reason.SAME_STORY: "nearly the same text as an article at hand, and the same address, guid or title",
    Reason.WITHDRAWN: "it was taken down here, and does not come back",
    Reason.KILLED: "it killed its worker three times",
    Reason.MEMORY: "it took more memory than a worker may have",
    Reason.BUG: "an error in Copydesk itself",
    Reason.NO_BODY: "the archived body is missing",
    Reason.SINK_DOWN: "the sink can't be reached",
    Reason.SINK_REFUSED: "the sink refused the record",
    Reason.SINK_SLOW: "the sink took longer for the batch than there is time",
    Reason.SINK_GONE: "the sink said that it wants nothing any more, and was paused",
}
