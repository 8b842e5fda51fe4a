"""Ports: whether somebody can listen there, asked before a server is started."""

from __future__ import annotations

import socket


def taken(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> str:
    """Return why nobody can listen on a port of a host, TCP's or UDP's, "" where somebody can."""
    with socket.socket(type=kind) as probe:
        # What the connections of the last run left behind (TIME_WAIT) is no obstacle.
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or "not free").lower()
    return ""
