"""Peers of the benchmark do the same job: elfaust's verdicts, and nothing committed unflushed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import orjson
import pytest

from elfaust.events.verdict import Judge
from elfaust.names import TopicNames
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.contenders import LEFT_OUT
from elfaust.trial.stage_lines import BY_SCHEMA, stage_lines
from tests.bench.peers import process
from tests.bench.peers.confluent_loop import loop
from tests.bench.peers.plain_judge import PlainJudge

LINES = [line for line, _ in stage_lines(1_000, 40, base_time=1.6e9)]


@pytest.mark.parametrize("unquoter", ["yarl", "urllib"])
def test_the_plain_judge_makes_the_same_events_and_refuses_the_same_lines(
    unquoter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNQUOTER", unquoter)
    settings = Settings()
    names, plain = TopicNames(settings), PlainJudge(settings)
    judge = Judge("", Registry(settings.schemas), settings, enabled_stores(settings).values())
    records = [make_record(line, number, 0) for number, line in enumerate(LINES)]
    for line, verdict in zip(LINES, asyncio.run(judge.judge(records, "raw/0")), strict=True):
        made = plain.make(line)
        assert made.topic == (names.error if verdict.code else names.event(verdict.key)), line
        if verdict.code:
            event = orjson.loads(made.value)["event"]
            # Which of the two it is of a name that no schema may have is EventLogging's fine print.
            assert event["code"] in BY_SCHEMA
            assert event["message"]
        else:
            assert orjson.loads(made.value) == orjson.loads(verdict.value)


class Message:
    """A line as librdkafka's consumer gives it."""

    def __init__(self, line: bytes) -> None:
        self._line = line

    def error(self) -> None:
        return None

    def value(self) -> bytes:
        return self._line

    def partition(self) -> int:
        return 3

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_600_000_000_000


class Kafka:
    """Consumer and producer in one, which keeps what they were asked."""

    def __init__(self, refuses: bool = False) -> None:
        self.calls: list[str] = []
        self._batches = [[Message(line) for line in LINES[:3]], []]
        self._refuses = refuses
        self._delivered: list[Callable[[Any, Any], None]] = []

    def consume(self, most: int, seconds: float) -> list[Message]:
        if not self._batches:
            raise KeyboardInterrupt
        return self._batches.pop(0)

    def produce(self, topic: str, value: bytes, on_delivery: Any, **of: int) -> None:
        assert of == {"partition": 3, "timestamp": 1_600_000_000_000}
        self.calls.append("produce")
        self._delivered.append(on_delivery)

    def flush(self) -> None:
        self.calls.append("flush")
        for delivered in self._delivered:
            delivered("no" if self._refuses else None, None)

    def commit(self, asynchronous: bool) -> None:
        assert not asynchronous
        self.calls.append("commit")


def test_the_loop_commits_after_all_of_a_batch_is_flushed() -> None:
    kafka = Kafka()
    with pytest.raises(KeyboardInterrupt):
        loop(Settings(), kafka, kafka)
    assert kafka.calls == [*["produce"] * 3, "flush", "commit"]


def test_the_loop_commits_nothing_that_was_not_delivered() -> None:
    kafka = Kafka(refuses=True)
    with pytest.raises(RuntimeError, match="no"):
        loop(Settings(), kafka, kafka)
    assert kafka.calls[-1] == "flush"


@pytest.mark.parametrize("peer", ["confluent_loop", "quix", "bytewax_flow"])
def test_a_peer_whose_packages_are_missing_says_how_to_install_them(
    peer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(process, "find_spec", lambda package: None)
    with pytest.raises(SystemExit) as ended:
        import_module(f"tests.bench.peers.{peer}").main()
    assert ended.value.code == LEFT_OUT
    assert capsys.readouterr().out.endswith(f" is missing: {process.INSTALL}\n")
