"""One schema revision against its table and its files, lane by lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from elfaust.audit.revision import Revision, SinkState
from elfaust.audit.topics import Scanned
from elfaust.errors import ServerAway
from elfaust.schema.dialect import LATEST
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.mysql.reading.tables import TableUnreadable
from elfaust.sinks.reading import Stored
from elfaust.sinks.stores import enabled_stores
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
    readers_of,
    row,
    uuid,
)

ALL = {(role, TOPIC, lane): 99 for role in ("mysql", "hdfs") for lane in range(3)}
MYSQL, PARQUET = f"MySQL {NAME}", f"Parquet {NAME}"


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


class Taken(NamedTuple):
    """What is said of a revision that has taken all lanes."""

    findings: list[Finding]
    notes: list[Finding]
    stored: Mapping[str, Stored]


def taken(
    fakes: Fakes,
    acknowledged: dict[tuple[str, str, int], int] = ALL,
    refused: dict[str, set[tuple[str, int, int]]] | None = None,
    table: Any = None,
    schema: Schema | None = None,
) -> Taken:
    """Return what a revision says of all lanes; `table` gives the table, or raises."""
    schema = schema or Registry(fakes.settings.schemas).find(KEY)
    state = SinkState(acknowledged, defaultdict(set, refused or {}))
    with ExitStack() as opened:
        readers = readers_of(fakes.settings, fakes.rows, table)
        for reader in readers.values():
            opened.enter_context(closing(reader))
            reader.begin({TOPIC})
        of_revision = {role: reader.revision(schema) for role, reader in readers.items()}
        revision = Revision(KEY, enabled_stores(fakes.settings), of_revision, state)
        for lane, records in fakes.lanes.items():
            revision.take(Scanned(TOPIC, lane, records))
        # Files of lanes that the topic lacks are read at the end.
        findings, notes = list(revision.findings()), list(revision.notes())
        stored = {role: reader.stored([KEY])[KEY] for role, reader in readers.items()}
        return Taken(findings, notes, stored)


def found(*arguments: Any, **more: Any) -> list[tuple[str, str, int]]:
    return [(of.kind, of.where, of.number) for of in taken(*arguments, **more).findings]


def test_where_all_is_right_nothing_is_found(fakes: Fakes) -> None:
    assert taken(fakes) == ([], [], {"mysql": Stored(EVENTS), "hdfs": Stored(EVENTS)})


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
    lost = [] if is_it else [Finding("lost", MYSQL, 1, uuid(1))]
    assert taken(fakes, refused={"mysql": {mark}}).findings == lost


def test_a_record_of_no_line_is_refused_by_its_own_offset_alone(fakes: Fakes) -> None:
    fakes.lanes[0] = [record._replace(source=None) for record in fakes.lanes[0]]
    del fakes.rows[1]
    assert found(fakes, refused={"mysql": {("", 0, 1), ("", 0, 1 + AHEAD)}}) == [("lost", MYSQL, 1)]
    assert found(fakes, refused={"mysql": {(TOPIC, 0, 1)}}) == []


def test_what_one_or_both_have_refused_is_told_with_where_else_it_is(fakes: Fakes) -> None:
    del fakes.rows[0:2]
    fakes.write(0, fakes.lanes[0][1:2])
    refused = {"mysql": {(TOPIC, 0, 0), (TOPIC, 0, 1)}, "hdfs": {(TOPIC, 0, 0), (TOPIC, 0, 2)}}
    findings, notes, _ = taken(fakes, refused=refused)
    assert findings == []
    assert [(of.where, of.number, of.detail) for of in notes] == [
        (PARQUET, 1, f"refused here, in no store: {uuid(0)}"),
        (PARQUET, 1, f"refused here, stored in MySQL: {uuid(2)}"),
        (MYSQL, 1, f"refused here, in no store: {uuid(0)}"),
        (MYSQL, 1, f"refused here, stored in Parquet: {uuid(1)}"),
    ]
    assert {of.kind for of in notes} == {"refused"}


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
    assert taken(fakes) == ([], [], {"mysql": Stored(EVENTS), "hdfs": Stored(EVENTS)})


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
