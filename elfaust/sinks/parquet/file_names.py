"""Names of Parquet files and of their folders: `hdfs.path`, and topic.lane.first-last.parquet.

A file's name says whose it is, whatever the folders are called. Where it says nothing, the file
belongs to the schema revision in whose folder it lies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from elfaust.names import FolderNames, TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.storage import Storage

#: Topic, lane, first and last offset; whatever follows keeps two files of them apart.
NAME = re.compile(r"(.+)\.([0-9]{1,9})\.([0-9]{20})-([0-9]{20}).*\.parquet")
#: Folders below `hdfs.root` that hold no events.
OWN_FOLDERS = ("_commits", "_freshness", "_owners", "_temporary")
#: How names begin that Hive and Spark pass over.
HIDDEN = ("_", ".")


def file_name(topic: str, lane: int, first: int, last: int, more: str = "") -> str:
    """Return the name of the file of a lane's records from offset `first` to `last`."""
    return f"{topic}.{lane}.{first:020d}-{last:020d}{more and f'-{more}'}.parquet"


def topic_and_lane(path: str) -> tuple[str, int] | None:
    """Return what a file's name says, None where it says nothing of the kind."""
    name = NAME.fullmatch(path.rpartition("/")[2])
    return (name[1], int(name[2])) if name else None


def holds(path: str, topic: str, lane: int, offset: int) -> bool:
    """Tell whether a file's name says that it has what is at an offset of a topic's lane."""
    name = NAME.fullmatch(path.rpartition("/")[2])
    if name is None or (name[1], int(name[2])) != (topic, lane):
        return False
    return int(name[3]) <= offset <= int(name[4])


def folders_of_events(storage: Storage, root: str) -> list[str]:
    """Return the paths right below `root` that are none of elfaust's own folders."""
    root = root.rstrip("/")
    return [f"{root}/{name}" for name in storage.list(root) if name not in OWN_FOLDERS]


class FileNames(FolderNames):
    """The names of files and folders by the settings, both ways."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        topics = TopicNames(settings)
        #: The schema revision of a topic.
        self.of_topic = topics.schema_of
        self._error_topic = topics.error

    def named(self, path: str) -> SchemaKey | None:
        """Return the schema revision that a file's name says."""
        name = topic_and_lane(path)
        return self.of_topic(name[0]) if name else None

    def schema_of_path(self, keys: Collection[SchemaKey]) -> Callable[[str], SchemaKey | None]:
        """Return what tells to which of some schema revisions a file belongs.

        By its name, or by its folder where that says nothing, or another revision.
        """
        known = set(keys)
        # Of names that differ in case alone the first one.
        by_folder = {self.of_schema(key): key for key in sorted(known, reverse=True)}
        by_folder.pop("", None)
        levels = self.root.count("/") + 1 + self.depth

        def key_of(path: str) -> SchemaKey | None:
            named = self.named(path)
            if named in known:
                return named
            return None if is_hidden(path) else by_folder.get("/".join(path.split("/")[:levels]))

        return key_of

    def is_strange(self, path: str) -> bool:
        """Tell whether nothing says what a file is: it is not hidden, and its name no topic's."""
        return not (is_hidden(path) or self.named(path) or self.has_errors(path))

    def has_errors(self, path: str) -> bool:
        """Tell whether a file's name says that EventErrors are in it."""
        name = topic_and_lane(path)
        return name is not None and name[0] == self._error_topic


def is_hidden(path: str) -> bool:
    """Tell whether a file's name is one that Hive and Spark pass over."""
    return path.rpartition("/")[2].startswith(HIDDEN)


def event_files(storage: Storage, root: str) -> Iterator[str]:
    """Yield the paths of the files below `root`, those in elfaust's own folders left out."""
    for path in folders_of_events(storage, root):
        yield from storage.walk(path)
