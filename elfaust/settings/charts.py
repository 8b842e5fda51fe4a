"""Settings of where numbers for charts are sent: StatsD and Carbon."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from elfaust.settings.values import (
    CONFIG,
    MachineOrEmpty,
    MetricName,
    MetricOfKind,
    MetricOfName,
    MetricOfSchema,
    Port,
    Seconds,
    UrlOrEmpty,
    setting,
)


@dataclass(frozen=True, config=CONFIG)
class Statsd:
    host: MachineOrEmpty = setting(
        "", "EventLogging's counters are sent to the StatsD on this host; to none if empty."
    )
    port: Port = setting(8125, "StatsD listens on this UDP port.")
    prefix: MetricName = setting("eventlogging", "Names in StatsD begin with this and a dot.")
    overall: MetricOfName = setting(
        "overall.{name}",
        "The counters of all lines have this name; {name} stands for raw, valid or inserted.",
    )
    schema: MetricOfSchema = setting(
        "schema.{schema}",
        "The counter of a schema's valid events has this name; {schema} stands for the schema.",
    )
    raw: MetricOfKind = setting(
        "{kind}_side_events.raw",
        "The counter of a raw topic's lines has this name; {kind} stands for client or server.",
    )
    valid: MetricOfKind = setting(
        "{kind}_side_events.valid",
        "The counter of its lines that are valid; {kind} stands for client or server.",
    )
    seconds: Seconds = setting(10.0, "Counters are sent to StatsD every so many seconds.")


@dataclass(frozen=True, config=CONFIG)
class Carbon:
    host: MachineOrEmpty = setting(
        "", "Exact counts by the minute are sent to the Carbon on this host; to none if empty."
    )
    port: Port = setting(2003, "Carbon takes lines of text on this TCP port.")
    graphite: UrlOrEmpty = setting(
        "", "The address of its graphite-web, which `elfaust doctor` asks whether points are lost."
    )
    prefix: MetricName = setting("elfaust", "Names in Carbon begin with this and a dot.")
    seconds: Annotated[Seconds, Field(le=60)] = setting(
        10.0, "Minutes whose counts have changed are sent to Carbon every so many seconds."
    )
    timeout: Seconds = setting(
        20.0, "A connection to Carbon that takes nothing for this many seconds is given up."
    )
