"""Settings: every one has a default, a place in the file and a variable; mistakes are named, all at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from worker.settings import (
    FILE,
    LONGEST_SOCKET_PATH,
    SECTIONS,
    ConfigurationError,
    Settings,
    SinkSettings,
    config_folder,
    embedded_socket,
    inherited_environment,
    read_settings,
    setting_name,
)

REPOSITORY = Path(__file__).parents[1]
ADDRESSES = ("database_url", "broker_url", "archive_url")
# Every field of every policy: a new one is among these by itself.
FIELDS = [(section, field.name) for section, policy in SECTIONS.items() for field in fields(policy)]
ASSIGNMENT = re.compile(r"#? ?([a-z_]+) = (.+)")


def environment(folder: Path, content: str = "", **variables: str) -> dict[str, str]:
    """A configuration folder with this file, and variables for it."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / FILE).write_text(content, encoding="utf-8")
    return {"COPYDESK_CONFIG": str(config), "COPYDESK_DATA": str(folder / "data"), **variables}


def read(folder: Path, content: str = "", **variables: str) -> Settings:
    """The settings of a file and variables."""
    return read_settings(environment(folder, content, **variables))


def mistakes(folder: Path, content: str = "", **variables: str) -> list[str]:
    """What is wrong with a file and variables."""
    with pytest.raises(ConfigurationError) as caught:
        read(folder, content, **variables)
    return caught.value.mistakes


def default(section: str, field: str) -> Any:
    """The default of a policy's field."""
    return getattr(SECTIONS[section](), field)


def variable(section: str, field: str) -> str:
    """The environment variable of a policy's field."""
    return f"COPYDESK_{section}__{setting_name(SECTIONS[section], field)}".upper()


def another(section: str, field: str) -> tuple[str, Any]:
    """Another value than the default: as a variable says it, and as the policy has it."""
    hint = get_type_hints(SECTIONS[section])[field]
    value = default(section, field)
    if hint is timedelta:
        other = value + timedelta(seconds=1.5)
        return str(other.total_seconds()), other
    if hint is bool:
        return str(not value).lower(), not value
    if hint is int:
        return str(value + 1), value + 1
    if hint is float:
        return str(value + 0.25), value + 0.25
    if hint == tuple[timedelta, ...]:
        return "[60, 120]", (timedelta(minutes=1), timedelta(minutes=2))
    if hint == tuple[tuple[timedelta, timedelta], ...]:
        return "[[60, 120]]", ((timedelta(minutes=1), timedelta(minutes=2)),)
    if field == "user_agent":
        return "Desk/2 (+https://desk.example)", "Desk/2 (+https://desk.example)"
    if hint == tuple[int, ...]:
        return "[80, 8080]", (80, 8080)
    if hint == tuple[tuple[str, float, int], ...]:
        return '[["paper.example", 0.5, 3]]', (("paper.example", 0.5, 3),)
    if hint == tuple[str, ...]:
        return '["127.0.0.1:8080"]', ("127.0.0.1:8080",)
    if isinstance(value, StrEnum):
        other = next(word for word in type(value) if word is not value)
        return other.value, other
    assert hint in {str, str | None}, f"{section}.{field}: a new kind of setting needs a value here: {hint}"
    return "something", "something"


def in_toml(found: Any) -> Any:
    """A policy's value as a file says it."""
    match found:
        case timedelta():
            return found.total_seconds()
        case tuple():
            return [in_toml(value) for value in found]
        case None:
            return ""
        case StrEnum():
            return found.value
    return found


def named_in(file: Path) -> dict[str, dict[str, Any]]:
    """Every setting of a file, those that are commented out too, by section; `""` is what stands above the first one."""
    found: dict[str, dict[str, Any]] = {}
    section = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        opened = re.fullmatch(r"(?:# )?\[([a-z.]+)\]", line)
        if opened:
            section = opened[1]
        assigned = ASSIGNMENT.fullmatch(line)
        if assigned:
            found.setdefault(section, {})[assigned[1]] = tomllib.loads(f"found = {assigned[2]}")["found"]
    return found


