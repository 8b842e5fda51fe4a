"""The view on made-up events, asked without a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from elfaust.view.app import View
from elfaust.view.feed import Ring
from tests.browser.view_served import Served


@pytest.fixture
def made(tmp_path: Path) -> Served:
    """Return what makes up events, and the settings of their schema; it serves nothing."""
    made = Served(tmp_path)
    made._loop.close()
    return made


@pytest.fixture
async def ring() -> Ring:
    """Return the feed of `client`."""
    return Ring()


@pytest.fixture
async def view(made: Served, ring: Ring) -> View:
    """Return the view that `client` asks."""
    return View(made.settings, ring)


@pytest.fixture
async def client(view: View) -> AsyncIterator[Any]:
    """Return a client of the view."""
    app = web.Application()
    app.add_routes(view.routes())
    async with TestClient(TestServer(app)) as client:
        yield client
        await view.streams.close()
