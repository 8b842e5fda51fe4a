"""forwarder: lines from a file, stdin or UDP into a raw topic."""

from __future__ import annotations

from typing import Any

from elfaust.sources.forwarder import Forwarder
from elfaust.workers.state import state_folder


def register(app: Any) -> None:
    """Register the forwarder's work with its app."""

    async def forward() -> None:
        forwarder = Forwarder(app.settings, state_folder(app.settings) / "forwarder")
        app.drains(forwarder.stop)
        app.held.append(lambda: forwarder.held)
        await forwarder.run(await app.publisher())

    app.runs(forward)
