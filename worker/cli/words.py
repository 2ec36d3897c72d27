"""The words by which people name outlets, and how a shell completes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from worker.configure import configure
from worker.settings import ConfigurationError


def known_words(incomplete: str) -> Iterator[tuple[str, str]]:
    """The ids and countries that begin like this, each with what it stands for; none when there is no usable catalog."""
    try:
        _, outlets = configure()
    except ConfigurationError:
        return
    names = {outlet.id: outlet.name for outlet in outlets}
    countries = {outlet.country.lower(): f"all outlets of {outlet.country}" for outlet in outlets}
    for word, what in sorted((countries | names | {"all": "all outlets"}).items()):
        if word.startswith(incomplete.lower()):
            yield word, what


OutletWords = Annotated[
    list[str],
    typer.Argument(
        help="Ids of outlets, codes of countries, or all.", metavar="ID|COUNTRY|all", autocompletion=known_words
    ),
]
SomeOutletWords = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of outlets or codes of countries.", metavar="[ID|COUNTRY]", autocompletion=known_words),
]
