"""What there is to know of a schema revision, for whoever sends its events or reads its table.

The JSON of one:

    {"schema": str, "revision": int, "revisions": [int], "title": str, "description": str,
     "fields": [{"path": str, "type": str, "required": bool, "description": str, "allowed": str}],
     "sample": event or null, "beacon": the address to send it to,
     "warning": what to know of the beacon's length, "topic": str, "table": str,
     "ddl": str, "query": str, "trouble": why there is no table or sample,
     "since": the revision before or null, "changes": [{"path", "kind", "message"}]}
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from elfaust.errors import SchemaUnfit
from elfaust.events.beacons import length_warning, query_of
from elfaust.names import TopicNames, table_name
from elfaust.records import SchemaKey
from elfaust.schema.changes.revisions import compare
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.schema.samples import examples
from elfaust.schema.shape import Place, shape_of
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import create_table, quoted, table_columns
from elfaust.sinks.stores import enabled_stores
from elfaust.view.checked import TABLES, check
from elfaust.view.judges import Asked
from elfaust.web.throughput import known_schemas

#: Columns of a sample query.
MAX_COLUMNS = 6
#: Events that are made up, of which the first that is valid is the sample.
SAMPLES = 20


@dataclass
class About:
    """A schema revision as this module's docstring describes it."""

    schema: str
    revision: int
    revisions: list[int]
    title: str = ""
    description: str = ""
    fields: list[dict[str, Any]] = field(default_factory=list)
    sample: Any = None
    beacon: str = ""
    warning: str = ""
    topic: str = ""
    table: str = ""
    ddl: str = ""
    query: str = ""
    trouble: str = ""
    since: int | None = None
    changes: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that this module's docstring describes."""
        return asdict(self)


def known(settings: Settings) -> dict[str, list[int]]:
    """Return the revisions of each schema of the folder, or that the wiki has given, sorted."""
    found: dict[str, list[int]] = {}
    for key in sorted(known_schemas(settings)):
        found.setdefault(key.schema, []).append(key.revision)
    return found


def about(settings: Settings, key: SchemaKey) -> About | None:
    """Return what there is to know of a schema revision, None where nobody here has it.

    Call it in a thread. The schema wiki is not asked: anybody can make up names.
    """
    revisions = known(settings).get(key.schema, [])
    if key.revision not in revisions:
        return None
    found = About(*key, revisions, topic=TopicNames(settings).event(key))
    registry = Registry.of_workers(settings)
    schema = _get(registry, key)
    if schema is None:
        found.trouble = f"No event can be validated by it: {registry.reason(key)}"
        return found
    found.title, found.description = (
        _text(schema.event, "title"),
        _text(schema.event, "description"),
    )
    place = shape_of(schema.event)
    found.fields = [_field(of) for of in place.places() if len(of.path) > 1]
    _tell_sample(settings, found, place)
    if TABLES in settings.processor.stores.split():
        _tell_table(settings, found, schema)
    earlier = [revision for revision in revisions if revision < key.revision]
    before = _get(registry, SchemaKey(key.schema, earlier[-1])) if earlier else None
    if before is not None:
        found.since = before.key.revision
        changes = compare(before, schema, enabled_stores(settings).values())
        found.changes = [
            {"path": of.path, "kind": of.kind, "message": of.message} for of in changes
        ]
    return found


def _get(registry: Registry, key: SchemaKey) -> Schema | None:
    asyncio.run(registry.resolve([key]))
    return registry.get(key)


def _tell_sample(settings: Settings, found: About, place: Place) -> None:
    """Add an event and its beacon, if one can be made up that is valid."""
    about = {
        "schema": found.schema,
        "revision": found.revision,
        "wiki": "enwiki",
        "webHost": "en.wikipedia.org",
    }
    left = ({**about, "event": event} for event in examples(place, SAMPLES))
    why = ""
    # The simplest is valid but for few schemas.
    while found.sample is None and (samples := list(islice(left, SAMPLES if why else 1))):
        texts = (json.dumps(sample).encode() for sample in samples)
        verdicts = check(settings, [Asked(n, text, "json") for n, text in enumerate(texts)])
        valid = (of for of, verdict in zip(samples, verdicts, strict=True) if not verdict.faults)
        found.sample = next(valid, None)
        if found.sample is None:
            why = why or verdicts[0].faults[0]["cause"] or "it is refused"
    if found.sample is None:
        found.trouble = f"No sample could be made up: {why:.200}"
        return
    query = query_of(found.sample)
    found.beacon, found.warning = f"{settings.intake.path}{query}", length_warning(query)


def _tell_table(settings: Settings, found: About, schema: Schema) -> None:
    """Add the table, its definition, and a query of its last rows."""
    try:
        found.table = table_name(settings.mysql.table, schema.key)
        found.ddl = f"{create_table(found.table, schema, settings.mysql.number)};"
        columns = table_columns(schema, settings.mysql.number)
    except SchemaUnfit as error:
        found.trouble = f"MySQL cannot have its table: {error.detail}"
        return
    time = "dt" if "dt" in schema.dialect.columns else "timestamp"
    names = [time, *(of.name for of in columns if of.path[:1] == ("event",))][:MAX_COLUMNS]
    shown = ", ".join(map(quoted, names))
    found.query = (
        f"SELECT {shown}\nFROM {quoted(found.table)}\nORDER BY {quoted(time)} DESC\nLIMIT 10;"
    )


def _field(place: Place) -> dict[str, Any]:
    return {
        "path": place.name,
        "type": place.kind,
        "required": place.required,
        "description": _text(place.schema, "description"),
        "allowed": ", ".join(_allowed(place.schema)),
    }


def _allowed(schema: dict[str, Any]) -> Iterator[str]:
    values = schema.get("enum")
    if isinstance(values, list):
        yield "one of " + " ".join(json.dumps(value) for value in values)
    for keyword in ("const", "default", "minimum", "maximum", "minLength", "maxLength", "pattern"):
        if keyword in schema:
            yield f"{keyword} {json.dumps(schema[keyword])}"


def _text(of: dict[str, Any], name: str) -> str:
    text = of.get(name)
    return text if isinstance(text, str) else ""
