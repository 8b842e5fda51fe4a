"""Events made up from schemas for load: a mix of schemas, of which some events are not valid.

Some of each kind are made at first and judged as the processor does; they are sent again and again,
each time with a number of its own.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from elfaust.errors import ElfaustError, SchemaUnfit
from elfaust.events.plain_json import PlainJsonParser
from elfaust.events.verdict import Judge
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.schema.samples import misfits, sample
from elfaust.schema.shape import shape_of
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores

#: Events of a schema that are made, valid ones and others, and those of which they are picked.
EACH, TRIED = 20, 60


@dataclass(frozen=True)
class Event:
    """An event as JSON text and as an object, and whether it is valid."""

    text: str
    capsule: dict[str, Any]
    valid: bool


class MadeEvents:
    """Gives events of schemas by their shares, `invalid` of 1 of them not valid."""

    def __init__(
        self, settings: Settings, schemas: Sequence[tuple[Schema, float]], invalid: float, seed: int
    ) -> None:
        """Make events; raises ElfaustError for a schema of which none that is valid can be made."""
        self._of = random.Random(seed)
        self._invalid = invalid
        self._shares = [share for _, share in schemas]
        self._made = [_made(settings, schema, self._of) for schema, _ in schemas]

    def __iter__(self) -> Iterator[Event]:
        of = self._of
        while True:
            [made] = of.choices(self._made, self._shares)
            yield of.choice(made[of.random() >= self._invalid])


def _made(settings: Settings, schema: Schema, of: random.Random) -> dict[bool, list[Event]]:
    """Return events of a schema by whether they are valid."""
    try:
        place = shape_of(schema.event)
    except ValueError as error:
        raise SchemaUnfit(schema.key, str(error)) from error
    events = [sample(place, of) for _ in range(TRIED)]
    wrong = [event for right in events[:EACH] for event in misfits(place, right)]
    of.shuffle(wrong)
    found = {
        True: list(islice(_judged(settings, schema.key, events, True), EACH)),
        False: list(islice(_judged(settings, schema.key, wrong[:TRIED], False), EACH)),
    }
    if not all(found.values()):
        kind = "valid" if not found[True] else "invalid"
        name = f"{schema.key.schema} {schema.key.revision}"
        raise ElfaustError(f"no {kind} event of {name} could be made up: load sends others")
    return found


def _judged(settings: Settings, key: SchemaKey, events: list[Any], valid: bool) -> Iterator[Event]:
    """Yield those of some events that are valid, or those that are not."""
    parser = PlainJsonParser(settings.processor.max_keys)
    stores = enabled_stores(settings).values()
    judge = Judge("", Registry(settings.schemas), settings, stores, parser)
    about = {"wiki": "enwiki", "webHost": "en.wikipedia.org"}
    capsules = [{**key._asdict(), **about, "event": event} for event in events]
    # As browsers write it.
    texts = [json.dumps(capsule, separators=(",", ":")) for capsule in capsules]
    records = [Record("", 0, n, 0, text.encode()) for n, text in enumerate(texts)]
    verdicts = asyncio.run(judge.judge(records, "load"))
    for text, capsule, verdict in zip(texts, capsules, verdicts, strict=True):
        if (verdict.fault is None) == valid:
            yield Event(text, capsule, valid)
