"""Topics that Kafka compacts: small segments, compacted soon, so that they are read in seconds.

By Kafka's defaults a lane holds a gigabyte before the first compaction, some millions of records.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from elfaust.delivery.privates import send_request
from elfaust.delivery.topic_limits import IncrementalAlterConfigs
from elfaust.settings import Settings

log = logging.getLogger(__name__)

POLICY, SEGMENT_BYTES = "cleanup.policy", "segment.bytes"
#: A segment that is written to is not compacted.
SEGMENT, MINUTES_10, HOUR = 4 * 1024 * 1024, 600_000, 3_600_000


def compaction(settings: Settings) -> dict[str, str]:
    """Return what is set of a compacted topic.

    Deletions are kept for an hour after the compaction: a reader that takes longer than that from
    the beginning on may keep what was deleted.
    """
    return {
        POLICY: "compact",
        # Kafka takes no batch that is longer than a segment.
        SEGMENT_BYTES: str(max(SEGMENT, settings.topics.max_message_bytes)),
        "segment.ms": str(MINUTES_10),
        "min.cleanable.dirty.ratio": "0.1",
        "max.compaction.lag.ms": str(MINUTES_10),
        "delete.retention.ms": str(HOUR),
    }


def differing(wanted: Mapping[str, str], has: Mapping[str, str]) -> dict[str, str]:
    """Return what is to be set of a topic that has this, where Kafka told it."""
    return {name: value for name, value in wanted.items() if not _is(value, has.get(name, value))}


def _is(wanted: str, has: str) -> bool:
    try:
        return float(wanted) == float(has)
    except ValueError:
        return wanted == has


async def put_right(admin: Any, topics: Iterable[str], wanted: Mapping[str, str]) -> None:
    """Have topics be set so; the log tells what Kafka does not let this client alter."""
    of_topic, asked = ConfigResourceType.TOPIC, dict.fromkeys(wanted)
    resources = [ConfigResource(of_topic, topic, asked) for topic in sorted(topics)]
    for answer in await admin.describe_configs(resources) if resources else ():
        for code, _, _, topic, entries in answer.resources:
            if code == 0:
                has = {entry[0]: entry[1] for entry in entries}
                await _alter(admin, topic, differing(wanted, has))


async def _alter(admin: Any, topic: str, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        answer = await send_request(admin, IncrementalAlterConfigs([topic], name, value))
        [(code, detail, *_)] = answer.resources
        if code:
            log.error("%s of topic %s was not made %s: %s", name, topic, value, detail or code)
        else:
            log.warning("%s of topic %s: made %s", name, topic, value)
