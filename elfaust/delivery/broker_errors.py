"""Which errors of Kafka are about one topic, and which are about the brokers or this client."""

from __future__ import annotations

from aiokafka import errors

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
