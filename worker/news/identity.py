"""When two announcements are one article: keys made of addresses and guids, each with its witness."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from worker.news.entry import Entry
from worker.news.telling import SLUG, addresses_agree, addresses_part, tell_apart, titles_alike
from worker.news.tracking import tracks

KEY_BYTES = 16
# A guid of fewer letters, or a shorter number, is a counter that starts again, not a name.
SHORTEST_GUID = 4
SHORTEST_NUMBER = 5
# What broken templates print where a guid should stand.
_NO_GUIDS = frozenset(
    {"null", "none", "undefined", "false", "true", "guid", "link", "nan", "n/a", "unknown", "[object object]"}
)

_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_VARIANT_HOST = re.compile(r"^(?:www\d?|m|mobile?|amp|touch)\.(?=[^.]+\.)")
_DEFAULT_PORTS = {None, 80, 443}
_AMP_PATH = re.compile(r"(?:/amp|(?<=[^/.])\.amp)(?:\.html?)?$|^/amp(?=/.)", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp)$", re.IGNORECASE)
_SESSION = re.compile(rb";(?:jsessionid|phpsessid)=.*", re.IGNORECASE | re.DOTALL)
# Caches that carry the address of the page in their path, as it stands after normalizing.
_AMP_CACHE = re.compile(
    r"//(?:[^/]+\.)?cdn\.ampproject\.org/[a-z]/(?:s/)?(.+)|//google\.[a-z.]+/(?:s/)?((?:[\w-]+\.)+[a-z]{2,}/.+)",
    re.ASCII,
)
_DOUBLE_ESCAPED = re.compile(r"^(?:amp;)+", re.IGNORECASE)
# Characters that mean the same with and without percent-encoding there (RFC 3986 §3.3 and §3.4, less the separators).
_PATH_SAFE = ":@!$&'()*+,;="
_QUERY_SAFE = "/:@!$'()*,;?"
# The last part of a path where readers are let in, asked for something, or told that there is nothing.
_DOORS = re.compile(
    r"/(?:log-?[io]n|sign[-_]?(?:in|up|on)|register|registration|registo|registro|auth|sso|oauth|account|entrar|iniciar-sesi[oó]n"
    r"|anmelden|anmeldung|connexion|(?:cookie|privacy)?-?(?:consent|wall|gate)|cookies?|gdpr|cmp|captcha|challenge|paywall"
    r"|subscri(?:be|ption)s?|assinar|assinaturas?|suscripci[oó]n|abo|40[034]|410|50[0-4]|error|not-?found|unavailable|maintenance)"
    r"(?:\.[a-z]{3,5})?",
    re.IGNORECASE,
)


class Witness(StrEnum):
    """What says that a key is the article's."""

    FEED = "feed"
    REDIRECT = "redirect"
    FINAL = "final"
    CANONICAL = "canonical"
    GUID = "guid"
    GUID_PATH = "guid_path"
    BARE = "bare"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """An alias of an article: a 16-byte hash; two keys are one when their hashes are. Ordered by hash."""

    hash: bytes
    witness: Witness = field(compare=False)


def normalize_url(url: str) -> str:
    """An address as identity sees it, for keys only. Never raises; doing it again changes nothing.

    Dropped: scheme, user, default port, fragment, www./m./amp. variants, AMP caches, tracking parameters, session ids, the
    trailing slash, index pages. Parameters are sorted; dots and percent-encoding are resolved (RFC 3986 §6.2.2). What is no
    address with a host comes back as it is, without blanks around it.
    """
    bare = url.strip()
    found = _folded(bare)
    if found is None:
        return bare
    while cached := _AMP_CACHE.match(found):
        inner = _folded("//" + (cached[1] or cached[2]))
        if inner is None:
            break
        found = inner
    return found


def _folded(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = _host(parts), parts.port
    except ValueError:
        return None
    if not host:
        return None
    shown = host if port in _DEFAULT_PORTS else f"{host}:{port}"
    query = "&".join(sorted(_parameters(parts.query)))
    return f"//{shown}{_path(parts.path)}" + (f"?{query}" if query else "")


def _host(parts: SplitResult) -> str:
    """The host in ASCII (IDNA) and lower case, without its variants; empty when there is none. Raises `ValueError`."""
    named = (parts.hostname or "").rstrip(".")
    host = named if named.isascii() else named.encode("idna").decode("ascii").lower()
    if ":" in host:
        host = f"[{host}]"
    while (shorter := _VARIANT_HOST.sub("", host)) != host:
        host = shorter
    return host if _HOST.fullmatch(host) else ""


def _path(path: str) -> str:
    segments: list[bytes] = []
    for piece in path.split("/"):
        segment = _SESSION.sub(b"", _decoded(piece))
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    found = "".join("/" + quote(segment, safe=_PATH_SAFE) for segment in segments)
    while (shorter := _INDEX.sub("", _AMP_PATH.sub("", found)).rstrip("/")) != found:
        found = shorter
    return found


def _parameters(query: str) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for piece in query.split("&"):
        left, _, right = piece.replace("+", " ").partition("=")
        name, value = (_decoded(side).decode("utf-8", "surrogateescape") for side in (left, right))
        name = _DOUBLE_ESCAPED.sub("", name)
        if (name or value) and (name, value) not in seen and not tracks(name, value):
            seen.add((name, value))
            yield _encoded(name) + (f"={_encoded(value)}" if value else "")


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass"))


def _encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe=_QUERY_SAFE)


def url_key(url: str, witness: Witness) -> Key:
    """The key of an address."""
    return _key(witness, "url", normalize_url(url))


def guid_key(outlet: str, guid: str) -> Key:
    """The key of a guid, which means something only within its outlet."""
    return _key(Witness.GUID, "guid", outlet, guid.strip())


