"""The files with which the metastore and HiveServer2 are started.

`mr` with `mapreduce.framework.name` local runs a query within HiveServer2, so that no YARN and no
Tez is needed. Nothing listens but the two Thrift ports.
"""

from __future__ import annotations

from pathlib import Path

from elfaust.devstack.hdfs import xml
from elfaust.devstack.server import HOST
from elfaust.settings import Settings

#: The metastore's own database in MariaDB, and who logs in to it.
DATABASE = "hive_metastore"
#: Each part of Hive looks for its logging under a name of its own.
LOG_FILES = ("hive-log4j2.properties", "metastore-log4j2.properties", "log4j2.properties")
#: Without these, a session is 5 MB of INFO.
LOG = """\
status = ERROR
name = elfaust
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p [%t] %c{2}: %m%n
rootLogger.level = WARN
rootLogger.appenderRefs = console
rootLogger.appenderRef.console.ref = console
loggers = datanucleus, hikari, native, functions, conf, session
logger.datanucleus.name = DataNucleus
logger.datanucleus.level = ERROR
logger.hikari.name = com.zaxxer.hikari
logger.hikari.level = ERROR
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = ERROR
logger.functions.name = org.apache.hadoop.hive.ql.exec.FunctionRegistry
logger.functions.level = ERROR
logger.conf.name = org.apache.hadoop.hive.conf.HiveConf
logger.conf.level = ERROR
logger.session.name = org.apache.hadoop.hive.ql.session.SessionState
logger.session.level = ERROR
"""


def write_metastore(settings: Settings, folder: Path, password: str) -> None:
    """Write the metastore's configuration to `folder`; the password is that of its database."""
    _write(settings, folder, _database(settings, password) | _metastore(settings))


def write_server(settings: Settings, folder: Path) -> None:
    """Write HiveServer2's configuration to `folder`."""
    _write(settings, folder, _metastore(settings) | _server(settings))


def _write(settings: Settings, folder: Path, properties: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in LOG_FILES:
        (folder / name).write_text(LOG)
    site = folder / "hive-site.xml"
    site.touch(mode=0o600)
    site.write_text(xml(properties | _folders(settings, folder)))
    core = {"fs.defaultFS": _hdfs(settings), "hadoop.tmp.dir": f"{folder}/tmp"}
    (folder / "core-site.xml").write_text(xml(core))
    (folder / "hdfs-site.xml").write_text(xml({"dfs.replication": "1"}))


def _hdfs(settings: Settings) -> str:
    return f"hdfs://{HOST}:{settings.stack.namenode_port}"


def _database(settings: Settings, password: str) -> dict[str, str]:
    return {
        "javax.jdo.option.ConnectionURL": f"jdbc:mariadb://{HOST}:{settings.mysql.port}/{DATABASE}",
        "javax.jdo.option.ConnectionDriverName": "org.mariadb.jdbc.Driver",
        "javax.jdo.option.ConnectionUserName": DATABASE,
        "javax.jdo.option.ConnectionPassword": password,
    }


def _metastore(settings: Settings) -> dict[str, str]:
    return {
        "hive.metastore.uris": f"thrift://{HOST}:{settings.stack.metastore_port}",
        "metastore.thrift.bind.host": HOST,
        "metastore.metastore.event.db.notification.api.auth": "false",
        "hive.metastore.event.db.notification.api.auth": "false",
        "metastore.housekeeping.threads.on": "false",
        "hive.compactor.initiator.on": "false",
    }


def _server(settings: Settings) -> dict[str, str]:
    return {
        "hive.server2.thrift.bind.host": HOST,
        "hive.server2.thrift.port": str(settings.hive.port),
        "hive.server2.webui.port": "0",
        "hive.server2.authentication": "NOSASL",
        "hive.server2.enable.doAs": "false",
        "hive.server2.materializedviews.registry.impl": "DUMMY",
        "hive.server2.tez.initialize.default.sessions": "false",
        "hive.server2.logging.operation.enabled": "false",
        "hive.scheduled.queries.executor.enabled": "false",
        "hive.notification.event.poll.interval": "0s",
        "hive.security.authorization.enabled": "false",
        "hive.support.concurrency": "false",
        "hive.execution.engine": "mr",
        "hive.exec.submit.local.task.via.child": "false",
        "mapreduce.framework.name": "local",
        # At the default 1000, ms, each job of a query takes a second at least.
        "hive.exec.counters.pull.interval": "50",
        # A job takes this many MB to sort, however few rows it has.
        "mapreduce.task.io.sort.mb": "32",
        "hive.session.silent": "true",
    }


def _folders(settings: Settings, folder: Path) -> dict[str, str]:
    hdfs = _hdfs(settings)
    return {
        "hive.metastore.warehouse.dir": f"{hdfs}/warehouse/managed",
        "hive.metastore.warehouse.external.dir": f"{hdfs}/warehouse/external",
        "hive.exec.scratchdir": f"{hdfs}/tmp/hive",
        "hive.user.install.directory": f"{hdfs}/user",
        "hive.exec.local.scratchdir": f"{folder}/tmp/scratch",
        "hive.downloaded.resources.dir": f"{folder}/tmp/resources",
        "hive.querylog.location": f"{folder}/tmp/querylog",
    }
