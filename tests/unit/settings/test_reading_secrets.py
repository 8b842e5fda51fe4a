"""Reading settings that are secret, or whose secret is in a file: where from, and never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elfaust.errors import SettingsError
from tests.unit.settings.server_section import read_text, server


def test_a_secret_may_look_like_a_quoted_text_or_a_comment(conf: Path) -> None:
    reading = read_text(conf, "[server]\npassword = 'a # b'\n")
    assert server(reading).password == "'a # b'"


def test_the_file_of_a_secret_is_read_once_so_that_it_may_be_a_pipe(conf: Path) -> None:
    end, start = os.pipe()
    os.write(start, b"s3cret\n")
    os.close(start)
    reading = read_text(conf, f"[server]\npassword_file = /dev/fd/{end}\n")
    os.close(end)
    assert server(reading).password == "s3cret"


def test_a_secret_is_read_from_its_file_less_the_last_newline(conf: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" pa ss \n")
    reading = read_text(conf, f"[beta:server]\npassword_file = {secret}\n", "beta")
    assert server(reading).password == " pa ss "
    assert reading.origins["server.password"] == f"file {secret} of {conf} [beta:server]"
    reading = read_text(conf, "", ELFAUST_SERVER_PASSWORD_FILE=str(secret))
    assert server(reading).password == " pa ss "
    assert reading.origins["server.password"].endswith("environment ELFAUST_SERVER_PASSWORD_FILE")


def test_the_secret_file_of_another_profile_need_not_exist(conf: Path) -> None:
    text = "[production:server]\npassword_file = /nowhere/secret\n"
    assert server(read_text(conf, text)).password == ""
    with pytest.raises(SettingsError, match=r"cannot read server\.password from a file"):
        read_text(conf, text, "production")


def test_a_secret_and_its_file_in_the_environment_are_one_too_many(conf: Path) -> None:
    both = {"ELFAUST_SERVER_PASSWORD": "a", "ELFAUST_SERVER_PASSWORD_FILE": "b"}
    with pytest.raises(SettingsError, match="not both"):
        read_text(conf, "", **both)


def test_a_message_never_shows_a_secret(conf: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\nwith a second line\n")
    with pytest.raises(SettingsError) as caught:
        read_text(conf, f"[server]\npassword_file = {secret}\n")
    assert "s3cret" not in str(caught.value)
