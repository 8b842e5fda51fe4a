"""An entry that counts less than was committed is told by its name."""

from __future__ import annotations

import orjson

from elfaust.counts.checks import Missing, claims, looked_at, missing, to_json
from elfaust.counts.merged import Versions

NAME, OTHER = "t|Edit|7|", "t|Other|1|validation"


def entry(count: int) -> Versions:
    return (("a" * 12, orjson.dumps({"count": count, "last": 0, "positions": {}})),)


def test_what_counts_less_or_is_gone_is_missing() -> None:
    checks = {"all": {"a": to_json({NAME: 4, OTHER: 2}, 999), "b": to_json({NAME: 5}, 999)}}
    assert missing(3, {"all": {NAME: entry(5), OTHER: entry(9)}}, checks, range(0)) == []
    lacks = missing(3, {"all": {NAME: entry(4)}}, checks, range(0))
    assert lacks == [Missing(3, "all", NAME, 4, 5), Missing(3, "all", OTHER, 0, 2)]
    assert [of.lacks for of in lacks] == [1, 2]
    assert str(lacks[1]) == (
        "counts of t, lane 3, Other 1, errors validation: 0 counted in all, 2 were"
    )


def test_hours_that_are_about_to_be_forgotten_are_not_looked_at() -> None:
    checks = {f"h{hour}": {"a": to_json({NAME: 1}, 999)} for hour in (90, 94, 100)}
    hours = looked_at(100 * 3600.0, keep_hours=8)
    assert [of.when for of in missing(0, {}, checks, hours)] == ["h94", "h100"]


def test_a_check_is_as_long_as_a_topic_takes() -> None:
    names = {f"t|S{n}|1|": n for n in range(1_000)}
    text = to_json(names, 2_000)
    assert len(text) <= 2_000
    assert 50 < len(claims([text])) < 1_000
    assert claims([text]).items() <= names.items()
