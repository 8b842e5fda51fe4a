"""A way to MySQL on which the answers to COMMIT get lost, as they do when a network is cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: The packet of a COMMIT: its length and number, COM_QUERY, the statement.
COMMIT = b"\x07\x00\x00\x00\x03COMMIT"


class CommitLoser:
    """Hands bytes on between clients and a server; closes a connection in place of an answer."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server((host, 0))
        self._lose = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        #: Answers that were lost: the server had committed, and its client never learnt it.
        self.lost = 0

    def lose_one(self) -> None:
        """Lose the answer to the next COMMIT."""
        self._lose.set()

    @contextmanager
    def running(self) -> Iterator[CommitLoser]:
        """Listen until the block ends."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            # A thread in accept() is only woken by this.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    # As if nobody listened: the server is away.
                    client.close()
                else:
                    Pair(self, client, server).start()

    def takes(self, request: bytes) -> bool:
        """Return whether the answer to a client's request is to be lost."""
        if COMMIT not in request or not self._lose.is_set():
            return False
        self._lose.clear()
        return True


class Pair:
    """One connection: its two directions, a thread each."""

    def __init__(self, way: CommitLoser, client: socket.socket, server: socket.socket) -> None:
        self._way = way
        self._client = client
        self._server = server
        self._cut = threading.Event()

    def start(self) -> None:
        """Hand bytes on until one side closes."""
        for target in (self._requests, self._answers):
            threading.Thread(target=target, daemon=True).start()

    def _requests(self) -> None:
        with suppress(OSError), shut(self._server):
            while request := self._client.recv(65_536):
                if self._way.takes(request):
                    self._cut.set()
                self._server.sendall(request)

    def _answers(self) -> None:
        with suppress(OSError), shut(self._client):
            while answer := self._server.recv(65_536):
                if self._cut.is_set():
                    self._way.lost += 1
                    break
                self._client.sendall(answer)


@contextmanager
def shut(connection: socket.socket) -> Iterator[None]:
    """End a connection with the block, however that ends.

    A close alone leaves it open as long as another thread reads from it, and a transaction of
    MySQL with it.
    """
    try:
        yield
    finally:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
