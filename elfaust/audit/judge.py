"""The judge: feeds the lanes of topics to the revisions that compare them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor

from elfaust.audit.account import Scanned
from elfaust.audit.files import Listing
from elfaust.audit.finding import Finding, some
from elfaust.audit.revision import Revision
from elfaust.audit.stores import Stores
from elfaust.audit.table import Rows
from elfaust.delivery.lag import LaneLag
from elfaust.errors import SchemaUnfit, SchemaWaits
from elfaust.events.refusals import split_source
from elfaust.names import TopicNames
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.parquet.reader import ParquetFile
from elfaust.storage import Storage


class Judge:
    """Compares the events of topics with what the sinks hold.

    Lanes come by topic, those of errors first.
    """

    def __init__(
        self,
        settings: Settings,
        lags: Iterable[LaneLag],
        rows: Rows | None,
        storage: Storage,
        listing: Listing,
        threads: Executor,
        older: Collection[str] = (),
    ) -> None:
        """Take the topics of which Kafka has let records go, `older`, among the rest.

        What a store has and such a topic has not may be of them: that is told, and no finding.
        """
        self._older = older
        self._names = TopicNames(settings)
        self._registry = Registry.of_workers(settings)
        self._refused: defaultdict[str, set[tuple[str, int, int]]] = defaultdict(set)
        acknowledged = {(lag.role, lag.topic, lag.lane): lag.acknowledged for lag in lags}
        self._stores = Stores(
            settings, rows, storage, listing, threads, acknowledged, self._refused
        )
        self._topic = ""
        self._revision: Revision | None = None
        self._unknown: dict[str, tuple[int, str]] = {}
        #: What is wrong, and what is told besides.
        self.findings: list[Finding] = []
        self.told: list[Finding] = []
        #: For an account: the files that were read.
        self.files: list[ParquetFile] = []

    def watch(
        self, lanes: Iterable[Scanned], tick: Callable[[Scanned], None] = lambda lane: None
    ) -> Iterator[Scanned]:
        """Yield lanes, each once it is compared; raises ServerAway."""
        for scanned in lanes:
            self._take(scanned)
            tick(scanned)
            yield scanned
        self._end()
        if homeless := self._stores.listing.homeless:
            detail = f"in no schema's folder: {some(homeless)}"
            self.findings.append(Finding("unreadable", "HDFS", len(homeless), detail))

    def _take(self, scanned: Scanned) -> None:
        if scanned.topic == self._names.error:
            for record in scanned.records:
                if record.source is None:
                    continue
                role, topic = split_source(record.source.name)
                if role:
                    self._refused[role].add((topic, scanned.lane, record.source.position))
        elif key := self._names.schema_of(scanned.topic):
            if scanned.topic != self._topic:
                self._end()
                self._topic = scanned.topic
                try:
                    self._revision = Revision(self._stores, self._registry.find(key))
                except (SchemaWaits, SchemaUnfit) as error:
                    self._unknown[f"{key.schema}_{key.revision}"] = (0, str(error))
            if self._revision is not None:
                self._revision.take(scanned)
            else:
                name = f"{key.schema}_{key.revision}"
                number, detail = self._unknown[name]
                self._unknown[name] = (number + len(scanned.records), detail)

    def _end(self) -> None:
        """Keep what is to be said of the topic that was the last."""
        if (revision := self._revision) is not None:
            for finding in revision.findings():
                is_older = finding.kind == "unknown" and self._topic in self._older
                (self.told if is_older else self.findings).append(finding)
            self.told += revision.told()
            self.files += revision.files.values()
        for name, (number, detail) in self._unknown.items():
            if number:
                self.findings.append(Finding("unreadable", name, number, detail))
        self._revision, self._topic, self._unknown = None, "", {}
