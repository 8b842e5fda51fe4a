"""Writes the tables of settings and metrics into docs/reference.md; a test fails until then."""

from __future__ import annotations

from pathlib import Path

from elfaust.commands.config import as_markdown as settings
from elfaust.metrics.reference import as_markdown as metrics

REFERENCE = Path(__file__).parents[1] / "docs" / "reference.md"
TABLES = {"settings": settings, "metrics": metrics}


def main() -> None:
    """Replace what stands between the two marks of each table."""
    text = REFERENCE.read_text()
    for name, table in TABLES.items():
        start, end = f"<!-- {name}: make docs -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}{table()}{end}{after}"
    REFERENCE.write_text(text)


if __name__ == "__main__":
    main()
