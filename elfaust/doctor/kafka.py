"""Checks of Kafka: its brokers, and the topics of the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError

from elfaust.checks import ANSWER_SECONDS, Check, Outcome, Subject
from elfaust.delivery.compaction import POLICY, compaction, differing
from elfaust.delivery.topic_limits import LIMIT
from elfaust.errors import ServerAway
from elfaust.names import TopicNames, changelog_topic
from elfaust.settings import Settings

#: Seconds to wait for all answers together.
SECONDS = 8.0
#: Milliseconds of retention below which a sink that is down for a day loses records.
SHORT_MS = 24 * 60 * 60 * 1000
CONFIGS = ("cleanup.policy", "retention.ms", LIMIT, *compaction(Settings()))


@dataclass(frozen=True)
class Facts:
    """What Kafka has answered."""

    brokers: int
    #: The number of partitions of each topic.
    lanes: Mapping[str, int]
    #: CONFIGS of each topic of the pipeline, where they could be read.
    configs: Mapping[str, Mapping[str, str]]


def subject(settings: Settings) -> Subject:
    """Return the checks of Kafka."""
    others = ("topics", "lanes", "record size", "counts changelog", "retention")
    return Subject(_server(settings), others, _checks, "start it, or correct kafka.bootstrap")


def _server(settings: Settings) -> str:
    return f"Kafka {settings.kafka.bootstrap}"


def _checks(settings: Settings) -> Iterator[Check]:
    facts = asyncio.run(read(settings))
    yield check_brokers(settings, facts)
    yield check_topics(settings, facts)
    yield check_lanes(settings, facts)
    yield check_limits(settings, facts)
    yield check_changelog(settings, facts)
    yield check_retention(settings, facts)


def is_ours(settings: Settings, topic: str) -> bool:
    """Return whether a topic belongs to the pipeline."""
    return topic in _fixed(settings) or TopicNames(settings).schema_of(topic) is not None


def _fixed(settings: Settings) -> tuple[str, ...]:
    """Return the topics that do not depend on schemas."""
    names = TopicNames(settings)
    return (*names.raw, names.error, changelog_topic(settings))


async def read(settings: Settings) -> Facts:
    """Ask Kafka for its brokers and topics.

    Raises ServerAway when it does not answer.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka.bootstrap, request_timeout_ms=int(ANSWER_SECONDS * 1000)
    )
    try:
        async with asyncio.timeout(SECONDS):
            await admin.start()
            return await _facts(settings, admin)
    except TimeoutError as error:
        raise ServerAway(_server(settings), f"no answer within {SECONDS:g} s") from error
    except KafkaConnectionError as error:
        raise ServerAway(_server(settings), "no broker answers") from error
    except (KafkaError, OSError) as error:
        raise ServerAway(_server(settings), str(error)) from error
    finally:
        await admin.close()


async def _facts(settings: Settings, admin: Any) -> Facts:
    cluster = await admin.describe_cluster()
    topics = await admin.describe_topics()
    lanes = {topic["topic"]: len(topic["partitions"]) for topic in topics}
    ours = [topic for topic in sorted(lanes) if is_ours(settings, topic)]
    configs: dict[str, dict[str, str]] = {}
    if ours:
        wanted = dict.fromkeys(CONFIGS)
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in ours]
        for answer in await admin.describe_configs(resources):
            for code, _, _, name, entries in answer.resources:
                if code == 0:
                    configs[name] = {entry[0]: entry[1] for entry in entries}
    return Facts(len(cluster["brokers"]), lanes, configs)


def check_brokers(settings: Settings, facts: Facts) -> Check:
    """Check that there are brokers for all copies of a partition."""
    name, copies = _server(settings), settings.topics.replication
    detail = f"{facts.brokers} broker{'s' if facts.brokers != 1 else ''}"
    if facts.brokers < copies:
        cure = f"start more brokers, or set topics.replication to at most {facts.brokers}"
        return Check(name, "fail", f"{detail}, but topics.replication is {copies}", cure)
    return Check(name, "ok", detail)


def check_topics(settings: Settings, facts: Facts) -> Check:
    """Check that the topics that do not depend on schemas exist."""
    missing = [topic for topic in _fixed(settings) if topic not in facts.lanes]
    if missing:
        detail = f"not there yet: {', '.join(missing)}"
        return Check("topics", "warn", detail, "start the workers, which make them")
    events = sum(TopicNames(settings).schema_of(topic) is not None for topic in facts.lanes)
    return Check("topics", "ok", f"all there, with {events} of schema revisions")


