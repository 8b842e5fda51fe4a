"""Profile beta shares no name, folder or port with production."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from elfaust.settings import Settings, load, of_profile, state_folder
from elfaust.settings.apart import shared
from tests import REPOSITORY

CONF = REPOSITORY / "faust.conf"


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load(CONF, environ, "beta")
    return str(raised.value)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("kafka.app_id", "elfaust-{role}"),
        ("topics.raw_client", "eventlogging-client-side"),
        ("topics.raw_server", "eventlogging-client-side"),
        ("topics.raw_client", "eventlogging_Edit_1"),
        ("topics.error", "eventlogging_EventError"),
        ("topics.event", "eventlogging_{schema}_{revision}"),
        ("topics.event", "{schema}_{revision}"),
        ("forwarder.topic", "eventlogging-server-side"),
        ("mysql.database", "LOG"),
        ("hdfs.root", "/wmf/data/event"),
        ("hdfs.root", "/wmf/data/event/beta"),
        ("hdfs.root", "/wmf"),
        ("workers.state", ".stack/workers"),
        ("web.port", "6076"),
        ("forwarder.port", "8421"),
        ("forwarder.topic", "eventlogging-client-side"),
        ("forwarder.topic", "eventlogging_EventError"),
        ("intake.port", "8192"),
        ("intake.port", "6100"),
    ],
)
def test_what_production_has_is_refused_with_its_cure(setting: str, text: str) -> None:
    name = f"ELFAUST_{setting.replace('.', '_').upper()}"
    told = refused(**{name: text})
    assert re.search(rf"^{re.escape(setting)} = .*; change environment {name}$", told, re.MULTILINE)


def test_charts_are_apart_where_they_are_sent() -> None:
    same = {"ELFAUST_STATSD_PREFIX": "eventlogging", "ELFAUST_CARBON_PREFIX": "elfaust"}
    load(CONF, same, "beta")
    told = refused(**same, ELFAUST_STATSD_HOST="s", ELFAUST_CARBON_HOST="c")
    assert "statsd.prefix = eventlogging" in told
    assert "carbon.prefix = elfaust" in told


def test_a_file_without_sections_of_beta_is_told_all_that_it_needs(tmp_path: Path) -> None:
    conf = tmp_path / "faust.conf"
    secret = tmp_path / "none"
    conf.write_text(f"[production:mysql]\npassword_file = {secret}\n")
    with pytest.raises(SettingsError) as raised:
        load(conf, {}, "beta")
    told = str(raised.value)
    for key in ("kafka.app_id", "topics.event", "mysql.database", "hdfs.root", "web.port"):
        assert f"{key} = " in told
    assert f"set database in [beta:mysql] of {conf}" in told
    load(conf, {}, "dev")


def test_production_is_that_of_the_file() -> None:
    production = of_profile(load(CONF, {}, "beta"), "production")
    assert (production.profile, production.topics.lanes) == ("production", 12)
    assert of_profile(Settings(), "dev").profile == "dev"


def test_events_of_beta_are_no_topics_of_a_production_that_takes_any() -> None:
    beta = load(CONF, {}, "beta")
    production = of_profile(beta, "production")
    any_topic = replace(production.topics, event="{schema}_{revision}")
    [told] = shared(beta, replace(production, topics=any_topic))
    assert "topics.event = beta_eventlogging_{schema}_{revision}, which has names in common" in told


def test_the_state_of_beta_is_in_a_folder_of_its_own() -> None:
    beta = load(CONF, {}, "beta")
    assert state_folder(beta).name == "workers-beta"
    assert state_folder(load(CONF, {}, "production")).name == "workers"
