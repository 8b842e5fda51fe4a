"""One schema revision against its table and its files, lane by lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.audit.account import Scanned
from elfaust.audit.files import listed, walked
from elfaust.audit.finding import Finding
from elfaust.audit.revision import Revision
from elfaust.audit.stores import Stores
from elfaust.audit.table import TableUnreadable
from elfaust.errors import ServerAway
from elfaust.schema.dialect import LATEST
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.testing import make_record
from tests.unit.audit.fakes import (
    AHEAD,
    EVENTS,
    KEY,
    NAME,
    NOW,
    RAW,
    TOPIC,
    Fakes,
    Table,
    event,
    row,
    uuid,
)

ALL = {(role, TOPIC, lane): 99 for role in ("mysql", "hdfs") for lane in range(3)}
MYSQL, PARQUET = f"MySQL {NAME}", f"Parquet {NAME}"


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


def taken(
    fakes: Fakes,
    acknowledged: dict[tuple[str, str, int], int] = ALL,
    refused: dict[str, set[tuple[str, int, int]]] | None = None,
    table: Any = None,
    schema: Schema | None = None,
) -> Revision:
    """Return a revision that has taken all lanes; `table` gives the table, or raises."""
    rows: Any = SimpleNamespace(table=table or (lambda *_: Table(fakes.rows)))
    with ThreadPoolExecutor(2) as threads:
        names = FileNames(fakes.settings)
        paths = walked(fakes.storage, names, fakes.settings.hdfs.root, threads)
        stores = Stores(
            fakes.settings,
            rows,
            fakes.storage,
            listed(paths, {TOPIC}, names),
            threads,
            acknowledged,
            defaultdict(set, refused or {}),
        )
        schema = schema or Registry(fakes.settings.schemas).find(KEY)
        revision = Revision(stores, schema)
        for lane, records in fakes.lanes.items():
            revision.take(Scanned(TOPIC, lane, records))
        # Files of lanes that the topic lacks are read at the end.
        revision.found = list(revision.findings())  # type: ignore[attr-defined]
    return revision


def found(*arguments: Any, **more: Any) -> list[tuple[str, str, int]]:
    findings: list[Finding] = taken(*arguments, **more).found  # type: ignore[attr-defined]
    return [(of.kind, of.where, of.number) for of in findings]


def test_where_all_is_right_nothing_is_found(fakes: Fakes) -> None:
    revision = taken(fakes)
    assert revision.found == []  # type: ignore[attr-defined]
    assert list(revision.told()) == []
    assert revision.name == NAME
    assert {path: file.uuids for path, file in revision.files.items()} == {
        fakes.path(0): [uuid(n) for n in range(3)],
        fakes.path(1): [uuid(n) for n in range(3, EVENTS)],
    }


@pytest.mark.parametrize("role", ["mysql", "hdfs"])
@pytest.mark.parametrize("until", [0, 1, 2, 3])
def test_of_what_a_role_has_acknowledged_of_a_lane_all_must_be_there(
    fakes: Fakes, role: str, until: int
) -> None:
    fakes.rows.clear()
    fakes.storage.delete(fakes.settings.hdfs.root)
    where = MYSQL if role == "mysql" else PARQUET
    wanted = [("lost", where, until)] if until else []
    assert found(fakes, {(role, TOPIC, 1): until}) == wanted
    assert found(fakes, {(role, "other", 1): until}) == []


@pytest.mark.parametrize(
    ("mark", "is_it"),
    [
        ((TOPIC, 0, 1), True),
        ((RAW, 0, 1 + AHEAD), True),
        ((TOPIC, 1, 1), False),
        ((RAW, 0, 1), False),
        ((TOPIC, 0, 1 + AHEAD), False),
    ],
)
def test_a_refusal_names_the_record_or_its_line(
    fakes: Fakes, mark: tuple[str, int, int], is_it: bool
) -> None:
    del fakes.rows[1]
    revision = taken(fakes, refused={"mysql": {mark}})
    lost = [] if is_it else [Finding("lost", MYSQL, 1, uuid(1))]
    assert revision.found == lost  # type: ignore[attr-defined]


def test_a_record_of_no_line_is_refused_by_its_own_offset_alone(fakes: Fakes) -> None:
    fakes.lanes[0] = [record._replace(source=None) for record in fakes.lanes[0]]
    del fakes.rows[1]
    assert found(fakes, refused={"mysql": {("", 0, 1), ("", 0, 1 + AHEAD)}}) == [("lost", MYSQL, 1)]
    assert found(fakes, refused={"mysql": {(TOPIC, 0, 1)}}) == []


def test_what_one_or_both_have_refused_is_told_with_where_else_it_is(fakes: Fakes) -> None:
    del fakes.rows[0:2]
    fakes.write(0, fakes.lanes[0][1:2])
    refused = {"mysql": {(TOPIC, 0, 0), (TOPIC, 0, 1)}, "hdfs": {(TOPIC, 0, 0), (TOPIC, 0, 2)}}
    revision = taken(fakes, refused=refused)
    assert revision.found == []  # type: ignore[attr-defined]
    assert [(of.where, of.number, of.detail) for of in revision.told()] == [
        (PARQUET, 1, f"refused here, in no store: {uuid(0)}"),
        (PARQUET, 1, f"refused here, stored in MySQL: {uuid(2)}"),
        (MYSQL, 1, f"refused here, in no store: {uuid(0)}"),
        (MYSQL, 1, f"refused here, stored in Parquet: {uuid(1)}"),
    ]
    assert {of.kind for of in revision.told()} == {"refused"}


def test_a_row_too_many_is_found_though_another_is_missing(fakes: Fakes) -> None:
    fakes.rows[2] = row(77)
    assert found(fakes) == [("lost", MYSQL, 1), ("unknown", MYSQL, 1)]


def test_a_row_too_many_is_found_beside_an_event_of_two_lanes(fakes: Fakes) -> None:
    fakes.lanes[2] = [make_record(fakes.values[0], 0, NOW, (RAW, 900))]
    fakes.write(2, fakes.lanes[2])
    fakes.rows.append(row(77))
    assert [kind for kind, *_ in found(fakes)] == ["unknown", "twice"]


def test_an_event_in_two_records_of_no_line_is_two_rows_of_parquet(fakes: Fakes) -> None:
    fakes.lanes[0] = [make_record(fakes.values[0], n, NOW) for n in (0, 1)]
    fakes.rows[1:3] = []
    fakes.write(0, fakes.lanes[0][:1])
    assert found(fakes) == [("lost", PARQUET, 1)]
    fakes.write(0, fakes.lanes[0])
    assert found(fakes) == [("twice", PARQUET, 1)]


def test_rows_are_not_all_read_where_their_number_is_right(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same event in two lanes is one row.
    fakes.lanes[2] = [make_record(fakes.values[0], 0, NOW, (RAW, 900))]
    fakes.write(2, fakes.lanes[2])
    monkeypatch.setattr(Table, "uuids", lambda _: pytest.fail("read whole"))
    assert [kind for kind, *_ in found(fakes)] == ["twice"]


def test_files_of_lanes_that_the_topic_lacks_are_read_too(fakes: Fakes) -> None:
    fakes.write(7, [make_record(event(78), 0, NOW, (RAW, 0))])
    assert found(fakes) == [("unknown", PARQUET, 1)]


def test_a_file_that_names_no_lane_counts_for_each_and_once_in_all(fakes: Fakes) -> None:
    path = f"{fakes.path(0).rpartition('/')[0]}/moved.parquet"
    for lane in (0, 1):
        fakes.storage.delete(fakes.path(lane))
    fakes.write(0, [*fakes.lanes[0], *fakes.lanes[1]], path)
    revision = taken(fakes)
    assert revision.found == []  # type: ignore[attr-defined]
    assert [len(file.uuids) for file in revision.files.values()] == [EVENTS]


@pytest.mark.parametrize("roles", [["mysql"], ["hdfs"], ["mysql", "hdfs"], []])
def test_a_record_that_nobody_can_read_must_be_refused_by_each_that_took_it(
    fakes: Fakes, roles: Sequence[str]
) -> None:
    fakes.lanes[0].append(make_record(b"no JSON", 3, 0, (RAW, 3 + AHEAD)))
    refused = {role: {(RAW, 0, 3 + AHEAD)} for role in roles}
    wanted = [] if len(roles) == 2 else [("unreadable", f"{TOPIC}/0", 1)]
    assert found(fakes, refused=refused) == wanted
    assert found(fakes, dict.fromkeys(ALL, 3)) == []


def raising(error: Exception) -> Any:
    def table(*_: object) -> Any:
        raise error

    return table


def test_a_table_that_cannot_be_read_is_one_finding_and_no_loss(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [("unreadable", MYSQL, 1)]
    unreadable = TableUnreadable("its column uuid is int")
    assert found(fakes, table=raising(unreadable)) == wanted
    for method in ("rows", "count", "uuids"):
        with monkeypatch.context() as patched:
            patched.setattr(Table, method, raising(unreadable))
            fakes.rows = [*fakes.rows, row(77)]
            assert found(fakes) == wanted, method


def test_a_server_that_is_away_ends_it(fakes: Fakes) -> None:
    with pytest.raises(ServerAway):
        taken(fakes, table=raising(ServerAway("MySQL", "refused")))


def test_without_a_table_all_is_lost(fakes: Fakes) -> None:
    assert found(fakes, table=lambda *_: None) == [("lost", MYSQL, EVENTS)]
    assert found(fakes, {}, table=lambda *_: None) == []


def test_a_schema_that_no_store_can_have_has_lost_what_was_not_refused(fakes: Fakes) -> None:
    properties = {"a-b": {"type": "string"}, "a b": {"type": "string"}, "x" * 80: {}}
    unfit = Schema(KEY, {"properties": properties}, LATEST)
    fakes.storage.delete(fakes.settings.hdfs.root)
    fakes.rows.clear()
    assert found(fakes, schema=unfit) == [("lost", MYSQL, EVENTS), ("lost", PARQUET, EVENTS)]
    every = {(TOPIC, lane, n) for lane in (0, 1) for n in range(3)}
    assert found(fakes, refused={"mysql": every, "hdfs": every}, schema=unfit) == []


@pytest.mark.parametrize(
    ("number", "types", "holds"),
    [
        ("DOUBLE", {}, True),
        ("FLOAT", {}, False),
        ("FLOAT", {"event_n": "DOUBLE"}, True),
        ("DOUBLE", {"event_n": "FLOAT"}, False),
    ],
)
def test_a_number_is_held_against_the_column_that_there_is(
    fakes: Fakes, number: str, types: dict[str, str], holds: bool
) -> None:
    fakes.settings = replace(fakes.settings, mysql=replace(fakes.settings.mysql, number=number))
    share = Schema(KEY, {"properties": {"n": {"type": "number"}}}, LATEST)
    fakes.lanes = {0: [make_record(event(0, event={"n": 0.1}), 0, NOW, (RAW, 0))]}
    fakes.storage.delete(fakes.settings.hdfs.root)
    fakes.writer = ParquetWriter(share)
    fakes.write(0, fakes.lanes[0])
    held = {name: of for name, of in row(0).items() if not name.startswith("event_")}
    fakes.rows = [{**held, "event_n": 0.1}]
    table = Table(fakes.rows, **types)
    assert found(fakes, schema=share, table=lambda *_: table) == (
        [] if holds else [("differs", MYSQL, 1)]
    )


@pytest.mark.parametrize("store", ["mysql", "hdfs"])
def test_of_a_store_that_keeps_no_events_nothing_is_expected(fakes: Fakes, store: str) -> None:
    fakes.settings = replace(
        fakes.settings, processor=replace(fakes.settings.processor, stores=store)
    )
    fakes.lanes[0].append(make_record(b"no JSON", 3, NOW, (RAW, 3 + AHEAD)))
    refused = {store: {(RAW, 0, 3 + AHEAD)}}
    if store == "mysql":
        fakes.storage.delete(fakes.settings.hdfs.root)
        wanted = ("lost", MYSQL, 1)
    else:
        wanted = ("lost", PARQUET, 3)
    assert found(fakes, refused=refused, table=lambda *_: Table(fakes.rows)) == []
    if store == "mysql":
        del fakes.rows[0]
    else:
        fakes.rows.clear()
        fakes.storage.delete(fakes.path(0))
    assert found(fakes, refused=refused) == [wanted]
    assert found(fakes) == [("unreadable", f"{TOPIC}/0", 1), wanted]


@pytest.mark.parametrize(
    ("arrived", "hour"),
    [(NOW, "2020-09-13T12"), (NOW - 10**9, "2020-09-01T22"), (-1, "2020-09-13T12")],
)
def test_a_file_is_in_the_hour_of_its_events_or_of_their_arrival(
    fakes: Fakes, arrived: int, hour: str
) -> None:
    fakes.lanes[1] = [record._replace(timestamp=arrived) for record in fakes.lanes[1]]
    path = fakes.path(1)
    right = f"{FileNames(fakes.settings).in_hour(KEY, hour)}/{path.rpartition('/')[2]}"
    for wrong in ("2020-09-13T11", "1999-01-01T00"):
        fakes.storage.delete(path)
        path = f"{FileNames(fakes.settings).in_hour(KEY, wrong)}/{path.rpartition('/')[2]}"
        fakes.write(1, fakes.lanes[1], path)
        assert found(fakes) == [("misplaced", PARQUET, 1)]
    fakes.storage.rename(path, right)
    assert found(fakes) == []


def test_files_that_are_none_of_ours_are_one_finding(fakes: Fakes) -> None:
    for name in "dcba":
        fakes.storage.write(f"{fakes.settings.hdfs.root}/{NAME.lower()}/{name}", b"")
    [bad] = taken(fakes).found  # type: ignore[attr-defined]
    assert (bad.kind, bad.where, bad.number) == ("unreadable", PARQUET, 4)
    assert bad.detail.endswith("/c and 1 more")
