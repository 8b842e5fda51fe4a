"""What topics, MySQL, Hive and DuckDB have of the same events, to be compared value by value."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

from elfaust.audit.topics import scan
from elfaust.hive.server import Session
from elfaust.hive.tables import table_of
from elfaust.names import TopicNames, table_name
from elfaust.query.columns import Pair, side_by_side
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect

#: Sums of doubles depend on the order of rows; they are equal to so many digits.
DIGITS = 12
#: Columns that all tables have, beside `event`, as the capsule calls them.
CAPSULE = {"recvfrom": "recvFrom", "seqid": "seqId", "webhost": "webHost"} | {
    name: name for name in ("revision", "schema", "uuid", "wiki")
}


class Sent(NamedTuple):
    """An event as its topic has it: the capsule, and Kafka's time of the raw line, ms."""

    capsule: dict[str, Any]
    received: int

    @property
    def moment(self) -> datetime:
        """When the event was, by itself: `dt`, or MediaWiki's Unix seconds."""
        if dt := self.capsule.get("dt"):
            return datetime.fromisoformat(dt)
        return datetime.fromtimestamp(self.capsule["timestamp"], UTC)


def sent_events(settings: Settings) -> dict[SchemaKey, dict[str, Sent]]:
    """Return all events that the topics have, by schema revision and uuid."""
    names, found = TopicNames(settings), dict[SchemaKey, dict[str, Sent]]()
    for topic, _, records in asyncio.run(scan(settings)):
        if key := names.schema_of(topic):
            for record in records:
                capsule = json.loads(record.value)
                found.setdefault(key, {})[capsule["uuid"]] = Sent(capsule, record.timestamp)
    return found


def differs(stored: Any, sent: Any, path: str = "event") -> str:
    """Return where a value of a table is not what was sent, "" where it is the same."""
    if isinstance(stored, dict) and isinstance(sent, dict):
        given = {name.lower(): of for name, of in sent.items() if of is not None}
        if lost := given.keys() - stored.keys():
            return f"{path} lacks {sorted(lost)}"
        inner = (differs(of, given.get(name), f"{path}.{name}") for name, of in stored.items())
        return next(filter(None, inner), "")
    if isinstance(stored, list) and isinstance(sent, list):
        if len(stored) != len(sent):
            return f"{path} has {len(stored)} of {len(sent)}"
        inner = (differs(of, sent[n], f"{path}[{n}]") for n, of in enumerate(stored))
        return next(filter(None, inner), "")
    if isinstance(stored, str) and not isinstance(sent, str):
        # What the schema leaves open is JSON text.
        return "" if sent is not None and json.loads(stored) == sent else f"{path}: {stored}"
    is_same = stored == sent and isinstance(stored, bool) == isinstance(sent, bool)
    return "" if is_same else f"{path} is {stored!r}, and was {sent!r}"


class Question(NamedTuple):
    """The same SELECT of a schema revision in the words of MySQL and of Hive."""

    mysql: str
    hive: str
    columns: int

    @property
    def duck(self) -> str:
        """The same in DuckDB's words, which has one database."""
        return self.hive.replace("`", '"')


def question(settings: Settings, key: SchemaKey) -> Question:
    """Return what asks for rows, distinct uuids, and of each column its values and their sum.

    The sum of a flag is how often it is true; of a text the sum is that of its lengths.
    """
    schema = Registry(settings.schemas).find(key)
    table = table_of(schema, "", "")
    of_both = [
        pair
        for pair in side_by_side(schema, table, settings.mysql.number)
        if pair.mysql and pair.hive not in ("", "dt", "useragent")
    ]
    mysql = f"SELECT count(*), count(DISTINCT uuid){_sums(of_both, _by_mysql)}"
    hive = f"SELECT count(*), count(DISTINCT uuid){_sums(of_both, _by_hive)}"
    return Question(
        f"{mysql} FROM `{table_name(settings.mysql.table, key)}`",
        f"{hive} FROM `{key.schema.lower()}`",
        len(of_both),
    )


def _sums(pairs: Sequence[Pair], words: Callable[[Pair], tuple[str, str]]) -> str:
    return "".join(f", count({column}), {of}" for column, of in map(words, pairs))


def _by_mysql(pair: Pair) -> tuple[str, str]:
    name = f"`{pair.mysql}`"
    if "CHAR" in pair.mysql_type and pair.hive_type == "bigint":
        # A property called `timestamp`: EventLogging makes 14 digits of its seconds.
        return name, f"sum(timestampdiff(SECOND, '1970-01-01', {name}))"
    sums = {"string": f"sum(char_length({name}))"}
    return name, sums.get(pair.hive_type, "0" if "<" in pair.hive_type else f"sum({name})")


def _by_hive(pair: Pair) -> tuple[str, str]:
    name = ".".join(f"`{part}`" for part in pair.hive.split("."))
    sums = {"boolean": f"sum(IF({name}, 1, IF({name} IS NULL, NULL, 0)))"} | {
        "string": f"sum(character_length({name}))",
        # Its own sum of integers wraps past 64 bits.
        "bigint": f"sum(CAST({name} AS decimal(38)))",
    }
    return name, sums.get(pair.hive_type, "0" if "<" in pair.hive_type else f"sum({name})")


def alike(row: Sequence[Any]) -> list[Any]:
    """Return a row's numbers so that those of two stores can be compared."""
    return [None if of in (None, "NULL") else float(f"{float(of):.{DIGITS}g}") for of in row]


def ask_mysql(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def inputs(asked: Session, source: str, where: str) -> list[str]:
    """Return the partitions that a question would read."""
    [(plan,)] = asked.rows(f"EXPLAIN DEPENDENCY SELECT count(*) FROM {source} WHERE {where}")
    read = json.loads(plan)["input_partitions"]
    return sorted({of["partitionName"].rpartition("@")[2] for of in read})
