"""TCP ports: whether somebody can listen there, asked before a server is started."""

from __future__ import annotations

import socket


def taken(host: str, port: int) -> str:
    """Return why nobody can listen on a port of a host, "" where somebody can."""
    with socket.socket() as probe:
        # What the connections of the last run left behind (TIME_WAIT) is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or "not free").lower()
    return ""
