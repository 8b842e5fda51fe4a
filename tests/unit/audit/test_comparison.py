"""What is found of all topics; test_planted_faults.py has a fault of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_slowly
from hypothesis import strategies as st

from elfaust.audit.comparison import Comparison
from elfaust.audit.topics import Scanned
from elfaust.delivery.lag import LaneLag
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.mysql.reading.tables import TableUnreadable
from elfaust.sinks.parquet.table import to_bytes
from elfaust.sinks.reading import EventReader
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_record
from tests.unit.audit.fakes import (
    AHEAD,
    ERRORS,
    EVENTS,
    NAME,
    NOW,
    RAW,
    TOPIC,
    Fakes,
    Table,
    compared,
    event,
    row,
    uuid,
)


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


def test_where_all_is_right_nothing_is_found(fakes: Fakes) -> None:
    comparison = fakes.comparison()
    assert (comparison.findings, comparison.notes) == ([], [])


def test_what_is_not_acknowledged_may_be_missing(fakes: Fakes) -> None:
    fakes.acknowledged = 2
    fakes.rows = fakes.rows[:2]
    found = fakes.findings()
    assert [(f.kind, f.number, f.detail) for f in found] == [("lost", 2, f"{uuid(3)}, {uuid(4)}")]


@pytest.mark.parametrize("source", [TOPIC, RAW])
def test_what_one_sink_refused_and_the_other_stored_is_told(fakes: Fakes, source: str) -> None:
    del fakes.rows[1]
    position = 1 + (AHEAD if source == RAW else 0)
    fakes.errors = [make_record(b"", 0, 0, (f"mysql/{source}", position))]
    comparison = fakes.comparison()
    detail = f"refused here, stored in Parquet: {uuid(1)}"
    assert comparison.findings == []
    assert comparison.notes == [Finding("refused", f"MySQL {NAME}", 1, detail)]


def test_what_parquet_has_in_part_is_told_and_is_no_finding(fakes: Fakes) -> None:
    for n, record in enumerate(fakes.lanes[0]):
        agent = {"os_family": "x", "own": n}
        fakes.lanes[0][n] = record._replace(value=event(n, userAgent=agent))
        fakes.rows[n]["userAgent"] = orjson.dumps(agent).decode()
    fakes.write(0, fakes.lanes[0])
    comparison = fakes.comparison()
    detail = f"userAgent has more than its parts: {uuid(0)}, {uuid(1)}, {uuid(2)}"
    assert comparison.findings == []
    assert comparison.notes == [Finding("in part", f"Parquet {NAME}", 3, detail)]


def test_one_event_in_two_records_is_two_rows_of_parquet_and_told_as_such(fakes: Fakes) -> None:
    again = make_record(fakes.values[0], 3, NOW, (RAW, 3 + AHEAD))
    fakes.lanes[1].append(again)
    fakes.write(1, fakes.lanes[1])
    [found] = fakes.findings()
    assert (found.kind, found.where) == ("twice", f"Parquet {NAME}")
    assert found.detail == f"{uuid(0)} (2 records have it)"


def test_a_record_that_a_worker_repeated_is_one(fakes: Fakes) -> None:
    fakes.lanes[0].append(fakes.lanes[0][2]._replace(offset=3))
    assert fakes.findings() == []


def test_of_two_records_of_an_event_either_may_be_the_row(fakes: Fakes) -> None:
    other = event(0, event={"emailsBefore": False, "emailsAfter": False})
    fakes.lanes[1].append(make_record(other, 3, NOW, (RAW, 3 + AHEAD)))
    fakes.write(1, fakes.lanes[1])
    assert [found.kind for found in fakes.findings()] == ["twice"]
    fakes.rows[0]["event_emailsBefore"] = 0
    assert [found.kind for found in fakes.findings()] == ["twice"]
    fakes.rows[0]["event_emailsAfter"] = 1
    assert [found.kind for found in fakes.findings()] == ["differs", "twice"]


STRANGE = [
    b"",
    b"no JSON",
    b"[1]",
    b"null",
    b"{}",
    b'{"uuid":null}',
    b'{"uuid":7}',
    b"[" * 100_000,
]


def strange(fakes: Fakes) -> None:
    fakes.lanes = {2: [make_record(value, n, 0, (RAW, n)) for n, value in enumerate(STRANGE)]}
    fakes.rows = []
    fakes.storage.delete(fakes.settings.hdfs.root)


def test_what_a_sink_has_taken_and_nobody_can_read_is_a_finding(fakes: Fakes) -> None:
    strange(fakes)
    detail = "no event with a uuid, offsets 0, 1, 2 and 5 more"
    assert fakes.findings() == [Finding("unreadable", f"{TOPIC}/2", 8, detail)]


def test_what_the_sinks_have_refused_or_await_is_none(fakes: Fakes) -> None:
    strange(fakes)
    fakes.acknowledged = 0
    assert fakes.findings() == []
    fakes.acknowledged = 99
    told = [
        make_record(b"", 0, 0, (f"{role}/{TOPIC}", n))
        for role in ("mysql", "hdfs")
        for n in range(8)
    ]
    scanned = [Scanned(ERRORS, 2, told), Scanned(TOPIC, 2, fakes.lanes[2])]
    lags = [LaneLag(TOPIC, 2, role, 99, 99) for role in ("mysql", "hdfs")]
    assert compared(fakes.settings, scanned, lags, []).findings == []


def test_a_schema_that_nobody_has_is_a_finding(fakes: Fakes) -> None:
    topic = TopicNames(fakes.settings).event(SchemaKey("Gone", 7))
    scanned = [Scanned(topic, lane, fakes.lanes[0]) for lane in range(2)]
    [found] = compared(fakes.settings, scanned, [], None).findings
    assert (found.kind, found.where, found.number) == ("unreadable", "Gone_7", 6)
    assert "Gone/7.json into" in found.detail


def test_files_of_nobody_are_one_finding_and_end_nothing(fakes: Fakes) -> None:
    root = fakes.settings.hdfs.root
    for name in ("x.parquet", "raw/x.parquet", "_SUCCESS", f"{NAME.lower()}/hour=1/_SUCCESS"):
        fakes.storage.write(f"{root}/{name}", b"x")
    detail = f"in no schema's folder: {root}/raw/x.parquet, {root}/x.parquet"
    assert fakes.findings() == [Finding("unreadable", "HDFS", 2, detail)]


def test_a_table_of_another_shape_is_a_finding_and_ends_nothing(fakes: Fakes) -> None:
    for held in fakes.rows:
        del held["event_emailsAfter"]
    [found] = fakes.findings()
    assert (found.kind, found.number) == ("differs", EVENTS)
    assert "event_emailsAfter: topic False, MySQL no such column" in found.detail


def test_a_table_that_cannot_be_read_is_a_finding(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise TableUnreadable("MySQL says 1: no")

    monkeypatch.setattr(Table, "rows", broken)
    assert fakes.findings() == [Finding("unreadable", f"MySQL {NAME}", 1, "MySQL says 1: no")]


def test_files_that_are_none_of_ours_and_a_torn_commit_are_findings(fakes: Fakes) -> None:
    storage, root = LocalStorage(), fakes.settings.hdfs.root
    data = storage.read(fakes.path(0))
    table = fakes.writer.table(fakes.lanes[0])[0].drop_columns(["uuid"])
    for name, content in {"a": b"", "b": data[:-20], "c": to_bytes(table)}.items():
        storage.write(f"{root}/{NAME.lower()}/{name}", content)
    [found] = fakes.findings()
    assert (found.kind, found.where, found.number) == ("unreadable", f"Parquet {NAME}", 3)
    storage.write(f"{root}/_commits/lane=2/0000000001.json", b'{"files":')
    _, torn = fakes.findings()
    assert (torn.kind, "lane=2/0000000001.json" in torn.detail) == ("unreadable", True)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
JSON = (
    SCALARS
    | st.lists(SCALARS, max_size=2)
    | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
)
CAPSULES = st.dictionaries(
    st.sampled_from(["uuid", "event", "dt", "timestamp", "userAgent", "wiki"]),
    st.sampled_from([uuid(0), uuid(1)]) | JSON,
)


@given_slowly(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.binary(max_size=20) | CAPSULES.map(lambda of: repr_json(of)), max_size=3),
    st.lists(CAPSULES, max_size=3),
    st.integers(0, 9),
)
def test_no_content_ends_an_audit(
    values: list[bytes], held: list[dict[str, Any]], acknowledged: int
) -> None:
    base = Settings()
    settings = replace(base, hdfs=replace(base.hdfs, storage="local", root="/nowhere/event"))
    records = [make_record(value, n, 0, (RAW, n)) for n, value in enumerate(values)]
    lags = [LaneLag(TOPIC, 2, role, 9, acknowledged) for role in ("mysql", "hdfs")]
    scanned = [Scanned(topic, 2, records) for topic in (ERRORS, RAW, TOPIC)]
    held = [of for of in held if isinstance(of.get("uuid"), str)]
    compared(settings, scanned, lags, held)


def repr_json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return b"{}"


def test_what_kafka_keeps_no_more_is_unknown_and_no_finding(fakes: Fakes) -> None:
    fakes.rows.append(row(77))
    fakes.write(0, [make_record(event(78), 0, NOW, (RAW, 0))], fakes.path(0) + ".bak")
    fakes.lanes[1][0:1] = []
    both = ["unknown", "unknown"]
    assert [of.kind for of in fakes.comparison().findings] == both
    fakes.older = [TOPIC]
    comparison = fakes.comparison()
    assert (comparison.findings, [of.kind for of in comparison.notes]) == ([], both)
    fakes.rows.pop(0)
    assert [of.kind for of in fakes.comparison().findings] == ["lost"]


class Lines:
    """A store whose rows are events as they were sent, one a record."""

    title = "JSON lines"
    once = False


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda rows: rows, []),
        (lambda rows: rows[1:], ["lost"]),
        (lambda rows: rows[:1] + rows, ["twice"]),
        (lambda rows: [*rows, {"uuid": "x"}], ["unknown"]),
        (lambda rows: [{**rows[0], "wiki": "x"}, *rows[1:]], ["differs"]),
    ],
)
def test_the_events_of_any_store_are_there_each_once(
    fakes: Fakes, spoil: Callable[[list[Any]], list[Any]], kind: list[str]
) -> None:
    rows = spoil([orjson.loads(value) for value in fakes.values])
    stores: Any = {"lines": Lines()}
    readers = {"lines": EventReader("JSON lines", lambda _: rows)}
    lags = [LaneLag(TOPIC, lane, "lines", 99, 99) for lane in fakes.lanes]
    comparison = Comparison(fakes.settings, lags, stores, readers)
    lanes = [Scanned(TOPIC, lane, records) for lane, records in fakes.lanes.items()]
    assert list(comparison.watch(lanes)) == lanes
    found = [(of.kind, of.where, of.number) for of in comparison.findings]
    assert found == [(of, f"JSON lines {NAME}", 1) for of in kind]
