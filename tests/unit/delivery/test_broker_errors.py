"""Errors of one topic, and those of brokers and connections."""

from __future__ import annotations

import pytest
from aiokafka import errors

from elfaust.delivery.broker_errors import is_of_topic, translating_errors
from elfaust.errors import ServerAway
from elfaust.settings import Settings


@pytest.mark.parametrize("code", [17, 29, 32, 40, 44, 87, 4711])
def test_what_a_broker_says_of_a_topic_is_about_that_topic(code: int) -> None:
    assert is_of_topic(errors.for_code(code)())


@pytest.mark.parametrize("code", [3, 5, 6, 7, 10, 19, 31, 38, 41, 45, 56])
def test_what_passes_or_is_about_all_topics_is_not(code: int) -> None:
    assert not is_of_topic(errors.for_code(code)())


@pytest.mark.parametrize("error", [errors.KafkaConnectionError(), errors.NodeNotReadyError()])
def test_what_no_broker_has_said_is_not(error: Exception) -> None:
    assert not is_of_topic(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.KafkaConnectionError("Unable to bootstrap from [('k', 1, <AddressFamily>)]"),
        errors.KafkaError("Unable to bootstrap from [('k', 1, <AddressFamily>)]"),
        errors.NodeNotReadyError(
            "Attempt to send a request to node which is not ready (node id 1)."
        ),
    ],
)
def test_that_nobody_answers_is_told_in_words(error: Exception) -> None:
    words = r"is not available: no broker answers$"
    with pytest.raises(ServerAway, match=words), translating_errors(Settings().kafka):
        raise error
