"""`elfaust dev` in a browser: a sample is sent by a click, and pages of tests ask what has come."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.unit.dev.test_server import Dev

ASK = """address => fetch(`${address}api/reset`,
    {method: 'POST', headers: {Authorization: 'Bearer t'}})
    .then(answer => answer.json()).then(said => typeof said.after, error => error.name)"""
PAGE = "<!doctype html><title>A test</title>"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve `elfaust dev` in a thread of its own."""
    dev, loop = Dev(tmp_path), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def made() -> Any:
        return dev.server()

    server = run(made())
    run(server.start())
    yield dev.settings.intake.url
    run(server.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_sample_of_a_schema_is_sent_by_a_click(page: Page, address: str) -> None:
    page.goto(f"{address}schemas/Cat/1")
    with page.expect_response(lambda answer: "/beacon/event" in answer.url) as got:
        page.get_by_role("link", name="Send the sample below").click()
    assert got.value.header_value("Requested-Event-Valid") == "1"
    page.get_by_role("link", name="Events", exact=True).click()
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows tr")).to_contain_text("valid")


def test_a_page_of_this_machine_asks_and_one_of_another_site_does_not(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    asked = list[str]()
    (tmp_path / "page.html").write_text(PAGE)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        for host in ("localhost", "evil.example"):
            with browser.new_context() as context:
                page = context.new_page()
                page.route(re.compile("//evil"), lambda route: route.fulfill(body=PAGE))
                page.goto(f"http://{host}:{server.server_port}/page.html")
                asked.append(page.evaluate(ASK, address))
        server.shutdown()
    assert asked == ["string", "TypeError"]
