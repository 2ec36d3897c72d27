"""What a publisher says of the use of a page: robots directives, and the TDM Reservation Protocol (W3C community group, 2024)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from worker.news.record import Rights

if TYPE_CHECKING:
    from worker.news.policy import RightsPolicy

TDM = "tdm"
# Directives that carry a value, so that what stands before their colon is no name of a robot.
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_AGENT = re.compile(r"^([A-Za-z][\w.-]{0,60})\s*:\s*(.*)$")
# What no database takes in a text, and no terminal should see.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
MOST_DIRECTIVES = 20


def rights_of(said: Mapping[str, str], *, agent: str) -> Rights:
    """The rights that a response's headers, or a page's `<meta>`, state: robots directives under `x-robots-tag`, and `tdm-…`.

    `agent` is our product token: directives for another robot are none of ours.
    """
    directives = tuple(dict.fromkeys(_directives(said.get("x-robots-tag", ""), agent)))
    reservation = said.get("tdm-reservation", "").strip()
    return Rights(
        directives=directives[:MOST_DIRECTIVES],
        tdm_reserved={"1": True, "0": False}.get(reservation),
        tdm_policy=_address(said.get("tdm-policy", "")),
    )


def _address(said: str) -> str | None:
    """A web address, as it stands; None for anything else."""
    found = said.strip()[:2048]
    return found if re.fullmatch(r"https?://[!-~]+", found, re.IGNORECASE) else None


def _directives(value: str, agent: str) -> Iterator[str]:
    """Directives for all, and for us. A name holds until the next one."""
    ours = True
    for part in _UNPRINTABLE.sub("", value[:4096]).split(","):
        word = part.strip()
        named = _AGENT.match(word)
        if named and named[1].lower() not in _VALUED:
            ours, word = named[1].lower() == agent.lower(), named[2].strip()
        if ours and word:
            yield word.lower()[:100]


def both(header: Rights, page: Rights) -> Rights:
    """What header and page say together; the page is nearer."""
    return Rights(
        directives=tuple(dict.fromkeys((*header.directives, *page.directives))),
        tdm_reserved=header.tdm_reserved if page.tdm_reserved is None else page.tdm_reserved,
        tdm_policy=page.tdm_policy or header.tdm_policy,
    )


def reserved(rights: Rights, policy: RightsPolicy) -> str | None:
    """What the page is dropped for, in the publisher's word; None when it is taken."""
    stated = set(rights.directives)
    if "none" in stated:
        stated |= {"noindex", "nofollow"}
    if rights.tdm_reserved:
        stated.add(TDM)
    return next((word for word in policy.drop if word in stated), None)
