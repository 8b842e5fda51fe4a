"""axe-core finds no error, whatever is shown and however: light, dark, wide, narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.served import Served

AXE = Path(__file__).parent / "axe" / "axe.min.js"


@pytest.mark.parametrize(("colors", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing(
    browser: Browser, served: Served, colors: Literal["light", "dark"], width: int
) -> None:
    size = {"width": width, "height": 900}
    with browser.new_context(viewport=size, color_scheme=colors) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(served.address)
        expect(page.locator("#plot canvas")).to_have_count(2)
        page.evaluate(AXE.read_text())
        assert violations(page.evaluate("axe.run()")) == []
        served.troubled()
        served.add("Madeup", 1, unresolved=3)
        page.goto(f"{served.address}?unknown=1&sort=lag")
        expect(page.locator(".verdict li").first).to_be_visible()
        page.evaluate("document.querySelector('details').open = true")
        page.evaluate(AXE.read_text())
        assert violations(page.evaluate("axe.run()")) == []


def violations(found: dict[str, list[dict[str, object]]]) -> list[object]:
    """Return what axe has found: the rule and the elements."""
    return [(one["id"], one["nodes"]) for one in found["violations"]]
