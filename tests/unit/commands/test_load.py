"""elfaust load: its mix, its report, and with which code it ends."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from elfaust.commands import load
from elfaust.settings import Settings

QUICK = ["--rate", "500", "--duration", "0.1s", "--json"]


def run(*arguments: str, settings: Settings | None = None) -> Result:
    return CliRunner().invoke(load.command, list(arguments), obj=settings or Settings())


@pytest.mark.parametrize(
    ("text", "mix"),
    [
        ("Edit:17:3,Save", [("Edit", 17, 3.0), ("Save", None, 1.0)]),
        ("Edit::0.5", [("Edit", None, 0.5)]),
        ("Edit:17", [("Edit", 17, 1.0)]),
    ],
)
def test_a_mix_has_schemas_revisions_and_shares(text: str, mix: object) -> None:
    assert load.Mix().convert(text, None, None) == mix


@pytest.mark.parametrize("text", ["", ",", "A:x", "A:1:0", "A:1:-1", "A:1:nan", "A:1:1:1"])
def test_what_is_no_mix_is_a_wrong_argument(text: str) -> None:
    assert run("--mix", text).exit_code == 2


@pytest.mark.parametrize(("status", "code"), [(204, 0), (503, 1)])
async def test_every_beacon_is_counted_by_its_answer(status: int, code: int) -> None:
    asked = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        # As an intake does that judges.
        return web.Response(status=status, headers={"Requested-Event-Valid": str(int(asked < 41))})

    application = web.Application()
    application.router.add_get("/beacon/event", answer)
    mix = "SaveTiming:18481943:3,EchoMail"
    async with TestServer(application) as server:
        url = str(server.make_url("/beacon/event"))
        arguments = ["--to", "beacon", "--url", url, "--mix", mix, "--invalid", "0.5", *QUICK]
        result = await asyncio.to_thread(run, *arguments)
    assert result.exit_code == code
    found = json.loads(result.output)
    assert (found["sent"], found["outcomes"]) == (50, {str(status): 50})
    assert found["acknowledged"] == 50 * (status == 204)
    assert 10 < found["invalid"] < 40
    assert found["judged"] == {"valid": 40, "not_valid": 10}
    assert asked == 50


def test_a_forwarder_is_sent_lines() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        base = Settings()
        forwarder = replace(base.forwarder, port=there.getsockname()[1])
        settings = replace(base, forwarder=forwarder)
        result = run("--to", "udp", "--mix", "SaveTiming", *QUICK[:-1], settings=settings)
        there.settimeout(5)
        assert b" EventLogging {" in there.recv(10_000)
    assert result.exit_code == 0
    assert result.stdout.startswith("sent 50  acknowledged -  a second ")


def test_a_beacon_that_nobody_answers_is_a_server_that_is_away() -> None:
    url = "http://127.0.0.1:1/beacon/event"
    result = run("--to", "beacon", "--url", url, "--mix", "SaveTiming", *QUICK)
    assert str(result.exception) == f"{url} is not available: no beacon was answered"
    assert json.loads(result.output)["outcomes"] == {"not answered": 50}


def test_a_schema_that_nobody_knows_is_told() -> None:
    result = run("--mix", "SaveTimin")
    assert "Did you mean SaveTiming" in str(result.exception)
