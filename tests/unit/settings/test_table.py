"""The table of settings, and load and as_environ around it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pydantic.dataclasses import dataclass

from elfaust.errors import SettingsError
from elfaust.events.formats import check_formats
from elfaust.names import TopicNames
from elfaust.settings import (
    PROFILES,
    SECTIONS,
    Mysql,
    Processor,
    Settings,
    Stack,
    Web,
    as_environ,
    load,
    table,
)
from elfaust.settings.flow import RAW_KINDS, Topics
from elfaust.settings.values import fields_of
from tests import REPOSITORY

FAUST_CONF = REPOSITORY / "faust.conf"


def test_every_setting_has_a_default_of_its_type_and_help_that_is_a_sentence_of_its_own() -> None:
    for name, section in SECTIONS.items():
        for key, field in fields_of(section).items():
            assert field.description, f"{name}.{key}"
            assert field.description[0].isupper(), f"{name}.{key}"
            assert field.description.endswith("."), f"{name}.{key}"
            assert len(field.description.split()) > 4, f"{name}.{key}"


@pytest.mark.parametrize(
    ("end", "unit"),
    [
        ("_seconds", "seconds"),
        ("timeout", "seconds"),
        ("_interval", "seconds"),
        ("_ttl", "seconds"),
        ("_ms", "milliseconds"),
        ("_bytes", "bytes"),
        ("_chars", "characters"),
        ("_hours", "hours"),
        ("_minutes", "minutes"),
        ("_rows", "rows"),
        ("_rate", "a second"),
        ("port", "port"),
    ],
)
def test_help_names_the_unit(end: str, unit: str) -> None:
    helps = [
        field.description or ""
        for section in SECTIONS.values()
        for key, field in fields_of(section).items()
        if key.endswith(end)
    ]
    assert helps
    assert [text for text in helps if unit not in text] == []


def test_every_default_is_a_value_that_faust_conf_could_hold() -> None:
    for section in SECTIONS.values():
        for key, field in fields_of(section).items():
            value = getattr(section(**{key: str(field.default)}), key)
            assert value == field.default
            assert type(value) is type(field.default)


@dataclass(frozen=True)
class MoreTopics(Topics):
    raw_mobile: str = "eventlogging-mobile"


@dataclass(frozen=True)
class MoreFormats(Processor):
    mobile_format: str = "%z"


def test_a_further_kind_of_raw_lines_is_two_settings_and_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = TopicNames(Settings()).raw
    monkeypatch.setattr(table, "RAW_KINDS", (*RAW_KINDS, "mobile"))
    settings = Settings(topics=MoreTopics(), processor=MoreFormats())
    assert settings.raw_topics["mobile"] == "eventlogging-mobile"
    assert TopicNames(settings).raw == (*before, "eventlogging-mobile")
    with pytest.raises(SettingsError, match=r"processor\.mobile_format = '%z'"):
        check_formats(settings)


def test_section_names_hold_no_underscore_so_that_variables_are_unambiguous() -> None:
    assert not [section for section in SECTIONS if "_" in section]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_faust_conf_of_the_checkout_loads_in_every_profile(profile: str) -> None:
    settings = load(FAUST_CONF, {}, profile)
    assert settings.profile == profile
    assert settings.conf == str(FAUST_CONF)


def test_dev_is_the_profile_of_the_checkout() -> None:
    assert load(FAUST_CONF, {}).profile == "dev"


def test_beta_writes_nothing_where_production_does() -> None:
    beta, production = load(FAUST_CONF, {}, "beta"), load(FAUST_CONF, {}, "production")
    assert beta.mysql.database != production.mysql.database
    assert beta.hdfs.root != production.hdfs.root
    assert beta.topics.event != production.topics.event
    assert beta.topics.error != production.topics.error
    assert beta.kafka.app_id != production.kafka.app_id
    assert beta.forwarder.topic == beta.topics.raw_server
    assert not {*beta.raw_topics.values()} & {*production.raw_topics.values()}


def test_faust_conf_of_the_working_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faust.conf").write_text("[web]\nport = 7000\n")
    monkeypatch.chdir(tmp_path)
    settings = load(environ={})
    assert settings.web.port == 7000
    assert settings.origins["web.port"] == "faust.conf [web]"


def test_the_package_s_faust_conf_is_found_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environ={}).conf == str(FAUST_CONF)


def test_load_reads_the_process_environment_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELFAUST_STACK_DIR", "elsewhere")
    assert load(FAUST_CONF).stack == Stack(dir="elsewhere")


def test_as_environ_gives_the_same_settings_in_another_process() -> None:
    settings = dataclasses.replace(
        load(FAUST_CONF, {}, "beta"),
        mysql=Mysql(port=3307, password="s3cret", database="log_beta"),
        web=Web(port=7166),
    )
    assert load(environ=as_environ(settings)) == settings


def test_as_environ_outdoes_a_password_file_of_the_caller() -> None:
    caller = {"ELFAUST_MYSQL_PASSWORD_FILE": "/nowhere"}
    settings = Settings(mysql=Mysql(password="s3cret"))
    assert load(FAUST_CONF, caller | as_environ(settings)).mysql.password == "s3cret"


def test_a_password_is_not_in_the_repr() -> None:
    assert "s3cret" not in repr(Settings(mysql=Mysql(password="s3cret")))


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "faust.conf", {})


@pytest.mark.parametrize("host", ["h", "h-1.example.org.", "10.1.2.3", "::1", "fe80::1%eth0"])
def test_a_machine_is_named_or_has_an_address(host: str) -> None:
    for section in ("web", "carbon", "statsd", "forwarder"):
        settings = load(FAUST_CONF, {f"ELFAUST_{section.upper()}_HOST": host})
        assert getattr(settings, section).host == host


@pytest.mark.parametrize(
    "host", ["http://h", "h:80", "[::1]", "a,b", "a/b", "*", "a..b", "ü", "x" * 300]
)
def test_what_is_no_machine_is_refused_by_its_setting(host: str) -> None:
    for key in ("web.host", "carbon.host", "statsd.host", "forwarder.host", "web.names"):
        name = f"ELFAUST_{key.upper().replace('.', '_')}"
        with pytest.raises(SettingsError, match=f"{name}: {key} = "):
            load(FAUST_CONF, {name: host})


@pytest.mark.parametrize(
    ("host", "at"), [("h", "h:80"), ("10.1.2.3", "10.1.2.3:80"), ("::1", "[::1]:80")]
)
def test_where_a_page_is(host: str, at: str) -> None:
    assert Web(host=host).at(80) == at


@pytest.mark.parametrize("key", ["CARBON_PREFIX", "STATSD_PREFIX"])
@pytest.mark.parametrize("text", ["a.", ".a", "a..b", "a b", "{x}", "a.{schema}", "a*", "ü", ""])
def test_what_is_no_name_of_a_metric_is_refused(key: str, text: str) -> None:
    """Braces and stars are patterns to graphite-web."""
    with pytest.raises(SettingsError, match=key):
        load(FAUST_CONF, {f"ELFAUST_{key}": text})


def test_little_charts_show_a_day_at_most() -> None:
    """A page is made of each minute of each schema revision."""
    assert load(FAUST_CONF, {"ELFAUST_THROUGHPUT_SHOW_MINUTES": "1440"})
    with pytest.raises(SettingsError, match=r"throughput\.show_minutes"):
        load(FAUST_CONF, {"ELFAUST_THROUGHPUT_SHOW_MINUTES": "1441"})
