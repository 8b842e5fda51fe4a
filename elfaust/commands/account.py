"""elfaust account: lines in, events out, and where each of them is."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from elfaust.audit.account import Account, read_account
from elfaust.audit.account_entries import Entry
from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Store

#: Of the table, the stores apart.
HEADINGS = ("schema revision", "lines", "stored", "errors", "records")
#: What `--json` prints of an entry as it is.
OF_TOPICS = ("valid", "invalid", "refused", "unfit", "repeats", "again")
OF_COUNTS = ("counted", "counted_invalid", "counted_refused")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--all", "everything", is_flag=True, help="List unknown schemas too, one a line.")
@click.pass_obj
def command(settings: Settings, as_json: bool, everything: bool) -> None:
    """Add up raw lines, records, rows and counts; exit 1 if they do not balance."""
    account = asyncio.run(read_account(settings))
    if as_json:
        click.echo(json.dumps(as_object(account)))
    else:
        show(settings, account, everything)
    raise SystemExit(1 if account.problems else 0)


def as_object(account: Account) -> dict[str, object]:
    """Return an account as the JSON shape that `--json` prints."""
    return {
        "raw_lines": account.raw,
        "balances": not account.problems,
        "problems": account.problems,
        "schemas": [_entry_object(entry, account.stores) for entry in account.entries],
    }


def _entry_object(entry: Entry, stores: Mapping[str, Store]) -> dict[str, Any]:
    shown: dict[str, Any] = {"schema": entry.key.schema, "revision": entry.key.revision}
    for name in ("lines", "stored", "errors", *OF_TOPICS):
        shown[name] = getattr(entry, name)
    shown["unreadable"] = ""
    for role, store in stores.items():
        stored, name = entry.in_store(role), store.title.lower().replace(" ", "_")
        shown[name] = stored.events
        shown["unreadable"] = shown["unreadable"] or stored.unreadable
        if not store.once:
            shown[f"{name}_twice"] = stored.twice
    if entry.in_hive is not None:
        shown["hive"] = entry.in_hive.events
        shown["unreadable"] = shown["unreadable"] or entry.in_hive.unreadable
    return shown | {name: getattr(entry, name) for name in OF_COUNTS}


def show(settings: Settings, account: Account, everything: bool = False) -> None:
    """Print an account as a table with its sum, and what does not balance.

    Schemas that no folder and no wiki has share a line unless `everything` is asked for; one that
    does not balance has its own.
    """
    entries, folded = (account.entries, []) if everything else _folded(settings, account)
    rows = [_row(account, f"{of.key.schema}_{of.key.revision}", of) for of in entries]
    if folded:
        named = sum(entry.key != UNKNOWN_KEY for entry in folded)
        rows.append(_row(account, f"unknown schemas ({named} named)", _together(folded)))
    titles = [store.title for store in account.stores.values()] + ["Hive"] * account.has_hive
    headings = (*HEADINGS, *titles, "counted")
    for name, *cells in [headings, *rows, _sum(account)]:
        shown = (f" {cell:>27}" if i == 2 else f" {cell:>8}" for i, cell in enumerate(cells))
        click.echo(f"{name:<44}{''.join(shown)}")
    for problem in account.problems:
        click.echo(f"does not balance: {problem}")
    click.echo(
        f"{account.raw} raw lines: {'BALANCES' if not account.problems else 'DOES NOT BALANCE'}"
    )


def _folded(settings: Settings, account: Account) -> tuple[list[Entry], list[Entry]]:
    """Return the entries to show one by one, and those of unknown schemas if there are several."""
    registry = Registry.of_workers(settings)
    known = set(registry.known())
    unknown = {
        entry.key
        for entry in account.entries
        if not (entry.valid or entry.problems(account.stores) or entry.key in known)
        and registry.get(entry.key) is None
    }
    if len(unknown) < 2:
        return account.entries, []
    shown = [entry for entry in account.entries if entry.key not in unknown]
    return shown, [entry for entry in account.entries if entry.key in unknown]


def _together(entries: list[Entry]) -> Entry:
    """Return the sum of the entries of schemas of which there are no events."""
    codes, counted = Counter[str](), Counter[str]()
    for entry in entries:
        codes.update(entry.invalid)
        counted.update(entry.counted_invalid)
    return Entry(UNKNOWN_KEY, invalid=codes, counted_invalid=counted)


def _row(account: Account, name: str, entry: Entry) -> tuple[str, ...]:
    codes = " ".join(f"{code} {n}" for code, n in sorted(entry.invalid.items())) or "0"
    first, stored, _, *numbers = _numbers(account, entry)
    return (name, str(first), str(stored), codes, *map(str, numbers))


def _sum(account: Account) -> tuple[str, ...]:
    columns = zip(*(_numbers(account, entry) for entry in account.entries), strict=True)
    sums = [sum(column) for column in columns] or _numbers(account, Entry(UNKNOWN_KEY))
    return ("all", *map(str, sums))


def _numbers(account: Account, entry: Entry) -> list[int]:
    """Return the columns of the table."""
    stored = [entry.in_store(role).events for role in account.stores]
    if account.has_hive:
        stored.append(entry.in_hive.events if entry.in_hive else 0)
    return [entry.lines, entry.stored, entry.errors, entry.valid, *stored, entry.counted_lines]
