"""The address that a page gives itself, when it can be believed."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from worker.news.identity import believable_canonical
from worker.reading.clean import clean_url

_MOST = 6


def choose_canonical(said: Iterable[tuple[str, str]], *, url: str, base: str) -> tuple[str | None, str]:
    """The first believable address among `said` (source, raw), and its source; (None, "") when there is none.

    Only what the page's own `<link>` names on another site is still given, as its word: a copy names its original so. It
    is up to identity to believe that. A home page is none, and what structured data says of another site is a misspelling
    or a template's.
    """
    found: list[tuple[str, str]] = []
    for source, raw in said:
        address = clean_url(raw, base=base) if raw else None
        if address:
            found.append((source, address))
        if len(found) >= _MOST:
            break
    for source, address in found:
        if address == url or believable_canonical(address, final=url):
            return address, source
    # An address without a path of its own (an old CMS, a page by its query) may name itself.
    return next(
        ((address, source) for source, address in found if source == "link" and _is_elsewhere(address, url)), (None, "")
    )


def _is_elsewhere(address: str, url: str) -> bool:
    named, shown = urlsplit(address), urlsplit(url)
    return named.hostname != shown.hostname and bool(named.path.strip("/"))
