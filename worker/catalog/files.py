"""The outlets' files: a YAML list of outlets a file. The only module that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from worker.news.outlet import FeedKind, FeedSource, Outlet, PageRules, SecretHeader
from worker.news.page import host_of


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or not host_of(url):
        message = "should be a web address such as https://example.org/feed"
        raise ValueError(message)
    return url


WebAddress = Annotated[str, AfterValidator(_web_address)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Feed(_Strict):
    url: WebAddress
    kind: FeedKind = FeedKind.FEED
    section: str | None = None
    known_from: str = ""
    verified: date | Literal[""] | None = None


class _Rules(_Strict):
    body: str | None = None
    remove: tuple[str, ...] = ()
    author: str | None = None
    date: str | None = None


_HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_SecretName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,48}$")]


class _Outlet(_Strict):
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    name: Annotated[str, Field(min_length=1)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
    homepage: WebAddress
    enabled: bool = False
    feeds: Annotated[tuple[_Feed, ...], Field(min_length=1)]
    rules: _Rules = _Rules()
    # Names of secrets: of a header's value, and of a login `user:password`.
    headers: dict[_HeaderName, _SecretName] = {}
    login: _SecretName | None = None


_LIST = TypeAdapter(list[_Outlet])


def read_catalog(folder: Path) -> tuple[list[Outlet], list[str]]:
    """Read all files of a folder, in the order of their names.

    Returns the outlets and every mistake, as file, outlet, field, and what would be right.
    """
    outlets: list[Outlet] = []
    mistakes: list[str] = []
    seen: dict[str, Path] = {}
    for file in sorted(folder.glob("*.yaml")):
        for outlet in _read_file(file, mistakes):
            if outlet.id in seen:
                mistakes.append(f"{file}: {outlet.id}: id: stands in {seen[outlet.id]} already; ids are unique")
            seen.setdefault(outlet.id, file)
            outlets.append(outlet)
    return outlets, mistakes


def _read_file(file: Path, mistakes: list[str]) -> Iterator[Outlet]:
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mistakes.append(f"{file}: {' '.join(str(error).split())}")
        return
    try:
        found = _LIST.validate_python(listed or [])
    except ValidationError as error:
        mistakes.extend(_in_words(file, listed, dict(problem)) for problem in error.errors())
        return
    for outlet in found:
        repeated = {feed.url for feed in outlet.feeds if [f.url for f in outlet.feeds].count(feed.url) > 1}
        mistakes.extend(f"{file}: {outlet.id}: feeds: {url} stands there twice" for url in sorted(repeated))
        yield _outlet(outlet)


def _outlet(found: _Outlet) -> Outlet:
    return Outlet(
        id=found.id,
        name=found.name,
        country=found.country,
        language=found.language,
        homepage=found.homepage,
        enabled=found.enabled,
        feeds=tuple(
            FeedSource(
                url=feed.url,
                kind=feed.kind,
                section=feed.section,
                known_from=feed.known_from,
                verified=str(feed.verified or ""),
            )
            for feed in found.feeds
        ),
        rules=PageRules(**found.rules.model_dump()),
        secret_headers=tuple(_secret_headers(found)),
    )


def _secret_headers(found: _Outlet) -> Iterator[SecretHeader]:
    for header, secret in found.headers.items():
        yield SecretHeader(header=header, secret=secret)
    if found.login is not None:
        yield SecretHeader(header="Authorization", secret=found.login, basic=True)


def _in_words(file: Path, listed: Any, problem: dict[str, Any]) -> str:
    place = [str(part) for part in problem["loc"]]
    if place and place[0].isdigit() and isinstance(listed, list):
        entry = listed[int(place[0])]
        name = entry.get("id") if isinstance(entry, dict) else None
        place[0] = str(name or f"outlet {int(place[0]) + 1}")
    return f"{file}: {': '.join(['.'.join(place[:1]), '.'.join(place[1:])]).strip(': ')}: {problem['msg']} (found {problem['input']!r})"
