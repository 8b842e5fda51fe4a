"""The page shows what the view holds, and nothing that an event holds can run in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from elfaust.counts.entry import CountKey
from elfaust.overview.worker_said import Lag
from elfaust.settings import Settings
from elfaust.web.board import Beside, board
from elfaust.web.pages import BANNERS, HEIGHT, bars, duration, rate, render, share
from elfaust.web.query import Query
from tests.unit.web.boards import MINUTE, NOW, board_of, overview_of, total, view_of, waits, worker

SCRIPT = "<script>alert(1)</script>"


def page(*entries: tuple[CountKey, int]) -> str:
    return render(board_of(*entries), Query(), Settings())


def rows(html: str, section: str) -> list[list[str]]:
    """Return the texts of the cells of the table in a section, by row."""
    body = html.partition(f'id="{section}"')[2].partition("<tbody")[2].partition("</tbody>")[0]
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split()).replace("\u2013", "-")
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in found
    ]


def test_a_row_has_the_numbers_of_its_schema_revision() -> None:
    html = page(
        (total("Edit"), 12_345),
        (total("Edit", minute=MINUTE), 600),
        (total("Edit", minute=MINUTE - 9), 30),
        (total("Edit", "validation"), 7),
        (total("Edit", "validation", MINUTE - 9), 1),
    )
    (row,) = rows(html, "schemas")
    assert row[:6] == ["Edit 7", "-", "10.0", "0", "3.2%", "600"]
    assert row[6:] == ["-", "12,352", "validation 7", "10:40:00 30 s ago"]
    assert 'aria-label="Edit: 600 lines in 3 minutes, at most 600 in one"' in html
    assert "30 valid, 1 errors" in " ".join(html.split())


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


@settings(max_examples=30)
@given(st.text(), st.text(min_size=1))
def test_no_name_changes_the_tags(schema: str, code: str) -> None:
    def tags(schema: str, code: str) -> list[tuple[str, tuple[str, ...]]]:
        parser = Tags()
        parser.feed(page((total(schema), 1), (total("Edit", code), 1)))
        return parser.found

    assert tags(schema, code) == tags("Other", "other")


def test_nothing_on_the_page_comes_from_elsewhere_or_runs_inline() -> None:
    html = page((total("Edit"), 1))
    workers = re.findall(r'<a href="http://127.0.0.1:\d+/-/ready">', html)
    assert html.count("//") == len(workers)
    assert re.findall(r"<script(?! src=\"static/)", html) == []
    assert " style=" not in html
    assert re.findall(r"\son\w+=", html) == []


def test_an_empty_page_says_what_to_do() -> None:
    html = page()
    assert "No events counted yet" in html
    assert "make run" in html
    assert "elfaust-throughput-counts-changelog" in html
    assert 'id="schemas"' not in html


def test_an_incomplete_page_says_so() -> None:
    view = view_of()
    view.complete = False
    html = render(board(view, Beside(overview_of()), NOW, 3), Query(), Settings())
    assert "not complete yet" in html
    assert "No events counted yet" not in html


@pytest.mark.parametrize(
    ("per_second", "text"),
    [(0, "0"), (0.02, "0.02"), (3.456, "3.46"), (34.56, "34.6"), (12345.6, "12,346")],
)
def test_rates_have_as_many_digits_as_mean_something(per_second: float, text: str) -> None:
    assert rate(per_second) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59.9, "59 s"), (3_599, "59 min"), (86_399, "23 h"), (9e4, "1 d")],
)
def test_time_spans(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("part", "text"), [(0, "0.0%"), (1e-9, "< 0.1%"), (0.123, "12.3%"), (1, "100.0%")]
)
def test_shares(part: float, text: str) -> None:
    assert share(part) == text


def test_bars_stack_errors_on_what_is_stored() -> None:
    chart = bars([(3, 1), (0, 0), (0, 2)])
    assert (chart.most, chart.all) == (4, 6)
    assert chart.stored == "M0 20.00V5.00h0.8V20.00z"
    assert chart.errors == "M0 5.00V0.00h0.8V5.00zM2 20.00V10.00h0.8V20.00z"


def test_one_event_in_a_million_is_to_be_seen() -> None:
    chart = bars([(1_000_000, 0), (1, 0)])
    assert f"M1 {HEIGHT:.2f}V{HEIGHT - 0.5:.2f}" in chart.stored


def test_bars_of_nothing_are_empty() -> None:
    assert bars([]) == ("", "", 0, 0)


def test_roles_are_shown_with_what_they_wait_for_and_since_when() -> None:
    mysql = worker(
        "mysql",
        "waiting",
        waits_for=waits("MySQL m:3306: gone away", 120),
        lag={"a": Lag(51_000, 300.0, NOW - 2), "b": Lag(7, 9.0, NOW - 65)},
    )
    html = render(board_of(overview=overview_of(mysql)), Query(), Settings())
    row = {cells[0]: cells[1:] for cells in rows(html, "roles")}["mysql"]
    state, lag, why, _ = row
    assert state == "waiting"
    assert lag == "51,007 · 5 min as of 10:39:25, 1 min ago"
    assert why == "MySQL m:3306: gone away since 10:38:30 2 min ago"
    topics = {cells[0]: cells[1:] for cells in rows(html, "topics")}
    assert "51,000 · 5 min" in topics["a"]
    assert '<h2 id="verdict">2 things to look at</h2>' in html


def test_lag_that_nobody_knows_is_not_zero() -> None:
    html = render(board_of(overview=overview_of(worker("mysql", lag={}))), Query(), Settings())
    row = {cells[0]: cells[1:] for cells in rows(html, "roles")}["mysql"]
    assert row[1] == "not known"


def test_unknown_names_are_one_row_until_they_are_asked_for() -> None:
    made_up = [(total(f"Madeup{n}", "unresolved"), n + 1) for n in range(20)]
    shown = board_of((total("Edit"), 5), *made_up)
    folded = rows(render(shown, Query(), Settings()), "schemas")
    assert [row[0] for row in folded] == ["Edit 7", "unknown names unfold 20"]
    assert folded[1][7] == "210"
    unfolded = rows(render(shown, Query(unknown="1"), Settings()), "schemas")
    assert len(unfolded) == 22


@pytest.mark.parametrize("profile", ["production", "beta", "dev"])
def test_the_profile_is_a_banner(profile: str) -> None:
    html = render(board_of(), Query(), Settings(profile=profile))
    assert f'<p class="profile {profile}">{escape(BANNERS.get(profile, profile))}</p>' in html
