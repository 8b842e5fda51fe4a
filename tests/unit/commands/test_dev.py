"""elfaust dev: what it prints of what is sent to it, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
import webbrowser
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from urllib.parse import quote

import pytest
from aiohttp.test_utils import unused_port
from click.testing import CliRunner, Result

from elfaust.commands.dev import command
from elfaust.settings import Settings

RED, GREEN = "\x1b[31m", "\x1b[32m"
LONG = {"cat": 5, "name": "x" * 1_000}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    (tmp_path / "Cat").mkdir()
    fields = {"cat": {"type": "string"}, "dog": {"type": "string", "required": True}}
    (tmp_path / "Cat" / "1.json").write_text(json.dumps({"properties": fields}))
    (tmp_path / "Cat" / "2.json").write_text("{")

    def run(*events: object, color: bool = True, udp: int = 0) -> Result:
        """Run it until each event was answered, as if a browser had been opened that sends them."""

        def opened(address: str) -> bool:
            for event in events:
                of = {"schema": "Cat", "revision": 1, "wiki": "w", "event": event}
                beacon = f"{address}beacon/event?{quote(json.dumps(of))};"
                assert urllib.request.urlopen(beacon, timeout=10).status == 204
            os.kill(os.getpid(), signal.SIGINT)
            return bool(events)

        monkeypatch.setattr(webbrowser, "open", opened)
        arguments = [f"--schema-dir={tmp_path}", f"--port={unused_port()}", "--open"]
        forwarder = replace(Settings().forwarder, port=udp or unused_port())
        settings = replace(Settings(), forwarder=forwarder)
        return CliRunner().invoke(command, arguments, obj=settings, color=color)

    return run


def test_each_event_is_shown_with_its_cure_until_it_is_ended(run: Callable[..., Result]) -> None:
    result = run(LONG, {"dog": "Rex"})
    assert result.exit_code == 0, result.output
    said = result.output
    assert f"{Path('Cat', '2.json')}: 2.json is not a schema" in said
    assert "1 of them, read again" in said
    assert f"{RED}validation" in said
    assert "Send $.event.cat as string." in said
    assert "also at $.event" in said
    assert "browsers and proxies may cut" in said
    assert f"{GREEN}valid" in said
    assert said.count("may cut") == 1


def test_where_a_forwarder_has_the_port_it_takes_no_lines_by_udp(
    run: Callable[..., Result],
) -> None:
    with closing(socket(AF_INET, SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        result = run({"dog": "Rex"}, udp=taken.getsockname()[1])
    assert result.exit_code == 0
    assert "no lines by UDP" in result.output
    assert "server-side lines to" not in result.output
    assert f"{GREEN}valid" in result.output


def test_without_a_browser_it_says_where_to_look(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    result = run()
    assert result.exit_code == 0
    assert "There is no browser to open here: look at http://127.0.0.1:" in result.output
    assert "\x1b" not in result.output


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    arguments = [f"--schema-dir={tmp_path / 'none'}"]
    result = CliRunner().invoke(command, arguments, obj=Settings())
    assert result.exit_code == 2
    assert "does not exist" in result.output
