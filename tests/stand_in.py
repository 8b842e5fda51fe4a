"""What plays a worker, or another object of Faust's, in a test of what uses a few parts of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def stand_in(**parts: Any) -> Any:
    """Return an object with these attributes; mypy takes it for whatever is asked for."""
    return SimpleNamespace(**parts)
