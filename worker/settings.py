"""The only reader of the configuration file and the environment. It builds policies; their defaults stand in `news/policy.py`."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from worker.net.policy import NetPolicy
from worker.news.policy import (
    ArticlePolicy,
    DeliveryPolicy,
    FurniturePolicy,
    HostPolicy,
    LeasePolicy,
    NearPolicy,
    PollPolicy,
    ReadingPolicy,
    RightsPolicy,
    RobotsPolicy,
)
from worker.news.subscription import Subscription
from worker.sample.policy import SamplePolicy

P = TypeVar("P")
PREFIX = "COPYDESK_"
FILE = "copydesk.toml"
# Each section of the file and the policy that it builds; a field that is a time is given in seconds, as `<field>_s`.
SECTIONS: dict[str, type[Any]] = {
    "net": NetPolicy,
    "politeness": HostPolicy,
    "robots": RobotsPolicy,
    "rights": RightsPolicy,
    "poll": PollPolicy,
    "articles": ArticlePolicy,
    "lease": LeasePolicy,
    "delivery": DeliveryPolicy,
    "reading": ReadingPolicy,
    "furniture": FurniturePolicy,
    "near": NearPolicy,
    "sample": SamplePolicy,
}
# Outlets must see who asks, and robots.txt must have a name for it (RFC 9110 §10.1.5, RFC 9309 §2.2.1).
_USER_AGENT = re.compile(r"[A-Za-z][A-Za-z_-]*/[\w.-]+ \([^()]*(?:https?://|@)[^()]*\)")
# The kernel takes 108 bytes (unix(7)).
LONGEST_SOCKET_PATH = 100
# Addresses that may hold passwords may also stand in a file that `<NAME>_FILE` names.
_SECRETS = ("database_url", "broker_url", "archive_url")


def _seconds(value: object) -> object:
    """A number of seconds, which an environment variable gives as text; anything else is a mistake in words."""
    try:
        found = timedelta(seconds=float(value)) if isinstance(value, int | float | str) else value
    except (ValueError, OverflowError):
        message = "should be a number of seconds"
        raise ValueError(message) from None
    if isinstance(found, timedelta) and found < timedelta(0):
        message = "should be 0 seconds or more"
        raise ValueError(message)
    return found


Seconds = Annotated[timedelta, BeforeValidator(_seconds)]


class ConfigurationError(Exception):
    """Everything that is wrong with the configuration, a line each."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(["the configuration is not usable:", *(f"  {line}" for line in mistakes)]))


def setting_name(policy: type[Any], field: str) -> str:
    """The name of a policy's field as a setting: times carry their unit."""
    return f"{field}_s" if "timedelta" in str(get_type_hints(policy)[field]) else field


def _described(policy: type[Any]) -> dict[str, Any]:
    """The fields of a policy as settings: each one's type and default."""
    hints = get_type_hints(policy)
    seconds = {timedelta: Seconds, timedelta | None: Seconds | None}
    return {
        setting_name(policy, field.name): (seconds.get(hints[field.name], hints[field.name]), field.default)
        for field in fields(policy)
        if field.default is not MISSING
    }


def _section(name: str, policy: type[Any]) -> type[BaseModel]:
    return create_model(f"{name.title()}Section", __config__=ConfigDict(extra="forbid"), **_described(policy))


class _SinkBase(BaseModel):
    """One `[sinks.<name>]`: its kind, what it takes, and what that kind wants to know."""

    model_config = ConfigDict(extra="allow")
    kind: str
    enabled: bool = True
    begin: date | Literal["now", "beginning"] = Field(default="now", alias="from")

    @property
    def options(self) -> dict[str, object]:
        """What stands there for the kind."""
        return dict(self.model_extra or {})

    @property
    def subscription(self) -> Subscription:
        """What it takes."""
        return _build(Subscription, self)

    @property
    def since(self) -> datetime | None:
        """From when on a new sink gets what was filed before it was there; None: nothing of it."""
        match self.begin:
            case "now":
                return None
            case "beginning":
                return datetime(1970, 1, 1, tzinfo=UTC)
            case day:
                return datetime.combine(day, time.min, UTC)


SinkSettings: type[_SinkBase] = create_model("SinkSettings", __base__=_SinkBase, **_described(Subscription))

_MODELS = {name: _section(name, policy) for name, policy in SECTIONS.items()}


class _Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")

    database_url: str | None = Field(default=None)
    broker_url: str | None = Field(default=None)
    archive_url: str | None = Field(default=None)
    sinks: dict[str, SinkSettings] = Field(default_factory=dict)  # type: ignore[valid-type]


