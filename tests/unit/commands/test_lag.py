"""`elfaust lag`: roles before topics, unknown ages, and what --until-zero waits for."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from elfaust.commands import lag
from elfaust.commands.options import Duration, span
from elfaust.delivery.lag import LaneLag, TopicLag
from elfaust.errors import ServerAway
from elfaust.settings import Settings

EDIT, SAVE = "eventlogging_Edit_1", "eventlogging_Save_1"
LAGS = [
    TopicLag(EDIT, "mysql", 10, 7, 35.0),
    TopicLag(SAVE, "mysql", 5, 5, 0.0),
    TopicLag(EDIT, "hdfs", 10, 10, 0.0),
]


def test_roles_come_first_and_topics_that_are_read_are_folded() -> None:
    lines = [line.split() for line in lag.as_text(LAGS).splitlines()[1:]]
    assert lines == [
        ["mysql", "3", "35", "s"],
        [EDIT, "3", "35", "s"],
        ["1", "topics", "read", "to", "their", "end"],
        ["hdfs", "0", "0", "s"],
        ["1", "topics", "read", "to", "their", "end"],
    ]


def test_an_age_that_nobody_knows_is_null_and_never_0() -> None:
    lags = [TopicLag(EDIT, "mysql", 9, 7), TopicLag(SAVE, "mysql", 5, 4, 2.0)]
    [role] = lag.as_object(lags)["roles"]
    assert (role["lag"], role["seconds"]) == (3, None)
    assert [topic["seconds"] for topic in role["topics"]] == [None, 2.0]
    assert " ?" in lag.as_text(lags)


def test_roles_and_topics_may_be_chosen() -> None:
    assert lag.chosen(LAGS, ["mysql"], [EDIT]) == LAGS[:1]
    assert lag.chosen(LAGS) == LAGS


class Kafka:
    """Gives a list of lanes at each look; an error is raised."""

    def __init__(self, *looks: list[LaneLag] | Exception) -> None:
        self._looks: Iterator[Any] = iter(looks)
        self.looks = self.left = len(looks)

    async def __call__(self, settings: Settings, at_most: float) -> list[LaneLag]:
        look = next(self._looks)
        self.left -= 1
        if isinstance(look, Exception):
            raise look
        return look  # type: ignore[no-any-return]


def lanes(**acknowledged: tuple[int, int]) -> list[LaneLag]:
    return [
        LaneLag("raw" if role == "processor" else EDIT, 0, role, end, done)
        for role, (end, done) in acknowledged.items()
    ]


async def until_passed(monkeypatch: pytest.MonkeyPatch, kafka: Kafka, timeout: float = 300) -> None:
    """Have each look take 10 seconds."""
    clock = SimpleNamespace(monotonic=lambda: 10.0 * (kafka.looks - kafka.left))
    monkeypatch.setattr(lag, "time", clock)
    monkeypatch.setattr(lag, "_lanes", kafka)
    monkeypatch.setattr(lag, "LOOK_SECONDS", 0.0)
    await lag._until_passed(Settings(), (), (), timeout)


async def test_sinks_are_to_pass_what_the_processor_has_made_of_the_lines_before_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kafka = Kafka(
        lanes(processor=(5, 3), mysql=(0, 0)),
        # What came meanwhile is not waited for.
        lanes(processor=(9, 5), mysql=(3, 0)),
        lanes(processor=(9, 5), mysql=(3, 0)),
        ServerAway("Kafka", "it restarts"),
        lanes(processor=(9, 5), mysql=(7, 3)),
        lanes(processor=(9, 5), throughput=(7, 0)),
        lanes(processor=(9, 5), throughput=(9, 7)),
    )
    await until_passed(monkeypatch, kafka)
    assert kafka.left == 0


async def test_who_waits_too_long_is_told_who_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka(*[lanes(processor=(5, 3))] * 3)
    with pytest.raises(lag.StillBehind, match="processor 2 events"):
        await until_passed(monkeypatch, kafka, 30)


@pytest.mark.parametrize("before", [[], [lanes(processor=(5, 3))]])
async def test_a_kafka_that_is_away_is_not_a_role_that_is_behind(
    monkeypatch: pytest.MonkeyPatch, before: list[list[LaneLag]]
) -> None:
    away = ServerAway("Kafka", "no answer")
    with pytest.raises(ServerAway):
        await until_passed(monkeypatch, Kafka(*before, away), 15)


def test_watch_and_until_zero_exclude_each_other() -> None:
    result = CliRunner().invoke(lag.command, ["--watch", "--until-zero"], obj=Settings())
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), ("1d", 86_400), ("7", 7)]
)
def test_durations(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "5y", "-1s", "1e3", "\u0661m", "9999d", "nan", "m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no duration such as 90s"):
        Duration().convert(text, None, None)


def test_spans_are_short() -> None:
    assert [span(s) for s in (None, 0.2, 35, 300, 86_400)] == ["?", "0 s", "35 s", "5 m", "24.0 h"]


def test_a_role_that_is_off_is_refused() -> None:
    result = CliRunner().invoke(lag.command, ["--role", "lines"], obj=Settings())
    assert result.exit_code == 2
    assert "lines is not in processor.stores" in result.output


@pytest.mark.parametrize("more", [[], ["--json"], ["--until-zero", "--timeout", "5s"]])
def test_a_topic_that_nobody_reads_is_refused_and_never_0(
    more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(settings: Settings) -> list[TopicLag]:
        return LAGS

    monkeypatch.setattr(lag, "read_lags", read)
    monkeypatch.setattr(lag, "_lanes", Kafka(lanes(mysql=(5, 5))))
    result = CliRunner().invoke(lag.command, ["--topic", "Typo", *more], obj=Settings())
    assert result.exit_code == 2
    assert "Kafka has no topic 'Typo'" in result.output


async def test_a_look_takes_no_longer_than_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def kafka(settings: Settings, at_most: float) -> list[LaneLag]:
        asked.append(at_most)
        return []

    monkeypatch.setattr(lag, "_lanes", kafka)
    await lag._until_passed(Settings(), (), (), 3.0)
    assert max(asked) <= 3.0