def test_without_a_word_every_policy_is_its_default(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert {name: getattr(settings, name) for name in SECTIONS} == {name: policy() for name, policy in SECTIONS.items()}


def test_without_a_word_everything_is_in_the_data_folder(tmp_path: Path) -> None:
    settings = read(tmp_path)
    data = tmp_path / "data"
    assert settings.config == tmp_path / "config"
    assert settings.data == data
    assert settings.database_url == f"sqlite:///{data}/copydesk.db"
    assert settings.broker_url == f"redis+socket://{embedded_socket(data)}"
    assert settings.embedded_broker
    assert settings.archive_url == f"{data}/pages"
    assert settings.sinks == {
        "files": SinkSettings.model_validate({"kind": "files", "path": f"{data}/records", "sample": True})
    }


def test_a_configuration_without_a_file_is_the_defaults(tmp_path: Path) -> None:
    variables = environment(tmp_path)
    (tmp_path / "config" / FILE).unlink()
    assert read_settings(variables).poll == SECTIONS["poll"]()


def test_the_data_folder_is_absolute_wherever_the_command_runs(tmp_path: Path) -> None:
    assert read_settings(environment(tmp_path) | {"COPYDESK_DATA": "elsewhere"}).data == Path.cwd() / "elsewhere"


@pytest.mark.parametrize(("section", "field"), FIELDS)
def test_each_setting_has_its_variable(tmp_path: Path, section: str, field: str) -> None:
    text, expected = another(section, field)
    settings = read(tmp_path, **{variable(section, field): text})
    assert expected != default(section, field)
    assert getattr(settings, section) == replace(SECTIONS[section](), **{field: expected})
    assert all(getattr(settings, other) == policy() for other, policy in SECTIONS.items() if other != section)


@pytest.mark.parametrize(("section", "field"), FIELDS)
def test_the_file_goes_before_the_default_and_the_variable_before_the_file(
    tmp_path: Path, section: str, field: str
) -> None:
    policy = SECTIONS[section]
    name = setting_name(policy, field)
    text, expected = another(section, field)
    written = f'"{text}"' if isinstance(expected, str) else text
    content = f"[{section}]\n{name} = {written}\n"
    assert getattr(getattr(read(tmp_path, content), section), field) == expected
    back = in_toml(default(section, field))
    said = back if isinstance(back, str) else json.dumps(back)
    settings = read(tmp_path, content, **{variable(section, field): said})
    assert in_toml(getattr(getattr(settings, section), field)) == back


def test_a_variable_changes_one_setting_of_a_section_and_leaves_the_files_others(tmp_path: Path) -> None:
    settings = read(tmp_path, "[politeness]\nspacing_s = 9\nper_host = 4\n", COPYDESK_POLITENESS__SPACING_S="5")
    assert settings.politeness.spacing == timedelta(seconds=5)
    assert settings.politeness.per_host == 4


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_comes_from_the_file_the_variable_or_a_file_that_a_variable_names(tmp_path: Path, name: str) -> None:
    content = f'{name} = "from-the-file"\n'
    secret = tmp_path / "secret"
    secret.write_text("from-a-secret\n", encoding="utf-8")
    upper = f"COPYDESK_{name.upper()}"
    cases: list[tuple[Mapping[str, str], str]] = [
        ({}, "from-the-file"),
        ({f"{upper}_FILE": str(secret)}, "from-a-secret"),
        ({upper: "from-a-variable"}, "from-a-variable"),
        ({f"{upper}_FILE": str(secret), upper: "from-a-variable"}, "from-a-variable"),
    ]
    assert [getattr(read(tmp_path, content, **given), name) for given, _ in cases] == [said for _, said in cases]


def test_who_names_a_broker_has_no_private_one(tmp_path: Path) -> None:
    assert not read(tmp_path, COPYDESK_BROKER_URL="redis://redis:6379/0").embedded_broker


def test_sinks_are_those_of_the_file_with_what_their_kind_wants_to_know(tmp_path: Path) -> None:
    content = (
        '[sinks.one]\nkind = "files"\npath = "records"\n[sinks.two]\nkind = "postgres"\nenabled = false\nport = 5432\n'
    )
    sinks = read(tmp_path, content, COPYDESK_SINKS__ONE__PATH="elsewhere").sinks
    assert {name: (sink.kind, sink.enabled, sink.options) for name, sink in sinks.items()} == {
        "one": ("files", True, {"path": "elsewhere"}),
        "two": ("postgres", False, {"port": 5432}),
    }


def test_the_process_s_own_environment_is_read_when_no_other_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(tmp_path, COPYDESK_POLL__GAP_NEEDS="7").items():
        monkeypatch.setenv(name, value)
    assert read_settings().poll.gap_needs == 7
    assert config_folder() == tmp_path / "config"
    assert inherited_environment()["COPYDESK_POLL__GAP_NEEDS"] == "7"


def test_another_environment_is_read_instead_of_the_process_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYDESK_POLL__GAP_NEEDS", "7")
    assert read(tmp_path).poll.gap_needs == SECTIONS["poll"]().gap_needs
    assert config_folder({}) == Path("config")


def test_all_mistakes_are_in_one_message_with_their_place_and_what_would_be_right(tmp_path: Path) -> None:
    content = """
        spacing = 3
        [politeness]
        spacing_s = "soon"
        per_hosts = 3
        [poll]
        jitter = "a little"
        [lease]
        work_s = -1
        [sinks.files]
        path = "records"
    """
    file = tmp_path / "config" / FILE
    found = mistakes(tmp_path, content, COPYDESK_DELIVERY__BATCH="many", COPYDESK_LEASE__QUEUE_S="later")
    politeness = ", ".join(sorted(setting_name(SECTIONS["politeness"], f) for s, f in FIELDS if s == "politeness"))
    expected = [
        rf"{file}: spacing: there is no such setting; there are .*politeness.*",
        rf"{file}: politeness.spacing_s: should be a number of seconds \(found 'soon'\)",
        rf"{file}: politeness.per_hosts: there is no such setting; there are {politeness}",
        rf"{file}: poll.jitter: .*valid number.* \(found 'a little'\)",
        rf"{file}: lease.work_s: should be 0 seconds or more \(found -1\)",
        rf"{file}: sinks.files.kind: Field required .*",
        r"COPYDESK_DELIVERY__BATCH: .*valid integer.* \(found 'many'\)",
        r"COPYDESK_LEASE__QUEUE_S: should be a number of seconds \(found 'later'\)",
    ]
    for pattern in expected:
        assert [line for line in found if re.fullmatch(pattern, line)], (pattern, found)
    assert len(found) == len(expected)


def test_the_message_is_a_line_for_each_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, "one = 1\ntwo = 2\n")
    first, *others = str(caught.value).splitlines()
    assert first == "the configuration is not usable:"
    assert others == [f"  {line}" for line in caught.value.mistakes]
    assert len(others) == 2


