"""What a server answers of one table, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from elfaust.schema.columns import Column
from elfaust.sinks.mysql.drift import SHOWN
from elfaust.sinks.mysql.hazards import CONSTRAINTS, ENGINE, FACTS, TRIGGERS, UNIQUE

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class ShownTable:
    """A table as the statements show it that look at it; as its columns make it unless said."""

    columns: Rows
    kind: str = "BASE TABLE"
    engine: str = "InnoDB"
    next_id: int | None = 1
    unique: Rows = field(default_factory=lambda: [("ix_uuid", "uuid", None)])
    constraints: Rows = field(default_factory=list)
    triggers: Rows = field(default_factory=list)

    def answer(self, statement: str) -> Rows:
        """Return the rows of a statement."""
        answers: dict[str, Rows] = {
            FACTS: [(self.kind, self.engine, self.next_id)] if self.columns else [],
            SHOWN: self.columns,
            ENGINE: [("YES" if self.engine == "InnoDB" else "NO",)],
            UNIQUE: self.unique,
            CONSTRAINTS: self.constraints,
            TRIGGERS: self.triggers,
        }
        if statement.startswith("SHOW CREATE TABLE"):
            text = repr(replace(self, next_id=None))
            return [("t", f"{text}\n) ENGINE=InnoDB AUTO_INCREMENT={self.next_id} DEFAULT")]
        return answers.get(statement, [])


def table_of(columns: Sequence[Column], **types: str) -> ShownTable:
    """Return the table that columns make, those named by `types` of other types."""
    return ShownTable(
        [
            (
                column.name,
                types.get(column.name, column.sql_type).lower(),
                not column.nullable,
                column.name != "id",
                column.unique,
                False,
            )
            for column in columns
        ]
    )
