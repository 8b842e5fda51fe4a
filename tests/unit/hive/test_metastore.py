"""What is asked of the metastore for the table of freshness, and what Thrift's tables say."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from elfaust.hive.metastore import Metastore
from elfaust.hive.names import FRESHNESS
from elfaust.hive.objects import Objects, found_table
from elfaust.hive.tables import external_table
from elfaust.settings import Settings

SETTINGS = Settings()
TABLE = external_table(
    FRESHNESS, "/events/_freshness/02", pa.schema([("mine", pa.string())]), "", {}, {}
)


class Hive:
    """Has one table, or none."""

    def __init__(self, *tables: Any) -> None:
        self.tables = tables
        self.did: list[str] = []

    def get_table_objects_by_name_req(self, _: Any) -> Any:
        return SimpleNamespace(tables=self.tables)

    def create_table(self, _: Any) -> None:
        self.did.append("create")

    def alter_table_with_environment_context(self, *_: Any) -> None:
        self.did.append("alter")


def kept(hive: Hive) -> bool:
    def call(ask: Callable[[Any], Any], unless: str = "") -> Any:
        return ask(hive)

    return Metastore(SETTINGS, call).keep_freshness(TABLE)


def test_the_table_of_freshness_is_made_and_altered_and_somebody_elses_stays() -> None:
    ours = Objects(SETTINGS).table(TABLE)
    assert (kept(none := Hive()), none.did) == (True, ["create"])
    assert (kept(had := Hive(ours)), had.did) == (True, ["alter"])
    ours.parameters = {}
    assert (kept(theirs := Hive(ours)), theirs.did) == (False, [])


def test_parameters_that_change_what_is_read_are_seen() -> None:
    made = Objects(SETTINGS).table(TABLE)
    assert found_table(made).odd == ()
    made.sd.serdeInfo.parameters["some.thing"] = "x"
    made.parameters |= {"skip.header.line.count": "1", "parquet.column.index.access": "false"}
    found = found_table(made)
    assert found.odd == ("skip.header.line.count", "some.thing")
    assert found.quoted == f"`{SETTINGS.hive.database}`.`{FRESHNESS}`"
