"""Downloads: one object a line, and cells that no spreadsheet reckons."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from elfaust.view.answers import FORMULA, as_csv, ndjson


def test_ndjson_has_one_object_a_line() -> None:
    assert [json.loads(line) for line in ndjson([{"a": 1}, {"a": "x\ny"}]).splitlines()] == [
        {"a": 1},
        {"a": "x\ny"},
    ]


def test_what_a_spreadsheet_takes_for_a_formula_is_a_text() -> None:
    texts = ["=1", "\uff1d1", "\ufeff=1", "\0=1"]
    assert as_csv({"a": text} for text in texts).decode().split() == [
        "a",
        *(f"'{t}" for t in texts),
    ]


@given(st.lists(st.text().filter(lambda text: "\0" not in text), max_size=4))
def test_no_cell_of_csv_is_a_formula(texts: list[str]) -> None:
    rows = [{"text": "x", "n": -1, "of": {"a": 1}}, *({"text": t, "n": 0, "of": {}} for t in texts)]
    data = as_csv(rows).decode("utf-8", "surrogatepass")
    found = list(csv.reader(io.StringIO(data, newline="")))
    assert found[0] == ["text", "n", "of"]
    assert found[1] == ["x", "-1", '{"a":1}']
    for (text, *_), given_text in zip(found[2:], texts, strict=True):
        assert not text.startswith(FORMULA)
        assert text.removeprefix("'") == given_text.removeprefix("'")
