"""forwarder: lines from a file, stdin or UDP into a raw topic."""

from __future__ import annotations

from typing import Any

from elfaust.settings import state_folder
from elfaust.sources.forwarder import Forwarder


def register(app: Any) -> None:
    """Register the forwarder's work with its app."""

    async def forward() -> None:
        forwarder = Forwarder(app.settings, state_folder(app.settings) / "forwarder")
        app.on_drain(forwarder.stop)
        app.held.append(lambda: forwarder.held)
        await forwarder.run(await app.publisher())

    app.run_beside(forward)
