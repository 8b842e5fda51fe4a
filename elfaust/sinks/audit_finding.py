"""What an audit says."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

#: Examples named of each kind of finding in one place.
EXAMPLES = 3


class Finding(NamedTuple):
    """One thing that is not as promised, or that people should know.

    `kind` is `lost` (acknowledged and not there), `twice`, `unknown` (there, and in no topic),
    `differs` (a store has another value than the topic), `ahead` (acknowledged past the end of its
    topic), `left over` (files of no finished commit), `unreadable` (records without a uuid that a
    sink has taken, tables and files that are none of ours, a torn commit, events whose schema
    nobody has), `misplaced` (files in another hour's folder than their events belong to), `other
    columns` (files whose columns are not those of their schema), `unbalanced` (numbers that do not
    add up) or `hive` (a table, view, partition, folder or file that Hive cannot have as it should).
    `number` is how many events, records, files or sums it is about.

    Nothing is wrong with what is of kind `refused` (events that one sink has refused, and where
    else they are), `in part` (events with values that a store has no column for), `older` (records
    that Kafka keeps no more), or `unknown` of a topic that has such.
    """

    kind: str
    where: str
    number: int
    detail: str


def some(names: Collection[str]) -> str:
    """Return a few of many, and how many more there are."""
    return ", ".join(sorted(names)[:EXAMPLES]) + more(len(names))


def more(number: int) -> str:
    """Return how many there are besides the examples."""
    return f" and {number - EXAMPLES} more" if number > EXAMPLES else ""