@pytest.mark.parametrize("text", ["1e400", "nan", "-5", "five", ""])
def test_a_time_that_is_no_number_of_seconds_is_refused_in_words(tmp_path: Path, text: str) -> None:
    (found,) = mistakes(tmp_path, COPYDESK_LEASE__WORK_S=text)
    assert found.startswith("COPYDESK_LEASE__WORK_S: ")


def test_a_time_that_is_no_text_either_is_refused(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, "[lease]\nwork_s = [1]\n")
    assert found.startswith(f"{tmp_path / 'config' / FILE}: lease.work_s: ")


def test_a_variable_of_a_setting_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, COPYDESK_POLITENESS__PACING_S="5")
    assert found.startswith("COPYDESK_POLITENESS__PACING_S: there is no such setting; there are ")
    assert "spacing_s" in found


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, "[politeness\nspacing_s = 5\n")
    assert found.startswith(f"{tmp_path / 'config' / FILE}: ")
    assert "line 1" in found


def test_a_configuration_folder_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="COPYDESK_CONFIG") as caught:
        read_settings({"COPYDESK_CONFIG": str(tmp_path / "nowhere")})
    assert caught.value.mistakes[0].startswith(f"{tmp_path / 'nowhere'}: no such folder")


def test_secret_files_that_cannot_be_read_are_all_named_and_so_are_other_mistakes(tmp_path: Path) -> None:
    missing = {f"COPYDESK_{name.upper()}_FILE": str(tmp_path / name) for name in ADDRESSES}
    found = mistakes(tmp_path, "[poll]\ngap_needs = 'three'\n", **missing)
    assert [line.split(":")[0] for line in found[:3]] == list(missing)
    assert "poll.gap_needs" in found[3]
    assert len(found) == 4


