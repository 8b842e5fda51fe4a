"""elfaust bench --stage: its options, what it prints, and with which code it ends."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import Callable, Sequence

import pytest
from click.testing import CliRunner

from elfaust.commands import bench_stage, main
from elfaust.settings import Settings
from elfaust.trial.contenders import Contender
from elfaust.trial.stage import Entry, Moment, Turn
from elfaust.trial.stage_lines import Sent

#: An address of this machine on which nobody listens, and no server of `elfaust stack` would.
NOWHERE = {"ELFAUST_KAFKA_BOOTSTRAP": "127.0.0.2:9"}
ASKED = list[tuple[list[tuple[str, int]], list[int], int]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> ASKED:
    """What was to be measured; a contender called `wrong` takes one invalid line for valid."""
    measured: ASKED = []

    async def measure(
        settings: Settings,
        contenders: Sequence[tuple[Contender, int]],
        percents: Sequence[int],
        turns: int,
        tell: Callable[[str], object],
    ) -> tuple[list[Entry], dict[str, str]]:
        measured.append(([(of.name, count) for of, count in contenders], list(percents), turns))
        return [
            Entry(of, percent, Sent("raw", 90, 10), [made(of.name)] * turns)
            for percent in percents
            for of, _ in contenders
        ], {"absent": "install it"}

    def made(name: str) -> Turn:
        wrong = int(name == "wrong")
        early, end = Moment(20, 0.001, 1_000_000), Moment(100, 0.002, 2_000_000)
        return Turn(90 + wrong, 10 - wrong, 1.0, early, end)

    monkeypatch.setattr(bench_stage, "measure", measure)
    return measured


def run(line: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["bench", *line.split()], env=NOWHERE)
    return result.exit_code, result.stdout, result.stderr


def test_elfaust_and_naive_faust_take_turns_on_a_recorded_mix(asked: ASKED) -> None:
    code, out, _ = run("--stage processor --events 2000 --naive-events 300")
    assert code == 0
    assert asked == [([("elfaust", 2_000), ("naive Faust", 300)], [5], 5)]
    assert re.search(r"(?m)^elfaust +20\.0 +20\.0-20\.0 +12\.5 +1\.00 +100 +1-2 +90 +10$", out)
    assert "absent is left out: install it" in out


def test_peers_and_shares_are_asked_for(asked: ASKED) -> None:
    code, out, _ = run("--stage processor --invalid 0 --invalid 100 --peer a=true --turns 1 --json")
    assert code == 0
    assert asked == [([("elfaust", 100_000), ("naive Faust", 10_000), ("a", 100_000)], [0, 100], 1)]
    found = json.loads(out)
    assert len(found["contenders"]) == 6
    assert found["left_out"] == {"absent": "install it"}


def test_other_verdicts_are_told_after_the_figures(asked: ASKED) -> None:
    code, out, error = run("--stage processor --peer wrong=true")
    assert code == 1
    assert "wrong" in out
    assert "Error: wrong made 91 events and 9 errors of 90 valid and 10 invalid lines" in error


@pytest.mark.parametrize(
    "line",
    [
        "--stage hdfs",
        "--stage processor --peer loop",
        "--stage processor --peer =x",
        "--stage processor --peer loop=/no/such",
        "--stage processor --peer elfaust=true",
        "--stage processor --peer a=true --peer a=false",
        "--stage processor --invalid 101",
        "--stage processor --turns 0",
        "--stage processor --judge",
        "--stage processor --with hive",
        "--invalid 5",
        "--peer a=x",
    ],
)
def test_what_does_not_go_together_is_a_wrong_argument(line: str) -> None:
    assert run(line)[0] == 2


def test_sigterm_ends_it_as_ctrl_c_does(asked: ASKED, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    async def measure(*_: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    monkeypatch.setattr(bench_stage, "measure", measure)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    # As a shell starts what it does not wait for.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code, _, error = run("--stage processor")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert (code, error) == (130, "Error: interrupted\n")
    assert ended == ["cleaned up"]


def test_without_kafka_it_ends_and_says_so() -> None:
    code, out, error = run("--stage processor --turns 1")
    assert (code, out) == (3, "")
    assert re.search(r"(?m)^Topics whose names begin with bench\w{8} may be left in Kafka$", error)
    assert error.endswith("Error: Kafka 127.0.0.2:9 is not available: no broker answers\n")
