"""An entry of the table: its key, what a repeat changes, what it keeps of sources and refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.entry import (
    EMPTY,
    MOST,
    CountKey,
    Tally,
    from_json,
    merge,
    to_json,
    without_minutes,
)
from elfaust.delivery.batch import MAX_SOURCES
from tests.unit.counts.building import (
    EDIT,
    ERROR_TOPIC,
    TOPIC,
    is_entry,
)

names = st.text(max_size=12)

keys = st.builds(
    CountKey,
    st.integers(0, 99),
    st.from_regex(r"[A-Za-z0-9._-]{1,30}", fullmatch=True),
    names,
    st.integers(),
    names,
    st.none() | st.integers(0),
    hour=st.none(),
) | st.builds(
    CountKey,
    st.just(0),
    st.just(TOPIC),
    names,
    st.integers(),
    names,
    st.none(),
    st.integers(0),
)


@given(keys)
def test_key_survives_encoding(key: CountKey) -> None:
    assert CountKey.decode(key.encode()) == key


def test_key_of_an_ordinary_schema_is_readable() -> None:
    key = CountKey(3, TOPIC, *EDIT, "", 26666667)
    assert key.encode() == "3|eventlogging_Edit_13457736|Edit|13457736||26666667"
    assert key._replace(minute=None).encode().endswith("||all")


@pytest.mark.parametrize(
    "text", ["", "a|b", "x|t|s|1||all", "1|t|s|1||noon", "1|t|s|1||h", "1|t|s|1||all|"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CountKey.decode(text)


def test_minutes_expire_and_totals_do_not() -> None:
    key = CountKey(0, TOPIC, *EDIT, "", 100)
    assert not key.expired(now=110 * 60.0, keep_minutes=10, keep_hours=1)
    assert key.expired(now=111 * 60.0, keep_minutes=10, keep_hours=1)
    assert not key._replace(minute=None).expired(now=1e9, keep_minutes=1, keep_hours=1)


def test_hours_expire_by_themselves() -> None:
    key = CountKey(0, TOPIC, *EDIT, "", None, 100)
    assert key.encode().endswith("||h100")
    assert not key.is_total
    for hour, gone in ((89, True), (90, False), (110, False), (111, True)):
        assert key.expired(now=hour * 3600.0, keep_minutes=1, keep_hours=10) == gone


def test_minutes_far_in_the_future_expire() -> None:
    key = CountKey(0, TOPIC, *EDIT, "", 100)
    assert not key.expired(now=90 * 60.0, keep_minutes=10, keep_hours=1)
    assert key.expired(now=89 * 60.0, keep_minutes=10, keep_hours=1)


def test_a_repeat_changes_nothing_and_says_so() -> None:
    value = merge(None, Tally([("raw", 4), ("raw", 7)], 99))
    assert value == {**EMPTY, "count": 2, "last": 99, "positions": {"raw": 7}}
    assert merge(value, Tally([("raw", 4), ("raw", 7)], 99)) is None
    assert merge(value, Tally([("raw", 7), ("raw", 8)], 100)) == {
        **EMPTY,
        "count": 3,
        "last": 100,
        "positions": {"raw": 8},
    }
    assert value == {**EMPTY, "count": 2, "last": 99, "positions": {"raw": 7}}


def test_sources_do_not_hide_one_another() -> None:
    marks = [("client", 9), ("server", 1), ("client", 10), ("server", 2)]
    value = merge(None, Tally(marks, 1))
    assert value == {**EMPTY, "count": 4, "last": 1, "positions": {"client": 10, "server": 2}}


def test_an_entry_does_not_grow_with_sources_that_somebody_makes_up() -> None:
    value = merge(None, Tally([("raw", 7)], 1))
    for start in range(0, 1_000, 10):
        marks = [(f"source {n}", 0) for n in range(start, start + 10)]
        value = merge(value, Tally(marks, 1))
    assert value is not None
    assert (value["count"], len(value["positions"])) == (1_001, MAX_SOURCES)
    assert merge(value, Tally([("raw", 7)], 1)) is None


def test_a_raw_topic_that_is_made_anew_again_and_again_is_known_by_its_newest_id() -> None:
    value = merge(None, Tally([("server", 7)], 1))
    for n in range(3 * MAX_SOURCES):
        value = merge(value, Tally([(f"raw@{n}", 0)], 1))
        assert merge(value, Tally([("server", 7), (f"raw@{n}", 0)], 1)) is None
    assert value is not None
    assert (value["count"], len(value["positions"])) == (1 + 3 * MAX_SOURCES, MAX_SOURCES)


def test_an_entry_of_an_older_version_goes_on() -> None:
    """It has the highest position of each sink's refusals, by the event's own topic."""
    old = {"count": 3, "last": 9, "positions": {"raw": 4, "mysql/events": 7}}
    again = Tally([("raw", 3)], 9, [("mysql/events", 7), ("mysql/events", 2)])
    assert merge(old, again) is None
    assert merge(old, Tally([("raw", 5)], 9, [("mysql/raw", 2), ("hdfs/raw", 2)])) == {
        "count": 5,
        "last": 9,
        "positions": {"raw": 5, "mysql/events": 7},
        "refused": 1,
        "ranges": {"raw": [2, 3]},
        "minutes": [],
        "refused_minutes": [],
    }
    assert old == {"count": 3, "last": 9, "positions": {"raw": 4, "mysql/events": 7}}


@pytest.mark.parametrize(
    "more",
    [
        {"refused": "1"},
        {"refused": True},
        {"ranges": []},
        {"ranges": {"raw": 4}},
        {"ranges": {"raw": [1]}},
        {"ranges": {"raw": [2, 1]}},
        {"ranges": {"raw": [1, 2.5]}},
    ],
)
def test_an_entry_with_refusals_of_another_shape_is_none(more: dict[str, object]) -> None:
    key = CountKey(0, ERROR_TOPIC, *EDIT, "consumer", None).encode()
    old = {"count": 1, "last": 0, "positions": {}}
    assert is_entry(key, old)
    assert is_entry(key, {**old, "refused": 1, "ranges": {"raw": [1, 2]}})
    assert not is_entry(key, {**old, **more})


@pytest.mark.parametrize("number", [-1, MOST, 2**63, 2**64 - 1, 1.0, True, None])
@pytest.mark.parametrize("of", ["count", "refused"])
def test_nobody_has_counted_such_numbers(of: str, number: object) -> None:
    """Such a record would end the worker again at each start, or its JSON."""
    entry = {"count": 1, "last": 0, "positions": {}, "refused": 0, "ranges": {}}
    for key in (
        CountKey(0, TOPIC, *EDIT, "", None),
        CountKey(0, TOPIC, *EDIT, "", None, 480_000),
    ):
        assert is_entry(key.encode(), entry)
        assert not is_entry(key.encode(), {**entry, of: number})


@pytest.mark.parametrize(("lane", "revision"), [(-1, 1), (MOST, 1), (0, -2), (0, 2**63)])
def test_nobody_has_counted_such_a_lane_or_revision(lane: int, revision: int) -> None:
    key = CountKey(lane, TOPIC, "Edit", revision, "", None).encode()
    assert not is_entry(key, {"count": 1, "last": 0, "positions": {}})


def by_minute(**counts: int) -> list[int]:
    return [counts.get(f"m{minute}", 0) for minute in range(60)]


def test_an_hour_counts_its_minutes_with_the_positions_of_the_hour() -> None:
    value = merge(None, Tally([("raw", 4), ("raw", 7), ("raw", 9)], 0, (), [3, 59, 3]))
    assert value is not None
    assert value["minutes"] == by_minute(m3=2, m59=1)
    more = Tally([("raw", 9), ("raw", 10)], 0, [("mysql/raw", 2)], [3, 4], [5])
    again = merge(value, more)
    assert again is not None
    assert again["minutes"] == by_minute(m3=2, m59=1, m4=1, m5=1)
    assert again["refused_minutes"] == by_minute(m5=1)
    assert merge(again, more) is None


def test_minutes_that_are_kept_no_longer_are_not_begun_again() -> None:
    value = merge(None, Tally([("raw", 4)], 0, (), [3]))
    assert value is not None
    value = merge(without_minutes(value), Tally([("raw", 5)], 0, (), [3]))
    assert value is not None
    assert (value["count"], value["minutes"]) == (2, None)
    assert from_json(to_json(value)) == value


def test_a_value_in_kafka_says_only_what_there_is() -> None:
    value = merge(None, Tally([("raw", 4)], 9))
    assert value is not None
    assert to_json(value) == b'{"count":1,"last":9,"positions":{"raw":4}}'
    assert from_json(to_json(value)) == value


@pytest.mark.parametrize("minutes", [[1], [0] * 61, [True] * 60, [-1] * 60, {}, "1"])
@pytest.mark.parametrize("of", ["minutes", "refused_minutes"])
def test_an_hour_with_minutes_of_another_shape_is_none(of: str, minutes: object) -> None:
    key = CountKey(0, TOPIC, *EDIT, "", None, 480_000).encode()
    old = {"count": 1, "last": 0, "positions": {}}
    assert is_entry(key, {**old, of: [1] * 60})
    assert is_entry(key, {**old, of: None})
    assert not is_entry(key, {**old, of: minutes})
