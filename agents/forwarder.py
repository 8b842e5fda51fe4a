"""forwarder: lines from a file, stdin or UDP into a raw topic."""

from __future__ import annotations

from typing import Any

from elfaust.forwarding import Forwarder
from elfaust.workers import state_folder


def register(app: Any) -> None:
    """Register the forwarder's task with its app."""

    @app.task  # type: ignore[untyped-decorator]
    async def forward() -> None:
        try:
            forwarder = Forwarder(app.settings, state_folder(app.settings) / "forwarder")
            app.drains(forwarder.stop)
            app.held.append(lambda: forwarder.held)
            await forwarder.run(await app.publisher())
        except Exception as error:
            # A task that fails is only logged by Faust; the worker must start again.
            await app.crash(error)
