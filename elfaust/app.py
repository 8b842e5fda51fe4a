"""`faust -A elfaust.app worker`: Faust's own command line finds the app of ELFAUST_ROLE here."""

from __future__ import annotations

import os
from typing import Any

from elfaust.settings import load
from elfaust.workers.app import create_app


def __getattr__(name: str) -> Any:
    # Building it on import would give every importer of this module an app.
    if name == "app":
        globals()["app"] = create_app(os.environ.get("ELFAUST_ROLE", ""), load())
        return globals()["app"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
