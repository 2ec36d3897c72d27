"""A life, or what can be said of an address that was never met, as a person reads it; the last line says where it is now."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from worker.cli.output import counted, out
from worker.store.lives import Life
from worker.store.sendings import Sent
from worker.store.unknown import Cover, Loss, Unknown

_TIME = "%Y-%m-%d %H:%M:%S"
# Under the words of a line that begins with a time.
_AFTER_TIME = 23
_DAYS_TOLD = 3
NARROWEST = 40
# A blank that stands between a number and what it counts.
_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s|d|%|UTC|MB)\b|%)")


def wrapped(text: str, *, first: int = 0, later: int = 0) -> str:
    """A line that fits the terminal; addresses and ids are never broken, so that they can be copied, nor numbers and units."""
    filled = textwrap.fill(
        _UNIT.sub("\N{NO-BREAK SPACE}", text),
        width=max(NARROWEST, out.width),
        initial_indent=" " * first,
        subsequent_indent=" " * later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace("\N{NO-BREAK SPACE}", " ")


def _line(text: str, *, first: int = 2, later: int = 4, style: str | None = None) -> None:
    out.print(wrapped(text, first=first, later=later), markup=False, style=style)


def _head(text: str) -> None:
    out.print(text, markup=False, style="bold")


def tell_life(life: Life) -> None:
    """Print what happened, what it is known as and where it was seen, and last where it is now."""
    by = f", found by {life.found_by}" if "guid" in life.found_by else ""
    _head(f"{life.kind} {life.id} of {life.outlet}{by}" if life.kind != "outlet" else f"outlet {life.id}")
    for line in (life.title, life.url or ""):
        if line:
            _line(line)
    for happening in life.happenings:
        out.print(_timed(f"{happening.at:{_TIME}}", happening.what), markup=False)
    if life.kind == "article":
        _tell_article(life)
    elif life.kind == "feed":
        _tell_feed(life)
    out.print(wrapped(f"now: {life.now}", later=5), markup=False)


def _timed(at: str, what: str) -> str:
    return wrapped(f"{at}  {what}", first=2, later=_AFTER_TIME)


def _tell_article(life: Life) -> None:
    if life.asked_as is not None and life.asked_as.came_with:
        _line(f"this address came with {life.asked_as.came_with}, which turned out to be this article", first=0)
    _list("known as", [*_keys(life)])
    _list("announced in", [*_feeds(life)])
    _list("sinks", [*_sinks(life.sent)])
    if life.steps:
        runs = {step.stage: step.nth for step in life.steps}
        _line("runs so far: " + ", ".join(f"{stage} {n}" for stage, n in runs.items()), first=0)
    if life.twin is not None:
        _list("it is the same as", [f"{life.twin.article} of {life.twin.outlet}: {life.twin.title}"])
    if life.group is not None:
        rest = life.group.size - 1 - len(life.group.others)
        others = [f"{other.outlet}: {other.title} ({other.url or other.article})" for other in life.group.others]
        _list(
            f"grouped with {counted(life.group.size - 1, 'article')}", others + ([f"and {rest} more"] if rest else [])
        )
    _list("a person said that it is not", [f"{other.article}: {other.title}" for other in life.apart])


def _keys(life: Life) -> Iterator[str]:
    for key in life.known_as:
        came = f"; came with {key.came_with}" if key.came_with else ""
        yield f"{key.text or 'an address that is not kept'}: {key.words}{came}"


def _feeds(life: Life) -> Iterator[str]:
    for seen in life.seen:
        address = "" if seen.url in {life.url, None} else f" as {seen.url}"
        yield f"{seen.feed}{address}, last seen {seen.last_seen_at:{_TIME}} UTC"


def _sinks(sent: Sequence[Sent]) -> Iterator[str]:
    """The newest revision of each sink, and whatever did not arrive."""
    newest = {each.sink: each.revision for each in sent if each.state != "never"}
    for each in sent:
        if each.revision is None:
            yield f"{each.sink}: {each.words}"
        elif each.revision == newest.get(each.sink) or each.state != "delivered":
            at = f", {each.settled_at:{_TIME}}" if each.settled_at else ""
            yield f"{each.sink}: revision {each.revision} {each.words}{at}"


def _list(head: str, lines: Sequence[str]) -> None:
    if lines:
        out.print(f"{head}:", markup=False)
    for line in lines:
        _line(line)


def _tell_feed(life: Life) -> None:
    for day in life.days[-_DAYS_TOLD:]:
        failed = f", {day.failures} failed" if day.failures else ""
        nothing = f", {day.nothing_new} with nothing new" if day.nothing_new else ""
        _line(f"{day.day}: {counted(day.polls, 'poll')}{nothing}{failed}; {day.new} new articles")
    if life.cover is not None:
        _line(_showed(life.cover))
        for loss in life.cover.losses:
            _line(_lost(loss))


def _showed(cover: Cover) -> str:
    if not cover.entries:
        return "it showed nothing so far"
    many = counted(cover.entries, "entry").replace("entrys", "entries")
    return f"it showed {many} so far, dated {cover.oldest:%Y-%m-%d %H:%M} to {cover.newest:%Y-%m-%d %H:%M} UTC"


def _lost(loss: Loss) -> str:
    before = f"; it was read before at {loss.since:{_TIME}} UTC" if loss.since else ""
    what = "a gap: nothing in it was known" if loss.gap else f"{loss.truncated} entries were beyond the cap"
    return f"{loss.at:{_TIME}} UTC  {what}{before}"


def tell_unknown(nothing: Unknown) -> None:
    """Print whose it would be, and what its feeds could have seen."""
    if not nothing.address:
        return
    if nothing.outlet is None:
        out.print("no outlet of the catalog has its site")
    else:
        out.print(
            wrapped(f"outlet {nothing.outlet} ({nothing.name}) is {nothing.state}: {nothing.because}", later=2),
            markup=False,
        )
    if nothing.day is not None:
        out.print(f"its address holds the day {nothing.day}", markup=False)
    for cover in nothing.feeds:
        out.print(wrapped(f"feed {cover.feed}: {cover.words}", later=2), markup=False)
        if cover.entries:
            _line(_showed(cover))
        if cover.next_poll_at is not None:
            polled = f"polled last {cover.polled_at:{_TIME}}, " if cover.polled_at else ""
            _line(f"{polled}next {cover.next_poll_at:{_TIME}} UTC")
        for loss in cover.losses:
            _line(_lost(loss))
        _line(f"could it have shown it? {cover.verdict}")
    for advice in nothing.advice[1:]:
        out.print(wrapped(advice, later=2), markup=False)
