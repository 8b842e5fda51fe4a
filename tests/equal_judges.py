"""All judges on one line: what FastJudge, with and without a core, says beside Judge."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from elfaust.errors import EventFault
from elfaust.events.core import way_of
from elfaust.events.core_judge import CompiledJudge
from elfaust.events.fast_judge import FastJudge
from elfaust.events.parsing import Parsed
from elfaust.events.storable import Limiting
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.schema.validation.drafts import DRAFT3, DRAFTS, Draft
from elfaust.settings import Schemas, Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from tests.integration.bad_inputs import line

RECEIVED = 1_600_000_000_000
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
#: An event of the schemas of each draft.
EVENT = {
    "s": "a", "i": 1, "n": 1.5, "b": True, "e": "x", "p": "aab", "l": ["a"], "o": {"s": "x"},
    "r": 3,
}  # fmt: skip


@cache
def _registry(schemas: Schemas) -> Registry:
    """Return a registry whose schemas are compiled once."""
    return Registry(schemas)


class _Remembering:
    """A store that says its limits of a schema once: both judges have the same."""

    def __init__(self, store: Limiting) -> None:
        self.limits = cache(store.limits)


@cache
def _stores(settings: Settings) -> list[Limiting]:
    return [_Remembering(store) for store in enabled_stores(settings).values()]


class Judges:
    """The judges of one format and dialect, by one registry; one with a core if it is installed."""

    def __init__(self, settings: Settings, kind: str = "client") -> None:
        registry, stores = _registry(settings.schemas), _stores(settings)
        form = settings.line_formats[kind]
        self.slow = Judge(form, registry, settings, stores)
        self.fast = FastJudge(form, registry, settings, stores)
        core = way_of(settings).core
        self.ways = [self.fast]
        if core is not None:
            self.ways.append(CompiledJudge(form, registry, settings, stores, core))
        self.plain = 0
        self.outcomes = Counter[str]()

    def compare(self, lines: Iterable[bytes]) -> None:
        """Fail on the first line of which not all say the same.

        What FastJudge does not judge at once it must have parsed as Judge does.
        """
        for number, sent in enumerate(lines):
            record = make_record(sent, number, RECEIVED)
            found = [way.read(record, "t/0") for way in self.ways]
            self.plain += isinstance(found[0], Verdict)
            slow = self.slow.parse(record)
            parsed = "" if all(isinstance(one, Verdict) for one in found) else shown(slow)
            verdict = _verdict(self.slow, record, slow)
            self.outcomes[verdict.code or "valid"] += 1
            for way, one in zip(self.ways, found, strict=True):
                at = type(way).__name__, number, sent
                if not isinstance(one, Verdict):
                    assert shown(one) == parsed, at
                    one = _verdict(way, record, one)
                assert told(one) == told(verdict), at


def _verdict(judge: Judge, record: Record, parsed: Parsed | EventFault) -> Verdict:
    verdict = judge.verdict(record, parsed, "t/0")
    return verdict or judge.without_schema(record, parsed, "t/0")


def shown(found: Verdict | Parsed | EventFault) -> str:
    """Return all that a judge may see of what was parsed, with the order of names."""
    return repr(found) if isinstance(found, Parsed) else repr((type(found), vars(found)))


def told(verdict: Verdict) -> tuple[Any, ...]:
    """Return all that anybody may see of a verdict."""
    fault = verdict.fault
    return (
        tuple(verdict.key),
        verdict.value,
        verdict.headers,
        verdict.unknown,
        fault and (type(fault), vars(fault)),
    )


def settings_of(compatibility: str = "2018", folder: Path | None = None) -> Settings:
    """Return settings of a dialect that keep some user agents."""
    settings = Settings()
    schemas = dataclasses.replace(settings.schemas, compatibility=compatibility)
    if folder is not None:
        schemas = dataclasses.replace(schemas, folder=str(folder))
    keeps = dataclasses.replace(settings.processor, keep_user_agent="Draft03 EchoMail")
    return dataclasses.replace(settings, schemas=schemas, processor=keeps)


def of_drafts() -> dict[str, dict[str, Any]]:
    """Return a schema of each draft, with all that schemas commonly use; one is open."""
    found = {f"Draft{draft.name}": _schema(draft) for draft in dict.fromkeys(DRAFTS.values())}
    return {**found, "Open": {"properties": {"s": TEXT}, "additionalProperties": True}, "None": {}}


def _schema(draft: Draft) -> dict[str, Any]:
    is_old = draft is DRAFT3
    properties: dict[str, Any] = {
        "s": TEXT,
        "i": WHOLE,
        "n": {"type": "number", "maximum": 100},
        "b": {"type": "boolean"},
        "e": {"type": "string", "enum": ["x", "y"]},
        "p": {"type": "string", "pattern": "^a+b?$"},
        "l": {"type": "array", "items": TEXT},
        "o": {"type": "object", "properties": {"s": TEXT, "i": WHOLE}},
        "r": {"type": ["integer", "string"]} if is_old else {"$ref": "#/definitions/r"},
    }
    if is_old:
        properties["s"] = properties["o"]["properties"]["s"] = {**TEXT, "required": True}
        return {"properties": properties}
    uri = next(uri for uri, named in DRAFTS.items() if named is draft)
    needed = {"required": ["s"]}
    properties["o"] |= needed
    return {"$schema": uri, "properties": properties, "definitions": {"r": WHOLE}, **needed}


def lines_of_drafts() -> list[bytes]:
    """Return a line of each of those schemas that fits it."""
    capsule = {"revision": 1, "wiki": "w", "webHost": "w"}
    return [
        line(json.dumps({"event": EVENT if name.startswith("Draft") else {"s": "a"}, "schema": name,
                         **capsule})).replace(b"@seq@", b"7")
        for name in of_drafts()
    ]  # fmt: skip
