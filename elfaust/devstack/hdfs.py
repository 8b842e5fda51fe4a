"""HDFS: a NameNode with WebHDFS and a DataNode."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import requests

from elfaust.devstack.java import java
from elfaust.devstack.server import HOST, NotReadyError, Server, run_tool
from elfaust.settings import Settings

NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
#: Seconds for one request that asks whether HDFS is ready.
ASK_SECONDS = 10
#: Leaves out the messages about every single file and block.
LOG4J = """\
log4j.rootLogger=INFO,console
log4j.logger.BlockStateChange=WARN
log4j.logger.org.apache.hadoop.hdfs.StateChange=WARN
log4j.logger.org.apache.hadoop.hdfs.server.namenode.FSNamesystem.audit=WARN
log4j.logger.org.apache.hadoop.hdfs.server.datanode.DataNode.clienttrace=WARN
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
"""


def hdfs(settings: Settings, stack: Path) -> list[Server]:
    """Return the NameNode, which answers at `hdfs.url`, and the DataNode."""
    folder, local = stack / "hdfs", settings.stack
    web = urlsplit(settings.hdfs.url).port or 9870

    def prepare(name: str) -> None:
        # Each has its own, for they start at the same time.
        _write_conf(settings, folder, folder / "conf" / name, web)

    def prepare_namenode() -> None:
        prepare("namenode")
        if not (folder / "name" / "current" / "VERSION").exists():
            _format(folder, stack / "logs" / "namenode.log")

    return [
        Server(
            "namenode",
            stack,
            lambda: _java(folder / "conf" / "namenode", NAMENODE),
            (web, local.namenode_port),
            lambda: _list_root(settings),
            prepare_namenode,
        ),
        Server(
            "datanode",
            stack,
            lambda: _java(folder / "conf" / "datanode", DATANODE),
            (local.datanode_port, local.datanode_http_port, local.datanode_ipc_port),
            lambda: _write_read_delete(settings),
            lambda: prepare("datanode"),
        ),
    ]


def _java(conf: Path, main: str, *arguments: str) -> list[str]:
    opens = "--add-opens=java.base/java.lang=ALL-UNNAMED"
    return java("hadoop", main, *arguments, options=(opens, "-XX:+UseSerialGC"), conf=conf)


def _properties(settings: Settings, folder: Path, web: int) -> dict[str, str]:
    local = settings.stack
    return {
        "dfs.replication": "1",
        "dfs.permissions.enabled": "false",
        "dfs.webhdfs.enabled": "true",
        "dfs.namenode.name.dir": f"file://{folder}/name",
        "dfs.datanode.data.dir": f"file://{folder}/data",
        "dfs.namenode.http-address": f"{HOST}:{web}",
        "dfs.namenode.rpc-address": f"{HOST}:{local.namenode_port}",
        "dfs.namenode.safemode.extension": "0",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.datanode.hostname": HOST,
        "dfs.datanode.address": f"{HOST}:{local.datanode_port}",
        "dfs.datanode.http.address": f"{HOST}:{local.datanode_http_port}",
        "dfs.datanode.ipc.address": f"{HOST}:{local.datanode_ipc_port}",
        "dfs.client.use.datanode.hostname": "true",
        # A writer that closes a file asks at once whether its last block is there, and then waits
        # this long, ms; at the default 400 a small file takes 0.4 s.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "10",
    }


def _write_conf(settings: Settings, folder: Path, conf: Path, web: int) -> None:
    # The daemons look for these on their class path; empty folders suffice.
    for page in ("hdfs", "datanode", "static"):
        (conf / "webapps" / page).mkdir(parents=True, exist_ok=True)
    (conf / "log4j.properties").write_text(LOG4J)
    core = {
        "fs.defaultFS": f"hdfs://{HOST}:{settings.stack.namenode_port}",
        "hadoop.tmp.dir": f"{folder}/tmp",
    }
    (conf / "core-site.xml").write_text(xml(core))
    (conf / "hdfs-site.xml").write_text(xml(_properties(settings, folder, web)))


def xml(properties: dict[str, str]) -> str:
    """Return Hadoop's configuration of properties."""
    rows = "".join(
        f"<property><name>{name}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    )
    return f"<configuration>\n{rows}</configuration>\n"


def _format(folder: Path, log: Path) -> None:
    # VERSION is written last: a folder without it is left over from an interrupted format.
    shutil.rmtree(folder / "name", ignore_errors=True)
    command = _java(folder / "conf" / "namenode", NAMENODE, "-format", "-nonInteractive")
    run_tool("formatting the NameNode's folder", command, log)


def _url(settings: Settings, path: str) -> str:
    base = settings.hdfs.url.rstrip("/")
    return f"{base}/webhdfs/v1{path}?user.name={settings.hdfs.user}"


def _list_root(settings: Settings) -> None:
    with requests.Session() as session:
        url = f"{_url(settings, '/')}&op=LISTSTATUS"
        session.get(url, timeout=ASK_SECONDS).raise_for_status()


def _write_read_delete(settings: Settings) -> None:
    """Write, read and delete a file, which the NameNode refuses while it is in safe mode."""
    content = uuid.uuid4().hex
    url = _url(settings, f"/tmp/elfaust-ready-{content}")
    with requests.Session() as session:
        put = session.put(f"{url}&op=CREATE", data=content, timeout=ASK_SECONDS)
        put.raise_for_status()
        read = session.get(f"{url}&op=OPEN", timeout=ASK_SECONDS)
        session.delete(f"{url}&op=DELETE", timeout=ASK_SECONDS).raise_for_status()
    if read.text != content:
        raise NotReadyError(f"HDFS gave {read.status_code} for a file just written")
