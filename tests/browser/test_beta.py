"""A feature tried out in beta: its page sends events, the view shows them, MySQL has them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from elfaust.settings import Settings, as_environ
from elfaust.workers.state import web_port
from tests.integration.beta_profile import beta_beside, fetched, tables
from tests.integration.running import working

#: Sends events of Counted as EventLogging's own client does.
FEATURE = """<!doctype html><meta charset="utf-8"><title>Feature</title>
<link rel="icon" href="data:,">
<button>Count</button><script>
let n = 0;
document.querySelector("button").onclick = () => {
  const of = { schema: "Counted", revision: 1, wiki: "betawiki", webHost: location.host };
  const event = { ...of, event: { n: n += 1 } };
  navigator.sendBeacon(`INTAKE?${encodeURIComponent(JSON.stringify(event))};`);
};
</script>"""
COUNT = 5


class Feature(BaseHTTPRequestHandler):
    """Gives the page of a feature whose intake is that of its server."""

    def do_GET(self) -> None:
        text: bytes = self.server.page  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def feature(settings: Settings) -> Iterator[str]:
    """Serve the page of a feature from an origin of its own; give its address."""
    intake = settings.intake.url.rstrip("/") + settings.intake.path
    with ThreadingHTTPServer(("127.0.0.1", 0), Feature) as server:
        server.page = FEATURE.replace("INTAKE", intake).encode()  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        serving.join()


def ready(settings: Settings, role: str) -> str:
    """Wait until a worker has all that it needs; return the address of its pages."""
    address, deadline = f"http://127.0.0.1:{web_port(settings, role)}/", time.monotonic() + 60
    while True:
        try:
            if requests.get(f"{address}-/ready", timeout=5).ok:
                return address
        except requests.ConnectionError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def elfaust(settings: Settings, *arguments: str, given: str) -> None:
    command = [sys.executable, "-m", "elfaust", *arguments]
    environ = as_environ(settings)
    subprocess.run(command, input=given, env=environ, text=True, check=True, capture_output=True)


@pytest.fixture
def beta(fresh: Settings, tmp_path: Path) -> Iterator[Settings]:
    with beta_beside(fresh, tmp_path) as settings:
        yield settings


def test_what_a_page_sends_to_beta_is_in_beta_alone(
    quick: Settings, beta: Settings, page: Page
) -> None:
    production = replace(quick, processor=replace(quick.processor, stores="mysql"))
    no_more = {"forwarder": 0, "throughput": 0}
    ours, theirs = working(production, **no_more), working(beta, **no_more)
    with ours as of_production, theirs as of_beta, feature(beta) as address:
        save = {"schema": "SaveTiming", "revision": 18481943, "wiki": "enwiki"}
        event = {"mediaWikiVersion": "1.45", "saveTiming": 1}
        elfaust(production, "send", given=json.dumps({**save, "event": event}))
        ready(beta, "intake")
        page.goto(f"{ready(beta, 'view')}events")
        expect(page.locator("#state")).to_have_text("Live")
        with closing(page.context.new_page()) as sends:
            sends.goto(address)
            # The first of a schema makes its topic.
            sends.get_by_role("button").click()
            expect(page.locator("#rows tr")).to_have_count(1)
            took = []
            for count in range(2, COUNT + 1):
                sends.get_by_role("button").click()
                clicked = time.monotonic()
                expect(page.locator("#rows tr")).to_have_count(count)
                took.append(time.monotonic() - clicked)
        print(f"from click to the view: {max(took):.3f} s at most")
        expect(page.locator("#rows tr").first).to_contain_text("betawiki")
        deadline = time.monotonic() + 60
        while len(rows := counted(beta)) < COUNT or not tables(production):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert rows == [(n, address.split("/")[2]) for n in range(1, COUNT + 1)]
        assert (tables(beta), tables(production)) == ({"Counted_1"}, {"SaveTiming_18481943"})
    assert {*of_production.values(), *of_beta.values()} == {0}


def counted(settings: Settings) -> list[tuple[object, ...]]:
    if not tables(settings):
        return []
    return sorted(fetched(settings, "SELECT event_n, webHost FROM Counted_1"))
