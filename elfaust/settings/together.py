"""Settings that do not go together, though each by itself is as it must be."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elfaust.settings.intake import Intake
    from elfaust.settings.table import Settings

#: The end of a path whose folders Hive can have as partitions.
PARTITION_PATH = re.compile(r"/year=\{year\}/month=\{month\}/day=\{day\}/hour=\{hour\}/?\Z")


def clashes(settings: Settings) -> Iterator[str]:
    """Yield a line for settings that would give one name to two things, or cannot both hold."""
    # An EventError that was a raw line again would be one more EventError, without end.
    raw = {f"topics.raw_{kind}": topic for kind, topic in settings.raw_topics.items()}
    yield from _same({**raw, "topics.error": settings.topics.error}, "topic")
    yield from _reachable(settings.intake)
    if settings.hive.metastore and (fault := path_fault(settings)):
        yield f"hive.metastore is set, and {fault}"
    statsd = settings.statsd
    overall = [statsd.overall.format(name=name) for name in ("raw", "valid", "inserted")]
    lines = {
        key: [form.format(kind=kind) for kind in settings.raw_topics]
        for key, form in (("statsd.raw", statsd.raw), ("statsd.valid", statsd.valid))
    }
    named = {"statsd.overall": overall, **lines}
    yield from _same(
        {f"{key} of {name}": name for key, names in named.items() for name in names}, "counter"
    )
    of_schema = re.compile(re.escape(statsd.schema).replace(r"\{schema\}", "[A-Za-z0-9_-]+"))
    for key, names in named.items():
        if any(of_schema.fullmatch(name) for name in names):
            yield f"statsd.schema and {key} may give one name to two counters"


def path_fault(settings: Settings) -> str:
    """Return why Hive cannot have the folders of `hdfs.path`, "" where it can."""
    path = settings.hdfs.path
    if PARTITION_PATH.search(path):
        return ""
    return (
        f"hdfs.path = {path} has no folder of each schema revision with "
        "year={year}/month={month}/day={day}/hour={hour} in it, which are Hive's partitions"
    )


def _reachable(intake: Intake) -> Iterable[str]:
    try:
        is_own = ipaddress.ip_address(intake.host).is_loopback
    except ValueError:
        is_own = intake.host == "localhost"
    if not is_own and not intake.public:
        yield (
            f"intake.host {intake.host} is no loopback address: whoever reaches it may send "
            "events; set intake.public = true if they may"
        )


def _same(names: Mapping[str, str], what: str) -> Iterable[str]:
    by_name: dict[str, list[str]] = {}
    for key, name in names.items():
        by_name.setdefault(name, []).append(key)
    for name, keys in by_name.items():
        if len(keys) > 1:
            yield f"{' and '.join(keys)} name the same {what}, {name}: each needs one of its own"
