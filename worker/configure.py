"""Settings and catalog together: what a process is told, and every mistake in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence

from worker.catalog.files import read_catalog
from worker.news.outlet import SAMPLE, Outlet
from worker.news.page import origin_of
from worker.news.policy import DeliveryPolicy
from worker.news.subscription import Subscription
from worker.sample.outlet import sample_outlet
from worker.settings import ConfigurationError, Settings, config_folder, read_secret, read_settings, secret_variable
from worker.sinks.build import mistakes_of


def configure(environment: Mapping[str, str] | None = None) -> tuple[Settings, tuple[Outlet, ...]]:
    """Read settings and catalog. Raises `ConfigurationError` with the mistakes of both."""
    mistakes: list[str] = []
    settings: Settings | None = None
    try:
        settings = read_settings(environment)
    except ConfigurationError as error:
        mistakes.extend(error.mistakes)
    folder = (settings.config if settings else config_folder(environment)) / "outlets"
    outlets, wrong = read_catalog(folder)
    wrong.extend(
        f"{folder}: {outlet.id}: there is no secret {named.secret!r}; set {secret_variable(named.secret)} or its _FILE"
        for outlet in outlets
        for named in outlet.secret_headers
        if read_secret(named.secret, environment) is None
    )
    for name, sink in (settings.sinks if settings else {}).items():
        wrong.extend(mistakes_of(name, sink.kind, sink.options))
        unknown = sorted({*sink.subscription.outlets} - {SAMPLE, *(outlet.id for outlet in outlets)})
        wrong.extend(f"sinks.{name}.outlets: there is no outlet {outlet!r} in {folder}" for outlet in unknown)
        wrong.extend(f"sinks.{name}.{what}" for what in _too_few(sink.subscription))
    wrong.extend(f"delivery.{what}" for what in (_too_few(settings.delivery) if settings else ()))
    if settings is None or wrong:
        raise ConfigurationError([*mistakes, *wrong])
    return settings, (*outlets, sample_outlet(settings.sample))


def _too_few(sending: Subscription | DeliveryPolicy) -> Iterator[str]:
    """With none of these nothing is ever sent, and nobody would say why."""
    for field in ("batch", "in_flight", "max_tries"):
        number: int | None = getattr(sending, field)
        if number is not None and number < 1:
            yield f"{field}: should be 1 or more (found {number})"


def secrets_of(outlets: Sequence[Outlet]) -> dict[str, dict[str, str]]:
    """The secret headers of each origin: those of an outlet's feeds and of its home page, and no other."""
    found: dict[str, dict[str, str]] = {}
    for outlet in outlets:
        headers = {}
        for named in outlet.secret_headers:
            value = read_secret(named.secret) or ""
            login = base64.b64encode(value.encode()).decode() if named.basic else ""
            headers[named.header] = f"Basic {login}" if named.basic else value
        if headers:
            for url in (outlet.homepage, *(feed.url for feed in outlet.feeds)):
                found.setdefault(origin_of(url), {}).update(headers)
    return found
