"""Logs that stay readable while a server is away or starts: no complaint over and over."""

from __future__ import annotations

import logging
from time import monotonic

#: Seconds for which the same message of a logger is left out.
SECONDS = 60.0
#: Libraries that complain at every try.
LOUD = (
    "aiokafka",
    "aiokafka.client",
    "aiokafka.cluster",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
)
#: Libraries that log what a command says itself; asyncio tells of connections that were being made.
SAID_BY_COMMANDS = ("aiokafka", "asyncio", "hdfs", "urllib3")
#: What Kafka answers while it elects the leader of a lane, as of a new topic; aiokafka asks again,
#: and where that takes too long the publisher says so.
ELECTING = frozenset({"NotLeaderForPartitionError", "LeaderNotAvailableError"})


class OnceAMinute(logging.Filter):
    """Lets a warning or error through if it has not been seen for a minute.

    With `of_a_kind`, if none of its kind has: the same words, whatever they are said of.
    """

    def __init__(self, *, of_a_kind: bool = False) -> None:
        super().__init__()
        self._of_a_kind = of_a_kind
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be logged."""
        if record.levelno < logging.WARNING:
            return True
        now = monotonic()
        message = str(record.msg) if self._of_a_kind else record.getMessage()
        if now - self._said.get(message, -SECONDS) < SECONDS:
            return False
        self._said = {said: at for said, at in self._said.items() if now - at < SECONDS}
        self._said[message] = now
        return True


def is_lasting(record: logging.LogRecord) -> bool:
    """Tell whether a record is of more than the election of a leader."""
    # aiokafka logs some errors as classes, others as instances.
    args = record.args if isinstance(record.args, tuple) else ()
    return not any(getattr(arg, "__name__", type(arg).__name__) in ELECTING for arg in args)


def keep_quiet() -> None:
    """Have the libraries that repeat themselves do so once a minute, and not for an election.

    A second call changes nothing.
    """
    for name in LOUD:
        logger = logging.getLogger(name)
        if is_lasting not in logger.filters:
            logger.addFilter(is_lasting)
            logger.addFilter(OnceAMinute(of_a_kind=True))


def keep_off_stderr() -> None:
    """Have Python not print what libraries log where nobody has set up a log, as in a command."""
    for name in SAID_BY_COMMANDS:
        logging.getLogger(name).addHandler(logging.NullHandler())
