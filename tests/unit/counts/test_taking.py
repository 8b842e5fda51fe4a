"""A taking of a lane: what it writes, when it deletes what others wrote, what it forgets."""

from __future__ import annotations

from typing import Any

from elfaust.counts.checks import COUNTS, Missing
from elfaust.counts.entry import CountKey, Tally, from_json, to_json
from elfaust.counts.merged import LaneCounts, Merged
from elfaust.counts.place import place_of
from elfaust.counts.taking import Records, Taking

NOW_HOUR = 480_000
NOW = NOW_HOUR * 3600.0
TOTAL = CountKey(0, "t", "Edit", 7, "", None)
HOUR = TOTAL._replace(hour=NOW_HOUR)
OLD, OLDER = "a" * 12, "b" * 12


def found(key: CountKey, *writers: str, **more: Any) -> LaneCounts:
    place = place_of(key)
    value = to_json({"count": 3, "last": 0, "positions": {"raw": 4}, **more})
    return LaneCounts({place.when: {place.name: tuple((writer, value) for writer in writers)}})


def tally(*positions: int, minute: int = 5) -> Tally:
    return Tally([("raw", at) for at in positions], 0, minutes=[minute] * len(positions))


def keys(records: Records) -> list[str]:
    return [("+" if value is not None else "-") + key.decode() for key, value in records]


def test_what_others_wrote_goes_once_an_offset_is_committed() -> None:
    taking = Taking(0, found(TOTAL, OLD, OLDER))
    counted = taking.add({TOTAL: tally(5)})
    own = f"{TOTAL.encode()}|{taking.writer}"
    assert keys(taking.changes()) == [f"+{own}"]
    taking.commit(counted)
    others = [f"-{TOTAL.encode()}|{writer}" for writer in (OLD, OLDER)]
    assert keys(taking.changes()) == others
    taking.add({TOTAL: tally(6)})
    assert keys(taking.changes()) == [f"+{own}"]


def test_an_entry_that_has_counted_all_becomes_the_writers_own() -> None:
    taking = Taking(0, found(TOTAL, OLD))
    taking.add({TOTAL: tally(3, 4)})
    [(key, value)] = taking.changes()
    assert key.decode().endswith(taking.writer)
    assert value is not None
    assert from_json(value)["count"] == 3
    # Once is enough.
    taking.add({TOTAL: tally(3, 4)})
    assert taking.changes() == []


def test_a_check_says_what_is_committed_and_replaces_those_before() -> None:
    counts = found(TOTAL, OLD)
    counts.checks["all"] = {OLD: b'{"counts":{"t|Other|1|":7,"t|Edit|7|":3}}'}
    lacks = [Missing(0, "all", "t|Other|1|", 2, 7)]
    taking = Taking(0, counts, lacks)
    counted = taking.add({TOTAL: tally(5), HOUR: tally(5)})
    taking.changes()
    assert taking.check() == []
    taking.commit(counted)
    records = dict(taking.check())
    check = f"0|check|all|{taking.writer}".encode()
    # What is missing is told once.
    assert records[check] == b'{"%s":{"t|Other|1|":2,"t|Edit|7|":4}}' % COUNTS.encode()
    assert records[f"0|check|all|{OLD}".encode()] is None
    assert f"0|check|h{NOW_HOUR}|{taking.writer}".encode() in records
    assert taking.check() == []


def test_what_is_too_old_is_deleted_whoever_wrote_it_its_check_first() -> None:
    old = HOUR._replace(hour=NOW_HOUR - 11)
    counts = found(old, OLD, OLDER)
    counts.checks[f"h{old.hour}"] = {OLD: b'{"counts":{}}'}
    taking = Taking(0, counts)
    taking.add({old: tally(5), HOUR: tally(5), TOTAL: tally(5)})
    taking.changes()
    gone = [f"-{old.encode()}|{writer}" for writer in (taking.writer,)]
    records = keys(taking.forget_old(NOW, 60, 10))
    assert records == [f"-0|check|h{old.hour}|{OLD}", *gone]
    assert {place.key for place in taking.places()} == {HOUR, TOTAL}
    assert taking.forget_old(NOW, 60, 10) == []


def test_an_hour_that_nobody_counts_any_more_is_forgotten_with_all_its_writers() -> None:
    old = HOUR._replace(hour=NOW_HOUR - 11)
    taking = Taking(0, found(old, OLD, OLDER))
    assert keys(taking.forget_old(NOW, 60, 10)) == [
        f"-{old.encode()}|{writer}" for writer in (OLD, OLDER)
    ]


def test_minutes_of_older_versions_are_forgotten_by_themselves() -> None:
    minute = TOTAL._replace(minute=NOW_HOUR * 60 - 61)
    taking = Taking(0, found(minute, '"'))
    assert taking.forget_old(NOW, 61, 10) == []
    assert keys(taking.forget_old(NOW, 60, 10)) == [f'-"{minute.encode()}"']


def test_minutes_that_are_too_old_go_and_their_hour_stays() -> None:
    old = HOUR._replace(hour=NOW_HOUR - 3)
    taking = Taking(0, found(old, OLD, minutes=[1, 1, 1, *[0] * 57]))
    assert taking.forget_old(NOW, 120, 10) == []
    assert taking.changes() == []
    taking.forget_old(NOW, 60, 10)
    [(_, value)] = taking.changes()
    assert value is not None
    assert (from_json(value)["count"], from_json(value)["minutes"]) == (3, None)
    taking.forget_old(NOW, 60, 10)
    assert taking.changes() == []


def test_minutes_that_come_late_go_as_well() -> None:
    old = HOUR._replace(hour=NOW_HOUR - 3)
    taking = Taking(0, found(old, OLD, minutes=[1, 1, 1, *[0] * 57]))
    taking.forget_old(NOW, 60, 10)
    taking.changes()
    taking.add({old._replace(schema="Other"): tally(1)})
    taking.forget_old(NOW, 60, 10)
    [(_, value)] = taking.changes()
    assert value is not None
    assert from_json(value)["minutes"] is None


def test_minutes_that_are_too_old_go_once_where_nothing_is_ever_committed() -> None:
    """Lanes of which nothing comes are taken again and again too."""
    old, merged, written = HOUR._replace(hour=NOW_HOUR - 3), Merged(lambda *_: None), list[int]()
    value = to_json({"count": 3, "last": 0, "positions": {"raw": 4}, "minutes": [1] * 60})
    assert merged.apply(0, place_of(old).encode(OLD), value, 0.0)
    for _ in range(3):
        taking = Taking(0, merged.lane(0).copy())
        records = [*taking.forget_old(NOW, 60, 10), *taking.changes()]
        assert all(merged.apply(0, key, value, 0.0) for key, value in records)
        written.append(len(records))
    assert written == [1, 0, 0]


def test_no_two_takings_write_the_same_key() -> None:
    assert len({Taking(0, LaneCounts()).writer for _ in range(100)}) == 100