def guid_path_key(outlet: str, guid: str) -> Key | None:
    """The key of a guid that is an address, without its host, which changes when a site moves; None when that names no article."""
    if _web_address(guid.strip()) is None:
        return None
    parts = urlsplit(normalize_url(guid))
    if not _names_article(parts):
        return None
    return _key(Witness.GUID_PATH, "guid-path", outlet, parts.path, parts.query)


def bare_key(feed: str, entry: Entry) -> Key:
    """The key of an entry without a usable address: its feed and all that it has."""
    told = (entry.raw_link, entry.guid or "", entry.title, entry.summary, entry.content, entry.raw_date)
    return _key(Witness.BARE, "bare", feed, *told)


def _key(witness: Witness, *parts: str) -> Key:
    # The lengths keep the parts apart, whatever characters they hold.
    raw = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
    return Key(blake2b(raw, digest_size=KEY_BYTES).digest(), witness)


def entry_keys(outlet: str, feed: str, entry: Entry, repeated: frozenset[str]) -> tuple[Key, ...]:
    """All keys of an entry, sorted, each once; `repeated` are the guids that are no key in this document.

    An entry without an address has only its bare key: the same guid on ten of them says nothing.
    """
    if entry.url is None:
        return (bare_key(feed, entry),)
    keys = [url_key(entry.url, Witness.FEED)]
    guid = (entry.guid or "").strip()
    if entry.guid not in repeated and _is_name(guid):
        keys += _guid_keys(outlet, guid, entry.url)
    # The address comes first, so that its witness stays when the guid is the same address.
    unique: dict[bytes, Key] = {}
    for key in keys:
        unique.setdefault(key.hash, key)
    return tuple(sorted(unique.values()))


def _guid_keys(outlet: str, guid: str, url: str) -> list[Key]:
    path = None if normalize_url(guid) == normalize_url(url) else guid_path_key(outlet, guid)
    named = [guid_key(outlet, guid), *([path] if path else [])]
    if _web_address(guid) is None or not same_site(guid, url):
        return named
    # Many guids are the address, whatever isPermaLink says; one that is a home page or a section names nothing.
    return [*named, url_key(guid, Witness.GUID)] if believable_canonical(guid, final=url) else []


def _is_name(guid: str) -> bool:
    """Whether a guid can name an entry."""
    if len(guid) < SHORTEST_GUID or guid.lower() in _NO_GUIDS:
        return False
    return not guid.isdecimal() or len(guid) >= SHORTEST_NUMBER


def _web_address(text: str) -> str | None:
    return text if text.lower().startswith(("http://", "https://")) else None


def repeated_guids(entries: Sequence[Entry]) -> frozenset[str]:
    """The guids that stand in a document with more than one address."""
    addresses: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.guid:
            addresses[entry.guid].add(normalize_url(entry.url) if entry.url else "")
    return frozenset(guid for guid, found in addresses.items() if len(found) > 1)


def same_site(a: str, b: str) -> bool:
    """Whether two addresses are of one site: the same host, or one a part of the other. False when one has no host."""
    try:
        first, second = (_host(urlsplit(normalize_url(url))) for url in (a, b))
    except ValueError:
        return False
    if not first or not second:
        return False
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def believable_canonical(canonical: str | None, *, final: str) -> str | None:
    """The canonical address of a page when it can be the article's own; else None.

    Templates name the home page, a section, the first page of a list, another site (whose article it may well be, but then that
    is the other outlet's), or on all pages the one article that they were tried on.
    """
    if not canonical or _web_address(canonical) is None or not same_site(canonical, final):
        return None
    named, shown = normalize_url(canonical), normalize_url(final)
    believed = _may_name(urlsplit(named), urlsplit(shown)) and not tell_apart(named, shown)
    return canonical if believed else None


def own_place(address: str, *, announced: str, homepage: str) -> bool:
    """Whether the address that redirects led to can be one article's own.

    A consent host, a home page, a section, a login or an error page is where many end up. `announced` may be of another site: a
    shortener's, a feed service's.
    """
    place = urlsplit(normalize_url(address))
    if not place.path or _DOORS.fullmatch(place.path[place.path.rfind("/") :]):
        return False
    if same_site(address, announced):
        return _may_name(place, urlsplit(normalize_url(announced)))
    return same_site(address, homepage)


def _may_name(named: SplitResult, shown: SplitResult) -> bool:
    """Whether one address can be that of the article at another one of its site, rather than of a list that it stands in."""
    if not named.path and not named.query:
        return False
    if named == shown or _names_article(named):
        return True
    above = not named.query and shown.path.startswith(named.path + "/")
    return not above and not _names_article(shown)


def _names_article(parts: SplitResult) -> bool:
    """Whether an address looks like one article rather than a section."""
    last = parts.path.rpartition("/")[2]
    return SLUG.search(last) is not None or any(letter.isdecimal() for letter in parts.query)


@dataclass(frozen=True, slots=True)
class Told:
    """How a known article was announced."""

    title: str
    url: str | None


def believes_guid(entry: Entry, known: Iterable[Told]) -> bool:
    """Whether an entry at an unknown address is the known article that has its guid: something else must agree.

    Feeds give one guid to all their entries, start to count again, or use an old item as the form for a new one.
    """
    return any(_agrees(entry, told) for told in known)


def _agrees(entry: Entry, told: Told) -> bool:
    here, there = normalize_url(entry.url or ""), normalize_url(told.url or "")
    if here and there:
        guid = normalize_url(entry.guid or "")
        if addresses_agree(here, there) or (guid == there and _names_article(urlsplit(there))):
            return True
        if addresses_part(here, there):
            return False
    return titles_alike(entry.title, told.title)
