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
    return shown | {name: getattr(entry, name) for name in OF_COUNTS}


def show(settings: Settings, account: Account, everything: bool = False) -> None:
    """Print an account as a table with its sum, and what does not balance.

    Schemas that no folder and no wiki has share a line unless `everything` is asked for; one that
    does not balance has its own.
    """
    entries, folded = (account.entries, []) if everything else _folded(settings, account)
    stores = account.stores
    rows = [_row(f"{of.key.schema}_{of.key.revision}", of, stores) for of in entries]
    if folded:
        named = sum(entry.key != UNKNOWN_KEY for entry in folded)
        rows.append(_row(f"unknown schemas ({named} named)", _together(folded), stores))
    headings = (*HEADINGS, *(store.title for store in stores.values()), "counted")
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


def _row(name: str, entry: Entry, stores: Mapping[str, Store]) -> tuple[str, ...]:
    codes = " ".join(f"{code} {n}" for code, n in sorted(entry.invalid.items())) or "0"
    first, stored, _, *numbers = _numbers(entry, stores)
    return (name, str(first), str(stored), codes, *map(str, numbers))


def _sum(account: Account) -> tuple[str, ...]:
    columns = zip(*(_numbers(entry, account.stores) for entry in account.entries), strict=True)
    sums = [sum(column) for column in columns] or _numbers(Entry(UNKNOWN_KEY), account.stores)
    return ("all", *map(str, sums))


def _numbers(entry: Entry, stores: Mapping[str, Store]) -> list[int]:
    """Return the columns of the table."""
    stored = (entry.in_store(role).events for role in stores)
    return [entry.lines, entry.stored, entry.errors, entry.valid, *stored, entry.counted_lines]
