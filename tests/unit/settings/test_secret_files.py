"""Files that hold a secret: which of them are none, and that nobody waits for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from elfaust.settings.secret_files import text_of


@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        (b"a" * 65_537, "has more than 65,536 characters"),
        (b"\n", "is empty"),
        (b"s\xff", "is not UTF-8"),
        (None, "is a named pipe"),
    ],
)
def test_what_can_be_no_secret_is_refused(tmp_path: Path, holds: bytes | None, reason: str) -> None:
    secret = tmp_path / "secret"
    if holds is None:
        os.mkfifo(secret)
    else:
        secret.write_bytes(holds)
    with pytest.raises(SettingsError, match=f"{secret} {reason}"):
        text_of(str(secret), "here", "server.password")
