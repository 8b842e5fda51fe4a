"""Where the intake may listen, and at which paths."""

from __future__ import annotations

import pytest

from elfaust.errors import SettingsError
from elfaust.settings import load
from elfaust.settings.intake import Intake


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "intake.example.org"])
def test_others_reach_it_only_where_a_setting_says_so(host: str) -> None:
    with pytest.raises(SettingsError, match=r"intake\.public"):
        load(environ={"ELFAUST_INTAKE_HOST": host})
    public = load(environ={"ELFAUST_INTAKE_HOST": host, "ELFAUST_INTAKE_PUBLIC": "true"})
    assert public.intake.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_itself_is_no_public_place(host: str) -> None:
    assert load(environ={"ELFAUST_INTAKE_HOST": host}).intake.host == host


@pytest.mark.parametrize(("path", "takes"), [("/a/b.c", True), ("/v1/events", False), ("a", False)])
def test_a_path_is_none_of_the_other_routes(path: str, takes: bool) -> None:
    if takes:
        assert load(environ={"ELFAUST_INTAKE_PATH": path}).intake.path == path
    else:
        with pytest.raises(SettingsError, match=r"intake\.path"):
            load(environ={"ELFAUST_INTAKE_PATH": path})


def test_it_is_off_but_in_beta() -> None:
    asked = {p: load(environ={}, profile=p).asked for p in ("production", "beta", "dev")}
    assert asked == {"production": ("view",), "beta": ("intake", "view"), "dev": ("view",)}


def test_its_address_is_one_to_open() -> None:
    assert Intake(host="::1", port=8192).url == "http://[::1]:8192/"
