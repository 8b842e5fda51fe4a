"""HDFS: a NameNode with WebHDFS and a DataNode."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import requests

from elfaust.devstack.jars import jars
from elfaust.devstack.server import Server
from elfaust.errors import StackError
from elfaust.settings import Settings

NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
LOG4J = """\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
"""


def hdfs(settings: Settings, stack: Path) -> list[Server]:
    """Return the NameNode, which answers at `hdfs.url`, and the DataNode."""
    folder, local = stack / "hdfs", settings.stack
    web = urlsplit(settings.hdfs.url).port or 9870

    def prepare() -> None:
        _write_conf(settings, folder, web)

    def prepare_namenode() -> None:
        prepare()
        if not (folder / "name" / "current" / "VERSION").exists():
            _format(folder)

    return [
        Server(
            "namenode",
            stack,
            lambda: _java(folder, NAMENODE),
            (web, local.namenode_port),
            lambda: requests.get(
                f"{settings.hdfs.url}/webhdfs/v1/?op=LISTSTATUS", timeout=5
            ).raise_for_status(),
            prepare_namenode,
        ),
        Server(
            "datanode",
            stack,
            lambda: _java(folder, DATANODE),
            (local.datanode_port, local.datanode_http_port, local.datanode_ipc_port),
            lambda: _write_and_delete(settings),
            prepare,
        ),
    ]


def _java(folder: Path, main: str) -> list[str]:
    opens = "--add-opens=java.base/java.lang=ALL-UNNAMED"
    return ["java", opens, "-Xmx256m", "-cp", f"{folder}/conf:{jars('hadoop')}/*", main]


def _properties(settings: Settings, folder: Path, web: int) -> dict[str, str]:
    local, host = settings.stack, "127.0.0.1"
    return {
        "dfs.replication": "1",
        "dfs.permissions.enabled": "false",
        "dfs.namenode.name.dir": f"file://{folder}/name",
        "dfs.datanode.data.dir": f"file://{folder}/data",
        "dfs.namenode.http-address": f"{host}:{web}",
        "dfs.namenode.rpc-address": f"{host}:{local.namenode_port}",
        "dfs.namenode.safemode.extension": "0",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.datanode.hostname": host,
        "dfs.datanode.address": f"{host}:{local.datanode_port}",
        "dfs.datanode.http.address": f"{host}:{local.datanode_http_port}",
        "dfs.datanode.ipc.address": f"{host}:{local.datanode_ipc_port}",
        "dfs.client.use.datanode.hostname": "true",
    }


def _write_conf(settings: Settings, folder: Path, web: int) -> None:
    conf = folder / "conf"
    # Both daemons look for these on their class path; empty ones do.
    for page in ("hdfs", "datanode", "static"):
        (conf / "webapps" / page).mkdir(parents=True, exist_ok=True)
    (conf / "log4j.properties").write_text(LOG4J)
    default = f"hdfs://127.0.0.1:{settings.stack.namenode_port}"
    (conf / "core-site.xml").write_text(_xml({"fs.defaultFS": default}))
    (conf / "hdfs-site.xml").write_text(_xml(_properties(settings, folder, web)))


def _xml(properties: dict[str, str]) -> str:
    rows = "".join(
        f"<property><name>{name}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    )
    return f"<configuration>\n{rows}</configuration>\n"


def _format(folder: Path) -> None:
    done = subprocess.run(
        [*_java(folder, NAMENODE), "-format", "-nonInteractive"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"the NameNode was not formatted: {done.stdout.strip()[-500:]}")


def _write_and_delete(settings: Settings) -> None:
    url = f"{settings.hdfs.url}/webhdfs/v1/tmp/elfaust-ready?user.name={settings.hdfs.user}"
    with requests.Session() as session:
        session.put(f"{url}&op=CREATE&overwrite=true", data=b"", timeout=5).raise_for_status()
        session.delete(f"{url}&op=DELETE", timeout=5).raise_for_status()
