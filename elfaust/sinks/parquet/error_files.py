"""The files of a batch of EventErrors: one of each hour in which Kafka got their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.commits import Pending
from elfaust.sinks.parquet.error_table import error_table
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.hours import hour_of
from elfaust.sinks.parquet.table import to_bytes


class ErrorFiles:
    """Makes the files by the settings; `topic` is that of EventErrors, "" where none are stored."""

    def __init__(self, settings: Settings) -> None:
        self.topic = settings.topics.error if settings.hdfs.errors != "off" else ""
        self._with_line = settings.hdfs.errors == "masked"
        self._first = f"{settings.hdfs.first_year:04}-01-01T00"
        self._names = FileNames(settings)

    def files(self, key: SchemaKey, records: Sequence[Record], name: str) -> list[Pending]:
        """Return files called `name` of at least one record, with their folders."""
        hours = defaultdict[str, list[Record]](list)
        for record in records:
            known = record.timestamp >= 0
            hours[hour_of(record.timestamp) if known else self._first].append(record)
        return [
            Pending(
                f"{self._names.errors_in_hour(hour)}/{name}",
                to_bytes(error_table(of, self._with_line)),
                key,
                len(of),
            )
            for hour, of in sorted(hours.items())
        ]
