"""`split`, `forget`: what people mend by hand."""

from __future__ import annotations

import dataclasses
from typing import Annotated
from uuid import UUID

import typer

from worker.archive import BlobArchive
from worker.cli import desk
from worker.cli.output import counted, fail, out, plain_errors, print_json
from worker.settings import read_settings
from worker.store import apart, withdrawals
from worker.store.database import Database
from worker.store.lives import find_article

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Article = Annotated[str, typer.Argument(help="The id or an address of an article.", metavar="ID|URL")]


def split(
    article: Article,
    key: Annotated[str, typer.Argument(help="The address or the guid that is another article's.", metavar="KEY")],
    json: Json = False,
) -> None:
    """Undo a false alias: what came under KEY is an article of its own, for good."""
    with plain_errors(), desk.database() as database:
        try:
            done = apart.split(database, _named(database, article), key, now=desk.clock.now())
        except apart.NotApartError as error:
            fail(str(error))
    if json:
        print_json(dataclasses.asdict(done))
        return
    how = "stands again with its record, and is looked at again" if done.restored else "is fetched"
    out.print(f"{done.url} is the article {done.article}, and {how}; the two stay apart", markup=False)


def forget(
    article: Article,
    because: Annotated[str, typer.Option(help="Why, for those who ask `why` later.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Take an article down: its text, revisions and pages go, and every sink that may have it is told. Its keys stay, so that it does not come back.

    What the sinks did with it, and what was exported, is not undone. The bodies of the feeds that announced it stay in the archive.
    """
    with plain_errors(), desk.database() as database:
        found = _named(database, article)
        if not yes:
            typer.confirm(f"take down {found} for good?", abort=True, err=True)
        archive = BlobArchive(read_settings().archive_url)
        try:
            done = withdrawals.forget(database, archive, found, because=because, now=desk.clock.now())
        except withdrawals.NotForgottenError as error:
            fail(str(error))
    if json:
        print_json(dataclasses.asdict(done))
        return
    merged = f", {counted(done.merged, 'merged article')}" if done.merged else ""
    gone = f"{counted(done.revisions, 'revision')} and {counted(done.bodies, 'page')}"
    out.print(f"{done.article} ({done.url}) was taken down: {gone}{merged}; the sinks are told", markup=False)


def _named(database: Database, word: str) -> UUID:
    with database.read() as c:
        found = find_article(c, word)
    if found is None:
        fail(f"{word} was never met; `copydesk why {word}` tells more")
    return found
