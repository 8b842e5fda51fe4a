"""elfaust account: a line a schema revision, one for all unknown ones."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from click.testing import CliRunner, Result

from elfaust.audit.account import Account
from elfaust.audit.account_entries import Entry
from elfaust.commands import account
from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.reading import Stored
from elfaust.sinks.stores import enabled_stores

KNOWN, SILENT = SchemaKey("SaveTiming", 18481943), SchemaKey("EchoMail", 19089329)
NAMED = [SchemaKey("5", 18731791), SchemaKey("None", 19540539)]


def refused(key: SchemaKey, **codes: int) -> Entry:
    """Return the line of a schema revision of which there are errors alone."""
    return Entry(key, invalid=Counter(codes), counted_invalid=Counter(codes))


def entries() -> list[Entry]:
    stored = Entry(KNOWN, valid=10, counted=10, stored_in={"mysql": Stored(10), "hdfs": Stored(10)})
    unknown = [refused(NAMED[0], validation=2), refused(NAMED[1], validation=3, processor=1)]
    return [stored, refused(SILENT, validation=1), *unknown, refused(UNKNOWN_KEY, processor=4)]


def run(monkeypatch: pytest.MonkeyPatch, found: list[Entry], *options: str) -> Result:
    """Run the command where this is what the servers hold."""

    async def read(_: Settings) -> Account:
        return Account(sum(of.lines for of in found), found, enabled_stores(Settings()))

    monkeypatch.setattr(account, "read_account", read)
    return CliRunner().invoke(account.command, options, obj=Settings())


def test_hive_has_a_column_where_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, silent = entries()[:2]
    asked.in_hive = Stored(9)

    async def read(_: Settings) -> Account:
        return Account(11, [asked, silent], enabled_stores(Settings()), has_hive=True)

    monkeypatch.setattr(account, "read_account", read)
    shown = CliRunner().invoke(account.command, obj=Settings())
    assert shown.exit_code == 1
    heading, row, other, *_ = shown.stdout.splitlines()
    assert heading.split()[-4:] == ["MySQL", "Parquet", "Hive", "counted"]
    assert row.split()[-4:] == ["10", "10", "9", "10"]
    assert other.split()[-4:] == ["0", "0", "0", "1"]
    assert "Hive rows 9, not 10" in shown.stdout
    printed = json.loads(CliRunner().invoke(account.command, ["--json"], obj=Settings()).stdout)
    assert [of.get("hive") for of in printed["schemas"]] == [9, None]


def names(result: Result) -> list[str]:
    return [line[:44].strip() for line in result.stdout.splitlines()[1:-1]]


def test_unknown_schemas_share_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, entries())
    assert result.exit_code == 0
    known = [f"{key.schema}_{key.revision}" for key in (KNOWN, SILENT)]
    assert names(result) == [*known, "unknown schemas (2 named)", "all"]
    [shared] = [line for line in result.stdout.splitlines() if line.startswith("unknown")]
    assert shared[44:].split() == [
        "10",
        "0",
        "processor",
        "5",
        "validation",
        "5",
        "0",
        "0",
        "0",
        "10",
    ]


def test_all_of_them_are_shown_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(names(run(monkeypatch, entries(), "--all"))) == 6
    schemas = json.loads(run(monkeypatch, entries(), "--json").stdout)["schemas"]
    assert len(schemas) == 5
    assert schemas[-1]["invalid"] == {"processor": 4}
    assert schemas[0] == {
        "schema": KNOWN.schema,
        "revision": KNOWN.revision,
        "lines": 10,
        "stored": 10,
        "errors": 0,
        "valid": 10,
        "invalid": {},
        "refused": 0,
        "unfit": {},
        "repeats": 0,
        "again": {},
        "mysql": 10,
        "unreadable": "",
        "parquet": 10,
        "parquet_twice": 0,
        "counted": 10,
        "counted_invalid": {},
        "counted_refused": 0,
    }


def test_one_that_does_not_balance_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = entries()
    found[2].counted_invalid["validation"] = 1
    result = run(monkeypatch, found)
    assert result.exit_code == 1
    assert "5_18731791" in names(result)
    assert "unknown schemas (1 named)" in names(result)
    assert "does not balance: 5_18731791: errors counted" in result.stdout


def test_a_single_one_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(run(monkeypatch, [*entries()[:2], refused(UNKNOWN_KEY, processor=4)]))[2:] == [
        "unknown_-1",
        "all",
    ]
