"""Beta beside production: names, folders and ports that both would use.

Whoever tries out a feature must not be able to write among production's events, wherever the two
run: also on the same servers and the same machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from elfaust.roles import ROLES

if TYPE_CHECKING:
    from elfaust.settings.table import Settings

#: The profile that shares nothing with production.
APART = "beta"


#: How a name is production's.
SAME = "as production has it"


class _Shared(NamedTuple):
    key: str
    name: str
    how: str = SAME


def state_folder(settings: Settings) -> Path:
    """Return the folder of the workers' state."""
    own = f"-{APART}" if settings.profile == APART else ""
    return Path(settings.workers.state or Path(settings.stack.dir) / f"workers{own}").resolve()


def shared(settings: Settings, production: Settings) -> Iterator[str]:
    """Yield a line for each setting by which a profile would use what is production's."""
    told = set[str]()
    for key, name, how in (*_in_kafka(settings, production), *_elsewhere(settings, production)):
        if key in told:
            continue
        told.add(key)
        section, _, own = key.partition(".")
        where = f"set {own} in [{settings.profile}:{section}] of {settings.conf or 'faust.conf'}"
        if (place := settings.origins.get(key, "")).startswith("environment"):
            where = f"change {place}"
        yield f"{key} = {name}, {how}: profile {settings.profile} needs its own; {where}"


def _in_kafka(settings: Settings, production: Settings) -> Iterator[_Shared]:
    groups = {production.kafka.app_id.format(role=role) for role in ROLES}
    own = settings.kafka.app_id
    if any(own.format(role=role) in groups for role in ROLES):
        yield _Shared("kafka.app_id", own)
    topics, others = _topics(settings), _topics(production)
    for (key, name), (other, others_name) in product(topics.items(), others.items()):
        if name == others_name:
            yield _Shared(key, name, SAME if key == other else f"as production's {other}")
    for key, name in topics.items():
        if _pattern(production.topics.event).fullmatch(name):
            yield _Shared(key, name, "a name by production's topics.event")
    # A pattern that matches the other's topics, as "{schema}_{revision}" does any.
    example = {"schema": "Example", "revision": 1}
    ours, theirs = settings.topics.event, production.topics.event
    if _pattern(theirs).fullmatch(ours.format(**example)) or _pattern(ours).fullmatch(
        theirs.format(**example)
    ):
        how = SAME if ours == theirs else f"which has names in common with production's, {theirs}"
        yield _Shared("topics.event", ours, how)


def _topics(settings: Settings) -> dict[str, str]:
    raw = {f"topics.raw_{kind}": topic for kind, topic in settings.raw_topics.items()}
    forwarder = {"forwarder.topic": settings.forwarder.topic}
    return {**raw, "topics.error": settings.topics.error, **forwarder}


def _pattern(event: str) -> re.Pattern[str]:
    text = re.escape(event).replace(r"\{schema\}", "[A-Za-z0-9_-]+")
    return re.compile(text.replace(r"\{revision\}", "[0-9]+"))


def _elsewhere(settings: Settings, production: Settings) -> Iterator[_Shared]:
    if settings.mysql.database.casefold() == production.mysql.database.casefold():
        yield _Shared("mysql.database", settings.mysql.database)
    if settings.hive.database.casefold() == production.hive.database.casefold():
        yield _Shared("hive.database", settings.hive.database)
    folders = (
        ("hdfs.root", settings.hdfs.root, production.hdfs.root),
        ("lines.folder", settings.lines.folder, production.lines.folder),
        ("workers.state", str(state_folder(settings)), str(state_folder(production))),
    )
    for key, ours, theirs in folders:
        if ours and theirs and _within(ours, theirs):
            yield _Shared(key, ours)
    for (key, port), (other, taken) in product(_ports(settings), _ports(production)):
        if max(port.start, taken.start) < min(port.stop, taken.stop):
            how = SAME if key == other else f"among production's of {other}"
            yield _Shared(key, str(port.start), how)
    if settings.statsd.host and settings.statsd.prefix == production.statsd.prefix:
        yield _Shared("statsd.prefix", settings.statsd.prefix)
    if settings.carbon.host and settings.carbon.prefix == production.carbon.prefix:
        yield _Shared("carbon.prefix", settings.carbon.prefix)


def _ports(settings: Settings) -> Iterator[tuple[str, range]]:
    # Each worker of each role has a port.
    number = len(ROLES) * settings.topics.lanes
    yield "web.port", range(settings.web.port, settings.web.port + number)
    for key, port in (
        ("forwarder.port", settings.forwarder.port),
        ("intake.port", settings.intake.port),
    ):
        yield key, range(port, port + 1)


def _within(one: str, other: str) -> bool:
    first, second = PurePosixPath(one), PurePosixPath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)
