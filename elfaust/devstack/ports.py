"""Whether a port is free, asked before a server is started on it."""

from __future__ import annotations

import socket


def taken(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> str:
    """Return why a TCP or UDP port of a host cannot be bound; "" where it can."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=kind)[0]
    except (OSError, UnicodeError) as error:
        return (getattr(error, "strerror", None) or "no such host").lower()
    with socket.socket(family, kind) as probe:
        # Connections of an earlier run in TIME_WAIT do not prevent a server from listening.
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return (error.strerror or "not free").lower()
    return ""
