"""A cursor and a schema wiki that answer what they are told to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elfaust.settings import Schemas

Rows = list[tuple[Any, ...]]


class FakeCursor:
    """Answers each statement with the rows of the first text that stands in it.

    An exception in their place is raised. `asked` holds all statements.
    """

    def __init__(self, answers: Mapping[str, Rows | Exception]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._rows: Rows = []

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        self.asked.append(statement)
        found = next(rows for text, rows in self.answers.items() if text in statement)
        if isinstance(found, Exception):
            raise found
        self._rows = found

    def fetchall(self) -> Rows:
        return self._rows


@contextmanager
def wiki(status: int, body: bytes) -> Iterator[Schemas]:
    """Serve one answer; yields settings whose wiki it is."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Schemas(wiki_url=f"http://127.0.0.1:{server.server_port}/api.php")
        server.shutdown()
