"""The throughput page as HTML, made of the counts alone, without a worker or a request."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from elfaust.counts.view import View
from elfaust.names import changelog_topic
from elfaust.settings import Settings

#: Height of a sparkline in its own units; its width is one unit a minute.
HEIGHT = 20
BAR_WIDTH = 0.8


def render(view: View, settings: Settings) -> str:
    """Return the throughput page."""
    data = view.as_json()
    template = _environment().get_template("throughput.html")
    return template.render(
        data=data, profile=settings.profile, topic=changelog_topic(settings), height=HEIGHT
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("elfaust.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": "{:,}".format,
        "rate": rate,
        "ago": ago,
        "clock": clock,
        "day": day,
        "bars": bars,
    }
    return environment


def rate(per_second: float) -> str:
    """Return a rate with its significant digits."""
    if per_second == 0:
        return "0"
    if per_second >= 100:
        return f"{per_second:,.0f}"
    return f"{per_second:.1f}" if per_second >= 10 else f"{per_second:.2f}"


def ago(time: str, now: str) -> str:
    """Return how long before `now` a time was, both as ISO 8601."""
    seconds = max(0, int((_parse(now) - _parse(time)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def clock(time: str) -> str:
    """Return the time of day of an ISO 8601 time, to the second."""
    return _parse(time).strftime("%H:%M:%S")


def day(time: str) -> str:
    """Return the date of an ISO 8601 time."""
    return _parse(time).strftime("%Y-%m-%d")


def _parse(time: str) -> datetime:
    return datetime.fromisoformat(time).astimezone(UTC)


def bars(minutes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sparkline of some minutes: SVG paths of `stored` and of `errors` above it.

    `most` is the number of lines in the fullest minute, which is as high as the sparkline.
    """
    most = max((m["stored"] + m["errors"] for m in minutes), default=0)
    scale = HEIGHT / most if most else 0.0
    stored = [_bar(n, 0.0, m["stored"] * scale) for n, m in enumerate(minutes)]
    errors = [
        _bar(n, m["stored"] * scale, (m["stored"] + m["errors"]) * scale)
        for n, m in enumerate(minutes)
    ]
    return {"most": most, "stored": "".join(stored), "errors": "".join(errors)}


def _bar(column: int, bottom: float, top: float) -> str:
    if bottom == top:
        return ""
    if bottom == 0:
        # One event in a million must still be visible.
        top = max(top, 0.5)
    low, high = HEIGHT - bottom, HEIGHT - top
    return f"M{column} {low:.2f}V{high:.2f}h{BAR_WIDTH}V{low:.2f}z"
