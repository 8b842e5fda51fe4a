"""What a schema revision is called: its topic, its table and its folder, by the settings' formats.

Names of consumer groups are here too, so that whoever reads a group's offsets knows it by the same
name as the worker that commits them. Names of Parquet files are in sinks/parquet/file_names.py.
"""

from __future__ import annotations

import re
from functools import lru_cache
from posixpath import normpath

from elfaust.errors import SchemaUnfit
from elfaust.records import END_OF_REVISIONS, SchemaKey
from elfaust.settings import Settings

#: Names of topics that are kept: clients can make up any number of schemas.
MAX_KEPT = 10_000
#: MySQL's longest name, characters.
MAX_MYSQL_NAME = 64
#: MySQL refuses names that end with one of these.
SPACES = " \t\n\v\f\r"
#: The folder of EventErrors; no folder of a schema revision is called so, nor lies in it.
ERRORS = "eventerror"
#: Where the part of a path that gives the hour begins.
HOUR = re.compile(r"\{(?:year|month|day|hour)")


def group_of(settings: Settings, role: str) -> str:
    """Return the consumer group of a role; it is Faust's application id as well."""
    return settings.kafka.app_id.format(role=role)


def changelog_topic(settings: Settings) -> str:
    """Return the topic in which Kafka keeps the throughput role's table `counts`."""
    return f"{group_of(settings, 'throughput')}-counts-changelog"


class TopicNames:
    """The topics of the settings: from a schema revision to its topic, and back."""

    def __init__(self, settings: Settings) -> None:
        self._topics = settings.topics
        self._raw = tuple(settings.raw_topics.values())
        pattern = re.escape(self._topics.event)
        pattern = pattern.replace(re.escape("{schema}"), r"(?P<schema>[A-Za-z0-9_-]{1,63})")
        pattern = pattern.replace(re.escape("{revision}"), r"(?P<revision>[1-9][0-9]{0,18})")
        self._event = re.compile(pattern + r"\Z")
        #: Names that were asked for lately: the processor asks for one with every event.
        self._of_keys: dict[SchemaKey, str] = {}

    @property
    def raw(self) -> tuple[str, ...]:
        """The topics of raw lines."""
        return self._raw

    @property
    def error(self) -> str:
        """The topic of events that were refused."""
        return self._topics.error

    def event(self, key: SchemaKey) -> str:
        """Return the topic of a schema revision."""
        topic = self._of_keys.get(key)
        if topic is None:
            if len(self._of_keys) >= MAX_KEPT:
                self._of_keys.clear()
            topic = self._topics.event.format(schema=key.schema, revision=key.revision)
            self._of_keys[key] = topic
        return topic

    def schema_of(self, topic: str) -> SchemaKey | None:
        """Return the schema revision whose topic this is, None if it is another topic."""
        match = self._event.match(topic)
        if match is None or topic == self.error or topic in self.raw:
            return None
        key = SchemaKey(match["schema"], int(match["revision"]))
        return key if key.revision < END_OF_REVISIONS else None

    def key_of(self, topic: str) -> SchemaKey:
        """Return the schema revision of an events topic; raises ValueError for another topic."""
        if (key := self.schema_of(topic)) is None:
            raise ValueError(f"{topic} is the topic of no schema revision")
        return key


def table_name(table_format: str, key: SchemaKey) -> str:
    """Return the table of a schema revision by the format of the settings.

    Raises SchemaUnfit for a name that MySQL refuses.
    """
    name = table_format.format(schema=key.schema.replace("-", "_"), revision=key.revision)
    if fault := mysql_name_fault(name):
        raise SchemaUnfit(key, f"table {readable_name(name)} {fault}")
    return name


def mysql_name_fault(name: str) -> str:
    """Return why MySQL refuses a name of a column or a table, "" where it does not."""
    if len(name) > MAX_MYSQL_NAME:
        return f"is longer than {MAX_MYSQL_NAME} characters"
    if not name or name[-1] in SPACES:
        return "ends with a space"
    if "\0" in name or any(char > "\uffff" or "\ud800" <= char <= "\udfff" for char in name):
        return "has a character that no name in MySQL may have"
    return ""


def readable_name(name: str) -> str:
    """Return a name for a message: as it is if it can be read, otherwise with escapes."""
    return name if name.isprintable() and name == name.rstrip() else ascii(name)


class FolderNames:
    """The folders of Parquet files: from a schema revision and an hour to its folder."""

    def __init__(self, settings: Settings) -> None:
        self._path = normpath(settings.hdfs.path)
        self.root = normpath(settings.hdfs.root)
        head = HOUR.split(self._path)[0].rpartition("/")[0]
        self._schema_path = head if "{schema}" in head and "{revision}" in head else ""
        self.in_hour = lru_cache(4_096)(self._in_hour)
        # As deep as those of schema revisions, whose numbers are none of this.
        self._errors = "/".join([ERRORS, *["all"] * (self.depth - 1)])

    @property
    def depth(self) -> int:
        """How many levels of folders there are below the root before a path gives the hour."""
        return self._schema_path.count("/") + 1

    def of_schema(self, key: SchemaKey) -> str:
        """Return the folder of a schema revision, empty where hours come first in paths."""
        if not self._schema_path:
            return ""
        folder = self._schema_path.format(schema=key.schema.lower(), revision=key.revision)
        return f"{self.root}/{folder}"

    @property
    def of_errors(self) -> str:
        """The folder of EventErrors."""
        return f"{self.root}/{self._errors}"

    def errors_in_hour(self, hour: str) -> str:
        """Return the folder of the EventErrors of an hour, `2020-09-13T12`."""
        path = self._path[len(self._schema_path) :].lstrip("/")
        return f"{self.of_errors}/{_of_hour(path, hour, schema=ERRORS, revision=0)}"

    def _in_hour(self, key: SchemaKey, hour: str) -> str:
        """Return the folder of a schema revision's hour, `2020-09-13T12`.

        Numbers have no leading zeros and names are in lower case, as Refine writes them for Hive.
        """
        folder = _of_hour(self._path, hour, schema=key.schema.lower(), revision=key.revision)
        return f"{self.root}/{folder}"


def _of_hour(path: str, hour: str, **of: str | int) -> str:
    return path.format(
        **of,
        year=int(hour[:4]),
        month=int(hour[5:7]),
        day=int(hour[8:10]),
        hour=int(hour[11:13]),
    )
