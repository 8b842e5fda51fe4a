from __future__ import annotations

import os
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.devstack import server as server_module
from elfaust.devstack.server import LOG_BYTES, NotReadyError, StartError, refuse_used, run_tool
from elfaust.errors import StackError
from tests.unit.devstack.conftest import ServerFactory


def test_server_is_ready_when_its_request_was_answered(make_server: ServerFactory) -> None:
    server = make_server()
    assert not server.pid()
    assert not server.ready()
    server.start()
    server.wait_ready(20)
    assert server.ready()
    server.stop()
    assert not server.pid()


def test_second_start_changes_nothing(make_server: ServerFactory) -> None:
    server = make_server()
    server.start()
    server.wait_ready(20)
    pid = server.pid()
    server.start()
    assert server.pid() == pid


def test_server_is_known_to_another_object_of_the_same_folder(make_server: ServerFactory) -> None:
    server, other = make_server(), make_server()
    server.start()
    assert other.pid() == server.pid()
    other.stop()
    assert not server.pid()


def test_server_that_runs_on_other_ports_is_refused_and_left(make_server: ServerFactory) -> None:
    server = make_server()
    server.start()
    server.wait_ready(20)
    with pytest.raises(
        StackError, match=r"dummy runs on port \d+, settings say 1: elfaust stack down"
    ):
        make_server(port=1).start()
    assert server.ready()


def test_port_in_use_is_named_and_its_owner_left_alone(
    make_server: ServerFactory, port: int
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        server = make_server()
        with pytest.raises(StackError) as caught:
            server.start()
        assert str(caught.value) == f"dummy cannot start: port {port}: address already in use"
        server.stop()
        socket.create_connection(("127.0.0.1", port)).close()


def test_port_below_1024_without_the_right_is_no_port_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", denied)
    with pytest.raises(StackError, match="port 80: permission denied"):
        refuse_used("web", 80)


def test_server_that_ends_is_told_with_the_end_of_its_log(make_server: ServerFactory) -> None:
    server = make_server("print(*range(30), sep='\\n'); print('no space left')")
    server.start()
    with pytest.raises(StartError, match="dummy has ended; its log is") as caught:
        server.wait_ready(20)
    assert caught.value.tail[-1] == "no space left"
    assert len(caught.value.tail) < 20
    assert "\n" not in str(caught.value)


def test_server_that_never_answers_is_given_up(make_server: ServerFactory) -> None:
    def probe() -> None:
        raise NotReadyError("in safe mode")

    server = replace(make_server(), probe=probe)
    server.start()
    with pytest.raises(StartError, match=r"does not answer after 0 s: in safe mode"):
        server.wait_ready(0.2)


def test_it_reports_what_does_not_answer_yet(
    make_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "REPORT_SECONDS", 0.0)
    asked, lines = iter(["in safe mode", "slow", ""]), list[str]()

    def probe() -> None:
        if why := next(asked):
            raise NotReadyError(why)

    server = replace(make_server(), probe=probe)
    server.start()
    server.wait_ready(20, lines.append)
    assert lines == [
        "dummy does not answer yet, 0 s: in safe mode",
        "dummy does not answer yet, 0 s: slow",
    ]


def test_fault_of_a_probe_is_not_taken_for_a_server_that_starts(
    make_server: ServerFactory,
) -> None:
    def probe() -> None:
        raise KeyError("brokers")

    with pytest.raises(KeyError):
        replace(make_server(), probe=probe).wait_ready(20)


def test_preparation_runs_before_the_process(make_server: ServerFactory, tmp_path: Path) -> None:
    file = tmp_path / "conf"
    server = replace(
        make_server(f"print(open({str(file)!r}).read())"), prepare=lambda: file.write_text("x")
    )
    server.start()
    with pytest.raises(StartError) as caught:
        server.wait_ready(20)
    assert caught.value.tail == ["x"]


def test_long_log_is_put_aside(make_server: ServerFactory) -> None:
    server = make_server()
    server.log.parent.mkdir()
    server.log.touch()
    os.truncate(server.log, LOG_BYTES + 1)
    server.start()
    server.wait_ready(20)
    assert server.log.stat().st_size < 100
    assert server.log.with_name("dummy.log.1").stat().st_size == LOG_BYTES + 1


def test_tail_of_no_log_is_empty(make_server: ServerFactory) -> None:
    assert make_server().tail() == []


def test_tool_that_fails_is_told_with_its_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_tool("formatting", ["sh", "-c", "echo done"], log)
    message = re.escape(f"formatting failed with exit code 3; its log is {log}")
    with pytest.raises(StartError, match=message) as caught:
        run_tool("formatting", ["sh", "-c", "echo why >&2; exit 3"], log)
    assert caught.value.tail == ["why"]
    assert log.read_text() == "done\nwhy\n"
