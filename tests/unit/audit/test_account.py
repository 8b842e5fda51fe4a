"""An account of topics, stores and counts, whichever stores there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.audit import account as module
from elfaust.audit.account import Account, account_of
from elfaust.audit.account_entries import Entry
from elfaust.audit.topics import Scanned
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.reading import EventReader, Stored
from elfaust.testing import make_record
from tests.unit.audit.fakes import ERRORS, KEY, NOW, RAW, TOPIC, event, uuid

LANES = [
    Scanned(ERRORS, 0, []),
    Scanned(RAW, 0, [make_record(b"", n, NOW) for n in range(2)]),
    Scanned(TOPIC, 0, [make_record(event(n), n, NOW, (RAW, n)) for n in range(2)]),
]


class Lines:
    """A store that has these rows of each schema revision."""

    title = "JSON lines"
    once = False

    def __init__(self, *uuids: str) -> None:
        self.rows = [{"uuid": of} for of in uuids]
        self.asked: Collection[SchemaKey] = ()

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        self.asked = keys
        return self.read().stored(keys)

    def read(self) -> EventReader:
        return EventReader(self.title, lambda _: self.rows)


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> None:
    row = SimpleNamespace(schema=KEY.schema, revision=KEY.revision, valid=2, errors={}, refused=0)

    async def read(_: Settings) -> Any:
        return SimpleNamespace(rows=lambda: [row])

    monkeypatch.setattr(module, "read_counts", read)


async def problems(store: Any, **more: Any) -> list[str]:
    account = await account_of(Settings(), LANES, {"lines": store}, **more)
    assert (account.raw, [of.key for of in account.entries]) == (2, [KEY])
    return account.problems


async def test_any_store_is_asked_for_what_it_has_of_the_topics() -> None:
    store = Lines(uuid(0), uuid(1))
    assert await problems(store) == []
    assert store.asked == [KEY]
    name = f"{KEY.schema}_{KEY.revision}"
    assert await problems(Lines(uuid(0))) == [f"{name}: JSON lines rows 1, not 2"]
    assert await problems(Lines(uuid(0), uuid(0))) == [
        f"{name}: uuids twice in JSON lines 1, not 0"
    ]


async def test_what_an_audit_has_read_is_not_read_again() -> None:
    store = Lines()
    assert await problems(store, readers={"lines": Lines(uuid(0), uuid(1)).read()}) == []
    assert store.asked == ()


def test_all_raw_lines_are_stored_or_errors() -> None:
    entry = Entry(KEY, valid=12, counted=12)
    assert Account(12, [entry], {}).problems == []
    assert Account(13, [entry], {}).problems == ["13 raw lines, 12 stored or errors"]
