"""`python -m elfaust`: the command line."""

from __future__ import annotations

from elfaust.commands import main

if __name__ == "__main__":
    main(prog_name="elfaust")
