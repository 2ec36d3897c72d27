"""When two announcements are one article: keys made of addresses and guids, each with its witness."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

if TYPE_CHECKING:
    from worker.news.entry import Entry

KEY_BYTES = 16
# A guid of so few letters is a counter that starts again, not a name.
SHORTEST_GUID = 4

# Parameters that say where a reader came from, not what is read (lists of courlan, AdGuard and outlets' own feeds).
_TRACKING = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh mc_cid mc_eid mkt_tok oly_anon_id
    oly_enc_id vero_id _hsenc _hsmi hsctatracking wickedid s_cid ncid cmpid cmp icid ito xtor wt_mc wt_zmc maca
    echobox ns_mchannel ns_source ns_campaign ns_linkname ns_fee at_medium at_campaign at_custom1 at_custom2 at_custom3
    at_custom4 at_format at_link_id at_link_origin at_link_type at_ptr_name at_bbc_team ref_src ref_url spm scm
    smid smtyp taid tpcc traffic_source utm amp outputtype output_type feedtype partner rss socialshare share_id
    """.split()
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "hsa_", "ga_", "stm_", "wt.")
# Parameters that track only with certain values; elsewhere they choose what is shown.
_TRACKING_VALUES = {
    "ref": re.compile(r"(?i)rss|feed|home|twitter|facebook|newsletter|share|social"),
    "source": re.compile(r"(?i)rss|feed|twitter|facebook|newsletter"),
    "from": re.compile(r"(?i)rss|feed"),
    "src": re.compile(r"(?i)rss|feed"),
    "via": re.compile(r"(?i)rss|feed"),
    "feature": re.compile(r"(?i)rss|feed|share"),
}
_VARIANT_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_AMP_PATH = re.compile(r"(?:/amp(?:\.html?)?|\.amp(?:\.html?)?)/?$|^/amp(?=/.)", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_DEFAULT_PORTS = {None, 80, 443}
_PATH_SAFE = "/:@!$&'()*+,;=-._~"


class Witness(StrEnum):
    """What says that a key is the article's."""

    FEED = "feed"
    REDIRECT = "redirect"
    FINAL = "final"
    CANONICAL = "canonical"
    GUID = "guid"
    BARE = "bare"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """An alias of an article: a 16-byte hash; two keys are one when their hashes are. Ordered by hash."""

    hash: bytes
    witness: Witness = field(compare=False)


def normalize_url(url: str) -> str:
    """An address as identity sees it, for keys only. Never raises; doing it again changes nothing.

    Dropped: scheme, user, default port, fragment, www./m./amp. variants, tracking parameters, the trailing slash, index pages;
    parameters are sorted, percent-encoding is brought to one form (RFC 3986 §6.2.2).
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if not host:
        return url.strip()
    shown = _host(host) + ("" if port in _DEFAULT_PORTS else f":{port}")
    query = _query(parts)
    return f"//{shown}{_path(parts.path)}" + (f"?{query}" if query else "")


def _host(host: str) -> str:
    try:
        plain = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        plain = host
    folded = plain.lower()
    while (shorter := _VARIANT_HOST.sub("", folded)) != folded:
        folded = shorter
    return folded


def _path(path: str) -> str:
    decoded = unquote(path, errors="surrogateescape")
    segments: list[str] = []
    for segment in decoded.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    found = "/" + "/".join(segments)
    while True:
        shorter = _INDEX.sub("", _AMP_PATH.sub("", found)) or "/"
        if shorter == found:
            break
        found = shorter.rstrip("/") or "/"
    return quote(found, safe=_PATH_SAFE, errors="surrogateescape") if found != "/" else ""


def _query(parts: SplitResult) -> str:
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape", separator="&")
    kept = sorted((name, value) for name, value in pairs if not _tracks(name, value))
    return urlencode(kept, errors="surrogateescape")


def _tracks(name: str, value: str) -> bool:
    folded = name.lower()
    if folded in _TRACKING or folded.startswith(_TRACKING_PREFIXES):
        return True
    pattern = _TRACKING_VALUES.get(folded)
    return pattern is not None and pattern.search(value) is not None


def url_key(url: str, witness: Witness) -> Key:
    """The key of an address."""
    return _key("url", normalize_url(url), witness)


def guid_key(outlet: str, guid: str) -> Key:
    """The key of a guid, which means something only within its outlet."""
    return _key("guid", f"{outlet}\n{guid}", Witness.GUID)


def bare_key(feed: str, entry: Entry) -> Key:
    """The key of an entry without a usable address: its feed and all that it has."""
    told = (feed, entry.raw_link, entry.guid or "", entry.title, entry.summary, entry.content, entry.raw_date)
    return _key("bare", "\n".join(told), Witness.BARE)


def _key(kind: str, value: str, witness: Witness) -> Key:
    raw = f"{kind}\n{value}".encode("utf-8", "surrogatepass")
    return Key(blake2b(raw, digest_size=KEY_BYTES).digest(), witness)


def entry_keys(outlet: str, feed: str, entry: Entry, repeated: frozenset[str]) -> tuple[Key, ...]:
    """All keys of an entry, sorted, each once; `repeated` are the guids that are no key in this document."""
    if entry.url is None:
        return (bare_key(feed, entry),)
    keys = [url_key(entry.url, Witness.FEED)]
    guid = entry.guid
    if guid and guid not in repeated and len(guid) >= SHORTEST_GUID:
        keys.append(guid_key(outlet, guid))
        # Many guids are the address, whatever isPermaLink says; one on another site is a feed service's own.
        if guid.startswith(("http://", "https://")) and _names_article(guid):
            keys.append(url_key(guid, Witness.GUID))
    # The address comes first, so that its witness stays when the guid is the same address.
    unique: dict[bytes, Key] = {}
    for key in keys:
        unique.setdefault(key.hash, key)
    return tuple(sorted(unique.values()))


def _names_article(url: str) -> bool:
    """Whether an address can name one article: a home page names none."""
    parts = urlsplit(normalize_url(url))
    return bool(parts.path or parts.query)


def repeated_guids(entries: Sequence[Entry]) -> frozenset[str]:
    """The guids that stand in a document with more than one address."""
    addresses: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.guid:
            addresses[entry.guid].add(normalize_url(entry.url) if entry.url else "")
    return frozenset(guid for guid, found in addresses.items() if len(found) > 1)


def same_site(a: str, b: str) -> bool:
    """Whether two addresses are of one site: the same host, or one a part of the other."""
    first, second = (_host(urlsplit(url).hostname or "") for url in (a, b))
    if not first or not second:
        return False
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def believable_canonical(canonical: str | None, *, final: str) -> str | None:
    """The canonical address of a page when it can be the article's own; else None.

    Templates name the home page, a section, another page of the list, or a site that no longer exists.
    """
    if not canonical or not canonical.startswith(("http://", "https://")):
        return None
    try:
        parts, shown = urlsplit(normalize_url(canonical)), urlsplit(normalize_url(final))
        if not same_site(canonical, final):
            return None
    except ValueError:
        return None
    if not parts.path and not parts.query:
        return None
    section = shown.path.startswith(parts.path + "/") and not parts.query
    return None if section and shown.path != parts.path else canonical
