"""A schema wiki that is slow, broken or wrong as one likes, and counts what it is asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from elfaust.records import SchemaKey

#: Seconds that a slow wiki takes.
SLOW_SECONDS = 3.0
#: How MediaWiki says that a revision is not one of the title's.
WRONG_REVISION = json.dumps({"error": {"code": "nosuchrevid", "info": "not a revision of it"}})

#: What a wiki in trouble says, with status 200.
BODIES = {
    "html": "<html>Our servers are currently under maintenance</html>",
    "rate limited": json.dumps({"message": "rate limited"}),
    "ratelimited": json.dumps({"error": {"code": "ratelimited", "info": "wait some time"}}),
    "{}": "{}",
}


class Wiki:
    """Answers `action=jsonschema` from a folder of schemas, as long as it `behaves` well."""

    def __init__(self, folder: Path, slow_seconds: float = SLOW_SECONDS) -> None:
        self._folder = folder
        self._slow_seconds = slow_seconds
        #: "well", "slow", "wrong revision", a status or one of BODIES.
        self.behaves = "well"
        self.asked: Counter[SchemaKey] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/w/api.php"

    @contextmanager
    def running(self) -> Iterator[Wiki]:
        """Answer until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def answer(self, key: SchemaKey) -> tuple[int, str]:
        """Return the status and body of an answer."""
        self.asked[key] += 1
        if self.behaves.isdecimal():
            return int(self.behaves), ""
        if self.behaves in BODIES:
            return 200, BODIES[self.behaves]
        if self.behaves == "slow":
            time.sleep(self._slow_seconds)
        file = self._folder / key.schema / f"{key.revision}.json"
        if self.behaves == "wrong revision" or not file.is_file():
            return 200, WRONG_REVISION
        return 200, file.read_text()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wiki = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                assert query["action"] == ["jsonschema"]
                key = SchemaKey(query["title"][0], int(query["revid"][0]))
                status, body = wiki.answer(key)
                # Whoever does not wait for a slow answer has hung up.
                with suppress(ConnectionError):
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler
