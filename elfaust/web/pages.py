"""The start page as HTML, made of a board alone, without a worker or a request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from elfaust.names import TopicNames, changelog_topic
from elfaust.overview.overview import RoleNow, together
from elfaust.overview.worker_said import Lag
from elfaust.settings import Settings
from elfaust.web.board import OLD_SECONDS, Board
from elfaust.web.findings import findings
from elfaust.web.query import Query

#: Height of a sparkline in its own units; its width is one unit a minute.
HEIGHT = 20
#: What a page says at its top of a profile whose events may be taken for others.
BANNERS = {
    "beta": "BETA: events of tests, apart from production's",
    "dev": "dev: events of this machine",
}
BAR_WIDTH = 0.8


def render(board: Board, query: Query, settings: Settings, base: str = "") -> str:
    """Return the page; `base` leads from its address to that of `/throughput/`."""
    template = _environment().get_template("start.html")
    return template.render(
        board=board,
        now=board.now,
        query=query,
        findings=findings(board),
        rows=query.pick(board.known),
        unknown=query.pick(board.unknown),
        all_unknown=board.all_unknown,
        topic=changelog_topic(settings),
        topics=lags_of(board, TopicNames(settings)),
        profile=settings.profile,
        banner=BANNERS.get(settings.profile, settings.profile),
        minutes=settings.throughput.show_minutes,
        base=base,
        height=HEIGHT,
    )


def lags_of(board: Board, names: TopicNames) -> dict[str, dict[str, Lag]]:
    """Return the lag by topic and role; the topics of all schema revisions are one."""
    lags = board.overview.topics if board.overview else {}
    found = {topic: of for topic, of in lags.items() if names.schema_of(topic) is None}
    of_schemas: dict[str, list[Lag]] = {}
    for topic in lags.keys() - found.keys():
        for role, lag in lags[topic].items():
            of_schemas.setdefault(role, []).append(lag)
    if of_schemas:
        title = f"{len(lags) - len(found)} topics of schema revisions"
        found[title] = {role: together(of) for role, of in of_schemas.items()}
    return found


def escaping(package: str) -> Environment:
    """Return the templates of a package; all that they are given is escaped."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _environment() -> Environment:
    environment = escaping("elfaust.web")
    environment.filters |= {
        "count": "{:,}".format,
        "rate": rate,
        "share": share,
        "duration": duration,
        "iso": iso,
        "clock": clock,
        "day": day,
        "bars": bars,
    }
    environment.tests["old"] = is_old
    environment.filters["state"] = state_of
    return environment


def rate(per_second: float) -> str:
    """Return a rate with its significant digits."""
    if per_second == 0:
        return "0"
    if per_second >= 100:
        return f"{per_second:,.0f}"
    return f"{per_second:.1f}" if per_second >= 10 else f"{per_second:.2f}"


def share(part: float) -> str:
    """Return a part as a percentage; more than nothing is never 0."""
    return f"{part:.1%}" if part >= 0.001 or not part else "< 0.1%"


def duration(seconds: float) -> str:
    """Return a time span in its largest unit."""
    whole = max(0, int(seconds))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def is_old(time: float, now: float) -> bool:
    """Tell whether a number that was measured at a time is to be shown with that time."""
    return now - time > OLD_SECONDS


def iso(time: float) -> str:
    """Return Unix seconds as ISO 8601."""
    return _utc(time).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(time: float) -> str:
    """Return the time of day of Unix seconds, to the second."""
    return _utc(time).strftime("%H:%M:%S")


def day(time: float) -> str:
    """Return the date of Unix seconds."""
    return _utc(time).strftime("%Y-%m-%d")


def _utc(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)


def state_of(role: RoleNow) -> str:
    """Return the state of a role in words, and of how many of its workers it is that."""
    same = sum(worker.state == role.state for worker in role.workers)
    return (
        f"{role.state}, {same} of {len(role.workers)}" if same < len(role.workers) else role.state
    )


class Bars(NamedTuple):
    """A sparkline: SVG paths, in which `errors` stand upon `stored`."""

    stored: str
    errors: str
    #: Lines in the fullest minute, which is as high as the sparkline, and in all minutes.
    most: int
    all: int


def bars(minutes: Sequence[tuple[int, int]]) -> Bars:
    """Return the sparkline of minutes, stored and errors of each."""
    most = max((stored + errors for stored, errors in minutes), default=0)
    scale = HEIGHT / most if most else 0.0
    return Bars(
        "".join(_bar(n, 0.0, s * scale) for n, (s, _) in enumerate(minutes)),
        "".join(_bar(n, s * scale, (s + e) * scale) for n, (s, e) in enumerate(minutes)),
        most,
        sum(stored + errors for stored, errors in minutes),
    )


def _bar(column: int, bottom: float, top: float) -> str:
    if bottom == top:
        return ""
    if bottom == 0:
        # One event in a million must still be visible.
        top = max(top, 0.5)
    low, high = HEIGHT - bottom, HEIGHT - top
    return f"M{column} {low:.2f}V{high:.2f}h{BAR_WIDTH}V{low:.2f}z"
