"""Answers as a table, as JSON lines and as CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from rich.console import Console

from elfaust.query.engine import Answer, unique
from elfaust.query.printed import as_csv, as_jsonl, as_table

COLUMNS = ["a", "b"]
ROWS: list[list[Any]] = [["x", None], ["", {"c": [1, None]}], ['q"\n,', " s "], ["\x1b[31m", 1.5]]


def answer() -> Answer:
    return Answer(COLUMNS, iter(ROWS))


def shown(width: int, *, terminal: bool) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, no_color=True)
    as_table(console, answer())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_json_has_a_row_a_line() -> None:
    lines = list(as_jsonl(answer()))
    assert [json.loads(line) for line in lines] == [
        dict(zip(COLUMNS, row, strict=True)) for row in ROWS
    ]
    assert not any("\n" in line for line in lines)


def test_csv_tells_null_from_an_empty_text() -> None:
    lines = list(as_csv(answer()))
    assert lines[:3] == ["a,b", "x,", '"","{""c"":[1,null]}"']
    read = list(csv.reader(io.StringIO("\n".join(lines))))
    assert read[1:] == [["x", ""], ["", '{"c":[1,null]}'], ['q"\n,', " s "], ["\x1b[31m", "1.5"]]


def test_no_output_moves_a_terminal_s_cursor() -> None:
    value = "\x1b]0;x\x07\x7f\x9b2J\u202e\U000e0001 é\n"
    [line] = as_jsonl(Answer(["\x9b"], iter([[value]])))
    assert line.isprintable()
    assert json.loads(line) == {"\x9b": value}
    lines = list(as_csv(Answer(["\x9b"], iter([[value]])), escaped=True))
    assert lines == ["\\x9b", r"\x1b]0;x\x07\x7f\x9b2J\u202e\U000e0001 é\n"]
    # A file has what there is.
    assert list(as_csv(Answer(["a"], iter([[value]])))) == ["a", f'"{value}"']


def test_a_table_is_whole_where_nobody_looks() -> None:
    text = shown(10, terminal=False)
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["a", "b"]
    assert lines[2] == ["x", "NULL"]
    assert '{"c":[1,null]}' in text
    assert "\x1b" not in text
    assert "\\x1b[31m" in text


def test_rows_wider_than_a_terminal_have_lines_of_their_own() -> None:
    assert "row 4" not in shown(80, terminal=True)
    narrow = shown(12, terminal=True)
    assert "row 4" in narrow
    assert "\x1b[31m" not in narrow


def test_no_rows_and_no_columns_are_printed_too() -> None:
    console = Console(file=io.StringIO(), width=20)
    as_table(console, Answer(["a"], iter([])))
    as_table(console, Answer([], iter([])))
    assert list(as_csv(Answer(["a"], iter([])))) == ["a"]


def test_names_are_unique() -> None:
    assert unique(["a", "a", "a_2", "a"]) == ["a", "a_2", "a_2_2", "a_3"]
