"""elfaust hive, on a metastore in memory."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from elfaust.commands import main
from elfaust.settings import as_environ
from tests.unit.hive.fakes import Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    monkeypatch.setattr("elfaust.commands.hive._sync", lambda settings: made.new_sync())
    return made


def run(place: Place, line: str) -> Result:
    return CliRunner().invoke(main, line.split(), env=as_environ(place.settings))


def test_sync_makes_what_is_missing_and_says_so(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02", "2026-03-08T03")
    result = run(place, "hive sync --dry-run")
    assert "table edit_1: 2 partitions would be added" in result.output
    assert place.remembered.did == []
    result = run(place, "hive sync")
    assert result.exit_code == 0, result.output
    *did, last = result.output.splitlines()
    assert did == [
        "database made",
        "table edit_1 made",
        "view edit made",
        "table edit_1: 2 partitions added",
    ]
    assert last.startswith("1 tables, 2 partitions, ")
    assert last.endswith("ALL THERE")


def test_what_somebody_has_to_look_at_exits_1(place: Place) -> None:
    key = place.add("Edit", 1, "2026-03-08T02", "2026-03-08T03")
    run(place, "hive sync")
    place.storage.delete(place.names.in_hour(key, "2026-03-08T02"))
    place.storage.write(f"{place.names.in_hour(key, '2026-03-08T03')}/x", b"")
    result = run(place, "hive sync --json")
    assert result.exit_code == 1
    assert [of["name"].rpartition("/")[2] for of in json.loads(result.output)["told"]] == [
        "edit_1",
        "x",
    ]
    result = run(place, "hive sync --repair --no-files")
    assert (result.exit_code, "1 partitions dropped" in result.output) == (0, True)


def test_status_compares_and_changes_nothing(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    result = run(place, "hive status")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "edit_1: 0 partitions, 1 missing, not made",
        "edit: view not made, or of other revisions",
        "1 tables, 0 partitions, 1 missing: DIFFERS",
    ]
    run(place, "hive sync")
    result = run(place, "hive status --json")
    assert result.exit_code == 0
    assert json.loads(result.output)["tables"] == [
        {"name": "edit_1", "is_there": True, "partitions": 1, "missing": 0}
    ]


def test_ddl_prints_all_or_one(place: Place) -> None:
    place.add("Edit", 1)
    place.add("Edit", 2)
    place.add("Save", 7)
    everything = run(place, "hive ddl").output
    assert everything.startswith("CREATE DATABASE IF NOT EXISTS `event`;")
    # That of EventErrors is one of them.
    assert everything.count("CREATE EXTERNAL TABLE") == 4
    assert everything.count("CREATE OR REPLACE VIEW") == 2
    of_edit = run(place, "hive ddl Edit").output
    assert (of_edit.count("CREATE EXTERNAL"), of_edit.count("OR REPLACE VIEW")) == (2, 1)
    one = run(place, "hive ddl Edit 2").output
    assert (one.count("CREATE EXTERNAL"), one.count("OR REPLACE VIEW")) == (1, 0)
    result = run(place, "hive ddl Nothing")
    assert (result.exit_code, "no schema" in result.stderr) == (1, True)


def test_ddl_tells_what_can_have_none(place: Place) -> None:
    place.add("Edit", 2)
    place.add("Edit_2", 7)
    result = run(place, "hive ddl")
    assert result.exit_code == 0
    assert "edit_2 is no view of schema Edit_2" in result.stderr
    place.add("A-b", 1)
    place.add("a_b", 1)
    result = run(place, "hive ddl")
    assert result.exit_code == 1
    assert "A-b_1 has no table: a_b_1 is that of a_b, revision 1" in result.stderr


def test_what_is_null_in_a_view_is_a_note(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.add("Edit", 2, "2026-03-08T02", a={"type": "array", "items": {"type": "string"}})
    result = run(place, "hive sync")
    assert result.exit_code == 0
    said = (
        "note edit event.a is NULL in the view for revision 1: string cannot be made array<string>"
    )
    assert said in result.output.splitlines()


@pytest.mark.parametrize("line", ["hive sync", "hive status --json"])
def test_without_a_metastore_it_says_which_setting(tmp_path: Path, line: str) -> None:
    result = CliRunner().invoke(main, line.split(), env={"ELFAUST_HIVE_METASTORE": ""})
    assert result.exit_code == 2
    assert "hive.metastore" in result.stderr


@pytest.mark.parametrize("line", ["hive sync", "hive status --json"])
def test_a_metastore_that_hangs_is_named_in_time(tmp_path: Path, line: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        address = f"thrift://127.0.0.1:{hanging.getsockname()[1]}"
        environ = {
            "ELFAUST_HIVE_METASTORE": address,
            "ELFAUST_HIVE_TIMEOUT": "0.2",
            "ELFAUST_HDFS_STORAGE": "local",
            "ELFAUST_HDFS_ROOT": str(tmp_path),
        }
        result = CliRunner().invoke(main, line.split(), env=environ)
    assert result.exit_code == 3
    [said] = result.stderr.splitlines()
    assert said.startswith(f"Error: Hive metastore {address} is not available")
