"""The table and the plot of docs/performance.md, from what `elfaust bench --stage` has measured.

`python -m tests.bench.plot < FIGURES.json`, where the figures are those of `--json`: it writes the
table between the marks of docs/performance.md, and docs/images/processor.svg beside it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tests import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "performance.md"
PLOT = REPOSITORY / "docs" / "images" / "processor.svg"
#: What the table stands between.
MARKED = re.compile(r"(<!-- table: begin -->\n).*(<!-- table: end -->)", re.DOTALL)
#: Pixels: the plot's width, a row's height, where bars begin and how long one is at most.
WIDTH, ROW, LEFT, LONGEST = 720, 28, 190, 440
OWN, OTHERS, INK = "#36c", "#a2a9b1", "#202122"


def label(row: Mapping[str, Any], several: bool) -> str:
    """Return what a row is called; its share of invalid lines too, where there are several."""
    return f"{row['name']}, {row['invalid_percent']} % invalid" if several else str(row["name"])


def labelled(found: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the rows of a report with their labels, the cheapest first."""
    several = len(found["invalid_percents"]) > 1
    rows = [(label(row, several), row) for row in found["contenders"]]
    return sorted(rows, key=lambda of: of[1]["cpu_us_per_event"])


def as_markdown(found: Mapping[str, Any]) -> str:
    """Return a report as a table."""
    lines = [
        "| processor | CPU us an event | least to most | of it after a tenth | over elfaust "
        "| events/s | MB after a tenth, after all |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in labelled(found):
        least, most = row["cpu_us_range"]
        memory = row["memory_mb"]
        lines.append(
            f"| {name} | {row['cpu_us_per_event']:.1f} | {least:.1f} to {most:.1f} "
            f"| {row['cpu_us_after_a_tenth']:.1f} | {row['cpu_over_elfaust']:.2f} "
            f"| {row['events_per_second']:,} "
            f"| {memory['after_a_tenth']:.0f}, {memory['after_all']:.0f} |"
        )
    first = found["contenders"][0]
    turns, of = len(first["turns"]), found["machine_before"]
    lines.append(
        f"\n{first['events']:,} lines a turn (naive Faust fewer), {turns} turns, {of['cpus']} CPUs "
        f"whose load was {of['load']} before.\n"
    )
    return "\n".join(lines)


def as_svg(rows: Sequence[tuple[str, float, bool]]) -> str:
    """Return bars of CPU us an event: each with its name, and whether it is elfaust's."""
    height = ROW * (len(rows) + 1) + 12
    most = max(cost for _, cost, _ in rows)
    bars = [bar(n, *row, most) for n, row in enumerate(rows)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' font-family="sans-serif" font-size="13" fill="{INK}">\n'
        "<title>CPU us an event of the processor's job, Kafka to Kafka</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        f'<text x="{LEFT}" y="20" font-weight="bold">CPU us an event (less is better)</text>\n'
        f"{''.join(bars)}</svg>\n"
    )


def bar(number: int, name: str, cost: float, is_own: bool, most: float) -> str:
    """Return one bar, the n-th from above."""
    top, length = ROW * (number + 1) + 4, max(1.0, LONGEST * cost / most)
    text = top + 15
    return (
        f'<text x="{LEFT - 8}" y="{text}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{ROW - 8}"'
        f' fill="{OWN if is_own else OTHERS}"/>'
        f'<text x="{LEFT + length + 6:.1f}" y="{text}">{cost:.1f}</text>\n'
    )


def main(text: str) -> None:
    """Write the table and the plot."""
    found = json.loads(text.splitlines()[-1])
    document = DOCUMENT.read_text()
    DOCUMENT.write_text(MARKED.sub(lambda of: of[1] + as_markdown(found) + of[2], document))
    rows = [(n, of["cpu_us_per_event"], of["name"] == "elfaust") for n, of in labelled(found)]
    PLOT.write_text(as_svg(rows))


if __name__ == "__main__":
    main(sys.stdin.read())
