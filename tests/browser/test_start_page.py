"""The start page as people meet it: what they see, sort, find, and are told of."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.served import Served

SCRIPT = "<img src=x onerror=alert(1)>"
NAMES = "#schemas ~ div tbody th"


def names(page: Page) -> list[str]:
    """Return the schemas that are shown, in their order."""
    return [re.sub(r"\s+", " ", text).strip() for text in page.locator(NAMES).all_inner_texts()]


def test_health_is_seen_at_once_with_chart_and_numbers(page: Page, served: Served) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(served.address)
    expect(page.get_by_role("heading", name="All is well")).to_be_visible()
    expect(page.locator("#plot canvas")).to_have_count(2)
    # Nothing, axes, lines: bytes of several values.
    values = """(canvases) => canvases.map((one) =>
        new Set(one.getContext("2d").getImageData(0, 0, one.width, one.height).data).size)"""
    assert min(page.locator("#plot canvas").evaluate_all(values)) > 3
    assert names(page) == ["Alpha 3", "Edit 7", "Search 12"]
    assert {urlsplit(request.url).netloc for request in asked} == {urlsplit(served.address).netloc}


def test_trouble_is_at_the_top_and_told_once_while_the_page_is_open(
    page: Page, served: Served
) -> None:
    page.goto(served.address)
    expect(page.locator("#told")).to_have_text("All is well")
    served.troubled()
    verdict = page.locator(".verdict")
    expect(verdict.get_by_role("heading")).to_have_text("4 things to look at")
    expect(verdict.locator("li").first).to_contain_text("mysql waits for MariaDB 127.0.0.1:3306")
    expect(verdict.locator("li").first).to_contain_text("4 min ago")
    expect(verdict.locator("li").first).to_contain_text("(2002, \"Can't connect")
    expect(page).to_have_title(re.compile(r"^\(4\) mysql waits for MariaDB"))
    assert verdict.bounding_box()["y"] < 200  # type: ignore[index]
    expect(page.locator("#told")).to_contain_text("hdfs holds events")
    told = page.evaluate_handle("document.getElementById('told').firstChild")
    page.evaluate("refresh()")
    assert told.evaluate("(text) => text.isConnected")
    rows = [text.split("\n")[0] for text in page.locator(NAMES).all_inner_texts()]
    assert [row.split()[0] for row in rows] == ["Edit", "Search", "Alpha"]


def test_what_is_sorted_and_found_stands_in_the_address(page: Page, served: Served) -> None:
    page.goto(served.address)
    # By keyboard: the title of a column is a link.
    page.get_by_role("link", name="Lines", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(NAMES).first).to_contain_text("Edit")
    assert names(page) == ["Edit 7", "Search 12", "Alpha 3"]
    assert page.url == served.address + "?sort=lines"
    expect(page.get_by_role("columnheader", name="Lines", exact=True)).to_have_attribute(
        "aria-sort", "descending"
    )
    page.get_by_label("Find").press_sequentially("a")
    expect(page).to_have_url(re.compile("find=a"))
    expect(page.locator(NAMES)).to_have_count(2)
    assert names(page) == ["Search 12", "Alpha 3"]
    expect(page.get_by_label("Find")).to_be_focused()
    page.reload()
    assert names(page) == ["Search 12", "Alpha 3"]
    expect(page.get_by_label("Find")).to_have_value("a")
    page.go_back()
    expect(page.locator(NAMES)).to_have_count(3)
    expect(page.get_by_label("Find")).to_have_value("")
    page.get_by_label("Show").select_option("wrong")
    expect(page.locator(NAMES)).to_have_count(0)
    assert "show=wrong" in page.url


def test_unknown_names_unfold_in_place(page: Page, served: Served) -> None:
    for n in range(50):
        served.add(f"Madeup{n}", n + 1, unresolved=1)
    page.goto(served.address)
    expect(page.locator(NAMES)).to_have_count(4)
    page.get_by_role("link", name="unfold 50").click()
    expect(page.locator(NAMES)).to_have_count(54)
    assert page.url.endswith("?unknown=1")


def test_names_from_events_are_text(page: Page, served: Served) -> None:
    served.add(SCRIPT, 1, valid=1)
    page.goto(served.address)
    expect(page.locator(NAMES).filter(has_text=SCRIPT)).to_be_visible()
    page.goto(f"{served.address}?find={SCRIPT}")
    expect(page.get_by_label("Find")).to_have_value(SCRIPT)
    page.evaluate("refresh()")
    assert page.locator("main img").count() == 0


def test_a_refresh_leaves_what_somebody_is_at(page: Page, served: Served) -> None:
    page.goto(served.address)
    page.get_by_text("By minute, as a table").click()
    link = page.get_by_role("link", name="Schema, revision")
    link.focus()
    served.add("Zeta", 1, valid=5)
    expect(page.locator(NAMES)).to_have_count(4)
    expect(link).to_be_focused()
    expect(page.locator("details table")).to_be_visible()
    expect(page.locator("#plot canvas")).to_have_count(2)


def test_a_worker_that_is_gone_leaves_no_time_that_moves(page: Page, served: Served) -> None:
    page.goto(served.address)
    expect(page.locator("#plot canvas")).to_have_count(2)
    page.evaluate("refresh()")
    served.stop()
    expect(page.locator("#status")).to_contain_text("No answer since")
    shown = page.locator("header time").inner_text()
    since = re.search(r"since (\S+) UTC", page.locator("#status").inner_text())
    assert since
    page.wait_for_function("!document.getElementById('status').textContent.includes('(0 s)')")
    assert page.locator("header time").inner_text() == shown
    assert since[1] in page.locator("#status").inner_text()


def test_numbers_that_are_old_have_their_time(page: Page, served: Served) -> None:
    served.troubled()
    served.view.as_of -= 75
    page.goto(served.address)
    expect(page.locator(".verdict")).to_contain_text("Kafka has not given newer counts")
    expect(page.locator("figcaption")).to_contain_text("1 min ago")
    silent = page.locator("#roles ~ div tr", has=page.get_by_role("rowheader", name="mysql"))
    expect(silent).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d, 1 min ago"))


@pytest.mark.parametrize("width", [400, 700, 1280])
def test_nothing_is_wider_than_the_screen(browser: Browser, served: Served, width: int) -> None:
    served.troubled()
    served.add("A" * 63, 123456789, valid=123_456, validation=99_999)
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(served.address)
        expect(page.locator("#plot canvas")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        if width == 400:
            right = page.locator("td:visible").evaluate_all(
                "(cells) => Math.max(...cells.map((cell) => cell.getBoundingClientRect().right))"
            )
            assert right <= width
