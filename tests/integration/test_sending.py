"""What `elfaust send` and `load` send becomes events, and `elfaust tail` shows them, on Kafka."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.settings import Settings, as_environ
from tests.field_cases import write_schemas
from tests.integration.running import working

SCHEMA = {"type": "object", "properties": {"cat": {"type": "string"}}, "required": ["cat"]}


def event(**of: object) -> dict[str, object]:
    about = {"schema": "CatPatted", "revision": 1, "wiki": "enwiki", "webHost": "example.org"}
    return {**about, "event": of}


@contextmanager
def started(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command that has no end of its own until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "elfaust", *arguments],
        env=os.environ | as_environ(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell has what it runs in the background ignore Ctrl-C, and so have its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def elfaust(settings: Settings, *arguments: str, given: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(main, arguments, input=given, env=as_environ(settings))
    return done.exit_code, done.stdout, done.stderr


def last(settings: Settings, number: int) -> list[dict[str, Any]]:
    """Return so many events and errors, as `tail` shows them."""
    arguments = ["--since", "1h", "--lines", f"{number}", "--json"]
    code, out, _ = elfaust(settings, "tail", *arguments)
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def cats(quick: Settings, tmp_path: Path) -> Settings:
    """Settings with one schema."""
    write_schemas(tmp_path, {"CatPatted/1": SCHEMA})
    return replace(quick, schemas=replace(quick.schemas, folder=str(tmp_path)))


def test_what_is_sent_is_shown_with_its_cure(cats: Settings) -> None:
    events = json.dumps([event(cat="two words"), event(cat=1)], indent=2)
    raw = "7 EventLogging " + json.dumps(
        {**event(cat="of a server"), "recvFrom": "a", "dt": "2020-09-13T12:26:40Z"}
    )
    with (
        working(cats, forwarder=0, mysql=0, hdfs=0, throughput=0),
        started(cats, "tail") as endless,
    ):
        client = elfaust(cats, "send", given=f"{events}\n{raw}\n")
        server = elfaust(cats, "send", "--as", "server", given=events)
        shown = last(cats, 5)
        load = ["--mix", "CatPatted:1:2", "--rate", "100", "--duration", "0.5s", "--invalid", "0.2"]
        code, out, _ = elfaust(cats, "load", *load, "--json")
        loaded = last(cats, 55)
        endless.send_signal(signal.SIGINT)
        endless.communicate(timeout=20)
    assert client == (0, "kafka: 3 acknowledged\n", "")
    assert server == (0, "kafka: 2 acknowledged\n", "")
    found = json.loads(out)
    assert (code, found["sent"], found["acknowledged"]) == (0, 50, 50)
    assert [of["status"] for of in loaded].count("failed") == 2 + found["invalid"]
    assert len({of["uuid"] for of in loaded}) == 55
    valid = [of["capsule"]["event"]["cat"] for of in shown if of["status"] == "valid"]
    assert sorted(valid) == ["of a server", "two words", "two words"]
    failed = [(of["path"], of["hint"]) for of in shown if of["status"] == "failed"]
    assert failed == [("$.event.cat", "Send $.event.cat as string.")] * 2
    assert endless.returncode == 130


def test_kafka_that_is_away_is_told(fresh: Settings) -> None:
    nowhere = replace(fresh, kafka=replace(fresh.kafka, bootstrap="127.0.0.1:1"))
    for arguments in (["send"], ["tail"]):
        code, out, errors = elfaust(nowhere, *arguments, given=json.dumps(event(cat="a")))
        assert (code, out) == (3, "")
        assert errors.startswith("Error: Kafka 127.0.0.1:1 is not available")
        assert len(errors.splitlines()) == 1
