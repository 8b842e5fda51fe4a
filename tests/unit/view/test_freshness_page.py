"""The page of freshness: tables of the stores, who is away, and no more looks than needed."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.errors import ServerAway
from elfaust.query.footers import Unread
from elfaust.query.freshness import Freshness
from elfaust.query.recent import Recent
from elfaust.query.tables import Found

ONE = Freshness(
    *("hive", "edit_1", "Edit", 1, 1_234, "2015-01-01T00:00:00Z", "2015-06-01T05:06:07Z"),
    *("", "2015-06-01T05:07:00Z", 0, -1),
)


async def test_tables_and_who_is_away_are_shown_and_asked_once(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def look(*_: Any) -> Recent:
        looks.append(1)
        found = Found([ONE], [ServerAway("MySQL h:1", "<refused>")], [Unread("/x", "<cut>")])
        return Recent(found, 1_433_135_220.0)

    monkeypatch.setattr("elfaust.view.freshness_page.recent", look)
    page = await (await client.get("/freshness")).text()
    for text in (
        "edit_1",
        "1,234",
        "2015-06-01T05:06:07Z",
        "MySQL h:1",
        "&lt;refused&gt;",
        "/x: &lt;cut&gt;",
    ):
        assert text in page
    found = await (await client.get("/freshness?format=json")).json()
    assert found["as_of"] == "2015-06-01T05:07:00Z"
    assert found["tables"] == [ONE._asdict()]
    assert found["away"] == ["MySQL h:1 is not available: <refused>"]
    assert found["unread"] == [{"path": "/x", "why": "<cut>"}]
    assert len(looks) == 1
