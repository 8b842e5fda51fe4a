"""Which engine answers, and what is said where it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.errors import ElfaustError, ServerAway, SettingsError
from elfaust.query import engines
from elfaust.query.engines import engine_name, open_engine
from elfaust.settings import Settings
from tests.unit.query.stored import settings_of


def with_host(host: str) -> Settings:
    base = Settings()
    return replace(base, hive=replace(base.hive, host=host, port=1, timeout=0.5))


def test_hive_answers_where_the_settings_name_its_host() -> None:
    assert engine_name(with_host("")) == "duckdb"
    assert engine_name(with_host("h")) == "hive"
    assert engine_name(with_host("h"), "duckdb") == "duckdb"
    with pytest.raises(SettingsError, match=r"hive\.host is empty"):
        engine_name(with_host(""), "hive")


def test_hive_that_does_not_listen_is_away() -> None:
    with pytest.raises(ServerAway, match=r"HiveServer2 127\.0\.0\.1:1 is not available"):
        open_engine(with_host("127.0.0.1"))


def test_duckdb_says_which_files_it_reads(tmp_path: Path) -> None:
    engine = open_engine(settings_of(tmp_path))
    assert engine.title == f"DuckDB over {tmp_path}/event"
    assert engine.progress() == ""
    engine.close()


def test_a_package_that_is_missing_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    for settings, extra in ((with_host("h"), "hive"), (with_host(""), "duckdb")):
        with pytest.raises(ElfaustError, match=rf"pip install 'elfaust\[{extra}\]'"):
            open_engine(settings)
