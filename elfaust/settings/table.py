"""The table of settings: its sections, and how it is read and handed on to other processes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elfaust.errors import SettingsError
from elfaust.settings.apart import APART, shared
from elfaust.settings.charts import Carbon, Statsd
from elfaust.settings.flow import RAW_KINDS, Forwarder, Kafka, Processor, Schemas, Topics
from elfaust.settings.hive import Hive
from elfaust.settings.intake import Intake
from elfaust.settings.machines import Log, Stack, Web, Workers
from elfaust.settings.stores import Hdfs, Lines, Mysql, Throughput
from elfaust.settings.together import clashes
from elfaust.settings.values import secrets_of, variable


@dataclass(frozen=True)
class Settings:
    """All sections; `origins` maps "section.key" to where its value came from.

    `conf` is the path of the faust.conf that was read, empty if there was none.
    """

    kafka: Kafka = field(default_factory=Kafka)
    topics: Topics = field(default_factory=Topics)
    processor: Processor = field(default_factory=Processor)
    schemas: Schemas = field(default_factory=Schemas)
    mysql: Mysql = field(default_factory=Mysql)
    hdfs: Hdfs = field(default_factory=Hdfs)
    hive: Hive = field(default_factory=Hive)
    lines: Lines = field(default_factory=Lines)
    throughput: Throughput = field(default_factory=Throughput)
    forwarder: Forwarder = field(default_factory=Forwarder)
    intake: Intake = field(default_factory=Intake)
    statsd: Statsd = field(default_factory=Statsd)
    carbon: Carbon = field(default_factory=Carbon)
    web: Web = field(default_factory=Web)
    workers: Workers = field(default_factory=Workers)
    log: Log = field(default_factory=Log)
    stack: Stack = field(default_factory=Stack)
    profile: str = "dev"
    conf: str = field(default="", compare=False)
    origins: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def raw_topics(self) -> dict[str, str]:
        """The topic of each kind of raw lines."""
        return {kind: getattr(self.topics, f"raw_{kind}") for kind in RAW_KINDS}

    @property
    def asked(self) -> tuple[str, ...]:
        """The roles that run because a setting asks for them."""
        asks = {"intake": self.intake.on, "view": self.web.view, "hive": bool(self.hive.metastore)}
        return tuple(role for role, asked in asks.items() if asked)

    @property
    def line_formats(self) -> dict[str, str]:
        """The format of each kind of raw lines; "" stands for the dialect's."""
        return {kind: getattr(self.processor, f"{kind}_format") for kind in RAW_KINDS}


#: Each section's class by its name, in the order in which they are shown.
SECTIONS: dict[str, Any] = {
    item.name: item.default_factory
    for item in dataclasses.fields(Settings)
    if hasattr(item.default_factory, "__pydantic_fields__")
}


def load(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    profile: str | None = None,
) -> Settings:
    """Read the settings: defaults, faust.conf, its profile's sections, the environment.

    Without `path` the file is that of ELFAUST_CONF, ./faust.conf, or the package's. Raises
    SettingsError, naming the place, for anything unknown or not of its type.
    """
    # pydantic-settings takes as long to import as pydantic: only who reads settings waits for it.
    from elfaust.settings.reading import read

    reading = read(SECTIONS, path, os.environ if environ is None else environ, profile)
    settings = Settings(
        **reading.sections, profile=reading.profile, conf=reading.conf, origins=reading.origins
    )
    faults = list(clashes(settings))
    if settings.profile == APART:
        faults += shared(settings, of_profile(settings, "production"))
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def of_profile(settings: Settings, profile: str) -> Settings:
    """Return what the file of the settings gives another profile: no secrets, no environment."""
    from elfaust.settings.reading import read

    path = Path(settings.conf) if settings.conf else None
    reading = read(SECTIONS, path, {}, profile, secrets=False)
    return Settings(**reading.sections, profile=reading.profile, conf=reading.conf)


def as_environ(settings: Settings) -> dict[str, str]:
    """Return the variables that make `load` give these settings in another process."""
    variables = {"ELFAUST_PROFILE": settings.profile}
    if settings.conf:
        variables["ELFAUST_CONF"] = str(Path(settings.conf).resolve())
    for name, section in SECTIONS.items():
        for key, value in dataclasses.asdict(getattr(settings, name)).items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            variables[variable(name, key)] = text
        for key in secrets_of(section):
            # The value itself is here: a file named by the caller's environment is not read.
            variables[variable(name, f"{key}_file")] = ""
    return variables
