"""`copydesk outlets …`: the catalog."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from worker.catalog.discovery import Checked, NothingFoundError, check_feed, discover
from worker.catalog.edit import add_outlet, note_verified
from worker.catalog.opml import read_opml, write_opml
from worker.cli import desk
from worker.cli.furniture import furniture
from worker.cli.output import fail, out, plain_errors, print_json
from worker.cli.words import OutletWords, SomeOutletWords
from worker.configure import configure
from worker.news.errors import CopydeskError
from worker.news.outlet import SAMPLE, Outlet, Switch
from worker.news.page import host_of
from worker.news.reason import WORDS
from worker.reading.feeds import FeedparserReader
from worker.reading.opml import NotOpmlError
from worker.settings import Settings
from worker.store.choosing import chosen, listed
from worker.store.outlets import switch_outlets

app = typer.Typer(help="The catalog: which outlets there are, and which of them are polled.", no_args_is_help=True)
CHECKS_AT_ONCE = 8
_STYLES = {"enabled": "green", "paused": "yellow"}

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
app.command()(furniture)


@app.command("list")
def list_outlets(
    which: SomeOutletWords = None,
    json: Json = False,
) -> None:
    """The outlets by country, and which of them are polled."""
    with plain_errors(), desk.database() as database:
        found = listed(database, chosen(database, which) if which else None)
    if json:
        print_json([dataclasses.asdict(outlet) for outlet in found])
        return
    table = Table("country", "id", "name", "state", "feeds", "stored", box=None, pad_edge=False)
    for outlet in found:
        feeds = f"{outlet.feeds}, {outlet.failing} failing" if outlet.failing else str(outlet.feeds)
        style = _STYLES.get(outlet.state, "dim")
        table.add_row(outlet.country, outlet.id, outlet.name, outlet.state, feeds, str(outlet.stored), style=style)
    out.print(table)
    out.print(f"{len(found)} outlets; `copydesk outlets enable ID|COUNTRY|all` has them polled", style="dim")


@app.command()
def enable(which: OutletWords, json: Json = False) -> None:
    """Have outlets polled, from now on and at once."""
    _switch(which, Switch.ENABLED, json=json)


@app.command()
def disable(which: OutletWords, json: Json = False) -> None:
    """Have outlets polled no more; what they announced so far is still brought home."""
    _switch(which, Switch.DISABLED, json=json)


@app.command()
def pause(which: OutletWords, json: Json = False) -> None:
    """Have outlets left alone for now; lists and reports go on naming them."""
    _switch(which, Switch.PAUSED, json=json)


def _switch(which: Sequence[str], switch: Switch, *, json: bool) -> None:
    with plain_errors(), desk.database() as database:
        ids = chosen(database, which)
        switch_outlets(database, ids, switch, now=desk.clock.now())
    if json:
        print_json({"state": switch, "outlets": ids})
    else:
        out.print(f"{switch}: {', '.join(ids)}", markup=False)


@app.command()
def sync(json: Json = False) -> None:
    """Make the database name what the outlets' files name; every start does the same."""
    with plain_errors():
        desk.prepare()
        with desk.database() as database:
            found = listed(database)
    enabled = sum(outlet.state == "enabled" for outlet in found)
    if json:
        print_json({"outlets": len(found), "enabled": enabled})
    else:
        out.print(f"{len(found)} outlets, {enabled} of them enabled")


@app.command()
def check(
    which: OutletWords,
    write: Annotated[bool, typer.Option("--write/--no-write", help="Note the day in the outlets' files.")] = True,
    report: Annotated[Path | None, typer.Option(help="Also write a report here, as JSON.")] = None,
    json: Json = False,
) -> None:
    """Ask every feed once, over the internet, and say how it answers."""
    with plain_errors():
        settings, catalog = configure()
        wanted = _named(catalog, which)
        checked = _check(settings, wanted)
        if write:
            answered = {how.url for how in checked if not how.problem}
            note_verified(settings.config / "outlets", answered, desk.clock.now().date())
    if report is not None:
        report.write_bytes(orjson.dumps([dataclasses.asdict(how) for how in checked], option=orjson.OPT_INDENT_2))
    if json:
        print_json([dataclasses.asdict(how) for how in checked])
    else:
        _print_checked(checked)
    raise typer.Exit(1 if any(how.problem for how in checked) else 0)


def _named(catalog: Sequence[Outlet], which: Sequence[str]) -> list[Outlet]:
    """The outlets of the files that words name; the database need not know them yet."""
    found = [
        outlet
        for outlet in catalog
        if any(word in {outlet.id, "all"} or word.upper() == outlet.country for word in which)
    ]
    for word in which:
        if word != "all" and not any(word == o.id or word.upper() == o.country for o in catalog):
            fail(f"there is no outlet and no country {word!r} in the outlets' files")
    return found


