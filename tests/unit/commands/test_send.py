"""elfaust send: what arrives at a beacon and by UDP, what is refused, and the exit codes."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from elfaust.commands import send
from elfaust.events.lines import LineParser
from elfaust.settings import Settings

EVENT = {"schema": "CatPatted", "revision": 1, "event": {"cat": "two words"}}


def run(settings: Settings, *arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(send.command, list(arguments), obj=settings, input=given)


@asynccontextmanager
async def intake(status: int) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve a beacon's path; gives its URL, and the queries that come."""
    queries: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        queries.append(request.rel_url.raw_query_string)
        return web.Response(status=status)

    application = web.Application()
    application.router.add_get("/beacon/event", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("/beacon/event")), queries


@pytest.fixture
def received() -> Iterator[tuple[Settings, socket.socket]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        there.settimeout(5)
        base = Settings()
        forwarder = replace(base.forwarder, host="127.0.0.1", port=there.getsockname()[1])
        yield replace(base, forwarder=forwarder), there


@pytest.mark.parametrize(("status", "code"), [(204, 0), (503, 1)])
async def test_a_beacon_gets_each_event_as_a_browser_sends_it(
    tmp_path: Path, status: int, code: int
) -> None:
    file = tmp_path / "events"
    file.write_text(json.dumps([EVENT, EVENT], indent=2) + "\n?%7B%7D;\thost\t1\n")
    async with intake(status) as (url, queries):
        result = await asyncio.to_thread(run, Settings(), "--to", "beacon", "--url", url, str(file))
    assert (result.exit_code, result.output) == (code, f"beacon: 3 answered {status}\n")
    assert all(query.endswith(";") for query in queries)
    sent = sorted((json.loads(unquote(query[:-1])) for query in queries), key=len)
    assert sent == [{}, EVENT, EVENT]


def test_a_beacon_that_nobody_answers_is_a_server_that_is_away() -> None:
    url = "http://127.0.0.1:1/beacon/event"
    result = run(Settings(), "--to", "beacon", "--url", url, given=json.dumps(EVENT))
    assert str(result.exception) == f"{url} is not available: no beacon was answered"


def test_a_forwarder_gets_lines_that_hold_blanks_as_escapes(
    received: tuple[Settings, socket.socket],
) -> None:
    settings, there = received
    result = run(
        settings,
        "--to",
        "udp",
        given=json.dumps(EVENT, indent=1) + '\n9 a raw line\n9 EventLogging {"a": "b c"}',
    )
    assert (result.exit_code, result.output) == (0, "udp: 3 sent\n")
    event, line, spaced = (there.recv(70_000) for _ in range(3))
    capsule = LineParser(settings.processor.server_format).parse(event.rstrip(b"\n"))
    assert {name: capsule[name] for name in EVENT} == EVENT
    assert capsule.keys() >= {"recvFrom", "seqId", "dt"}
    assert line == b"9 a raw line\n"
    assert spaced == b'9 EventLogging {"a":"b\\u0020c"}\n'


def test_what_no_line_can_hold_is_refused_and_all_else_sent(
    received: tuple[Settings, socket.socket],
) -> None:
    settings, there = received
    large = json.dumps({"event": "x" * 70_000})
    result = run(settings, "--to", "udp", given=f'{{"a": oops}}\n{large}\n[4, {{}}]')
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        'line 1: not sent: no value of JSON stands at character 7: "oops}"',
        result.stderr.splitlines()[1],
        "line 3: not sent: the event is a number, not an object",
    ]
    assert "a datagram holds 65,506" in result.stderr.splitlines()[1]
    assert result.stdout == "udp: 1 sent, 3 not sent\n"
    assert b"EventLogging" in there.recv(70_000)


def test_a_raw_line_that_is_not_utf_8_is_refused(
    received: tuple[Settings, socket.socket],
) -> None:
    settings, _ = received
    command = ["--to", "udp"]
    result = CliRunner().invoke(send.command, command, obj=settings, input=b"?a\xff;\n")
    assert result.exit_code == 1
    assert result.stderr == "line 1: not sent: it is not UTF-8 from character 3 on\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "http://a/b"],
        ["--to", "beacon", "--url", "a/b"],
        ["--to", "beacon", "--url", "http://a/b?c"],
        ["--to", "beacon", "--url", "http://a:99999/b"],
        ["--to", "beacon", "--url", "http://[::1/b"],
        ["--to", "beacon", "--url", "http:///b"],
    ],
)
def test_a_url_is_that_of_a_beacon(arguments: list[str]) -> None:
    assert run(Settings(), *arguments).exit_code == 2


def test_a_beacon_goes_to_the_intake_of_the_settings() -> None:
    base = Settings()
    intake = replace(base.intake, host="::1", port=7, path="/e")
    assert send.checked_url(replace(base, intake=intake), "beacon", None) == "http://[::1]:7/e"
    assert send.checked_url(base, "kafka", None) == ""


def test_nothing_is_sent_of_an_empty_file() -> None:
    result = run(Settings(), given=" \n\n")
    assert (result.exit_code, result.output) == (0, "kafka: there was nothing to send\n")


def test_at_most_so_many_refusals_are_told() -> None:
    result = run(Settings(), given=json.dumps([1] * 50))
    assert len(result.stderr.splitlines()) == send.MAX_TOLD
    assert result.stdout == "kafka: 50 not sent\n"


def test_kafka_that_is_away_leaves_nothing_open() -> None:
    base = Settings()
    away = replace(base, kafka=replace(base.kafka, bootstrap="127.0.0.1:1"))
    result = run(away, given=json.dumps(EVENT))
    del result.exc_info
    gc.collect()
    assert "Kafka 127.0.0.1:1 is not available" in str(result.exception)
