from __future__ import annotations

import fcntl
import shlex
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.devstack import packages
from elfaust.devstack.server import StartError
from elfaust.devstack.stack import Stack, assignments, refuse_elsewhere
from elfaust.errors import StackError
from elfaust.settings import Settings
from tests.unit.devstack.conftest import ServerFactory, free_port

StackFactory = Callable[..., Stack]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), stack=replace(Settings().stack, dir=str(tmp_path)))


@pytest.fixture
def make_stack(
    settings: Settings, make_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> StackFactory:
    """A factory of stacks whose servers are one that listens and the given ones."""
    monkeypatch.setattr(packages, "ensure", lambda *_: None)

    def make(*programs: str, tell: Callable[[str], object] = print) -> Stack:
        stack = Stack(settings, tell)
        bad = [make_server(program, f"bad{n}", free_port()) for n, program in enumerate(programs)]
        stack.servers = [make_server(), *bad]
        return stack

    return make


def test_up_twice_is_up_once_and_down_stops(make_stack: StackFactory) -> None:
    stack = make_stack()
    stack.up()
    before = stack.status()
    assert [server.running for server in before] == [True]
    stack.up()
    assert stack.status() == before
    stack.down()
    assert not any(server.running for server in stack.status())
    stack.down()


def test_two_ups_at_once_start_a_server_once(make_stack: StackFactory) -> None:
    first, second = make_stack(), make_stack()
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(stack.up) for stack in (first, second)]:
            done.result()
    assert first.status() == second.status()
    assert first.server("dummy").log.read_text() == "listening\n"


def test_it_reports_what_is_waited_for(make_stack: StackFactory, tmp_path: Path) -> None:
    lines, told = list[str](), Event()

    def tell(line: str) -> None:
        lines.append(line)
        if "another" in line:
            told.set()

    stack = make_stack(tell=tell)
    with ThreadPoolExecutor(1) as threads:
        with (tmp_path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            up = threads.submit(stack.up)
            assert told.wait(20)
        up.result()
    assert lines == ["Starting dummy ...", f"Waiting for another command on {tmp_path} ..."]


def test_server_that_fails_is_stopped_and_the_others_stay(make_stack: StackFactory) -> None:
    stack = make_stack("print('broken')", "print('broken too')")
    with pytest.raises(StartError, match=r"bad0 has ended.*; bad1 has ended") as caught:
        stack.up()
    assert caught.value.tail == ["broken", "broken too"]
    assert {s.name: s.running for s in stack.status()} == {
        "dummy": True,
        "bad0": False,
        "bad1": False,
    }


def noting(program: str, log: Path) -> str:
    """Return a program that notes its beginning and its end in a file."""
    return f"""
import pathlib, signal, socket, sys, time
def note(word):
    with pathlib.Path({str(log)!r}).open("a") as file:
        file.write(word + {program!r} + " ")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
note("+")
time.sleep(0.2)
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
signal.sigwait([signal.SIGTERM])
note("-")
"""


def test_a_server_starts_after_those_that_it_needs_and_stops_before_them(
    make_stack: StackFactory, make_server: ServerFactory, tmp_path: Path
) -> None:
    stack, log = make_stack(), tmp_path / "log"
    first, last = (make_server(noting(n, log), n, free_port()) for n in ("first", "last"))
    stack.servers = [first, replace(last, after=("first", "elsewhere"))]
    stack.up()
    stack.down()
    assert log.read_text().split() == ["+first", "+last", "-last", "-first"]


def test_a_server_is_not_started_without_what_it_needs(
    make_stack: StackFactory, make_server: ServerFactory
) -> None:
    stack = make_stack("print('broken')")
    stack.servers.append(replace(make_server(name="last", port=free_port()), after=("bad0",)))
    with pytest.raises(StartError, match=r"bad0 has ended.*; last needs bad0") as caught:
        stack.up()
    assert caught.value.tail == ["broken"]
    assert not stack.server("last").log.exists()
    stack.down()


def test_what_was_asked_for_once_stays(settings: Settings, tmp_path: Path) -> None:
    assert Stack(settings).extras == []
    asked = Stack(settings, extras=("hive",))
    assert [s.name for s in asked.servers[4:]] == ["metastore", "hiveserver2"]
    assert {"HIVE_HOST", "HIVE_PORT", "METASTORE_URI"} <= asked.env().keys()
    assert "HIVE_HOST" not in Stack(settings).env()
    (tmp_path / "hive").mkdir()
    assert Stack(settings).extras == ["hive"]


def test_destroy_removes_what_the_stack_holds_and_nothing_else(
    make_stack: StackFactory, tmp_path: Path
) -> None:
    stack = make_stack()
    stack.up()
    (tmp_path / "kafka" / "data").mkdir(parents=True)
    (tmp_path / "thesis.txt").touch()
    stack.destroy()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "thesis.txt").unlink()
    stack.destroy()
    assert not tmp_path.exists()
    stack.destroy()
    stack.down()
    assert not tmp_path.exists()


def test_stack_has_its_servers_by_name(settings: Settings, tmp_path: Path) -> None:
    stack = Stack(settings)
    assert [(server.name, server.port) for server in stack.status()] == [
        ("kafka", 9092),
        ("namenode", 9870),
        ("datanode", 9866),
        ("mariadb", 3306),
    ]
    assert stack.logs("kafka") == tmp_path / "logs" / "kafka.log"
    with pytest.raises(StackError, match="no server 'spark'; servers are kafka, namenode"):
        stack.logs("spark")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("kafka", "bootstrap", "kafka.example:9092"),
        ("kafka", "bootstrap", "127.0.0.1:9092,127.0.0.1:9094"),
        ("mysql", "host", "localhost"),
        ("hdfs", "url", "http://namenode.example:9870"),
    ],
)
def test_servers_of_other_machines_are_not_started(section: str, key: str, value: str) -> None:
    part = replace(getattr(Settings(), section), **{key: value})
    with pytest.raises(StackError, match=rf"listen on 127.0.0.1 only, but {section}.{key} names"):
        refuse_elsewhere(replace(Settings(), **{section: part}))
    refuse_elsewhere(Settings())


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_assignments_are_read_back_by_shell_rules(value: str) -> None:
    assert shlex.split(assignments({"NAME": value, "B": "b"})) == [f"NAME={value}", "B=b"]


def test_assignments_set_variables_of_a_shell() -> None:
    password = 'it\'s $HOME `x` "y" \\'
    script = f'{assignments({"P": password})}\nprintf %s "$P"'
    assert subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True
    ).stdout == (password)
