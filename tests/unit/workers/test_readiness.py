"""Why a worker waits for a server names the server once."""

from __future__ import annotations

import pytest

from elfaust.errors import ServerAway
from elfaust.workers.readiness import of_server


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ValueError("refused"), "MySQL m:1: refused"),
        (ServerAway("MySQL m:1", "refused"), "MySQL m:1 is not available: refused"),
        (TimeoutError(), "MySQL m:1: no answer in time"),
    ],
)
def test_a_server_is_named_once(error: Exception, why: str) -> None:
    assert of_server("MySQL m:1", error) == why
