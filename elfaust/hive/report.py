"""What a run of sync has done, or would do, and what it leaves as it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from elfaust.hive.found import Difference


@dataclass
class Report:
    """What was done, by the names of tables and views."""

    database: bool = False
    tables: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    #: Tables that were given columns.
    columns: list[str] = field(default_factory=list)
    #: Partitions that were added and dropped, by table.
    added: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    told: list[Difference] = field(default_factory=list)
    #: What is so by the names and types of the schemas: views that there are not, fields that are
    #: NULL in one.
    notes: list[Difference] = field(default_factory=list)
    #: Partitions that each table has now.
    partitions: dict[str, int] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """Whether anything was done."""
        made = self.tables or self.views or self.columns
        return bool(self.database or made or self.added or self.dropped)
