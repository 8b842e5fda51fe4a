"""The page shows what the view holds, and nothing that an event holds can run in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.entry import CountKey
from elfaust.counts.view import View
from elfaust.settings import Settings
from elfaust.web.pages import HEIGHT, ago, bars, rate, render

SCRIPT = "<script>alert(1)</script>"
MINUTE = 1_000_000


def view_of(*entries: tuple[CountKey, int]) -> View:
    view = View(3, clock=lambda: MINUTE * 60 + 30.0)
    view.complete = True
    for key, count in entries:
        view.apply(key, {"count": count, "last": MINUTE * 60_000, "positions": {}})
    return view


def total(schema: str, code: str = "", minute: int | None = None) -> CountKey:
    return CountKey(0, f"eventlogging_{schema}_7", schema, 7, code, minute)


def page(*entries: tuple[CountKey, int]) -> str:
    return render(view_of(*entries), Settings())


def cells(html: str) -> list[list[str]]:
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def test_a_row_has_the_numbers_of_its_schema_revision() -> None:
    html = page(
        (total("Edit"), 12_345),
        (total("Edit", minute=MINUTE), 600),
        (total("Edit", "validation"), 7),
    )
    (row,) = cells(html)
    assert row[:5] == ["Edit", "7", "10.0", "0", ""]
    assert row[5:] == ["12,352", "12,345", "7", "validation 7", "1971-11-26 10:40:00 30 s ago"]
    assert 'aria-label="Edit: lines a minute, at most 600"' in html


def test_names_from_events_are_text() -> None:
    html = page((total(SCRIPT, SCRIPT), 1), (total('"onload="x', minute=MINUTE), 1))
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert '"onload="' not in html


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


@given(st.text(), st.text(min_size=1))
def test_no_name_changes_the_tags(schema: str, code: str) -> None:
    def tags(schema: str, code: str) -> list[tuple[str, tuple[str, ...]]]:
        parser = Tags()
        parser.feed(page((total(schema, code), 1)))
        return parser.found

    assert tags(schema, code) == tags("Edit", "validation")


def test_nothing_on_the_page_comes_from_elsewhere_or_runs_inline() -> None:
    html = page((total("Edit"), 1))
    assert "//" not in re.sub(r"<!doctype.*?>", "", html)
    assert re.findall(r"<script(?! src=\"static/)", html) == []
    assert " style=" not in html
    assert re.findall(r"\son\w+=", html) == []


def test_an_empty_page_says_what_to_do() -> None:
    html = page()
    assert "No events counted yet" in html
    assert "make run" in html
    assert "elfaust-throughput-counts-changelog" in html
    assert "<table>" not in html


def test_an_incomplete_page_says_so() -> None:
    view = view_of()
    view.complete = False
    html = render(view, Settings())
    assert "not complete yet" in html
    assert "No events counted yet" not in html


@pytest.mark.parametrize(
    ("per_second", "text"),
    [(0, "0"), (0.02, "0.02"), (3.456, "3.46"), (34.56, "34.6"), (12345.6, "12,346")],
)
def test_rates_have_as_many_digits_as_mean_something(per_second: float, text: str) -> None:
    assert rate(per_second) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-01-02T00:00:01Z", "0 s ago"),
        ("2026-01-01T23:59:55Z", "5 s ago"),
        ("2026-01-01T23:00:01Z", "59 min ago"),
        ("2026-01-01T00:00:01Z", "23 h ago"),
        ("2025-12-30T00:00:00Z", "3 d ago"),
    ],
)
def test_relative_times(time: str, text: str) -> None:
    assert ago(time, "2026-01-02T00:00:00Z") == text


def test_bars_stack_errors_on_what_is_stored() -> None:
    chart = bars(
        [{"stored": 3, "errors": 1}, {"stored": 0, "errors": 0}, {"stored": 0, "errors": 2}]
    )
    assert chart == {
        "most": 4,
        "stored": "M0 20.00V5.00h0.8V20.00z",
        "errors": "M0 5.00V0.00h0.8V5.00zM2 20.00V10.00h0.8V20.00z",
    }


def test_one_event_in_a_million_is_to_be_seen() -> None:
    chart = bars([{"stored": 1_000_000, "errors": 0}, {"stored": 1, "errors": 0}])
    assert f"M1 {HEIGHT:.2f}V{HEIGHT - 0.5:.2f}" in chart["stored"]


def test_bars_of_nothing_are_empty() -> None:
    assert bars([]) == {"most": 0, "stored": "", "errors": ""}
