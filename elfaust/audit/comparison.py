"""The comparison of all topics with the stores: each lane goes to its schema revision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from elfaust.audit.revision import Revision, SinkState
from elfaust.audit.topics import Scanned
from elfaust.delivery.lag import LaneLag
from elfaust.errors import SchemaUnfit, SchemaWaits
from elfaust.events.refusals import split_source
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.roles import reads_errors
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.base import Store
from elfaust.sinks.reading import ErrorReader, Reader


class Comparison:
    """Compares the events of topics with what the stores hold.

    Lanes come by topic, those of errors first.
    """

    def __init__(
        self,
        settings: Settings,
        lags: Iterable[LaneLag],
        stores: Mapping[str, Store],
        readers: Mapping[str, Reader],
        older: Collection[str] = (),
    ) -> None:
        """Take the stores, and what reads them, by role; and the topics that are not whole.

        Of `older` ones Kafka has let records go. What a store has and such a topic has not may be
        of them: it is a note, and no finding.
        """
        self._stores = stores
        self._readers = readers
        self._older = older
        self._names = TopicNames(settings)
        self._registry = Registry.of_workers(settings)
        self._refused: defaultdict[str, set[tuple[str, int, int]]] = defaultdict(set)
        self._acknowledged = {(lag.role, lag.topic, lag.lane): lag.acknowledged for lag in lags}
        self._state = SinkState(self._acknowledged, self._refused)
        self._storing_errors = [role for role in readers if reads_errors(role, settings)]
        self._topic = ""
        self._revision: Revision | None = None
        #: Where there is no revision: how many records the topic has, and why.
        self._unjudged, self._why = 0, ""
        #: What is wrong, and what people should know besides.
        self.findings: list[Finding] = []
        self.notes: list[Finding] = []

    def watch(
        self, lanes: Iterable[Scanned], tick: Callable[[Scanned], None] = lambda lane: None
    ) -> Iterator[Scanned]:
        """Yield lanes, each once it is compared; raises ServerAway."""
        for scanned in lanes:
            self._take(scanned)
            tick(scanned)
            yield scanned
        self._end()
        for reader in self._readers.values():
            self.findings += reader.findings()

    def _take(self, scanned: Scanned) -> None:
        if scanned.topic == self._names.error:
            for record in scanned.records:
                if record.source is None:
                    continue
                role, topic = split_source(record.source.name)
                if role:
                    self._refused[role].add((topic, scanned.lane, record.source.position))
            self._take_errors(scanned)
        elif key := self._names.schema_of(scanned.topic):
            if scanned.topic != self._topic:
                self._end()
                self._begin(scanned.topic, key)
            if self._revision is not None:
                self._revision.take(scanned)
            else:
                self._unjudged += len(scanned.records)

    def _take_errors(self, scanned: Scanned) -> None:
        """Compare a lane of errors with the stores that have them."""
        for role in self._storing_errors:
            reader, (topic, lane, records) = self._readers[role], scanned
            if isinstance(reader, ErrorReader):
                acknowledged = self._acknowledged.get((role, topic, lane), 0)
                self.findings += reader.errors(topic, lane, records, acknowledged)

    def _begin(self, topic: str, key: SchemaKey) -> None:
        self._topic = topic
        try:
            schema = self._registry.find(key)
        except (SchemaWaits, SchemaUnfit) as error:
            self._why = str(error)
            return
        readers = {role: reader.revision(schema) for role, reader in self._readers.items()}
        self._revision = Revision(key, self._stores, readers, self._state)

    def _end(self) -> None:
        """Keep the findings and notes of the topic that was the last."""
        if (revision := self._revision) is not None:
            for finding in revision.findings():
                is_older = finding.kind == "unknown" and self._topic in self._older
                (self.notes if is_older else self.findings).append(finding)
            self.notes += revision.notes()
        elif self._unjudged and (key := self._names.schema_of(self._topic)):
            name = f"{key.schema}_{key.revision}"
            self.findings.append(Finding("unreadable", name, self._unjudged, self._why))
        self._revision, self._topic, self._unjudged = None, "", 0
