"""The `copydesk` command."""

from __future__ import annotations

from typing import Annotated

import typer

from worker import __version__
from worker.cli import asking, deliveries, doing, exporting, mending, once, outlets, running

app = typer.Typer(
    name="copydesk",
    help="Polls the feeds of news outlets and delivers each article once, as a clean, normalized record.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:  # noqa: FBT001 - the library's signature
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the command itself."""
    del version


for command in (
    running.up,
    once.run,
    asking.status,
    doing.poll,
    doing.ingest,
    asking.why,
    asking.show,
    mending.split,
    mending.forget,
    exporting.export,
):
    app.command()(command)
app.command()(running.migrate)
app.command()(running.sample)
app.add_typer(outlets.app, name="outlets")
app.add_typer(deliveries.app, name="deliveries")
