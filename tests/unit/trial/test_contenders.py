"""Contenders: who they are, when they take lines, and how one that ends is told."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.errors import ElfaustError, ServerAway, StackError
from elfaust.processes import process_start, resident_bytes
from elfaust.settings import Settings
from elfaust.trial.contenders import LEFT_OUT, TAKING, LeftOut, elfaust, naive_faust, peer, started
from elfaust.workers.state import announce


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    settings = Settings()
    return replace(settings, workers=replace(settings.workers, state=str(tmp_path)))


def test_a_peer_is_a_name_and_a_command() -> None:
    found = peer("a loop=python -m 'my peer' --group=x")
    assert (found.name, found.command) == ("a loop", ("python", "-m", "my peer", "--group=x"))


@pytest.mark.parametrize("text", ["", "loop", "=python", "loop=", "loop= ", "loop='"])
def test_what_is_no_peer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"NAME=COMMAND|quotation"):
        peer(text)


def test_a_peer_takes_lines_once_it_says_so(own: Settings) -> None:
    code = f"import time; input and print('x{TAKING}\\n{TAKING}', flush=True); time.sleep(60)"
    with started(peer(f'p={sys.executable} -c "{code}"'), own) as running:
        while not running.takes():
            running.check()
        assert running.cpu() >= 0
        assert running.memory() > 1_000_000
        running.check()
    assert running.process.returncode == -9


def test_what_a_peer_says_beside_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"x{TAKING}\n{TAKING} lines\n")
    assert not naive_faust().takes(Settings(), log)
    log.write_text(f"x\n{TAKING}\n")
    assert naive_faust().takes(Settings(), log)


def test_elfaust_takes_lines_once_it_has_its_lanes(own: Settings, tmp_path: Path) -> None:
    announce(own, "processor", 6066)
    assert not elfaust().takes(own, tmp_path / "log")
    announce(own, "processor", 6066, ready=True)
    assert elfaust().takes(own, tmp_path / "log")


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        (LEFT_OUT, LeftOut, "install it"),
        (3, ServerAway, "Kafka 127.0.0.1:9092 is not available: p has ended: install it"),
        (0, StackError, "p has ended by itself, with 0: install it"),
        (1, StackError, "p has ended by itself, with 1: install it"),
    ],
)
def test_one_that_ends_is_told_by_its_last_words(
    own: Settings, code: int, error: type[ElfaustError], said: str
) -> None:
    program = f"print('first\\ninstall it\\n'); raise SystemExit({code})"
    with started(peer(f'p={sys.executable} -c "{program}"'), own) as running:
        running.process.wait()
        with pytest.raises(error) as caught:
            running.check()
    assert type(caught.value) is error
    assert str(caught.value) == said


def test_one_that_cannot_be_started_is_named(own: Settings) -> None:
    with pytest.raises(StackError, match="p does not start"), started(peer("p=/no/such"), own):
        pass


def test_what_it_has_started_ends_with_it(own: Settings) -> None:
    code = f"echo {TAKING}; sleep 60 & echo $!; wait"
    with started(peer(f"p=sh -c '{code}'"), own) as running:
        while not running.last_words().isdigit():
            running.check()
        child = int(running.last_words())
        assert process_start(child)
    while process_start(child):
        time.sleep(0.01)


def test_last_words_are_not_how_elfaust_stops_and_nothing_that_a_terminal_obeys(
    own: Settings,
) -> None:
    said = ["[E]: broken \x1b[31mred", "[2026-11-27 10:12:23,130] [1] [INFO]: Closing event loop"]
    with started(peer(f'p={sys.executable} -c "print({chr(39)}x{chr(39)})"'), own) as running:
        running.process.wait()
        (Path(own.workers.state) / "contender.log").write_text("\n".join(said))
        assert running.last_words() == r"[E]: broken \x1b[31mred"


def test_contenders_get_the_settings(own: Settings) -> None:
    program = "import os; print(os.environ['ELFAUST_TOPICS_RAW_CLIENT'])"
    with started(peer(f'p={sys.executable} -c "{program}"'), own) as running:
        running.process.wait()
        assert running.last_words() == own.topics.raw_client


def test_a_process_that_is_gone_has_no_memory() -> None:
    assert resident_bytes(os.getpid()) > 1_000_000
    assert resident_bytes(2**22 + 1) == 0
