"""What is made of what Kafka says; tests/integration/test_doctor.py asks a real one."""

from __future__ import annotations

import dataclasses

import pytest

from elfaust.doctor.kafka import (
    Facts,
    check_brokers,
    check_changelog,
    check_lanes,
    check_limits,
    check_retention,
    check_topics,
    is_ours,
)
from elfaust.names import changelog_topic
from elfaust.settings import Settings

SETTINGS = Settings()
RAW = ("eventlogging-client-side", "eventlogging-server-side")
COUNTS = changelog_topic(SETTINGS)
EDIT = "eventlogging_Edit_1"
LANES = dict.fromkeys((*RAW, "eventlogging_EventError", COUNTS, EDIT), 4)
LEAST = SETTINGS.topics.max_message_bytes
WEEK = {
    "cleanup.policy": "delete",
    "retention.ms": "604800000",
    "max.message.bytes": str(LEAST),
}
CONFIGS = dict.fromkeys(LANES, WEEK) | {COUNTS: WEEK | {"cleanup.policy": "compact"}}
GOOD = Facts(1, LANES | {"another": 7}, CONFIGS)
CHECKS = (
    *(check_brokers, check_topics, check_lanes),
    *(check_limits, check_changelog, check_retention),
)


def with_lanes(**lanes: int) -> Facts:
    changed = {topic.replace("-", "_"): topic for topic in LANES}
    return dataclasses.replace(GOOD, lanes=LANES | {changed[k]: n for k, n in lanes.items()})


def test_all_is_well() -> None:
    checks = [check(SETTINGS, GOOD) for check in CHECKS]
    assert [(check.outcome, check.cure) for check in checks] == [("ok", "")] * len(CHECKS)
    assert checks[1].detail == "all there, with 1 of schema revisions"
    assert checks[2].detail == "4 partitions in each of 5 topics"


def test_an_empty_kafka_lacks_its_topics_and_nothing_else() -> None:
    checks = [check(SETTINGS, Facts(1, {}, {})) for check in CHECKS]
    assert [check.outcome for check in checks] == ["ok", "warn", "ok", "ok", "ok", "ok"]
    assert COUNTS in checks[1].detail


def test_topics_of_others_are_not_ours() -> None:
    assert all(is_ours(SETTINGS, topic) for topic in LANES)
    assert not is_ours(SETTINGS, "another")
    assert not is_ours(SETTINGS, "eventlogging_Edit")


def test_fewer_brokers_than_copies() -> None:
    topics = dataclasses.replace(SETTINGS.topics, replication=3)
    check = check_brokers(dataclasses.replace(SETTINGS, topics=topics), GOOD)
    assert check.outcome == "fail"
    assert check.detail == "1 broker, but topics.replication is 3"


def test_a_topic_with_another_number_of_partitions() -> None:
    check = check_lanes(SETTINGS, with_lanes(eventlogging_Edit_1=2))
    assert check.outcome == "warn"
    assert check.detail == "topics.lanes is 4, but eventlogging_Edit_1 has 2"
    assert check.cure == "start the workers again: they add what topics lack"


def test_partitions_that_nobody_reads() -> None:
    check = check_lanes(SETTINGS, with_lanes(eventlogging_Edit_1=2, eventlogging_client_side=12))
    assert check.outcome == "fail"
    assert check.cure.startswith("set topics.lanes to 12 and start all workers again")


@pytest.mark.parametrize("policy", ["delete", "compact,delete"])
def test_a_changelog_that_kafka_removes_records_of(policy: str) -> None:
    configs = CONFIGS | {COUNTS: WEEK | {"cleanup.policy": policy}}
    check = check_changelog(SETTINGS, dataclasses.replace(GOOD, configs=configs))
    assert check.outcome == "fail"
    assert f"cleanup.policy of {COUNTS} is {policy}" in check.detail
    assert f"--entity-name {COUNTS} --add-config cleanup.policy=compact" in check.cure


def test_a_topic_that_takes_too_short_records() -> None:
    configs = CONFIGS | {EDIT: WEEK | {"max.message.bytes": "1048588"}}
    check = check_limits(SETTINGS, dataclasses.replace(GOOD, configs=configs))
    assert check.outcome == "fail"
    assert check.detail == f"topics.max_message_bytes is {LEAST}, but {EDIT} takes 1048588"
    assert check.cure == (
        f"kafka-configs.sh --alter --entity-type topics --entity-name {EDIT} "
        f"--add-config max.message.bytes={LEAST}"
    )


def test_what_may_not_be_read_is_said() -> None:
    facts = dataclasses.replace(GOOD, configs={})
    checks = [check(SETTINGS, facts) for check in (check_limits, check_changelog, check_retention)]
    assert [check.outcome for check in checks] == ["warn", "warn", "warn"]


@pytest.mark.parametrize(
    ("kept", "outcome"), [("86400000", "ok"), ("-1", "ok"), ("3600000", "warn"), ("0", "warn")]
)
def test_records_are_kept_a_day(kept: str, outcome: str) -> None:
    configs = CONFIGS | {EDIT: WEEK | {"retention.ms": kept}}
    check = check_retention(SETTINGS, dataclasses.replace(GOOD, configs=configs))
    assert check.outcome == outcome
    assert (EDIT in check.detail) == (outcome == "warn")


def test_a_changelog_that_is_compacted_seldom_is_a_warning() -> None:
    configs = CONFIGS | {COUNTS: CONFIGS[COUNTS] | {"segment.bytes": "1073741824"}}
    check = check_changelog(SETTINGS, dataclasses.replace(GOOD, configs=configs))
    assert check.outcome == "warn"
    assert "segment.bytes is 1073741824" in check.detail
    assert check.cure.endswith("--add-config segment.bytes=4194304")
