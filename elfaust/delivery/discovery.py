"""Topics of schema revisions that appear and go, and a worker's subscription that follows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import faust

from elfaust.delivery import privates
from elfaust.delivery.topics import TopicAdmin, unread_lanes
from elfaust.errors import ServerAway
from elfaust.names import TopicNames
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute())


class Discovery:
    """Keeps an app subscribed to the topics of all schema revisions."""

    def __init__(self, app: faust.App, settings: Settings, admin: TopicAdmin) -> None:
        self._app = app
        self._settings = settings
        self._admin = admin
        self._names = TopicNames(settings)
        self._declared: list[tuple[Any, tuple[str, ...]]] = []
        #: Which partitions nobody reads, a sentence for each topic that has such.
        self.unread: list[str] = []
        privates.subscribe_within(app, settings.topics.discover_interval / 2)

    def add(self, topic: Any, also: tuple[str, ...]) -> None:
        """Have a Faust topic stand for all schema revisions' topics, and for those of `also`."""
        self._declared.append((topic, also))

    async def run(self) -> None:
        """Look again every `topics.discover_interval` seconds, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.topics.discover_interval)
            try:
                await self.look()
            except ServerAway as away:
                log.warning("New topics are not followed: %s", away)

    async def look(self) -> None:
        """Subscribe to topics that have appeared, and leave those that were deleted.

        One that is left and comes again is read from its beginning. Lanes that were not assigned
        for want of metadata are assigned again; the log names those that are too many.

        Raises ServerAway when no broker answers.
        """
        subscribed = privates.subscribed(self._app)
        # Who follows no schemas need not be told of thousands of topics.
        own = None if self._declared else {*subscribed, *self._app.assignor.left_out}
        topics = {topic: has for topic, has in (await self._admin.lanes(own)).items() if has}
        names = sorted(name for name in topics if self._names.schema_of(name))
        gone = sorted({topic for topic in subscribed if self._names.schema_of(topic)} - {*names})
        self._rename(names)
        new = any(name not in subscribed for topic, _ in self._declared for name in topic.topics)
        left_out = topics.keys() & self._app.assignor.left_out
        if left_out:
            # Else they would be left out again and again, until aiokafka asks by itself.
            await self._app.consumer.thread.refresh_metadata()
        if new or gone or left_out:
            self._subscribe()
        for topic in gone:
            lost = "%s was deleted: what was not read of it is lost"
            log.error(lost, topic, extra={"topic": topic})
        self._tell_unread({topic: has for topic, has in topics.items() if topic in subscribed})

    def _rename(self, names: list[str]) -> None:
        for declared, also in self._declared:
            # The agent reads a clone of the topic that it was declared with.
            clones = [topic for topic in self._app.topics if topic.schema is declared.schema]
            for topic in (declared, *clones):
                topic.topics = [*also, *names]

    def _subscribe(self) -> None:
        # While lanes are moving Faust forgets the wish; the next look has it again.
        if not (self._app.rebalancing or self._app.draining):
            self._app.assignor.left_out = frozenset()
            privates.subscribe_again(self._app)

    def _tell_unread(self, lanes: Mapping[str, int]) -> None:
        self.unread = unread_lanes(self._settings, lanes)
        for sentence in self.unread:
            log.error("%s", sentence)
