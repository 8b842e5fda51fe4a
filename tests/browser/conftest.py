"""A real Chromium, and the start page as a server of the test's own gives it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.served import Served

#: Where Chromium is, if it is not among the programs; `scripts/setup dev` installs it on Debian.
CHROMIUM = os.environ.get("ELFAUST_TEST_CHROMIUM") or shutil.which("chromium")
#: Set where these tests must run.
REQUIRED = "ELFAUST_TEST_BROWSER_REQUIRED"
#: Longest wait for anything to show: machines that do something else meanwhile are slow.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


# Not of the session: as long as playwright runs, no other test of this thread may run a loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium of its own; without one the test is skipped, or fails where it must run."""
    if CHROMIUM is None:
        why = (
            "there is no chromium: `scripts/setup dev` installs it, ELFAUST_TEST_CHROMIUM names it"
        )
        if os.environ.get(REQUIRED):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        # Without a sandbox: root may not have one.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def served() -> Iterator[Served]:
    """Return a start page, well and with a few schemas, that the test may change."""
    with Served() as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of 1280 px; what it complains of fails the test."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        shown, complaints = context.new_page(), list[str]()
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on("console", lambda said: complaints.extend([said.text] * (said.type == "error")))
        shown.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        yield shown
        expected = ("ERR_CONNECTION_REFUSED",)
        assert [text for text in complaints if not any(one in text for one in expected)] == []
