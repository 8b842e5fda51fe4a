"""The table and the plot of docs/performance.md follow from the figures of `elfaust bench`."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from tests.bench.plot import DOCUMENT, LONGEST, MARKED, OWN, PLOT, as_markdown, as_svg


def contender(name: str, cost: float, percent: int = 5) -> dict[str, Any]:
    return {
        "name": name,
        "invalid_percent": percent,
        "events": 100_000,
        "cpu_us_per_event": cost,
        "cpu_us_range": [cost - 1, cost + 1],
        "cpu_us_after_a_tenth": cost - 2,
        "cpu_over_elfaust": cost / 20,
        "events_per_second": 30_000,
        "memory_mb": {"after_a_tenth": 120.4, "after_all": 121.0},
        "turns": [{}] * 5,
    }


def found(*contenders: dict[str, Any], percents: tuple[int, ...] = (5,)) -> dict[str, Any]:
    of = {"cpus": 2, "load": 0.4}
    return {
        "contenders": list(contenders),
        "invalid_percents": list(percents),
        "machine_before": of,
    }


def test_the_table_has_the_cheapest_first() -> None:
    text = as_markdown(found(contender("elfaust", 20.0), contender("loop", 18.0)))
    assert text.splitlines()[2:4] == [
        "| loop | 18.0 | 17.0 to 19.0 | 16.0 | 0.90 | 30,000 | 120, 121 |",
        "| elfaust | 20.0 | 19.0 to 21.0 | 18.0 | 1.00 | 30,000 | 120, 121 |",
    ]
    assert "100,000 lines a turn (naive Faust fewer), 5 turns, 2 CPUs" in text


def test_rows_name_their_share_of_invalid_lines_where_there_are_several() -> None:
    rows = [contender("elfaust", 20.0, 0), contender("elfaust", 30.0, 100)]
    assert "| elfaust, 100 % invalid |" in as_markdown(found(*rows, percents=(0, 100)))


def test_the_longest_bar_is_the_dearest_and_elfausts_has_its_colour() -> None:
    root = ElementTree.fromstring(as_svg([("elfaust", 20.0, True), ("<naive>", 200.0, False)]))
    bars = [of for of in root if of.tag.endswith("rect")][1:]
    assert [float(bar.attrib["width"]) for bar in bars] == [LONGEST / 10, LONGEST]
    assert [bar.attrib["fill"] == OWN for bar in bars] == [True, False]
    assert "<naive>" in [of.text for of in root]


def test_the_document_has_a_place_for_the_table_and_shows_the_plot() -> None:
    text = DOCUMENT.read_text()
    assert MARKED.search(text)
    assert f"images/{PLOT.name}" in text
    assert ElementTree.fromstring(PLOT.read_text()) is not None
