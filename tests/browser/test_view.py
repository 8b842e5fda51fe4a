"""The view as people meet it: events as they come, filters, what is pasted, and hostile names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_axe import AXE, violations
from tests.browser.view_served import ADDRESS, ERRORS, Served

SCRIPT = "<img src=x onerror=alert(1)>"
ROWS = "#rows tr"
PAGES = ("events", "errors", f"event/{1:032x}", f"raw/{ERRORS}/0/2", "schemas/Word/1", "validate")
#: "In a second", of a machine that does other things meanwhile.
SOON_MS = 1_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path) as server:
        server.add(server.event(word="first"), server.error())
        yield server


def test_events_come_while_the_page_is_open(page: Page, served: Served) -> None:
    page.goto(served.address)
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator(ROWS).first).to_contain_text("Send $.event.word as string.")
    expect(page.locator("#state")).to_have_text("Live")
    served.add(served.event(word="second"))
    expect(page.locator(ROWS).first).to_contain_text("second", timeout=SOON_MS)
    expect(page.locator(ROWS)).to_have_count(3)
    assert ADDRESS not in page.content()


def test_a_pause_stands_in_the_address_and_misses_nothing(page: Page, served: Served) -> None:
    page.goto(f"{served.address}events?show=valid")
    page.get_by_role("button", name="Pause").click()
    expect(page).to_have_url(re.compile("paused=1"))
    served.add(served.event(word="meanwhile"))
    expect(page.locator("#state")).to_have_text("Paused")
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(ROWS).first).to_contain_text("meanwhile")
    expect(page.locator(ROWS)).to_have_count(2)
    assert "paused" not in page.url


def test_a_filter_stands_in_the_address_and_holds_for_what_comes(
    page: Page, served: Served
) -> None:
    page.goto(f"{served.address}events")
    page.get_by_label("Filter").fill('schema:Word -"first"')
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("filter=schema"))
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator("#state")).to_have_text("Live")
    served.add(served.event("Other"), served.event(word="wanted"))
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator(ROWS).first).to_contain_text("wanted")


def test_a_filter_that_is_none_says_why(browser: Browser, served: Served) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{served.address}events?filter=shcema:Word")
        expect(page.get_by_role("alert")).to_contain_text("did you mean schema")
        expect(page.get_by_label("Filter")).to_have_value("shcema:Word")


def test_at_most_500_rows_are_kept(page: Page, served: Served) -> None:
    served.add(*(served.event(word=f"w{n}") for n in range(600)))
    page.goto(served.address)
    expect(page.locator(ROWS)).to_have_count(500)
    expect(page.locator("#state")).to_have_text("Live")
    served.add(served.event(word="newest"))
    expect(page.locator(ROWS).first).to_contain_text("newest")
    expect(page.locator(ROWS)).to_have_count(500)


def test_eight_tabs_of_one_browser_work(page: Page, served: Served) -> None:
    for _ in range(8):
        tab = page.context.new_page()
        # Playwright's tabs are all visible: this one is hidden when the next one opens.
        tab.goto(served.address, timeout=10_000)
        expect(tab.locator(ROWS).first).to_be_visible()
        tab.evaluate(
            "Object.defineProperty(document, 'hidden', {get: () => true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        assert tab.evaluate("stream") is None


def test_errors_lead_to_the_events_and_the_line(page: Page, served: Served) -> None:
    served.add(served.error(), served.error(code="processor", path=""))
    page.goto(f"{served.address}errors")
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("5 is not of type 'string'")
    row.get_by_role("link", name="2", exact=True).click()
    expect(page.locator(ROWS)).to_have_count(2)
    page.locator(ROWS).first.get_by_role("link").click()
    expect(page.get_by_role("heading", name=f"{ERRORS}, partition 0")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("<address>")


def test_what_is_pasted_has_its_faults_and_its_row(page: Page, served: Served) -> None:
    events = [{"schema": "Word", "revision": 1, "wiki": "w", "event": of} for of in ({"word": 1},)]
    page.goto(f"{served.address}validate")
    page.get_by_role("textbox").fill(json.dumps(events, indent=2))
    page.get_by_role("button", name="Validate").click()
    expect(page.locator(".faults")).to_contain_text("Send $.event.word as string.")
    page.get_by_role("textbox").fill(json.dumps(events).replace("1}", '"x"}'))
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("row", name="event_word x")).to_be_visible()


def test_names_and_messages_from_events_are_text(page: Page, served: Served) -> None:
    served.add(served.event(SCRIPT), served.error(SCRIPT, schema=SCRIPT, path=SCRIPT, hint=SCRIPT))
    for path in ("events", "errors", f"raw/{ERRORS}/0/4"):
        page.goto(served.address + path)
        expect(page.get_by_text(SCRIPT).first).to_be_visible()
        assert page.locator("main img").count() == 0
    page.goto(served.address)
    expect(page.locator("#state")).to_have_text("Live")
    served.add(served.event(SCRIPT, word=SCRIPT))
    expect(page.locator(ROWS)).to_have_count(5)
    page.goto(f"{served.address}validate")
    page.get_by_role("textbox").fill(json.dumps({"schema": SCRIPT, "revision": 1}))
    page.get_by_role("button", name="Validate").click()
    expect(page.locator(".faults")).to_be_visible()
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize(("colors", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing(
    browser: Browser, served: Served, colors: Literal["light", "dark"], width: int
) -> None:
    served.add(served.error("A" * 200, schema="A" * 63, revision=123456789))
    size = {"width": width, "height": 900}
    with browser.new_context(viewport=size, color_scheme=colors) as context:  # type: ignore[arg-type]
        page = context.new_page()
        for path in PAGES:
            page.goto(served.address + path)
            if path == "validate":
                page.get_by_role("textbox").fill('{"schema": "Word", "revision": 1, "event": {}}')
                page.get_by_role("button", name="Validate").click()
            page.evaluate(AXE.read_text())
            assert violations(page.evaluate("axe.run()")) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
