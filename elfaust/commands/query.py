"""elfaust query: a question in SQL about what is stored, answered by Hive or by DuckDB."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.status import Status

from elfaust.query.engine import ENGINES, Answer, Engine
from elfaust.query.engines import open_engine
from elfaust.query.printed import as_csv, as_jsonl, as_table
from elfaust.query.refused import Refused
from elfaust.settings import Settings

T = TypeVar("T")
#: Rows that are shown as a table, unless --limit says another number.
TABLE_ROWS = 100
#: Seconds between two looks how far a question is.
LOOK_SECONDS = 0.1


@click.command()
@click.argument("sql")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row, a row a line.")
@click.option("--csv", "csv", is_flag=True, help="CSV with a line of names; NULL is nothing.")
@click.option(
    "--limit",
    type=click.IntRange(0, 10**9),
    help=f"Print at most so many rows; a table has {TABLE_ROWS} unless this is given.",
)
@click.option("--engine", type=click.Choice(ENGINES), help="Who answers; Hive if hive.host is set.")
@click.pass_obj
def command(
    settings: Settings, sql: str, as_json: bool, csv: bool, limit: int | None, engine: str | None
) -> None:
    """Print the answer to SQL, one SELECT; `-` reads it from stdin.

    Anything that would do more than read tables is refused. Names of tables are those that
    `elfaust tables` lists. Exits 2 if SQL is refused, 1 if it fails, 3 if a server is away.
    """
    if as_json and csv:
        raise click.UsageError("--json and --csv exclude each other")
    if sql == "-":
        sql = _stdin()
    is_table = not (as_json or csv)
    most = limit if limit is not None else TABLE_ROWS if is_table else None
    opened = open_engine(settings, engine)
    try:
        answer = watched(opened, lambda: opened.ask(sql))
        rows = _stopping(opened, answer.rows)
        shown = Answer(answer.columns, rows if most is None else itertools.islice(rows, most))
        if is_table:
            as_table(Console(), shown)
        else:
            lines = as_csv(shown, escaped=sys.stdout.isatty()) if csv else as_jsonl(shown)
            for line in lines:
                click.echo(line)
        if limit is None and most is not None and next(rows, None) is not None:
            click.echo(f"only the first {most} rows are shown: --limit shows more", err=True)
    finally:
        opened.close()


def _stdin() -> str:
    data = click.get_binary_stream("stdin").read()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"byte {error.start + 1} of it is not UTF-8") from error


def watched(engine: Engine, ask: Callable[[], T]) -> T:
    """Return what `ask` returns, and show how far it is on stderr; Ctrl-C cancels the question."""
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(ask())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        with Status(engine.title, console=Console(stderr=True)) as status:
            while thread.is_alive():
                thread.join(LOOK_SECONDS)
                status.update(" ".join(filter(None, (engine.title, engine.progress()))))
    except KeyboardInterrupt:
        _cancel(engine)
        thread.join(1.0)
        raise
    if failed:
        raise failed[0]
    return found[0]


def _stopping(engine: Engine, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Yield rows; Ctrl-C, and a reader that has gone, cancel the question."""
    try:
        yield from rows
    except (KeyboardInterrupt, GeneratorExit):
        _cancel(engine)
        raise


def _cancel(engine: Engine) -> None:
    with suppress(Exception):
        engine.cancel()
    sys.stderr.flush()
