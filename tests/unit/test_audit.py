"""An audit ends on no content: what it cannot read is a finding that says where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.account import Scanned
from elfaust.audit import Finding, _Judge, _left_over
from elfaust.lag import LaneLag
from elfaust.settings import Settings
from elfaust.storage import LocalStorage
from elfaust.types import Record

TOPIC = "eventlogging_SpecialMuteSubmit_19679477"
ERRORS = "eventlogging_EventError"
GOOD = b'{"event":{},"uuid":"u"}'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    hdfs = replace(base.hdfs, storage="local", root=f"{tmp_path}/event")
    workers = replace(base.workers, state=f"{tmp_path}/workers")
    return replace(base, hdfs=hdfs, workers=workers)


@pytest.fixture(autouse=True)
def no_mysql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elfaust.audit.mysql_rows", lambda mysql, schema: {})


def lane(topic: str, values: Sequence[bytes]) -> Scanned:
    return Scanned(topic, 2, [Record(value, n, 0, "raw", n) for n, value in enumerate(values)])


def refusal(role: str, topic: str, position: int) -> Record:
    return Record(b"", position, 0, f"{role}/{topic}", position)


def findings(settings: Settings, scanned: Sequence[Scanned], acknowledged: int) -> list[Finding]:
    lags = [LaneLag(TOPIC, 2, role, 9, acknowledged) for role in ("mysql", "hdfs")]
    return list(_Judge(settings, scanned, lags).findings())


STRANGE = [
    b"",
    b"no JSON",
    b"[1]",
    b"null",
    b"{}",
    b'{"uuid":null}',
    b'{"uuid":7}',
    b'{"uuid":"u","seqId":1%s}' % (b"0" * 400),
]


def test_what_a_sink_has_taken_and_nobody_can_read_is_a_finding(settings: Settings) -> None:
    found = findings(settings, [lane(TOPIC, STRANGE)], acknowledged=9)
    detail = "no event with a uuid, offsets 0, 1, 2 and 5 more"
    assert found == [Finding("unreadable", f"{TOPIC}/2", 8, detail)]


def test_what_the_sinks_have_refused_or_await_is_none(settings: Settings) -> None:
    assert findings(settings, [lane(TOPIC, STRANGE)], acknowledged=0) == []
    told = [refusal(role, TOPIC, n) for role in ("mysql", "hdfs") for n in range(8)]
    scanned = [lane(TOPIC, STRANGE), Scanned(ERRORS, 2, told)]
    assert findings(settings, scanned, acknowledged=9) == []


def test_a_schema_that_is_not_to_be_had_is_a_finding(settings: Settings) -> None:
    scanned = [lane("eventlogging_NoSuchSchema_1", [GOOD]), lane(TOPIC, [GOOD])]
    first, *others = findings(settings, scanned, acknowledged=9)
    assert (first.kind, first.where, first.number) == ("unreadable", "NoSuchSchema_1", 1)
    assert [finding.kind for finding in others] == ["lost", "lost"]


def test_a_torn_commit_and_a_file_of_somebody_else_are_findings(settings: Settings) -> None:
    storage, root = LocalStorage(), settings.hdfs.root
    storage.write(f"{root}/_commits/lane=2/0000000001.json", b'{"files":')
    storage.write(f"{root}/specialmutesubmit_19679477/README", b"hello")
    [torn] = _left_over(settings)
    assert (torn.kind, "lane=2/0000000001.json" in torn.detail) == ("unreadable", True)
    [foreign] = findings(settings, [lane(TOPIC, [GOOD])], acknowledged=0)
    assert (foreign.kind, foreign.detail.endswith("README")) == ("unreadable", True)


@given(
    st.lists(
        st.binary(max_size=20)
        | st.dictionaries(
            st.sampled_from(["uuid", "event"]),
            st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.lists(st.booleans()),
        ).map(orjson.dumps)
    ),
    st.integers(0, 9),
)
def test_no_content_ends_an_audit(values: list[bytes], acknowledged: int) -> None:
    base = Settings()
    hdfs = replace(base.hdfs, storage="local", root="/nowhere/event")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("elfaust.audit.mysql_rows", lambda mysql, schema: {})
        scanned = [lane(TOPIC, values), lane(ERRORS, values), lane("raw", values)]
        findings(replace(base, hdfs=hdfs), scanned, acknowledged)
