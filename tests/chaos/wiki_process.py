"""A schema wiki as a process of its own, which may be killed, frozen and stopped as any server:
`python -m tests.chaos.wiki_process FOLDER PORT`."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from elfaust.devstack.server import HOST, Server
from tests import REPOSITORY
from tests.chaos.wiki import WRONG_REVISION


def wiki_server(folder: Path, port: int) -> Server:
    """Return the wiki as a server of the stack; its schemas are in `folder`/wiki."""
    url = f"http://{HOST}:{port}/w/api.php?action=jsonschema&title=None&revid=1"

    def probe() -> None:
        with urlopen(url, timeout=5) as answer:
            answer.read()

    command = [sys.executable, "-m", "tests.chaos.wiki_process", str(folder / "wiki"), str(port)]
    return Server(
        "wiki", folder, lambda: command, (port,), probe, environ={"PYTHONPATH": str(REPOSITORY)}
    )


def serve(folder: Path, port: int) -> None:
    """Answer `action=jsonschema` for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            file = folder / query["title"][0] / f"{query['revid'][0]}.json"
            body = file.read_bytes() if file.is_file() else WRONG_REVISION.encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer((HOST, port), Handler).serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
