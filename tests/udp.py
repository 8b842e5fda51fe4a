"""UDP ports of this machine: a free one, and when somebody has bound it."""

from __future__ import annotations

import asyncio
import socket


def free_port() -> int:
    """Return a UDP port that nobody has bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def until_bound(port: int) -> None:
    """Wait until this process receives on a port."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return
        await asyncio.sleep(0.001)
