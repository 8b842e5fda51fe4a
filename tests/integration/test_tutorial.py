"""The commands of docs/tutorial.md, run as they stand there, show what stands there."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from elfaust.settings import Settings, as_environ
from elfaust.sinks.mysql.connection import connect
from tests import REPOSITORY

BLOCK = re.compile(r"```(sh)?\n(.*?)```", re.DOTALL)
SECONDS = 60


class Reader:
    """Somebody who follows the tutorial in a folder, with shells of bash."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        sections = (REPOSITORY / "docs" / "tutorial.md").read_text().split("\n## ")[1:]
        #: Of each section the commands, and what is shown, in their order.
        self.sections = [BLOCK.findall(section) for section in sections]
        self._folder = folder
        program = folder / "bin" / "elfaust"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m elfaust "$@"\n')
        program.chmod(0o755)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        own = {k: v for k, v in os.environ.items() if not k.startswith("ELFAUST_")}
        python = {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
        self._environ = own | python | dict(environ) | {"PATH": path}

    def run(self, commands: str) -> str:
        """Run a block to its end; return what it prints."""
        done = subprocess.run(
            ["bash", "-ec", commands],
            cwd=self._folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS * 3,
        )
        assert done.returncode in (0, 1), f"{commands}: {done.stdout}"
        return done.stdout

    @contextmanager
    def beside(self, command: str) -> Iterator[Path]:
        """Run a command that goes on in a shell of its own, then end it; give its output's file."""
        output = self._folder / f"{len(list(self._folder.iterdir()))}.out"
        with output.open("w") as file:
            going = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self._folder,
                env=self._environ,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield output
            going.send_signal(signal.SIGINT)
            assert going.wait(SECONDS) == 0, output.read_text()
        finally:
            going.kill()
            going.wait()


def until(output: Path, text: str) -> None:
    """Wait until a file has a text."""
    over = time.monotonic() + SECONDS
    while text not in output.read_text():
        assert time.monotonic() < over, f"{text!r} is not in {output.read_text()}"
        time.sleep(0.02)


def test_the_first_red_event_is_explained(tmp_path: Path) -> None:
    port = str(unused_port())
    ports = {"ELFAUST_INTAKE_PORT": port, "ELFAUST_FORWARDER_PORT": str(unused_port())}
    reader = Reader(tmp_path, ports)
    _, (_, write), (_, serve), (_, red), (_, cure), (_, right), (_, valid) = reader.sections[0]
    reader.run(write)
    with reader.beside(serve) as output:
        until(output, "Ctrl-C ends it")
        assert "Requested-Event-Valid: 0" in reader.run(red.replace("8192", port))
        assert '"status": "success"' in reader.run(right.replace("8192", port))
        for line in (cure + valid).splitlines():
            until(output, line)
    said = [reader.run(block) for kind, block in reader.sections[1] if kind]
    assert "CREATE TABLE" in said[0]
    [shown] = [block for kind, block in reader.sections[1] if not kind]
    assert shown in said[1]


@pytest.mark.long
def test_from_a_schema_to_rows(fresh: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    own = replace(fresh, schemas=Settings().schemas, web=replace(fresh.web, view=False), conf="")
    reader = Reader(folder, as_environ(own))
    reader.run(reader.sections[0][1][1])
    start, by_udp, send, beacon, look = (block for _, block in reader.sections[2])
    [diff] = (block for _, block in reader.sections[3])
    with reader.beside(start.splitlines()[1]):
        wait_listening(fresh.forwarder.port)
        for block in (by_udp, send, beacon):
            given = block.replace("/8421", f"/{fresh.forwarder.port}")
            given = given.replace("eventlogging-client-side", fresh.topics.raw_client)
            reader.run(given.replace("6166", str(unused_port())))
        assert "compatible" in reader.run(diff)
        over, cats = time.monotonic() + SECONDS, set[tuple[str, int]]()
        while len(cats) < 3 and time.monotonic() < over:
            reader.run(look)
            cats = stored(fresh)
        assert cats == {("Tom", 1), ("Old Tom", 1), ("Young Tom", 1)}


def wait_listening(port: int) -> None:
    """Wait until somebody takes datagrams at a port."""
    over = time.monotonic() + SECONDS
    while time.monotonic() < over:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                return
        time.sleep(0.1)
    pytest.fail("no forwarder listens")


def stored(settings: Settings) -> set[tuple[str, int]]:
    """Return what the table of the tutorial's schema has."""
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        if not cursor.execute("SHOW TABLES LIKE 'CatPatted\\_1'"):
            return set()
        cursor.execute("SELECT event_cat, event_times FROM CatPatted_1")
        return set(cursor.fetchall())
