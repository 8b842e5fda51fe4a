"""What elfaust sets of Faust's own settings."""

from __future__ import annotations

from typing import Any

from elfaust.delivery.assignor import LaneAssignor
from elfaust.delivery.taking_over import Tables
from elfaust.roles import ROLES
from elfaust.settings import Kafka, Settings, state_folder

#: Bytes that one fetch brings of a lane, where the role does not say; a longer record comes alone.
FETCH_BYTES = 4 * 1024 * 1024


def faust_options(role: str, settings: Settings) -> dict[str, Any]:
    """Return the settings with which Faust runs a role."""
    return {
        # Faust's own settings are read from unprefixed variables otherwise: STREAM_BUFFER_MAXSIZE
        # in a shell would change a worker.
        "env_prefix": "ELFAUST_FAUST",
        "datadir": str(state_folder(settings) / role),
        "key_serializer": "raw",
        "value_serializer": "raw",
        "agent_supervisor": "mode.CrashingSupervisor",
        "stream_wait_empty": False,
        # A buffered item is a batch of up to max_poll_records: few are many.
        "stream_buffer_maxsize": 8,
        "topic_partitions": settings.topics.lanes,
        "topic_replication_factor": settings.topics.replication,
        "consumer_max_fetch_size": ROLES[role].fetch_bytes
        or max(FETCH_BYTES, settings.topics.max_message_bytes),
        "PartitionAssignor": LaneAssignor,
        **_brokers(settings.kafka),
        "store": "memory://",
        "table_standby_replicas": 0,
        "TableManager": Tables,
        "web_enabled": True,
        "web_bind": settings.web.host,
        "web_host": settings.web.named,
        "web_tables_enabled": False,
    }


def _brokers(kafka: Kafka) -> dict[str, Any]:
    return {
        "broker": f"kafka://{kafka.bootstrap.replace(',', ';')}",
        "broker_commit_interval": kafka.commit_interval,
        "broker_max_poll_records": kafka.max_poll_records,
        "broker_session_timeout": kafka.session_timeout,
        "broker_heartbeat_interval": min(1.0, kafka.session_timeout / 4),
        # A batch that waits for a sink which is away is no reason to leave the group.
        "broker_max_poll_interval": 86_400.0,
        "broker_request_timeout": max(kafka.request_timeout, kafka.session_timeout),
        "producer_request_timeout": kafka.request_timeout,
        # Lanes that are added to a topic are seen within this.
        "consumer_metadata_max_age_ms": 30_000,
    }