_Sections: type[_Base] = create_model(
    "Sections",
    __base__=_Base,
    **{name: (model, Field(default_factory=model)) for name, model in _MODELS.items()},  # type: ignore[call-overload]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of one process."""

    config: Path
    data: Path
    database_url: str
    broker_url: str
    archive_url: str
    embedded_broker: bool
    sinks: Mapping[str, _SinkBase]
    net: NetPolicy
    politeness: HostPolicy
    robots: RobotsPolicy
    rights: RightsPolicy
    poll: PollPolicy
    articles: ArticlePolicy
    lease: LeasePolicy
    delivery: DeliveryPolicy
    reading: ReadingPolicy
    furniture: FurniturePolicy
    near: NearPolicy
    sample: SamplePolicy


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the configuration. Raises `ConfigurationError` with all its mistakes."""
    env = dict(os.environ if environment is None else environment)
    config = config_folder(env)
    data = Path(env.get(f"{PREFIX}DATA", "data")).absolute()
    mistakes: list[str] = []
    if not config.is_dir():
        raise ConfigurationError([f"{config}: no such folder; {PREFIX}CONFIG names the one with {FILE} in it"])
    parsed = _parse(config / FILE, env, mistakes)
    if mistakes or parsed is None:
        raise ConfigurationError(mistakes)
    policies: dict[str, Any] = {name: _build(policy, getattr(parsed, name)) for name, policy in SECTIONS.items()}
    if not _USER_AGENT.match(policies["net"].user_agent):
        words = "should be a name, a version and in brackets where you can be reached"
        raise ConfigurationError([f"{config / FILE}: net.user_agent: {words}, such as {NetPolicy().user_agent!r}"])
    return Settings(
        config=config,
        data=data,
        database_url=parsed.database_url or f"sqlite:///{data / 'copydesk.db'}",
        broker_url=parsed.broker_url or f"redis+socket://{embedded_socket(data)}",
        archive_url=parsed.archive_url or str(data / "pages"),
        embedded_broker=parsed.broker_url is None,
        sinks=parsed.sinks or {"files": SinkSettings.model_validate(_default_sink(data))},
        **policies,
    )


def _default_sink(data: Path) -> dict[str, object]:
    """Where records go when nothing is said: a first run has the sample outlet's articles there as well."""
    return {"kind": "files", "path": str(data / "records"), "sample": True}


def read_secret(name: str, environment: Mapping[str, str] | None = None) -> str | None:
    """A secret that the catalog names: `COPYDESK_SECRET_<NAME>`, or the file that `COPYDESK_SECRET_<NAME>_FILE` names."""
    env = os.environ if environment is None else environment
    variable = secret_variable(name)
    if variable in env:
        return env[variable]
    file = env.get(f"{variable}_FILE")
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else None
    except OSError:
        return None


def secret_variable(name: str) -> str:
    """The variable that holds a secret."""
    return f"{PREFIX}SECRET_{name.upper()}"


def inherited_environment() -> dict[str, str]:
    """What a process of ours inherits."""
    return dict(os.environ)


def config_folder(environment: Mapping[str, str] | None = None) -> Path:
    """The folder with the configuration."""
    env = os.environ if environment is None else environment
    return Path(env.get(f"{PREFIX}CONFIG", "config"))


def embedded_socket(data: Path) -> Path:
    """Where the private Redis of a data folder listens: a unix socket in it, or a short one when its path is too long for one."""
    inside = data / "redis.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    return Path(tempfile.gettempdir()) / f"copydesk-{sha256(os.fsencode(data)).hexdigest()[:16]}.sock"


def _build(policy: type[P], section: BaseModel) -> P:
    values = {field.name: getattr(section, setting_name(policy, field.name)) for field in fields(policy)}  # type: ignore[arg-type]
    return policy(**values)


def _parse(file: Path, env: dict[str, str], mistakes: list[str]) -> _Base | None:
    """Read file and environment, the environment first; note every mistake with where it stands."""
    for name in _SECRETS:
        secret = env.get(f"{PREFIX}{name.upper()}_FILE")
        if secret is not None:
            try:
                env.setdefault(f"{PREFIX}{name.upper()}", Path(secret).read_text(encoding="utf-8").strip())
            except OSError as error:
                mistakes.append(f"{PREFIX}{name.upper()}_FILE: {error}")
    try:
        return _sourced(file, env)()
    except ValidationError as error:
        mistakes.extend(_in_words(file, env, dict(problem)) for problem in error.errors())
    except ValueError as error:
        mistakes.append(f"{file}: {error}")
    return None


def _sourced(file: Path, env: dict[str, str]) -> type[_Base]:
    class Sourced(_Sections):  # type: ignore[misc, valid-type]
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            # The library reads the process's environment; a caller may give another one.
            env_settings.env_vars = {name.lower(): value for name, value in env.items()}  # type: ignore[attr-defined]
            return env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    return Sourced


def _in_words(file: Path, env: Mapping[str, str], problem: Mapping[str, Any]) -> str:
    """A mistake as: where it stands, what is wrong, what would be right."""
    path = [str(part) for part in problem["loc"]]
    variable = PREFIX + "__".join(path).upper()
    place = variable if variable in env else f"{file}: {'.'.join(path)}"
    if problem["type"] == "extra_forbidden":
        known = sorted(_MODELS[path[0]].model_fields) if path[0] in _MODELS else sorted(_Sections.model_fields)
        return f"{place}: there is no such setting; there are {', '.join(known)}"
    # The library's prefix says nothing to a person.
    words = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {words} (found {problem['input']!r})"
