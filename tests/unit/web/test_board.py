"""What is wrong with a schema; numbers over a time are those until which the counts are known."""

from __future__ import annotations

from elfaust.counts.usual import Mark
from elfaust.overview.worker_said import Lag
from elfaust.records import SchemaKey
from elfaust.web.board import Board, SchemaNow
from tests.unit.web.boards import MINUTE, NOW, board_of, overview_of, total, waits, worker


def only(board: Board) -> SchemaNow:
    (schema,) = board.schemas
    return schema


def wrong(board: Board) -> list[str]:
    return [wrong.what for wrong in only(board).wrong]


def test_what_is_late_is_wrong() -> None:
    lag = {"eventlogging_Edit_7": Lag(5, 300.0, NOW)}
    late = overview_of(worker("mysql", lag=lag), worker("hdfs", lag=lag))
    assert wrong(board_of((total("Edit"), 1), overview=late)) == ["late in mysql, hdfs"]
    schema = only(board_of((total("Edit"), 1), overview=late))
    assert schema.worst_lag == ("mysql", Lag(5, 300.0, NOW))


def test_a_held_schema_is_known_by_its_table_its_topic_or_in_words() -> None:
    for why in (
        "table `Edit_7`: altered",
        "eventlogging_Edit_7: no leader",
        "raw/0: 3 lines wait for schema Edit, revision 7 and 2 more: no answer",
    ):
        held = overview_of(worker("mysql", "held", held=waits(why)))
        assert wrong(board_of((total("Edit"), 1), overview=held)) == ["held"], why
    other = overview_of(worker("mysql", "held", held=waits("table `Edit_77`: altered")))
    assert wrong(board_of((total("Edit"), 1), overview=other)) == []


def test_what_is_unusual_is_marked_and_the_worst_is_first() -> None:
    marks = {SchemaKey("Edit", 7): Mark("errors", "40 % errors, usually 2 %")}
    held = overview_of(worker("mysql", "held", held=waits("table `Edit_7`: altered")))
    marked = board_of((total("Edit"), 1), marks=marks, overview=held)
    assert wrong(marked) == ["held", "40 % errors, usually 2 %"]
    assert only(marked).has_unusual_errors
    silent = board_of((total("Edit"), 1), marks={SchemaKey("Edit", 7): Mark("silent", "none")})
    assert not only(silent).has_unusual_errors
    assert 0 < only(silent).badness < only(marked).badness


def test_a_schema_is_known_by_a_valid_event_or_because_there_is_such_a_schema() -> None:
    errors = (total("Edit", "validation"), 5)
    assert not only(board_of(errors)).is_known
    assert only(board_of(errors, schemas={SchemaKey("Edit", 7)})).is_known
    assert only(board_of((total("Edit"), 1))).is_known


def test_the_hour_is_of_whole_minutes() -> None:
    board = board_of((total("Edit", minute=MINUTE), 7), (total("Edit", minute=MINUTE - 60), 5))
    assert (board.hour_start, len(board.hour_valid)) == ((MINUTE - 60) * 60, 60)
    assert (board.hour_valid[0], board.hour_valid[-1], sum(board.hour_valid)) == (5, 0, 5)


def test_what_the_counting_role_has_not_read_is_not_counted() -> None:
    behind = overview_of(worker("throughput", lag={"a": Lag(9, 120.0, NOW - 2)}))
    board = board_of((total("Edit", minute=MINUTE - 3), 600), overview=behind)
    assert (board.read, board.counted) == (NOW, NOW - 122)
    assert only(board).valid_per_second > 0
    shortly = overview_of(worker("throughput", lag={"a": Lag(9, 9.0, NOW - 2)}))
    assert board_of(overview=shortly).counted == NOW


def test_nothing_is_zero_because_nobody_counts() -> None:
    counts = [(total("Edit", minute=MINUTE - 10), 600)]
    old = board_of(*counts, as_of=(MINUTE - 10) * 60 + 59.0)
    assert only(old).valid_per_second == 10.0
    assert old.hour_start + 3600 == (MINUTE - 10) * 60
    assert only(board_of(*counts)).valid_per_second == 0
