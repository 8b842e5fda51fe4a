from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import Any

import pytest
import requests

from elfaust.checks import Check
from elfaust.doctor import charts
from elfaust.settings import Settings

BASE = Settings()


def settings(carbon: str = "", statsd: str = "", port: int = 1, graphite: str = "") -> Settings:
    return replace(
        BASE,
        carbon=replace(BASE.carbon, host=carbon, port=port, graphite=graphite),
        statsd=replace(BASE.statsd, host=statsd),
    )


def checks(of: Settings) -> list[Check]:
    return [check for subject in charts.subjects(of) for check in subject.checks(of)]


@pytest.fixture
def port() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_nothing_is_checked_where_nothing_is_sent() -> None:
    assert charts.subjects(BASE) == []


def test_a_carbon_that_is_away_is_no_reason_not_to_run(port: int) -> None:
    [there] = checks(settings("127.0.0.1", port=port))
    assert there.outcome == "ok"
    [away] = checks(settings("127.0.0.1", port=1))
    assert (away.outcome, "refused" in away.detail) == ("warn", True)


def test_a_statsd_has_to_have_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    [there] = checks(settings(statsd="127.0.0.1"))
    assert (there.outcome, "127.0.0.1" in there.detail) == ("ok", True)

    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    [away] = checks(settings(statsd="nowhere"))
    assert (away.outcome, "not known" in away.detail) == ("warn", True)


@pytest.mark.parametrize(
    ("said", "outcome", "word"),
    [
        ({"droppedCreates": [None, 0], "errors": [0]}, "ok", "none is dropped"),
        ({"droppedCreates": [None, 7.0], "errors": [0]}, "warn", "h-a.droppedCreates 7"),
        ({"errors": [2]}, "warn", "h-a.errors 2"),
        ({}, "warn", "nothing of itself"),
        (None, "warn", "does not answer as graphite-web"),
    ],
)
def test_points_that_carbon_drops_are_found(
    port: int, monkeypatch: pytest.MonkeyPatch, said: Any, outcome: str, word: str
) -> None:
    series = (
        said
        if said is None
        else [
            {"target": f"carbon.agents.h-a.{name}", "datapoints": [[value, 60] for value in values]}
            for name, values in said.items()
        ]
    )
    answer = requests.Response()
    answer.status_code, answer._content = 200, json.dumps(series).encode()
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
    _, check = checks(settings("127.0.0.1", port=port, graphite="http://127.0.0.1:8088/"))
    assert (check.outcome, word in check.detail) == (outcome, True)
    assert ("MAX_CREATES_PER_MINUTE" in check.cure) == ("dropped" in word and outcome == "warn")


def test_a_graphite_web_that_is_away_is_said(port: int) -> None:
    _, check = checks(settings("127.0.0.1", port=port, graphite="http://127.0.0.1:1/"))
    assert (check.outcome, "refused" in check.detail) == ("warn", True)
