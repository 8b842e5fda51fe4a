"""A table of settings with a section of each kind of value, and how tests read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic.dataclasses import dataclass

from elfaust.settings.reading import Reading, read
from elfaust.settings.values import (
    CONFIG,
    Flag,
    FromZero,
    Plain,
    Port,
    Seconds,
    Secret,
    Text,
    one_of,
    setting,
)


@dataclass(frozen=True, config=CONFIG)
class Server:
    host: Plain = setting("localhost", "Host.")
    port: Port = setting(1234, "Port.")
    wait: Seconds = setting(1.5, "Seconds.")
    rate: FromZero = setting(0.0, "A second.")
    follow: Flag = setting(False, "Whether.")
    codec: Annotated[str, one_of("none", "gzip")] = setting("none", "Codec.")
    table: Annotated[str, Text("a text", fields=("schema",))] = setting("{schema}", "Table.")
    password: Secret = setting("", "Password.", secret=True)


SECTIONS = {"server": Server, "other": Server}


def read_text(conf: Path, text: str, profile: str | None = None, **environ: str) -> Reading:
    """Return what is read from a file of `text` and from variables."""
    conf.write_text(text)
    return read(SECTIONS, conf, environ, profile)


def server(reading: Reading) -> Server:
    """Return the section that most tests are about."""
    section: Any = reading.sections["server"]
    assert isinstance(section, Server)
    return section
