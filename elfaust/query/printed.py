"""Answers as people and programs read them: a table, JSON lines, CSV.

In all of them a struct or an array is JSON. NULL is `NULL` in a table, null in JSON, and nothing in
CSV, where an empty text is `""`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from elfaust.query.engine import Answer
from elfaust.query.values import as_json, as_text
from elfaust.words.printable import printable

#: What makes a value of CSV need quotes.
SPECIAL = frozenset('",\r\n')


def as_jsonl(answer: Answer) -> Iterator[str]:
    """Yield a JSON object for each row; what cannot be printed has JSON's own escapes."""
    for row in answer.rows:
        line = as_json(dict(zip(answer.columns, row, strict=True)))
        # orjson has escapes for what is below a space alone.
        yield line if line.isprintable() else "".join(map(_json_char, line))


def as_csv(answer: Answer, *, escaped: bool = False) -> Iterator[str]:
    """Yield the lines of a CSV file, the names of the columns first.

    With `escaped`, as a terminal may get them: what would move its cursor has escapes.
    """
    made = printable if escaped else str
    yield ",".join(_field(made(name)) for name in answer.columns)
    for row in answer.rows:
        yield ",".join("" if value is None else _field(made(as_text(value))) for value in row)


def as_table(console: Console, answer: Answer) -> None:
    """Print a table, or, where a line of it is wider than the terminal, each row on lines.

    Characters that would move the cursor are escaped. Where this is no terminal, nothing is wrapped
    or cut.
    """
    rows = [[_cell(value) for value in row] for row in answer.rows]
    names = [printable(name) for name in answer.columns]
    texts = [[cell.plain for cell in row] for row in rows]
    width = sum(max(map(cell_len, column)) + 3 for column in zip(names, *texts, strict=True))
    if console.is_terminal and width > console.width:
        _print_rows(console, names, rows)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in names:
        table.add_column(Text(name), no_wrap=True)
    for row in rows:
        table.add_row(*row)
    if not console.is_terminal:
        console = Console(file=console.file, width=width + 1)
    console.print(table)


def _print_rows(console: Console, names: list[str], rows: list[list[Text]]) -> None:
    margin = max(map(len, names))
    for number, row in enumerate(rows, 1):
        console.rule(Text(f"row {number}"), align="left", characters="-")
        for name, cell in zip(names, row, strict=True):
            console.print(Text.assemble((f"{name:<{margin}}  ", "bold"), cell))


def _cell(value: Any) -> Text:
    if value is None:
        return Text("NULL", style="dim italic")
    return Text(printable(as_text(value)))


def _json_char(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _field(text: str) -> str:
    if text and not SPECIAL & set(text) and text == text.strip():
        return text
    return '"' + text.replace('"', '""') + '"'
