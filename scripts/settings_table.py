"""Writes the table of settings into docs/reference.md; a test fails while it is out of date."""

from __future__ import annotations

from pathlib import Path

from elfaust.commands.config import as_markdown

REFERENCE = Path(__file__).parents[1] / "docs" / "reference.md"
START, END = "<!-- settings: make docs -->\n", "<!-- end of settings -->\n"


def main() -> None:
    """Replace what stands between the two marks."""
    before, _, rest = REFERENCE.read_text().partition(START)
    _, _, after = rest.partition(END)
    REFERENCE.write_text(f"{before}{START}{as_markdown()}{END}{after}")


if __name__ == "__main__":
    main()
