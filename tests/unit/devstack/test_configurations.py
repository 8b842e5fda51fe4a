"""What the servers are started with: kafka.py, hdfs.py, mariadb.py and java.py, without a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from elfaust.devstack import hdfs, java, kafka, mariadb
from elfaust.devstack.server import Server
from elfaust.settings import Settings

Tools = list[list[str]]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    """The one-off tools that were run, which do nothing here; programs and jars are just named."""
    ran: Tools = []

    def run_tool(what: str, command: Sequence[str], log: Path) -> None:
        ran.append(list(command))
        for word in command:
            if word.startswith("--datadir="):
                Path(word.removeprefix("--datadir=")).mkdir()

    for module in (java, mariadb):
        monkeypatch.setattr(module, "need", lambda program: f"/bin/{program}")
    monkeypatch.setattr(java, "jars", lambda profile: Path("/jars") / profile)
    for module in (kafka, hdfs, mariadb):
        monkeypatch.setattr(module, "run_tool", run_tool)
    return ran


def by_name(servers: Sequence[Server]) -> dict[str, Server]:
    return {server.name: server for server in servers}


def read_xml(file: Path) -> dict[str, str]:
    root = ElementTree.parse(file).getroot()
    return {row.findtext("name", ""): row.findtext("value", "") for row in root}


def test_kafka_listens_where_the_settings_say(tmp_path: Path, tools: Tools) -> None:
    base = Settings()
    settings = replace(base, kafka=replace(base.kafka, bootstrap="127.0.0.1:19092"))
    server = kafka.kafka(settings, tmp_path)
    server.prepare()
    lines = (tmp_path / "kafka" / "server.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:9093"
    assert properties["auto.create.topics.enable"] == "false"
    assert server.ports == (19092, 9093)
    assert server.command()[-2:] == ["kafka.Kafka", str(tmp_path / "kafka" / "server.properties")]
    assert "-Xmx512m" in server.command()


def test_kafka_is_formatted_once(tmp_path: Path, tools: Tools) -> None:
    server = kafka.kafka(Settings(), tmp_path)
    server.prepare()
    assert "kafka.tools.StorageTool" in tools[0]
    data = tmp_path / "kafka" / "data"
    data.mkdir()
    (data / "meta.properties").touch()
    server.prepare()
    assert len(tools) == 1


def test_cluster_id_that_begins_with_a_dash_is_no_option(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "urlsafe_b64encode", lambda _: b"-tGbHRoaWdlcyE5c2VjcQ==")
    kafka.kafka(Settings(), tmp_path).prepare()
    assert "--cluster-id=-tGbHRoaWdlcyE5c2VjcQ" in tools[0]


def test_hdfs_binds_every_address_to_loopback(tmp_path: Path, tools: Tools) -> None:
    base = Settings()
    settings = replace(base, hdfs=replace(base.hdfs, url="http://127.0.0.1:19870/"))
    servers = by_name(hdfs.hdfs(settings, tmp_path))
    for server in servers.values():
        server.prepare()
    assert servers["namenode"].ports == (19870, 8020)
    for name in servers:
        site = read_xml(tmp_path / "hdfs" / "conf" / name / "hdfs-site.xml")
        addresses = [value for key, value in site.items() if key.endswith("address")]
        assert len(addresses) == 5
        assert all(address.startswith("127.0.0.1:") for address in addresses)
        assert site["dfs.replication"] == "1"
        core = read_xml(tmp_path / "hdfs" / "conf" / name / "core-site.xml")
        assert core["fs.defaultFS"] == "hdfs://127.0.0.1:8020"


def test_namenode_is_formatted_once(tmp_path: Path, tools: Tools) -> None:
    namenode = by_name(hdfs.hdfs(Settings(), tmp_path))["namenode"]
    half = tmp_path / "hdfs" / "name" / "current"
    half.mkdir(parents=True)
    namenode.prepare()
    assert tools[0][-2:] == ["-format", "-nonInteractive"]
    # What an interrupted format left would make the next one refuse.
    assert not half.exists()
    half.mkdir(parents=True)
    (half / "VERSION").touch()
    namenode.prepare()
    assert len(tools) == 1
    assert (half / "VERSION").exists()


def test_paths_with_special_characters_stay_xml(tmp_path: Path, tools: Tools) -> None:
    folder = tmp_path / "a & <b>"
    by_name(hdfs.hdfs(Settings(), folder))["datanode"].prepare()
    site = read_xml(folder / "hdfs" / "conf" / "datanode" / "hdfs-site.xml")
    assert site["dfs.datanode.data.dir"] == f"file://{folder}/hdfs/data"


def test_mariadb_data_folder_is_made_once_and_whole(tmp_path: Path, tools: Tools) -> None:
    server = mariadb.mariadb(Settings(), tmp_path)
    left = tmp_path / "mariadb" / "data.new"
    left.mkdir(parents=True)
    server.prepare()
    assert (tmp_path / "mariadb" / "data").is_dir()
    assert not left.exists()
    (tmp_path / "mariadb" / "data" / "mysql").mkdir()
    server.prepare()
    assert len(tools) == 1


def test_mariadb_reads_no_file_of_the_machine_and_binds_to_loopback(
    tmp_path: Path, tools: Tools
) -> None:
    command = list(mariadb.mariadb(Settings(), tmp_path).command())
    # It counts only as the first option.
    assert command[:2] == ["/bin/mariadbd", "--no-defaults"]
    assert "--bind-address=127.0.0.1" in command
    assert "--port=3306" in command


@pytest.mark.parametrize("length", [1, 200])
def test_socket_fits_however_long_the_folder_is(length: int) -> None:
    folder, other = Path("/") / ("x" * length), Path("/") / ("y" * length)
    path = mariadb.socket_path(folder)
    assert len(path.encode()) <= 107
    assert path == mariadb.socket_path(folder)
    assert path != mariadb.socket_path(other)
