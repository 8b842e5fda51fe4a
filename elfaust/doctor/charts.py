"""Checks of where numbers for charts are sent: that it is there, and that Carbon drops nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import requests

from elfaust.checks import ANSWER_SECONDS, Check, Subject
from elfaust.settings import Settings
from elfaust.words.http import why

#: What Carbon says of itself each minute, where it drops points without an error to the sender.
DROPS = ("droppedCreates", "errors", "cache.overflow")
SINCE = "-15min"
FEW_CREATES = "raise MAX_CREATES_PER_MINUTE in carbon.conf above the number of new series"
LOGS = "see Carbon's logs"
POINTS = "points of Carbon"


def subjects(settings: Settings) -> list[Subject]:
    """Return the checks, none where nothing is sent."""
    found = []
    if settings.carbon.host:
        carbon = f"Carbon {settings.carbon.host}:{settings.carbon.port}"
        found.append(
            Subject(
                carbon, (POINTS,) if settings.carbon.graphite else (), partial(_carbon, carbon), ""
            )
        )
    if settings.statsd.host:
        statsd = f"StatsD {settings.statsd.host}:{settings.statsd.port}"
        found.append(Subject(statsd, (), partial(_statsd, statsd), ""))
    return found


def _carbon(name: str, settings: Settings) -> Iterator[Check]:
    to = settings.carbon
    try:
        socket.create_connection((to.host, to.port), ANSWER_SECONDS).close()
    except OSError as error:
        # Events go their way without charts.
        yield Check(name, "warn", f"{error}", "start it, or correct carbon.host and carbon.port")
    else:
        yield Check(name, "ok", "takes a connection")
    if to.graphite:
        yield _dropped(settings)


def _statsd(name: str, settings: Settings) -> Iterator[Check]:
    try:
        found = socket.getaddrinfo(settings.statsd.host, settings.statsd.port)
    except (OSError, UnicodeError) as error:
        yield Check(name, "warn", f"{error}", "correct statsd.host")
    else:
        yield Check(name, "ok", f"is {found[0][4][0]}; nobody acknowledges what is sent there")


def _dropped(settings: Settings) -> Check:
    name, url = POINTS, settings.carbon.graphite.rstrip("/")
    asked: dict[str, Any] = {
        "target": [f"carbon.agents.*.{drop}" for drop in DROPS],
        "from": SINCE,
        "format": "json",
    }
    try:
        answer = requests.get(f"{url}/render", params=asked, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        sums = {
            series["target"].removeprefix("carbon.agents."): sum(
                value or 0 for value, _ in series["datapoints"]
            )
            for series in answer.json()
        }
    except requests.RequestException as error:
        return Check(name, "warn", f"{url} {why(error)}", "start it, or correct carbon.graphite")
    except (ValueError, LookupError, TypeError, AttributeError):
        return Check(
            name, "warn", f"{url} does not answer as graphite-web", "correct carbon.graphite"
        )
    if not sums:
        return Check(name, "warn", f"Carbon has said nothing of itself for {SINCE[1:]}", LOGS)
    bad = [f"{series} {lost:g}" for series, lost in sorted(sums.items()) if lost]
    if not bad:
        return Check(name, "ok", f"none is dropped, {SINCE[1:]}")
    cure = FEW_CREATES if any("droppedCreates" in one for one in bad) else LOGS
    return Check(name, "warn", f"points are lost: {', '.join(bad)}", cure)
