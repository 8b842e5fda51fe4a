"""Events as rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.records import SchemaKey
from elfaust.schema.columns import columns_of
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import fit_row_limit
from elfaust.sinks.mysql.inserting import KNOWN_GOOD
from elfaust.sinks.mysql.rows import RowMaker

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
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)
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
    assert row(event={"timestamp": -62_135_596_800})["event_timestamp"] == "00010101000000"


def test_a_boolean_in_a_timestamp_s_place_stays_one() -> None:
    assert row(event={"timestamp": False})["event_timestamp"] == "false"


@pytest.mark.parametrize("name", ["count", "share", "ok"])
@pytest.mark.parametrize("value", [[1, "x"], [], {"a": 1}, "x"])
def test_what_is_no_number_is_refused_before_mysql_sees_it(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="is no number"):
        row(event={name: value})


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


@given(JSON)
def test_any_user_agent_is_valid_json_in_its_column(agent: Any) -> None:
    made = row(userAgent=agent)["userAgent"]
    if isinstance(agent, str):
        assert made == agent[:1024]
    elif agent is not None:
        assert len(made) <= 1024
        assert type(orjson.loads(made)) is type(agent)


def agent_of(maker: RowMaker, agent: Any) -> str:
    capsule = {"event": {}, "uuid": "0" * 32, "dt": "2020-09-13T12:26:40Z", "userAgent": agent}
    values = maker.row(orjson.dumps(capsule))
    return str(values[[column.name for column in maker.columns].index("userAgent")])


def test_a_user_agent_of_2015_is_cut_as_a_text() -> None:
    maker = RowMaker(columns_of(SchemaKey("Edit", 1), SCHEMA, DIALECTS["2015"]))
    assert agent_of(maker, "é" * 500) == "é" * 191


def test_a_user_agent_that_is_kept_as_text_has_an_end_too() -> None:
    wide = {"properties": {f"p{n}": {"type": "string"} for n in range(30)}}
    made = agent_of(
        RowMaker(fit_row_limit(columns_of(SchemaKey("Edit", 1), wide))), ["😀" * 99_999]
    )
    assert len(made.encode()) <= 65_535
    assert orjson.loads(made)


@pytest.mark.parametrize(
    "capsule",
    [
        {"dt": "0001-01-01T00:00:00+14:00"},
        {"dt": "9999-12-31T23:59:59-14:00"},
        {"dt": None},
        {"dt": None, "timestamp": "2020"},
        {"dt": None, "timestamp": 1e300},
        {"dt": True},
        {"uuid": 5},
        {"uuid": "é" * 32},
        {"uuid": ["0"] * 32},
        {"event": [1]},
    ],
)
def test_what_is_no_event_is_told_as_the_event_s_fault(capsule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no time|uuid|no object|no calendar|out of range|year"):
        row(**capsule)


@pytest.mark.parametrize("path", [("userAgent",), ("event", "free"), ("event", "names")])
def test_what_can_be_read_and_not_written_is_the_event_s_fault(path: tuple[str, ...]) -> None:
    value = b"[" * 900 + b"]" * 900
    for name in reversed(path):
        value = b'{"%s":%s,' % (name.encode(), value) + b'"x":0}'
    rest = b',"uuid":"%s","dt":"2020-09-13T12:26:40Z"}' % (b"0" * 32)
    if path[0] != "event":
        rest = b',"event":{}' + rest
    with pytest.raises(ValueError, match="nested deeper than 254 levels"):
        MAKER.row(value[:-1] + rest)


def test_the_known_good_event_has_a_row_in_every_table() -> None:
    registry = Registry(Settings().schemas)
    for key in registry.known():
        schema = registry.find(key)
        for dialect in DIALECTS.values():
            RowMaker(columns_of(key, schema.event, dialect)).row(KNOWN_GOOD)