def check_lanes(settings: Settings, facts: Facts) -> Check:
    """Check that each topic of the pipeline has `topics.lanes` partitions."""
    ours = {topic: n for topic, n in sorted(facts.lanes.items()) if is_ours(settings, topic)}
    lanes = settings.topics.lanes
    other = {topic: n for topic, n in ours.items() if n != lanes}
    if not ours:
        return Check("lanes", "ok", "no topic is there yet")
    if not other:
        return Check("lanes", "ok", f"{lanes} partitions in each of {len(ours)} topics")
    detail = ", ".join(f"{topic} has {n}" for topic, n in other.items())
    detail, most = f"topics.lanes is {lanes}, but {detail}", max(ours.values())
    if most <= lanes:
        return Check("lanes", "warn", detail, "start the workers again: they add what topics lack")
    cure = f"set topics.lanes to {most} and start all workers again: they add what topics lack"
    return Check("lanes", "fail", detail, cure)


def check_limits(settings: Settings, facts: Facts) -> Check:
    """Check that each topic of the pipeline takes records of `topics.max_message_bytes`."""
    name, least = "record size", settings.topics.max_message_bytes
    limits = {
        topic: int(config[LIMIT]) for topic, config in facts.configs.items() if LIMIT in config
    }
    small = {topic: limit for topic, limit in sorted(limits.items()) if limit < least}
    if small:
        detail = ", ".join(f"{topic} takes {limit}" for topic, limit in small.items())
        cure = "; ".join(
            f"kafka-configs.sh --alter --entity-type topics --entity-name {topic} "
            f"--add-config {LIMIT}={least}"
            for topic in small
        )
        return Check(name, "fail", f"topics.max_message_bytes is {least}, but {detail}", cure)
    unread = [
        topic for topic in sorted(facts.lanes) if is_ours(settings, topic) and topic not in limits
    ]
    if unread:
        cure = "let this client describe the configuration of topics"
        return Check(name, "warn", f"{LIMIT} cannot be read of {', '.join(unread)}", cure)
    return Check(name, "ok", f"{least} bytes or more")


def check_changelog(settings: Settings, facts: Facts) -> Check:
    """Check that Kafka keeps the last value of each count for ever."""
    name, topic = "counts changelog", changelog_topic(settings)
    if topic not in facts.lanes:
        return Check(name, "ok", f"{topic} is not there yet")
    has, wanted = facts.configs.get(topic, {}), compaction(settings)
    if POLICY not in has:
        cure = f"let this client describe the configuration of {topic}"
        return Check(name, "warn", f"the configuration of {topic} cannot be read", cure)
    wrong = differing(wanted, has)
    if not wrong:
        return Check(name, "ok", f"{topic} is compacted")
    if POLICY in wrong:
        outcome: Outcome = "fail"
        detail = f"{POLICY} of {topic} is {has[POLICY]}: counts get lost"
    else:
        outcome = "warn"
        detail = f"{topic} is compacted seldom, and takes long to read: " + ", ".join(
            f"{setting} is {has[setting]}" for setting in wrong
        )
    cure = (
        f"kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config "
        + ",".join(f"{setting}={value}" for setting, value in wrong.items())
    )
    return Check(name, outcome, detail, cure)


def check_retention(settings: Settings, facts: Facts) -> Check:
    """Check that topics keep their records for a day at least."""
    ours = [topic for topic in sorted(facts.lanes) if is_ours(settings, topic)]
    if not ours:
        return Check("retention", "ok", "no topic is there yet")
    unread = [topic for topic in ours if topic not in facts.configs]
    if unread:
        cure = "let this client describe the configuration of topics"
        return Check("retention", "warn", f"cannot be read of {', '.join(unread)}", cure)
    short = []
    for topic, config in sorted(facts.configs.items()):
        kept = int(config.get("retention.ms", -1))
        if config.get("cleanup.policy") != "compact" and 0 <= kept < SHORT_MS:
            short.append(f"{topic} {kept / 3_600_000:.1f} h")
    if short:
        cure = "raise retention.ms of these topics above the longest time a sink may be away"
        return Check("retention", "warn", f"less than a day: {', '.join(short)}", cure)
    return Check("retention", "ok", "a day or more")
