"""The table of EventErrors: what was refused, by the hour in which Kafka got it, and why."""

from __future__ import annotations

from elfaust.events import event_error
from elfaust.hive.tables import REVISION, SCHEMA, Table, external_table
from elfaust.names import ERRORS, FolderNames
from elfaust.settings import Settings
from elfaust.sinks.parquet.error_table import COLUMNS, ERROR_COLUMNS

WORDS = "Lines and events that were refused, by the hour of received; one uuid for each raw line"


def errors_table(settings: Settings) -> Table:
    """Return the table of EventErrors, `eventerror`; of a view of that name it has it."""
    comments = {name: words for name, (_, words) in COLUMNS.items()}
    location = FolderNames(settings).of_errors
    properties = {SCHEMA: event_error.SCHEMA, REVISION: str(event_error.REVISION)}
    return external_table(ERRORS, location, ERROR_COLUMNS, WORDS, comments, properties)
