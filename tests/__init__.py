"""All tests: unit (no server), integration and chaos (real servers), fuzz, bench."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = REPOSITORY / "tests" / "data"
