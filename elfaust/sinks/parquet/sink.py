"""HDFS: the events of a lane as Parquet files by schema revision and hour, each exactly once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from copy import deepcopy

from elfaust.delivery.batch import MAX_SOURCES
from elfaust.errors import EventFault, FolderTrouble, SchemaUnfit
from elfaust.events.known_sources import at_most
from elfaust.events.refusals import topic_of
from elfaust.metrics.table import SINK_BYTES, SINK_FILES, SINK_ROWS
from elfaust.metrics.values import count_of
from elfaust.names import TopicNames
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Events, Limits, Reject, Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.parquet.commit_files import Progress
from elfaust.sinks.parquet.commits import CommitLog, Pending
from elfaust.sinks.parquet.error_files import ErrorFiles
from elfaust.sinks.parquet.error_table import ordered
from elfaust.sinks.parquet.file_names import FileNames, file_name
from elfaust.sinks.parquet.folder_owners import FolderOwners, folder_name, owner_name
from elfaust.sinks.parquet.hours import by_hour
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from elfaust.storage import Storage
from elfaust.words.hints import OTHERS_PLACE


class ParquetSink:
    """Writes lanes, one at a time."""

    def __init__(self, settings: Settings, registry: Registry, storage: Storage) -> None:
        self._hdfs = hdfs = settings.hdfs
        self.server = f"HDFS {hdfs.url}"
        self.limits = Limits(
            flush=Bounds(hdfs.flush_rows, hdfs.flush_bytes),
            flush_seconds=hdfs.flush_seconds,
            pending=Bounds(settings.topics.lanes * hdfs.flush_rows, 4 * hdfs.flush_bytes),
        )
        self._key_of = TopicNames(settings).key_of
        self._registry = registry
        self._storage = storage
        self._owners = FolderOwners(settings, storage)
        self._names = FileNames(settings)
        self._errors = ErrorFiles(settings)
        self._writers: dict[SchemaKey, ParquetWriter] = {}
        self._lanes: dict[int, tuple[CommitLog, Progress]] = {}
        self._threads = ThreadPoolExecutor(hdfs.writers, thread_name_prefix="hdfs")
        #: Topics whose schema was not at hand when they first came, or whose folder took no files.
        self._alone: set[str] = set()

    def ping(self) -> None:
        """Raise ServerAway when the storage does not answer."""
        self._storage.list(self._hdfs.root)

    def group_of(self, topic: str, lane: int) -> tuple[int, str]:
        """Return what a batch is written with: its lane, or its topic in the lane alone.

        Alone is a topic whose schema only the schema wiki may know, or whose folder has once taken
        no files: the lane does not wait for it. It stays alone, for its batches must be written in
        their order.
        """
        if topic == self._errors.topic or self._registry.get(self._key_of(topic)) is None:
            self._alone.add(topic)
        return lane, topic if topic in self._alone else ""

    def on_revoked(self) -> None:
        """Have each lane taken over again before its next write."""
        self._lanes.clear()

    def write(self, events: Sequence[Events], reject: Reject) -> None:
        """Store the records of a lane's topics.

        A lane's first write takes it over: what its last owner left is finished or dropped. Records
        that the lane has stored or refused before are skipped. Those that cannot be stored are
        reported before the commit that passes them, and again if anything fails in between. Raises
        ServerAway when the storage does not answer, FolderTrouble where a folder takes no files and
        CommitTorn where the lane's last commit cannot be read, after which the same write may be
        tried again, LaneLost when another worker has the lane, and what `reject` raises.
        """
        for changed in self._registry.reload.look(at_once=True):
            self._writers.pop(changed, None)
        lane = events[0].lane
        # Out of the lanes until all is done: a write that fails takes the lane over again.
        log, progress = self._lanes.pop(lane) if lane in self._lanes else self._open(lane)
        progress, files, rejected = deepcopy(progress), [], []
        for part in events:
            made, unfit = self._fresh(progress, part)
            files += made
            rejected += unfit
        # A commit without files too: what was rejected is not reported at each start.
        if files or rejected:
            names = self._write_temporary(log, files)
            if rejected:
                reject(rejected)
            log.commit(names, progress)
            _count(file for file in files if not self._names.has_errors(file.final))
        self._lanes[lane] = log, progress

    def _open(self, lane: int) -> tuple[CommitLog, Progress]:
        log = CommitLog(self._storage, self._hdfs.root.rstrip("/"), lane)
        return log, log.recover()

    def _write_temporary(self, log: CommitLog, files: Sequence[Pending]) -> list[tuple[str, str]]:
        """Write files under temporary names; return those and the final ones."""
        names = [(log.temporary(index), file.final) for index, file in enumerate(files)]
        writes = [
            self._threads.submit(self._storage.write, temporary, file.data)
            for (temporary, _), file in zip(names, files, strict=True)
        ]
        # All of them: what fails early must not leave the others writing behind its back.
        wait(writes)
        for written in writes:
            written.result()
        return names

    def _fresh(self, progress: Progress, part: Events) -> tuple[list[Pending], list[Rejected]]:
        """Return the files of what is new to a lane, and what cannot be in one."""
        stored = progress.offsets.get(part.topic, 0)
        if part.topic != self._errors.topic:
            fresh = advance(progress, part.topic, part.records)
            if not fresh:
                return [], []
            return self._files(part._replace(records=fresh), fresh[0].offset < stored)
        by_offset = {record.offset: record for record in part.records}
        fresh = advance(progress, part.topic, [ordered(record) for record in part.records])
        if not fresh:
            return [], []
        records = [by_offset[record.offset] for record in fresh]
        name = _name(part._replace(records=records), records[0].offset < stored)
        made = self._errors.files(part.key, records, name)
        self._make_folders(part.topic, [file.final.rpartition("/")[0] for file in made])
        return made, []

    def _files(self, events: Events, anew: bool) -> tuple[list[Pending], list[Rejected]]:
        key, topic, _, records = events
        try:
            writer = self._writer(topic, key)
        except SchemaUnfit as unfit:
            fault = EventFault("consumer", unfit.detail, *key, hint=unfit.hint)
            return [], [Rejected(record, fault) for record in records]
        table, refused = writer.table(records)
        name = _name(events, anew)
        if not table.num_rows:
            return [], refused
        out = {record.offset for record, _ in refused}
        arrived = [record.timestamp for record in records if record.offset not in out]
        hours = by_hour(table, arrived, self._hdfs.first_year, self._hdfs.ahead_hours)
        folders = [self._names.in_hour(key, hour) for hour, _ in hours]
        self._make_folders(topic, folders)
        return [
            Pending(f"{folder}/{name}", to_bytes(rows), key, rows.num_rows)
            for folder, (_, rows) in zip(folders, hours, strict=True)
        ], refused

    def _make_folders(self, topic: str, folders: Sequence[str]) -> None:
        """Make folders before a commit lists files of theirs: a lane must not wait for one."""
        try:
            for folder in folders:
                self._storage.make_folder(folder)
        except FolderTrouble:
            self._alone.add(topic)
            raise

    def _writer(self, topic: str, key: SchemaKey) -> ParquetWriter:
        if key not in self._writers:
            writer = ParquetWriter(self._registry.find(key))
            try:
                owner = self._owners.claim(key)
            except FolderTrouble:
                self._alone.add(topic)
                raise
            if owner != owner_name(key):
                detail = f"its folder {folder_name(key)} has the files of {owner}"
                raise SchemaUnfit(key, detail, OTHERS_PLACE)
            self._writers[key] = writer
        return self._writers[key]


def _name(events: Events, anew: bool) -> str:
    """Return the name of a file; `anew` says that there is one of these offsets, of an old topic.

    That one keeps its name.
    """
    _, topic, lane, records = events
    more = uuid.uuid4().hex[:12] if anew else ""
    return file_name(topic, lane, records[0].offset, records[-1].offset, more)


def _count(files: Iterable[Pending]) -> None:
    for file in files:
        count_of(SINK_ROWS, file.rows, file.key, "hdfs")
        count_of(SINK_FILES, 1, file.key, "hdfs")
        count_of(SINK_BYTES, len(file.data), file.key, "hdfs")


def advance(progress: Progress, topic: str, records: Sequence[Record]) -> list[Record]:
    """Return the records that are new to a lane, and move its progress past them.

    A record is new if its source's position has not been passed, or its own offset if it names no
    source, or one without room: a source's positions only rise, save where a restarted worker
    repeats itself. Offsets begin again when a topic is made anew.
    """
    fresh = []
    next_offset = progress.offsets.get(topic, 0)
    positions = progress.positions.setdefault(topic, {})
    is_full = len(positions) >= MAX_SOURCES
    topics = {topic_of(name) for name in positions} if is_full else set()
    for record in records:
        name, position = record.source or ("", -1)
        if name and (not is_full or name in positions or topic_of(name) in topics):
            if position <= positions.get(name, -1):
                continue
            positions[name] = position
        elif record.offset < next_offset:
            continue
        fresh.append(record)
    progress.positions[topic] = at_most(positions, MAX_SOURCES)
    progress.offsets[topic] = max([next_offset, *(record.offset + 1 for record in records)])
    return fresh
