"""The command that runs a Java program of a jar profile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from elfaust.devstack.jars import jars
from elfaust.devstack.packages import need

OPTIONS = (
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF-8",
)


def java(
    profile: str,
    main: str,
    *arguments: str,
    heap: str = "256m",
    options: Sequence[str] = (),
    conf: Path | None = None,
) -> list[str]:
    """Return the command for a main class; `conf` is a folder before the jars on its class path."""
    path = f"{jars(profile)}/*"
    if conf is not None:
        path = f"{conf}:{path}"
    return [need("java"), f"-Xmx{heap}", *OPTIONS, *options, "-cp", path, main, *arguments]
