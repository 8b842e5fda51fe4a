"""elfaust tail: what it shows of what comes, how it is masked, and where it ends."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from elfaust.commands import tail
from elfaust.records import Record, Source
from elfaust.settings import Settings

TIME = 1_600_000_000_000
ERRORS = "eventlogging_EventError"


def event(schema: str = "Edit", offset: int = 0, **more: Any) -> Record:
    capsule = {"schema": schema, "revision": 1, "wiki": "enwiki", "event": {"a": 1}, **more}
    value = json.dumps(capsule).encode()
    return Record(f"eventlogging_{schema}_1", 0, offset, TIME, value, Source("raw", offset))


def error(schema: str = "Edit", **more: str) -> Record:
    of = {"schema": schema, "revision": 1, "code": "validation", "path": "$.event.a"} | more
    value = json.dumps({"schema": "EventError", "revision": 1, "event": of}).encode()
    return Record(ERRORS, 0, 0, TIME, value)


def raw(line: bytes) -> Record:
    return Record("eventlogging-client-side", 0, 5, TIME, line)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def run(records: list[Record], *arguments: str, color: bool = False) -> Result:
        async def follow(
            settings: Settings, wanted: Callable[[str], bool], *_: object
        ) -> AsyncGenerator[list[Record]]:
            yield [record for record in records if wanted(record.topic)]

        monkeypatch.setattr(tail, "follow", follow)
        monkeypatch.setattr(tail, "what_is_there", follow)
        return CliRunner().invoke(tail.command, arguments, obj=Settings(), color=color)

    return run


Run = Callable[..., Result]


def test_an_error_has_its_place_and_its_cure(run: Run) -> None:
    found = error(message="1 is no text", hint="Send a text.", rawEvent="?x;")
    words = error(message="1 is not of type 'string'", cause="$.event.a is 1", rawEvent="?x;")
    lines = run([event(), found, words]).output.splitlines()
    assert lines == [
        '2020-09-13T12:26:40Z  valid       Edit 1 enwiki  {"a":1}',
        "2020-09-13T12:26:40Z  validation  Edit 1 at $.event.a: 1 is no text",
        "  Send a text.",
        "  ?x;",
        "2020-09-13T12:26:40Z  validation  Edit 1: $.event.a is 1",
        "  ?x;",
    ]


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ([], 5),
        (["--valid"], 3),
        (["--errors"], 2),
        (["--schema", "Edit"], 3),
        (["--errors", "--schema", "Save"], 1),
        (["--raw"], 2),
        (["--raw", "--schema", "Edit"], 1),
        (["--lines", "2"], 2),
    ],
)
def test_what_is_asked_for_is_shown(run: Run, arguments: list[str], number: int) -> None:
    line = b'1 EventLogging {"schema":"Edit","revision":1}'
    came = [event(), event("Save"), event(), error(), error("Save"), raw(line), raw(b"?{}")]
    shown = run(came, *arguments, "--json").stdout.splitlines()
    assert len(shown) == number
    assert all(json.loads(one) for one in shown)


def test_what_nobody_has_seen_is_marked(run: Run) -> None:
    [line] = run([event(recvFrom="h-0123456789ab-prerender")]).output.splitlines()
    assert " Edit 1 by prerender enwiki " in line


def test_addresses_and_agents_are_masked_and_nothing_moves_the_cursor(run: Run) -> None:
    secret = "203.0.113.9"
    came = [
        event(ip=secret, event={"said": f"{secret}\x1b[2J"}, userAgent="Mozilla/5.0 (X11)"),
        error(
            message=f"\x1b[2J{secret}", rawEvent=f"?x;\thost\t1\t2020-09-13T12:26:40\t{secret}\tMe"
        ),
        raw(f"?x;\thost\t1\t2020-09-13T12:26:40\t{secret}\tMe\x1b[2J".encode()),
    ]
    for arguments in ([], ["--json"], ["--raw"], ["--raw", "--json"]):
        shown = run(came, *arguments).output
        assert secret not in shown
        assert "Mozilla" not in shown
        assert "\x1b" not in shown
        assert shown


def test_a_terminal_has_colours_unless_it_wants_none(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[32mvalid" in run([event()], color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run([event()], color=True).output


def test_a_name_that_is_not_known_is_told_and_followed(run: Run) -> None:
    result = run([event("SaveTimin")], "--schema", "SaveTimin")
    assert result.stderr == "no schema SaveTimin is known yet. Did you mean SaveTiming?\n"
    assert "SaveTimin 1" in result.stdout


def test_what_has_come_has_a_beginning(run: Run) -> None:
    assert run([event()], "--no-follow", "--since", "1h").exit_code == 0
    without = run([event()], "--no-follow")
    assert without.exit_code == 2
    assert "Add --since" in without.stderr
