"""Long files of tests are begun first, by each process of pytest-xdist."""

from __future__ import annotations

from types import SimpleNamespace

from tests import REPOSITORY
from tests.order import LONGEST, longest_first


def two_of(*files: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(nodeid=f"{file}::test_{n}") for file in files for n in range(2)]


def test_each_process_begins_with_its_share_of_the_longest_files() -> None:
    short = [f"tests/integration/test_short_{n}.py" for n in range(5)]
    first, second, third = LONGEST[:3]
    items = two_of(short[0], third, short[1], first, *short[2:4], second, short[4])
    ordered = longest_first(items, 2)
    assert ordered == two_of(first, third, *short[:2], second, *short[2:])
    # So many have the first of two from pytest-xdist.
    assert ordered[len(items) // 2 :] == two_of(second, *short[2:])


def test_one_process_begins_with_the_longest_of_all() -> None:
    first, second = LONGEST[:2]
    ordered = longest_first(two_of("tests/unit/test_short.py", second, first), 1)
    assert ordered == two_of(first, second, "tests/unit/test_short.py")


def test_no_test_is_left_out_where_a_process_has_long_ones_alone() -> None:
    first, second = LONGEST[:2]
    alone = [SimpleNamespace(nodeid=f"{first}::test_{n}") for n in range(6)]
    ordered = longest_first([*alone, *two_of(second)], 2)
    assert ordered == [*alone, *two_of(second)]


def test_the_longest_files_are_there() -> None:
    assert [file for file in LONGEST if not (REPOSITORY / file).is_file()] == []
