"""Reading a table of settings: places, their order, profiles, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import SettingsError
from elfaust.settings.reading import read
from tests.unit.settings.server_section import SECTIONS, Server, read_text, server

NO_FILE = {"ELFAUST_CONF": "/dev/null"}


def test_what_nobody_gives_has_its_default(conf: Path) -> None:
    reading = read_text(conf, "")
    assert reading.sections == {"server": Server(), "other": Server()}
    assert reading.origins == {}
    assert reading.profile == "dev"


def test_a_profiles_section_goes_over_the_base_wherever_it_stands(conf: Path) -> None:
    text = "[beta:server]\nport = 2\n[server]\nport = 1\nhost = a:b\n[dev:server]\nport = 3\n"
    reading = read_text(conf, text, "beta")
    assert server(reading) == Server(host="a:b", port=2)
    assert reading.origins["server.port"] == f"{conf} [beta:server]"
    assert reading.origins["server.host"] == f"{conf} [server]"


def test_the_environment_goes_over_the_file(conf: Path) -> None:
    reading = read_text(conf, "[dev:server]\nport = 3\n", ELFAUST_SERVER_PORT="4")
    assert server(reading).port == 4
    assert reading.origins["server.port"] == "environment ELFAUST_SERVER_PORT"


def test_the_profile_is_the_arguments_then_the_environments_then_the_files(conf: Path) -> None:
    text = "[elfaust]\nprofile = production\n"
    assert read_text(conf, text).profile == "production"
    assert read_text(conf, text, ELFAUST_PROFILE="beta").profile == "beta"
    assert read_text(conf, text, "dev", ELFAUST_PROFILE="beta").profile == "dev"
    assert read_text(conf, text, ELFAUST_PROFILE="").profile == "production"


def test_values_are_of_the_type_of_their_default(conf: Path) -> None:
    text = "[server]\nport = 65_535\nwait = 2\nrate = 0\nfollow = Yes\ncodec = gzip\n"
    found = server(read_text(conf, text))
    assert found == Server(port=65_535, wait=2.0, rate=0.0, follow=True, codec="gzip")
    assert isinstance(found.wait, float)


def test_percent_signs_and_braces_are_left_alone(conf: Path) -> None:
    assert server(read_text(conf, "[server]\nhost = %q %{ip}i\n")).host == "%q %{ip}i"


def test_variables_that_are_no_settings_are_left_alone(conf: Path) -> None:
    others = {"ELFAUST_ROLE": "mysql", "ELFAUST_TEST_X": "1", "ELFAUST_FAUST_BROKER": "kafka://x"}
    assert server(read_text(conf, "", PATH="/bin", **others)) == Server()


def test_conf_of_the_environment_is_read(conf: Path) -> None:
    conf.write_text("[server]\nport = 5\n")
    reading = read(SECTIONS, None, {"ELFAUST_CONF": str(conf)}, None)
    assert server(reading).port == 5
    assert reading.conf == str(conf)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sever]\n", r"faust\.conf \[sever\]: unknown section 'sever'; the nearest is 'server'"),
        ("[DEFAULT]\nport = 1\n", r"unknown section 'DEFAULT'"),
        ("[beta:sever]\n", r"\[beta:sever\]: unknown section 'sever'; the nearest is 'server'"),
        ("[bet:server]\n", r"\[bet:server\]: unknown profile 'bet'; the nearest is 'beta'"),
        ("[beta:elfaust]\nprofile = dev\n", "unknown section 'elfaust'"),
        ("[server]\nprot = 1\n", r"\[server\]: unknown key 'prot'; the nearest is 'port'"),
        ("[server]\nPort = 1\n", "unknown key 'Port'; the nearest is 'port'"),
        ("[server]\nhost_file = x\n", "unknown key 'host_file'"),
        ("[beta:server]\nprot = 1\n", r"\[beta:server\]: unknown key 'prot'"),
        ("[beta:server]\nport = x\n", r"\[beta:server\]: server\.port = 'x' is not a whole"),
        ("[elfaust]\nprofil = dev\n", "unknown key 'profil'; the nearest is 'profile'"),
        ("[elfaust]\nprofile = prod\n", "unknown profile 'prod'; the nearest is 'production'"),
        ("[server]\nport = 0\n", "server.port = '0' is not a whole number from 1 to 65535"),
        ("[server]\nport = 65536\n", "from 1 to 65535"),
        ("[server]\nport = 1.5\n", "not a whole number"),
        ("[server]\nwait = 0\n", "server.wait = '0' is not a number above 0"),
        ("[server]\nwait = nan\n", "not a number above 0"),
        ("[server]\nwait = inf\n", "not a number above 0"),
        ("[server]\nrate = -1\n", "not a number from 0 to 1000000"),
        ("[server]\nfollow = maybe\n", "not true or false"),
        ("[server]\ncodec = zip\n", "not one of none, gzip"),
        ("[server]\ntable = x\n", r"not a text, with \{schema\} once each"),
        ("[server]\ntable = {schema}{x}\n", r"not a text, with \{schema\}"),
        ("[server]\ntable = {schema}{schema}\n", r"not a text, with \{schema\}"),
        ("[server]\ntable = {schema\n", r"not a text, with \{schema\}"),
        ("[server]\nhost =\n", "server.host = '' is not a text on one line"),
        ("[server]\nhost = a\n b\n", "not a text on one line"),
        ("[server]\npassword = a\npassword_file = b\n", "give password or password_file, not both"),
        ("[server]\nport = 1\n[server]\n", "line 3: the section"),
        ("[server]\nport = 1\nport = 2\n", "line 3: port is in"),
        ("port = 1\n", "line 1: stands before"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(conf: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        read_text(conf, text)
    assert "faust.conf" in str(caught.value)


def test_each_text_that_does_not_fit_has_a_line_with_its_place(conf: Path) -> None:
    text = "[server]\nport = x\n[other]\nwait = 0\n[beta:other]\ncodec = zip\n"
    with pytest.raises(SettingsError) as caught:
        read_text(conf, text, ELFAUST_OTHER_RATE="-1")
    assert [line.partition(" is not ")[0] for line in str(caught.value).splitlines()] == [
        f"{conf} [server]: server.port = 'x'",
        f"{conf} [other]: other.wait = '0'",
        f"{conf} [beta:other]: other.codec = 'zip'",
        "environment ELFAUST_OTHER_RATE: other.rate = '-1'",
    ]


def test_a_text_that_another_goes_over_must_fit_too(conf: Path) -> None:
    with pytest.raises(SettingsError, match=r"\[server\]: server\.port = 'x'"):
        read_text(conf, "[server]\nport = x\n[dev:server]\nport = 1\n", ELFAUST_SERVER_PORT="1")


@pytest.mark.parametrize(
    ("key", "fits"),
    [("host", "a"), ("port", "1"), ("wait", "1"), ("follow", "yes"), ("codec", "gzip")],
)
@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('"{}"', "leave the quotes out"),
        ("'{}'", "leave the quotes out"),
        ("{} # the usual", "a comment needs a line of its own"),
        ("{} ; the usual", "a comment needs a line of its own"),
    ],
)
def test_quotes_and_comments_are_told_with_their_cure(
    conf: Path, key: str, fits: str, text: str, cure: str
) -> None:
    with pytest.raises(SettingsError, match=rf"server\.{key} = .*; {cure}$"):
        read_text(conf, f"[server]\n{key} = {text.format(fits)}\n")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "ELFAUST_SERVER_PROT",
            "1",
            "environment: unknown variable 'ELFAUST_SERVER_PROT'; .*PORT'",
        ),
        ("ELFAUST_ROL", "mysql", "the nearest is 'ELFAUST_ROLE'"),
        ("ELFAUST_SERVER_PORT", "x", r"environment ELFAUST_SERVER_PORT: server\.port = 'x' is not"),
        ("ELFAUST_PROFILE", "bta", "environment ELFAUST_PROFILE: unknown profile 'bta'; .* 'beta'"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(
    conf: Path, name: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        read_text(conf, "", **{name: value})


def test_an_argument_that_is_no_profile_is_named(conf: Path) -> None:
    with pytest.raises(SettingsError, match="--profile: unknown profile 'devel'"):
        read_text(conf, "", "devel")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[server]\npassword: s3cret\n", "line 2: not a"),
        (b"[server]\n[server]\n", "line 2: the section"),
        (b"[server]\nport=1\nport=2\n", "line 3: port is in"),
        (b"password = s3cret\n", "line 1: stands before"),
        (b"[server]\npassword = s3cret\xff\n", "line 2: not UTF-8"),
    ],
)
def test_a_line_that_is_none_of_faust_conf_has_its_number_and_is_not_shown(
    conf: Path, text: bytes, reason: str
) -> None:
    conf.write_bytes(text)
    with pytest.raises(SettingsError, match=reason) as caught:
        read(SECTIONS, conf, {}, None)
    assert "s3cret" not in str(caught.value)


def test_a_name_in_the_other_case_has_its_own_as_the_nearest(conf: Path) -> None:
    with pytest.raises(SettingsError, match="the nearest is 'dev'"):
        read_text(conf, "", "DEV")


@given(name=st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=1))
def test_any_unknown_variable_is_refused_with_a_known_name(name: str) -> None:
    variable = f"ELFAUST_Q{name}".upper()
    with pytest.raises(SettingsError, match="the nearest is 'ELFAUST_"):
        read(SECTIONS, None, {variable: "1", **NO_FILE}, None)


@given(text=st.text(max_size=20))
def test_any_text_for_a_number_is_a_number_or_an_error_of_settings(text: str) -> None:
    environ = {"ELFAUST_SERVER_PORT": text, **NO_FILE}
    try:
        reading = read(SECTIONS, None, environ, None)
    except SettingsError as error:
        assert "is not a whole number from 1 to 65535" in str(error)  # noqa: PT017
    else:
        assert 1 <= server(reading).port <= 65_535
