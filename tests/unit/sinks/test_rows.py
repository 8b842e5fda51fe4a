"""Events as rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.columns import columns_of
from elfaust.sinks.rows import RowMaker
from elfaust.types import SchemaKey

SCHEMA: dict[str, Any] = {
    "properties": {
        "action": {"type": "string"},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "ok": {"type": "boolean"},
        "names": {"type": "array", "items": {"type": "string"}},
        "free": {"type": "object"},
        "who": {"type": "object", "properties": {"id": {"type": "integer", "default": 7}}},
        "timestamp": {"type": "integer"},
    }
}
MAKER = RowMaker(columns_of(SchemaKey("Edit", 1), SCHEMA))
#: What UTF-8 can hold.
TEXT = st.text(st.characters(codec="utf-8"))
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "action": TEXT,
        "count": st.integers(-(2**63), 2**63 - 1),
        "share": st.floats(allow_nan=False, allow_infinity=False),
        "ok": st.booleans(),
        "names": st.lists(TEXT),
        "free": st.dictionaries(TEXT, TEXT),
        "who": st.fixed_dictionaries({}, optional={"id": st.integers(0, 2**63 - 1)}),
    },
)


def row(**capsule: Any) -> dict[str, Any]:
    whole = {"event": {}, "uuid": "0" * 32, "dt": "2020-09-13T12:26:40Z", **capsule}
    values = MAKER.row(orjson.dumps({k: v for k, v in whole.items() if v is not None}))
    return dict(zip([column.name for column in MAKER.columns], values, strict=True))


@given(EVENTS)
def test_every_value_arrives_in_its_column(event: dict[str, Any]) -> None:
    made = row(event=event)
    for name in ("action", "count", "share", "ok"):
        assert made[f"event_{name}"] == event.get(name)
    for name in ("names", "free"):
        text = made[f"event_{name}"]
        assert (None if text is None else orjson.loads(text)) == event.get(name)
    assert made["event_who_id"] == event.get("who", {}).get("id", 7)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)))
def test_dt_and_timestamp_are_derived_from_each_other(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    of_dt = row(dt=moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    of_timestamp = row(dt=None, timestamp=int(moment.timestamp()))
    of_empty = row(dt="", timestamp=int(moment.timestamp()))
    for made in (of_dt, of_timestamp, of_empty):
        assert made["dt"] == moment.strftime("%Y-%m-%dT%H:%M:%S")
        assert made["timestamp"] == moment.strftime("%Y%m%d%H%M%S")


def test_a_large_timestamp_is_in_milliseconds() -> None:
    assert row(dt=None, timestamp=1_600_000_000_000) == row(dt=None, timestamp=1_600_000_000)


def test_a_timestamp_in_the_event_is_mediawiki_s() -> None:
    assert row(event={"timestamp": 62})["event_timestamp"] == "19700101000102"


def test_a_timestamp_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no time|out of range"):
        row(event={"timestamp": 10**12})


def test_the_user_agent_is_json_text() -> None:
    agent = {"browser_family": "Firefox", "is_bot": False, "os_major": None}
    assert orjson.loads(row(userAgent=agent)["userAgent"]) == agent


def test_what_is_missing_is_the_default_else_null() -> None:
    made = row()
    assert made["event_who_id"] == 7
    assert made["event_action"] is None
    assert made["webHost"] is None


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unexpected|input"):
        MAKER.row(b"{")
