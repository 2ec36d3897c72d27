"""The outlets' files: a YAML list of outlets a file. The only module that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo

from worker.news.outlet import FeedKind, FeedSource, Outlet, OutletRules, PageRules, SecretHeader
from worker.news.page import host_of

# A longer value is cut when a mistake quotes it.
LONGEST_QUOTED = 80


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or not host_of(url):
        message = "no web address"
        raise ValueError(message)
    return url


def _at_least_one(feeds: tuple[_Feed, ...]) -> tuple[_Feed, ...]:
    if not feeds:
        message = "no feeds"
        raise ValueError(message)
    return feeds


def _nothing_when_empty(value: object) -> object:
    return None if value == "" else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


WebAddress = Annotated[str, AfterValidator(_web_address)]
_Day = Annotated[date | None, BeforeValidator(_nothing_when_empty)]


# The description of a field says what is right; a mistake repeats it. Without one it is text.
class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Feed(_Strict):
    url: WebAddress = Field(description="a web address such as https://example.org/feed")
    kind: FeedKind = Field(default=FeedKind.FEED, description="feed or sitemap")
    section: str | None = None
    known_from: str = ""
    verified: _Day = Field(default=None, description="a day such as 2026-11-24")


class _Rules(_Strict):
    since: _Day = Field(default=None, alias="from", description="a day such as 2026-11-24")
    until: _Day = Field(default=None, description="a day such as 2026-11-24")
    body: str | None = None
    remove: tuple[str, ...] = Field(default=(), description="a list of CSS selectors")
    title: str | None = None
    author: str | None = None
    date: str | None = None


_HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_SecretName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,48}$")]


class _Outlet(_Strict):
    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="small letters, digits and hyphens, such as o-jornal"
    )
    name: str = Field(min_length=1, description="the name of the outlet")
    country: str = Field(pattern=r"^[A-Z]{2}$", description="a two-letter country code such as PT")
    language: str = Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="a language code such as pt or pt-PT"
    )
    homepage: WebAddress = Field(description="a web address such as https://example.org/")
    enabled: bool = Field(default=False, description="true or false")
    # A least length would be named beside each mistake in a feed.
    feeds: Annotated[tuple[_Feed, ...], AfterValidator(_at_least_one)] = Field(
        description="a list of at least one feed, each beginning with `- url:`"
    )
    rules: Annotated[tuple[_Rules, ...], BeforeValidator(_as_list)] = Field(
        default=(),
        description="body, remove, title, author or date, each with CSS selectors; or a list of these, each with `from` or `until`",
    )
    # Names of secrets: of a header's value, and of a login `user:password`.
    headers: dict[_HeaderName, _SecretName] = Field(
        default={}, description="names of headers, each with the name of its secret, such as X-Token: my_token"
    )
    ignore_robots: str | None = Field(
        default=None,
        min_length=10,
        description="the reason for which robots.txt is not asked, such as: agreed with the editors on 2026-03-01",
    )
    login: _SecretName | None = Field(default=None, description="the name of a secret such as my_login")


_PARTS: dict[str, type[_Strict]] = {"feeds": _Feed, "rules": _Rules}
_EACH: dict[type[_Strict], str] = {
    _Feed: "a feed that begins with `- url:`",
    _Rules: "body, remove, title, author or date, each with CSS selectors",
}
# What stands there by mistake may be the secret itself.
_NEVER_QUOTED = {"headers", "login"}
# The same in C takes a tenth of the time, and every command reads the catalog.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
        listed = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - one of the two safe ones
    # A date that no calendar has is a ValueError of the library.
    except (yaml.YAMLError, ValueError, OSError) as error:
        mistakes.append(f"{file}: {_unreadable(error)}")
        return
    try:
        found = _LIST.validate_python([] if listed is None else listed)
    except ValidationError as error:
        mistakes.extend(_in_words(file, listed, dict(problem)) for problem in error.errors())
        return
    for outlet in found:
        repeated = {feed.url for feed in outlet.feeds if [f.url for f in outlet.feeds].count(feed.url) > 1}
        mistakes.extend(
            f"{file}: {outlet.id}: feeds: {url} stands there twice; once is right" for url in sorted(repeated)
        )
        mistakes.extend(f"{file}: {outlet.id}: rules: {wrong}" for wrong in _out_of_order(outlet.rules))
        yield _outlet(outlet)


def _out_of_order(rules: Sequence[_Rules]) -> Iterator[str]:
    """What is wrong with the times in which rules hold."""
    spans = [(period.since or date.min, period.until or date.max) for period in rules]
    yield from (f"`until: {until}` stands before `from: {since}`" for since, until in spans if until < since)
    for one, other in combinations(spans, 2):
        if max(one[0], other[0]) <= min(one[1], other[1]):
            yield "two hold on the same day; each should end before the next begins"
            return


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
        rules=OutletRules(periods=tuple(PageRules(**period.model_dump()) for period in found.rules)),
        secret_headers=tuple(_secret_headers(found)),
        ignore_robots=found.ignore_robots,
    )


def _secret_headers(found: _Outlet) -> Iterator[SecretHeader]:
    for header, secret in found.headers.items():
        yield SecretHeader(header=header, secret=secret)
    if found.login is not None:
        yield SecretHeader(header="Authorization", secret=found.login, basic=True)


def _unreadable(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"should be a file that can be read: {error.strerror}"
    if isinstance(error, UnicodeDecodeError):
        return f"should be text in UTF-8; byte {error.start + 1} is not"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"should be YAML; line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return f"should be YAML: {' '.join(str(error).split())}"


def _in_words(file: Path, listed: Any, problem: dict[str, Any]) -> str:
    """A mistake as: file, outlet, field, what would be right, what was found."""
    place = ": ".join([str(file), *_place(listed, problem["loc"])])
    model, right = _expected(problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{place}: there is no such field; there are {', '.join(_fields(model))}"
    if problem["type"] == "missing":
        return f"{place}: is missing; should be {right}"
    if _NEVER_QUOTED.intersection(problem["loc"]):
        return f"{place}: should be {right}"
    value = problem["input"]
    found = "nothing" if value is None else repr(value)
    if len(found) > LONGEST_QUOTED:
        found = f"{found[:LONGEST_QUOTED]}…"
    # YAML reads NO as false, and 24 as a number.
    quoted = (
        ", in quotation marks" if problem["type"] == "string_type" and isinstance(value, bool | int | float) else ""
    )
    return f"{place}: should be {right}{quoted} (found {found})"


def _place(listed: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The outlet by its id, or by its number when it has none, and the way to the field; numbers count from 1."""
    if not loc:
        return []
    entry = listed[int(loc[0])]
    name = entry.get("id") if isinstance(entry, dict) else None
    way = [name if isinstance(name, str) and name else f"outlet {int(loc[0]) + 1}"]
    for part in loc[1:]:
        if isinstance(part, int):
            # Rules that hold always are written without a list.
            if not isinstance(entry.get(loc[1]), dict):
                way[-1] += f" {part + 1}"
        elif part != "[key]":
            way.append(part)
    return way


def _expected(loc: tuple[str | int, ...]) -> tuple[type[_Strict], str]:
    """The model around a place, and what is right there."""
    if not loc:
        return _Outlet, "a list of outlets, each beginning with `- id:`"
    model: type[_Strict] = _Outlet
    right = "an outlet with id, name, country, language, homepage and feeds"
    for part in loc[1:]:
        field = _fields(model).get(str(part))
        if isinstance(part, int):
            right = _EACH[model]
        elif field is not None:
            right = field.description or "text"
            if part not in _PARTS:
                break
            model = _PARTS[part]
    return model, right


def _fields(model: type[_Strict]) -> dict[str, FieldInfo]:
    """The fields of a model by their names in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}