def test_the_private_redis_is_in_the_data_folder_when_its_path_is_short_enough(tmp_path: Path) -> None:
    room = LONGEST_SOCKET_PATH - len("/redis.sock")
    fits = Path("/" + "x" * (room - 1))
    assert embedded_socket(fits) == fits / "redis.sock"
    too_long = [Path("/" + "x" * room), Path("/" + "y" * room), Path("/" + "ü" * (room // 2 + 1))]
    short = [embedded_socket(data) for data in too_long]
    assert len(set(short)) == len(short)
    assert [embedded_socket(data) for data in too_long] == short
    assert all(not place.is_relative_to(data) for place, data in zip(short, too_long, strict=True))
    assert all(len(place.name.encode()) < LONGEST_SOCKET_PATH - len("/redis.sock") for place in short)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_repository_s_file_names_every_setting_with_its_default(section: str) -> None:
    named = named_in(REPOSITORY / "config" / FILE).get(section, {})
    policy = SECTIONS[section]
    assert named == {
        setting_name(policy, field.name): in_toml(default(section, field.name)) for field in fields(policy)
    }


def test_the_repository_s_file_names_every_address_and_no_section_besides() -> None:
    named = named_in(REPOSITORY / "config" / FILE)
    assert set(named[""]) == set(ADDRESSES)
    assert {section.split(".")[0] for section in named} == {"", "sinks", *SECTIONS}


def test_the_repository_s_file_is_the_defaults_as_it_stands(tmp_path: Path) -> None:
    parsed = tomllib.loads((REPOSITORY / "config" / FILE).read_text(encoding="utf-8"))
    assert all(content == {} for content in parsed.values())
    settings = read_settings({"COPYDESK_CONFIG": str(REPOSITORY / "config"), "COPYDESK_DATA": str(tmp_path)})
    assert all(getattr(settings, name) == policy() for name, policy in SECTIONS.items())


def test_the_repository_s_file_is_the_defaults_with_every_setting_uncommented(tmp_path: Path) -> None:
    lines = (REPOSITORY / "config" / FILE).read_text(encoding="utf-8").splitlines()
    bare = [line.removeprefix("# ") if ASSIGNMENT.fullmatch(line) else line for line in lines]
    start = next(i for i, line in enumerate(bare) if line == "[net]")
    settings = read(tmp_path, "\n".join(bare[start:]))
    # An empty proxy is no proxy.
    net = replace(settings.net, proxy=settings.net.proxy or None)
    found = {name: getattr(settings, name) for name in SECTIONS} | {"net": net}
    assert found == {name: policy() for name, policy in SECTIONS.items()}


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (X11; Linux x86_64)",
        "Desk (+https://desk.example)",
        "Desk/1",
        "Desk/1 https://desk.example",
        "De sk/1 (a@b.c)",
    ],
)
def test_a_user_agent_says_who_asks_and_where_to_be_reached(tmp_path: Path, agent: str) -> None:
    (found,) = mistakes(tmp_path, f'[net]\nuser_agent = "{agent}"\n')
    assert "user_agent: should be a name, a version and in brackets where you can be reached" in found


@pytest.mark.parametrize("agent", ["Desk/1 (+https://desk.example)", "my-desk/2.0.1 (desk@paper.example) extra"])
def test_a_user_agent_may_name_a_page_or_an_address(tmp_path: Path, agent: str) -> None:
    assert read(tmp_path, f'[net]\nuser_agent = "{agent}"\n').net.user_agent == agent
