"""What errors of Kafka are about: one topic, or the brokers and this client; and them as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import errors

from elfaust.errors import ServerAway
from elfaust.settings import Kafka

#: Answers of brokers that are about all topics, or this client; every other one that does not pass
#: by itself is about the topic that it was given for: its name, its policy, its settings, rights.
_OF_ALL = (
    errors.BrokerNotAvailableError,
    errors.ClusterAuthorizationFailedError,
    errors.InvalidReplicationFactorError,
    # What the topic takes has changed: who starts again asks for it.
    errors.MessageSizeTooLargeError,
    errors.NotControllerError,
    errors.OutOfOrderSequenceNumber,
    errors.ProducerFenced,
    errors.RequestTimedOutError,
    errors.SaslAuthenticationFailed,
    errors.UnsupportedVersionError,
)


def is_of_topic(error: Exception) -> bool:
    """Tell whether an error is a broker's answer that one topic, or partition, takes nothing."""
    if not isinstance(error, errors.BrokerResponseError) or isinstance(error, _OF_ALL):
        return False
    return not error.retriable


def away(kafka: Kafka, detail: str) -> ServerAway:
    """Return the error of brokers that do not serve."""
    return ServerAway(f"Kafka {kafka.bootstrap}", detail)


def words(error: Exception) -> str:
    """Return what an error of aiokafka says, for people."""
    text = str(error)
    # What follows are its own objects; the address is named by whoever tells of the error.
    away = isinstance(error, errors.NodeNotReadyError) or "Unable to bootstrap from" in text
    return "no broker answers" if away else text


@contextmanager
def translating_errors(kafka: Kafka, about: str = "") -> Iterator[None]:
    """Raise what aiokafka raises as ServerAway; `about` is what could not be done."""
    try:
        yield
    except errors.KafkaError as error:
        raise away(kafka, f"{about}: {words(error)}" if about else words(error)) from error