def _check(settings: Settings, outlets: Sequence[Outlet]) -> list[Checked]:
    """Ask all feeds, a few hosts at a time and each host's feeds one after the other."""
    web = desk.service(settings).web
    reader = FeedparserReader(policy=settings.reading)
    by_host: dict[str, list[tuple[str, int]]] = {}
    for outlet in outlets:
        for at, feed in enumerate(outlet.feeds):
            by_host.setdefault(host_of(feed.url), []).append((outlet.id, at))
    known = {outlet.id: outlet for outlet in outlets}

    def one_host(feeds: list[tuple[str, int]]) -> list[Checked]:
        return [check_feed(web, reader, id_, known[id_].feeds[at], now=desk.clock.now) for id_, at in feeds]

    with ThreadPoolExecutor(CHECKS_AT_ONCE) as pool:
        found = [how for hows in pool.map(one_host, by_host.values()) for how in hows]
    order = {(outlet.id, feed.url): n for n, (outlet, feed) in enumerate((o, f) for o in outlets for f in o.feeds)}
    return sorted(found, key=lambda how: order[how.outlet, how.url])


def _print_checked(checked: Sequence[Checked]) -> None:
    table = Table("outlet", "feed", "entries", "newest", "", box=None, pad_edge=False)
    for how in checked:
        newest = f"{how.newest:%Y-%m-%d %H:%M}" if how.newest else ""
        style = "red" if how.problem else ""
        table.add_row(how.outlet, how.url, str(how.entries or ""), newest, how.problem or how.format, style=style)
    out.print(table)
    bad = sum(bool(how.problem) for how in checked)
    out.print(f"{len(checked)} feeds asked, {bad} did not answer as feeds")


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="The address of a site or of a feed.")],
    id_: Annotated[str | None, typer.Option("--id", help="The outlet's id; else it follows from the host.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name; else what the site calls itself.")] = None,
    country: Annotated[str | None, typer.Option(help="Code of the country; else from the host.")] = None,
    language: Annotated[str | None, typer.Option(help="Code of the language; else what the page says.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be added.")] = False,
    json: Json = False,
) -> None:
    """Find the feeds of a site, and add it to the catalog as an enabled outlet."""
    if not url.startswith(("http://", "https://")) or not host_of(url):
        fail(f"{url} is no web address; write it with http:// or https://")
    with plain_errors():
        settings, catalog = configure()
        try:
            found, checked = discover(
                url,
                web=desk.service(settings).web,
                reader=FeedparserReader(policy=settings.reading),
                now=desk.clock.now,
                country=country,
                language=language,
            )
        except NothingFoundError as error:
            fail(str(error))
        except CopydeskError as error:
            fail(f"{url}: {WORDS[error.reason]} ({error.detail})")
        outlet = replace(found, id=id_ or found.id, name=name or found.name)
        if any(known.id == outlet.id for known in catalog):
            fail(f"there is an outlet {outlet.id} already; name this one with --id")
        file = settings.config / "outlets" / f"{outlet.country.lower()}.yaml"
        if not dry_run:
            add_outlet(file, outlet)
            desk.prepare()
    if json:
        print_json(dataclasses.asdict(outlet))
        return
    _print_checked([replace(how, outlet=outlet.id) for how in checked])
    words = "would be added to" if dry_run else "was added to"
    out.print(f"{outlet.id} ({outlet.name}, {outlet.country}, {outlet.language}) {words} {file}", markup=False)


@app.command("import")
def import_opml(
    file: Annotated[Path, typer.Argument(help="A subscription list in OPML.", exists=True, dir_okay=False)],
    country: Annotated[str, typer.Option(help="Code of the country of its outlets.")] = "ZZ",
    language: Annotated[str, typer.Option(help="Code of the language of its outlets.")] = "und",
    json: Json = False,
) -> None:
    """Add the outlets of a subscription list; they are switched off until you enable them."""
    with plain_errors():
        settings, catalog = configure()
        try:
            found = read_opml(
                file.read_bytes(), country=country.upper(), language=language, known_from=f"the list {file.name}"
            )
        except NotOpmlError as error:
            fail(f"{file} is no OPML: {error}")
        known_feeds = {feed.url for outlet in catalog for feed in outlet.feeds}
        taken = {outlet.id for outlet in catalog}
        added = []
        for outlet in found:
            feeds = tuple(feed for feed in outlet.feeds if feed.url not in known_feeds)
            if feeds:
                fresh = replace(outlet, feeds=feeds, id=_free(outlet.id, taken))
                taken.add(fresh.id)
                add_outlet(settings.config / "outlets" / "imported.yaml", fresh)
                added.append(fresh)
        desk.prepare()
    if json:
        print_json({"added": [outlet.id for outlet in added], "known": len(found) - len(added)})
        return
    feeds_added = sum(len(outlet.feeds) for outlet in added)
    out.print(f"{len(added)} outlets with {feeds_added} feeds were added, {len(found) - len(added)} were known")
    out.print("`copydesk outlets enable ID` has them polled", style="dim")


def _free(id_: str, taken: set[str]) -> str:
    """An id that no outlet has."""
    free, n = id_, 2
    while free in taken:
        free, n = f"{id_}-{n}", n + 1
    return free


@app.command("export")
def export_opml(
    which: SomeOutletWords = None,
) -> None:
    """Print the catalog as OPML, for feed readers."""
    with plain_errors():
        _, catalog = configure()
        # The sample outlet is on this machine only.
        wanted = _named(catalog, which) if which else [outlet for outlet in catalog if outlet.id != SAMPLE]
    sys.stdout.buffer.write(write_opml(wanted, title="Copydesk"))
    sys.stdout.buffer.flush()
