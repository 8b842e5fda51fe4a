"""Each fault that is planted in stores of which all else is right is found, and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elfaust.sinks.parquet.reader import parquet_table
from elfaust.sinks.parquet.table import to_bytes
from elfaust.testing import make_record
from tests.unit.audit.fakes import EVENTS, NOW, RAW, Fakes, event, row


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


def lose_a_row(fakes: Fakes) -> None:
    del fakes.rows[4]


def double_a_row(fakes: Fakes) -> None:
    fakes.rows.append(fakes.rows[0])


def double_all_rows(fakes: Fakes) -> None:
    fakes.rows += fakes.rows


def alter_a_row(fakes: Fakes) -> None:
    fakes.rows[1]["event_emailsAfter"] = 1


def add_a_row(fakes: Fakes) -> None:
    fakes.rows.append(row(77))


def lose_a_file(fakes: Fakes) -> None:
    fakes.storage.delete(fakes.path(1))


def lose_a_line_of_a_file(fakes: Fakes) -> None:
    fakes.write(0, fakes.lanes[0][:2])


def double_a_file(fakes: Fakes) -> None:
    fakes.storage.write(f"{fakes.path(0)}.copy.parquet", fakes.storage.read(fakes.path(0)))


def double_a_file_under_any_name(fakes: Fakes) -> None:
    folder = fakes.path(0).rpartition("/")[0]
    fakes.storage.write(f"{folder}/x.parquet", fakes.storage.read(fakes.path(0)))


def alter_a_file(fakes: Fakes) -> None:
    first, *others = fakes.lanes[0]
    changed = event(0, event={"emailsBefore": False, "emailsAfter": False})
    fakes.write(0, [first._replace(value=changed), *others])


def move_a_file(fakes: Fakes) -> None:
    moved = fakes.path(1).replace("/hour=12/", "/hour=13/")
    assert fakes.storage.rename(fakes.path(1), moved)


def move_a_file_out_of_its_hour(fakes: Fakes) -> None:
    path = fakes.path(1)
    assert fakes.storage.rename(path, f"{fakes.settings.hdfs.root}/{path.rpartition('/')[2]}")


def hide_a_file(fakes: Fakes) -> None:
    folder, _, name = fakes.path(1).rpartition("/")
    assert fakes.storage.rename(fakes.path(1), f"{folder}/_{name}")


def lose_a_column(fakes: Fakes) -> None:
    table = parquet_table(fakes.storage, fakes.path(1))
    fakes.storage.write(fakes.path(1), to_bytes(table.drop_columns(["wiki"])))


def add_a_file(fakes: Fakes) -> None:
    fakes.write(3, [make_record(event(78), 0, NOW, (RAW, 0))])


def lose_a_value_in_both(fakes: Fakes) -> None:
    alter_both(fakes, {"emailsAfter": False})


def keep_an_unnamed_key_in_neither(fakes: Fakes) -> None:
    first, *others = fakes.lanes[0]
    value = event(0, event={"emailsBefore": True, "emailsAfter": False, "more": {"a": 1}})
    fakes.lanes[0] = [first._replace(value=value), *others]


def alter_both(fakes: Fakes, kept: dict[str, Any]) -> None:
    first, *others = fakes.lanes[0]
    fakes.write(0, [first._replace(value=event(0, event=kept)), *others])
    fakes.rows[0]["event_emailsBefore"] = None


#: Fault: kind and place of all that is found, and how many.
PLANTED: list[tuple[Callable[[Fakes], None], list[tuple[str, str, int]]]] = [
    (lose_a_row, [("lost", "MySQL", 1)]),
    (double_a_row, [("twice", "MySQL", 1)]),
    (double_all_rows, [("twice", "MySQL", EVENTS)]),
    (alter_a_row, [("differs", "MySQL", 1)]),
    (add_a_row, [("unknown", "MySQL", 1)]),
    (lose_a_file, [("lost", "Parquet", 3)]),
    (lose_a_line_of_a_file, [("lost", "Parquet", 1)]),
    (double_a_file, [("twice", "Parquet", 3)]),
    (double_a_file_under_any_name, [("twice", "Parquet", 3)]),
    (alter_a_file, [("differs", "Parquet", 1)]),
    (add_a_file, [("unknown", "Parquet", 1)]),
    (move_a_file, [("misplaced", "Parquet", 1)]),
    (move_a_file_out_of_its_hour, [("misplaced", "Parquet", 1)]),
    (hide_a_file, [("lost", "Parquet", 3)]),
    (lose_a_column, [("other columns", "Parquet", 1)]),
    (lose_a_value_in_both, [("differs", "MySQL", 1), ("differs", "Parquet", 1)]),
    (keep_an_unnamed_key_in_neither, [("differs", "Parquet", 1)]),
]


@pytest.mark.parametrize(("plant", "wanted"), PLANTED, ids=[of.__name__ for of, _ in PLANTED])
def test_a_fault_is_found_and_no_other(
    fakes: Fakes, plant: Callable[[Fakes], None], wanted: list[tuple[str, str, int]]
) -> None:
    plant(fakes)
    found = fakes.findings()
    assert [(f.kind, f.where.partition(" ")[0], f.number) for f in found] == wanted
