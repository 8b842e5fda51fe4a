from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from elfaust.devstack import packages
from elfaust.errors import StackError

Installed = set[str]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """The programs that `find` finds."""
    programs: Installed = set()
    monkeypatch.setattr(packages, "find", lambda name: f"/bin/{name}" if name in programs else "")
    return programs


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, installed: Installed) -> list[list[str]]:
    """What apt-get was asked for on a machine that may install."""
    calls: list[list[str]] = []

    def install(names: Sequence[str]) -> None:
        calls.append(list(names))
        installed.update(p for p, package in packages.PACKAGES.items() if package in names)

    monkeypatch.setattr(packages, "may_install", lambda: True)
    monkeypatch.setattr(packages, "install", install)
    return calls


def test_nothing_is_installed_when_nothing_is_missing(
    installed: Installed, asked: list[list[str]]
) -> None:
    installed.update(packages.PACKAGES)
    packages.ensure(packages.PACKAGES)
    assert asked == []


def test_missing_programs_are_installed_once_by_package(asked: list[list[str]]) -> None:
    packages.ensure(("mariadbd", "mariadb-install-db", "mvn"))
    assert asked == [["mariadb-server-core", "maven"]]
    assert packages.need("mvn") == "/bin/mvn"
    assert len(asked) == 1


def test_who_may_not_install_is_told_the_packages_in_one_line(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "may_install", lambda: False)
    installed.add("mvn")
    with pytest.raises(StackError) as caught:
        packages.ensure(("java", "mvn", "mariadbd"))
    assert str(caught.value) == (
        "java, mariadbd not found; install Debian's mariadb-server-core openjdk-17-jre-headless"
    )


def test_program_still_missing_after_the_install_is_an_error(
    asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "install", asked.append)
    with pytest.raises(StackError, match="there is still no java"):
        packages.need("java")


def test_apt_get_that_fails_is_told_with_its_last_line() -> None:
    with pytest.raises(StackError, match="sh -c echo one; echo two >&2; exit 1: two"):
        packages._run(["sh", "-c", "echo one; echo two >&2; exit 1"], {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("text", "debian"),
    [
        ("ID=debian\n", True),
        ('ID=ubuntu\nID_LIKE="debian"\n', True),
        ('ID=rhel\nID_LIKE="fedora"\n', False),
        ("", False),
    ],
)
def test_debian_is_told_by_os_release(tmp_path: Path, text: str, debian: bool) -> None:
    release = tmp_path / "os-release"
    assert not packages.is_debian(release)
    release.write_text(text)
    assert packages.is_debian(release) is debian


def test_main_prints_one_line_and_fails(
    installed: Installed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packages, "may_install", lambda: False)
    assert packages.main() == 1
    assert capsys.readouterr().err.count("\n") == 1
    installed.update(packages.PACKAGES)
    assert packages.main() == 0
