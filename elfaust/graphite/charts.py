"""The charts over Graphite, and graphite-web's dashboard of them.

Past as many points as a picture is wide, Graphite shows their mean: so each target says that
numbers of minutes are to be summed, and that of lags the highest is to be taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from elfaust.settings import Settings

#: The dashboard's name.
NAME = "elfaust"
#: Series of schema revisions that a chart shows, the highest of all.
HIGHEST = 10
#: Hours that the dashboard shows at first, and seconds after which it is drawn again.
HOURS, REFRESH_SECONDS = 1, 60
#: Pixels of a chart.
CHART_WIDTH, CHART_HEIGHT = 600, 280


class Chart(NamedTuple):
    """A chart: its title, the unit of its numbers, and the targets that Graphite renders."""

    title: str
    unit: str
    targets: tuple[str, ...]


def charts(settings: Settings) -> Iterator[Chart]:
    """Yield the charts of the series that workers send by these settings."""
    prefix = settings.carbon.prefix
    # Where the words after the prefix begin: functions count the words of a name.
    first = prefix.count(".") + 1
    lines = [(name, f"{prefix}.overall.{name}") for name in ("raw", "valid", "stored")]
    yield Chart(
        "Lines a minute: raw, valid and stored",
        "short",
        tuple(f"alias({_summed(series)}, '{name}')" for name, series in lines),
    )
    yield Chart(
        "Errors a minute, by code",
        "short",
        (f"aliasByNode({_summed(f'{prefix}.overall.errors.*')}, {first + 2})",),
    )
    for title, series, shown in (
        ("Valid events a minute, by topic of a schema revision", "valid", (1, 2)),
        ("Errors a minute, by schema revision and code", "errors.*", (1, 2, 4)),
    ):
        of = f"highest({prefix}.schema.*.*.{series}, {HIGHEST}, 'sum')"
        words = ", ".join(str(first + word) for word in shown)
        yield Chart(title, "short", (f"aliasByNode({_summed(of)}, {words})",))
    yield Chart(
        "Records finished a minute, by role",
        "short",
        (f"aliasByNode({_rise(f'{prefix}.role.*.acknowledged_total')}, {first + 1})",),
    )
    raw = f"{prefix}.role.processor.topic.*.acknowledged_total"
    yield Chart(
        "Raw lines a minute, by topic", "short", (f"aliasByNode({_rise(raw)}, {first + 3})",)
    )
    for title, unit, name, together in (
        ("Age of the oldest record that is not finished", "s", "lag_seconds", "max"),
        ("Records that are not finished", "short", "lag_events", "sum"),
    ):
        lag = f"groupByNode({prefix}.role.*.topic.*.{name}, {first + 1}, '{together}')"
        yield Chart(f"{title}, by role", unit, (f"aliasByNode(consolidateBy({lag}, 'max'), 0)",))
    yield from _eventlogging(settings)


def _eventlogging(settings: Settings) -> Iterator[Chart]:
    statsd = settings.statsd
    overall = [statsd.overall.format(name=name) for name in ("raw", "valid", "inserted")]
    yield Chart(
        "EventLogging's counters of all lines, a second",
        "short",
        tuple(f"{statsd.prefix}.{name}.rate" for name in overall),
    )
    schemas = f"{statsd.prefix}.{statsd.schema.format(schema='*')}.rate"
    yield Chart(
        "EventLogging's counters of schemas, a second",
        "short",
        (f"highest({schemas}, {HIGHEST}, 'average')",),
    )


def _summed(series: str) -> str:
    return f"consolidateBy({series}, 'sum')"


def _rise(series: str) -> str:
    """Return by how much a total rises; minutes in which nobody has measured it are none."""
    return _summed(f"nonNegativeDerivative(keepLastValue({series}))")


def dashboard(settings: Settings) -> dict[str, Any]:
    """Return the dashboard as graphite-web keeps it.

    It ends a minute ago: the number of a minute that is not over looks like a fall.
    """
    graphs = []
    for chart in charts(settings):
        query = urlencode([("target", target) for target in chart.targets])
        shown = {"target": list(chart.targets), "title": chart.title, "yMin": "0"}
        graphs.append([query, shown, f"/render?{query}"])
    return {
        "name": NAME,
        "graphs": graphs,
        "graphSize": {"width": CHART_WIDTH, "height": CHART_HEIGHT},
        "defaultGraphParams": {"from": f"-{HOURS}hours", "until": "-1minutes", "tz": "UTC"},
        "refreshConfig": {"enabled": True, "interval": 1000 * REFRESH_SECONDS},
        "timeConfig": {
            "type": "relative",
            "relativeStartQuantity": str(HOURS),
            "relativeStartUnits": "hours",
            "relativeUntilQuantity": "1",
            "relativeUntilUnits": "minutes",
            "startDate": "2026-01-01T00:00:00",
            "startTime": "9:00 AM",
            "endDate": "2026-01-01T00:00:00",
            "endTime": "5:00 PM",
        },
    }
