"""HiveServer2, asked by Thrift: while a question runs there, it is asked how far that is."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.client import installed, words
from elfaust.hive.server import SESSION, translated, transport_to
from elfaust.query.engine import Answer, unique
from elfaust.query.hive_guard import check_tree, question
from elfaust.query.refused import Failed
from elfaust.query.values import plain
from elfaust.settings import Settings

#: Seconds between two questions how far it is, at first and at most.
FIRST_PAUSE, LAST_PAUSE = 0.05, 0.5
#: Rows that are fetched at a time.
ROWS = 1_000
#: Types whose values Hive writes as JSON.
NESTED = ("STRUCT_TYPE", "ARRAY_TYPE", "MAP_TYPE", "UNION_TYPE")
#: Digits that the text of a double has at most.
DOUBLE_DIGITS = 17
#: How a failed statement says that Hive itself waits for a server: its metastore, or HDFS.
AWAY = re.compile(
    r"TTransportException|ConnectException|Connection refused|NoRouteToHost|SafeModeException"
    r"|SocketTimeoutException|StandbyException|MetaStoreClient"
)


class Hive:
    """Answers by Hive."""

    def __init__(self, settings: Settings) -> None:
        """Open a session; raises ServerAway where HiveServer2 does not answer in `hive.timeout`."""
        hive = settings.hive
        self.title = f"HiveServer2 {hive.host}:{hive.port}"
        self._database = hive.database.lower()
        self._progress = ""
        self._is_cancelled = threading.Event()
        #: Whether the connection is in the middle of an answer.
        self._is_asking = False
        self._transport = transport_to(hive)
        with self._asking():
            self._connection = installed("pyhive.hive").Connection(
                thrift_transport=self._transport,
                username=hive.user,
                configuration=SESSION,
                database=self._database,
            )

    def ask(self, sql: str) -> Answer:
        """Return the answer to one SELECT, as `Engine.ask`."""
        text = question(sql)
        tree = [str(line) for (line,) in self._run(f"EXPLAIN AST {text}")]
        check_tree((line for lines in tree for line in lines.split("\n")), self._database)
        cursor = self._started(text)
        with self._asking():
            described = cursor.description or []
        nested = [kind in NESTED for _, kind, *_ in described]
        return Answer(unique([name for name, *_ in described]), self._rows(cursor, nested))

    def progress(self) -> str:
        """Return how much of the question is done, in per cent."""
        return self._progress

    def cancel(self) -> None:
        """End the question, when Hive has answered how far it is."""
        self._is_cancelled.set()

    def close(self) -> None:
        """End the session; where an answer has not come, Hive ends it without the connection."""
        with suppress(Exception):
            if self._is_asking:
                self._transport.close()
            else:
                self._connection.close()

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._started(sql)
        with self._asking():
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _started(self, sql: str) -> Any:
        """Return a cursor of a statement that has come to its end."""
        states = installed("TCLIService.ttypes").TOperationState
        going = (states.INITIALIZED_STATE, states.PENDING_STATE, states.RUNNING_STATE)
        with self._asking():
            cursor = self._connection.cursor(arraysize=ROWS)
            cursor.execute(sql, async_=True)
            pause = FIRST_PAUSE
            while (status := cursor.poll()).operationState in going:
                if self._is_cancelled.is_set():
                    cursor.cancel()
                    raise Failed("interrupted")
                self._look(status)
                time.sleep(pause)
                pause = min(LAST_PAUSE, 1.5 * pause)
        if status.operationState != states.FINISHED_STATE:
            raise self._failed(status.errorMessage or "it has ended")
        return cursor

    def _look(self, status: Any) -> None:
        done = getattr(status.progressUpdateResponse, "progressedPercentage", None)
        self._progress = f"{100 * done:.0f} %" if done else ""

    def _failed(self, message: str) -> Failed | ServerAway:
        if AWAY.search(message):
            return ServerAway(f"a server that {self.title} needs", words(message))
        return Failed(f"{self.title}: {words(message)}")

    def _rows(self, cursor: Any, nested: list[bool]) -> Iterator[list[Any]]:
        while True:
            with self._asking():
                rows = cursor.fetchmany(ROWS)
            if not rows:
                return
            for row in rows:
                yield [
                    _parsed(value) if of else plain(value)
                    for value, of in zip(row, nested, strict=True)
                ]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._is_asking = True
        try:
            with translated(self.title):
                yield
        except HiveRefuses as error:
            self._is_asking = False
            raise self._failed(error.detail) from error
        except Failed:
            self._is_asking = False
            raise
        self._is_asking = False


def _parsed(value: Any) -> Any:
    """Return a struct, an array or a map of the JSON that Hive has written."""
    if not isinstance(value, str):
        return plain(value)
    try:
        found = json.loads(value, strict=False, parse_float=_fraction)
    except ValueError:
        return plain(value)
    except RecursionError as error:
        raise Failed("a value is nested too deeply") from error
    return plain(found)


def _fraction(text: str) -> float | Decimal:
    """Return a number with a point: a decimal where it has more digits than a double."""
    decimal = Decimal(text)
    return decimal if len(decimal.as_tuple().digits) > DOUBLE_DIGITS else float(text)
