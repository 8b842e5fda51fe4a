"""A case: schemas, and the records of each topic, made of a seed and a number alone."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.fuzz.records import NOW_MS, Fetched, Sent, raw_records, stray_records
from tests.fuzz.schemas import schema_text

NAMES = [
    "Edit",
    "Edit",
    "A",
    "B-c",
    "b_c",
    "Nav_1",
    "x" * 63,
    "EventError",
    "select",
    "EDIT",
    "_",
    "-",
]
REVISIONS = [1, 2, 17, 2**31, 2**63 - 1, 10**18]


@dataclass
class Case:
    """What one run is given; `schemas` are texts by path, `records` lists by kind of topic."""

    year: str = "2018"
    schemas: dict[str, bytes] = field(default_factory=dict)
    #: `client`, `server`, `json`, or the path of the schema whose topic has stray records.
    records: dict[str, list[Fetched]] = field(default_factory=dict)
    #: Whether files are written, with an fsync each.
    stores: bool = False
    #: Whether the people's tools are asked; they take as long as all else.
    asks: bool = True

    def write(self, folder: Path) -> None:
        """Write the schemas into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "LICENSE").write_text("no schema")
        for path, text in self.schemas.items():
            file = folder / path
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(text)

    def __str__(self) -> str:
        """Return the case for people, long texts cut."""
        shown = [f"dialect {self.year}{', files written' if self.stores else ''}"]
        shown += [f"schema {path}: {_short(text)}" for path, text in self.schemas.items()]
        for kind, records in self.records.items():
            for value, offset, timestamp, headers, *_ in records:
                more = "" if timestamp == NOW_MS + 40 * offset else f" at {timestamp}"
                more += f" headers {headers}" if headers else ""
                shown.append(f"record of {kind}: {_short(value)}{more}")
        return "\n".join(shown)

    def as_json(self) -> str:
        """Return the case as text; `from_json` reads it."""
        records = {
            kind: [
                [_out(r.value), *r[1:3], [[k, _out(v)] for k, v in r.headers], _out(r.key)]
                for r in of
            ]
            for kind, of in self.records.items()
        }
        schemas = {path: _out(text) for path, text in self.schemas.items()}
        return json.dumps(
            {
                "year": self.year,
                "stores": self.stores,
                "asks": self.asks,
                "schemas": schemas,
                "records": records,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Case:
        """Return the case that `as_json` wrote."""
        given = json.loads(text)
        records = {
            kind: [
                Fetched(_in(value), offset, at, tuple((k, _in(v)) for k, v in headers), _in(key))
                for value, offset, at, headers, key in of
            ]
            for kind, of in given["records"].items()
        }
        schemas = {path: _in(text) or b"" for path, text in given["schemas"].items()}
        return cls(given["year"], schemas, records, given["stores"], given.get("asks", True))


def _short(text: bytes | None) -> str:
    if text is None or len(text) <= 800:
        return repr(text)
    return f"{text[:400]!r} and {len(text) - 400} bytes more"


def _out(data: bytes | None) -> str | None:
    """Return bytes as text, as it is where it is printable."""
    if data is None:
        return None
    if data.isascii() and data.decode().isprintable():
        return data.decode() if not data.startswith(b"base64:") else f"base64:{_base64(data)}"
    return f"base64:{_base64(data)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _in(text: str | None) -> bytes | None:
    if text is None:
        return None
    marked = text.startswith("base64:")
    return base64.b64decode(text.removeprefix("base64:")) if marked else text.encode()


def make_case(seed: int, number: int) -> Case:
    """Return the case of a seed and number."""
    of = random.Random(f"{seed}/{number}")
    case = Case(
        of.choice(["2018", "2018", "2015"]), stores=of.random() < 0.15, asks=of.random() < 0.3
    )
    sent = [Sent("Missing", 1, {})]
    for _ in range(of.randint(2, 5)):
        name, revision = of.choice(NAMES), of.choice(REVISIONS)
        path = f"{name}/{revision}.json"
        if path not in case.schemas:
            case.schemas[path] = schema_text(of)
            # The right ones are what events are made of most.
            sent += [Sent(name, revision, _loaded(case.schemas[path]))] * 6
    for kind in ("client", "server", "json"):
        case.records[kind] = raw_records(kind, case.year, sent, of.randint(10, 30), of)
    for one in {one.name: one for one in sent[1:]}.values():
        case.records[f"{one.name}/{one.revision}.json"] = stray_records(one, of.randint(2, 6), of)
    return case


def _loaded(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return {}
