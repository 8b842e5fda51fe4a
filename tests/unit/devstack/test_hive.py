"""What Hive's servers are started with, without a start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.devstack import hive, packages
from elfaust.devstack.hive import environment, with_hive
from elfaust.devstack.hive_files import DATABASE, LOG_FILES
from elfaust.devstack.server import Server
from elfaust.devstack.stack import Stack
from elfaust.errors import ElfaustError
from elfaust.settings import Settings
from tests.unit.devstack.conftest import free_port
from tests.unit.devstack.test_configurations import by_name, read_xml

BASE = Settings()


class Root:
    """MariaDB's root: keeps statements, and has a table VERSION with some rows, or none."""

    def __init__(self, versions: int | None) -> None:
        self.statements: list[str] = []
        self._versions = versions

    def execute(self, statement: str, values: Any = ()) -> None:
        self.statements.append(statement % tuple(map(repr, values)) if values else statement)

    def fetchall(self) -> list[tuple[str, str]]:
        if "information_schema" not in self.statements[-1]:
            return [("1", "4.0.0")] * (self._versions or 0)
        return [("log", "VERSION"), (DATABASE, "TBLS")] + [(DATABASE, "VERSION")] * (
            self._versions is not None
        )


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run instead of being run; there are no jars."""
    ran: list[list[str]] = []
    monkeypatch.setattr(hive, "run_tool", lambda what, command, log: ran.append(command))
    monkeypatch.setattr(hive, "jars", lambda profile: Path("/jars") / profile)
    monkeypatch.setattr(hive, "java", lambda *arguments, **more: [*arguments, str(more["conf"])])
    return ran


def servers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, root: Root, settings: Settings = BASE
) -> dict[str, Server]:
    """Return the prepared servers."""

    @contextmanager
    def as_root(of: Path) -> Iterator[Root]:
        assert of == folder / "mariadb"
        yield root

    monkeypatch.setattr(hive, "as_root", as_root)
    named = by_name(hive.hive(settings, folder))
    for server in named.values():
        server.prepare()
    return named


def test_both_listen_on_loopback_and_keep_apart_who_may_read_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: list[list[str]]
) -> None:
    settings = replace(BASE, hive=replace(BASE.hive, port=21100))
    named = servers(tmp_path, monkeypatch, Root(1), settings)
    assert {name: of.ports for name, of in named.items()} == {
        "metastore": (9083,),
        "hiveserver2": (21100,),
    }
    sites = {n: tmp_path / "hive" / n / "hive-site.xml" for n in named}
    read = {name: read_xml(site) for name, site in sites.items()}
    assert all(of["metastore.thrift.bind.host"] == "127.0.0.1" for of in read.values())
    assert read["hiveserver2"]["hive.server2.thrift.bind.host"] == "127.0.0.1"
    assert read["hiveserver2"]["hive.server2.thrift.port"] == "21100"
    assert read["hiveserver2"]["hive.server2.webui.port"] == "0"
    # HiveServer2 asks the metastore, and knows no password of its database.
    assert not [key for key in read["hiveserver2"] if "javax.jdo" in key]
    assert len(read["metastore"]["javax.jdo.option.ConnectionPassword"]) == 32
    assert sites["metastore"].stat().st_mode & 0o077 == 0
    for folder in (site.parent for site in sites.values()):
        assert all("rootLogger.level = WARN" in (folder / n).read_text() for n in LOG_FILES)
        assert read_xml(folder / "core-site.xml")["fs.defaultFS"] == "hdfs://127.0.0.1:8020"
        assert read_xml(folder / "hdfs-site.xml") == {"dfs.replication": "1"}
    assert tools == []


@pytest.mark.parametrize("versions", [None, 0])
def test_the_metastores_tables_are_made_once_and_whole(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tools: list[list[str]],
    versions: int | None,
) -> None:
    root = Root(versions)
    servers(tmp_path, monkeypatch, root)
    assert [line for line in root.statements if "DATABASE" in line] == [
        f"DROP DATABASE IF EXISTS `{DATABASE}`",
        f"CREATE DATABASE `{DATABASE}` CHARACTER SET latin1",
    ]
    [command] = tools
    assert "METASTORE_HOME=/jars/hive" in command
    assert command[-4:-1] == ["-dbType", "mysql", "-initSchema"]
    full = Root(1)
    servers(tmp_path, monkeypatch, full)
    assert not [line for line in full.statements if "DATABASE" in line]
    assert len(tools) == 1


def test_each_starts_after_what_it_needs(tmp_path: Path) -> None:
    named = by_name(hive.hive(BASE, tmp_path))
    assert {name: tuple(of.after) for name, of in named.items()} == {
        "metastore": ("mariadb", "datanode"),
        "hiveserver2": ("metastore",),
    }


def test_workers_and_queries_use_the_local_servers() -> None:
    of = with_hive(replace(BASE, hive=replace(BASE.hive, auth="LDAP"))).hive
    assert (of.host, of.port, of.auth) == ("127.0.0.1", 10000, "NOSASL")
    assert environment(BASE) == {
        "HIVE_HOST": "127.0.0.1",
        "HIVE_PORT": "10000",
        "METASTORE_URI": of.metastore,
    }
    assert of.metastore == "thrift://127.0.0.1:9083"


def test_servers_that_do_not_listen_are_not_there(tmp_path: Path) -> None:
    settings = replace(
        BASE,
        hive=replace(BASE.hive, port=free_port()),
        stack=replace(BASE.stack, metastore_port=free_port()),
    )
    for server in hive.hive(settings, tmp_path):
        with pytest.raises(server.not_there):
            server.probe()


def test_clients_that_are_not_installed_are_named_before_a_server_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(BASE, stack=replace(BASE.stack, dir=str(tmp_path)))
    monkeypatch.setattr(packages, "ensure", lambda *_: None)
    monkeypatch.setitem(sys.modules, "pyhive.hive", None)
    with pytest.raises(ElfaustError, match=r"pip install elfaust\[hive\]"):
        Stack(settings, extras=("hive",)).up()
    assert not list(tmp_path.iterdir())
