"""MariaDB with a data folder of its own."""

from __future__ import annotations

import getpass
import hashlib
import subprocess
import tempfile
from pathlib import Path

import MySQLdb

from elfaust.devstack.jars import need
from elfaust.devstack.server import Server
from elfaust.errors import StackError
from elfaust.settings import Settings


def mariadb(settings: Settings, stack: Path) -> Server:
    """Return the server that answers at `mysql.host` and `mysql.port`."""
    folder, mysql = stack / "mariadb", settings.mysql
    socket = _socket(folder)

    def prepare() -> None:
        if not (folder / "data" / "mysql").exists():
            _install(folder)

    def probe() -> None:
        _grant(settings, socket)
        connection = MySQLdb.connect(
            host=mysql.host, port=mysql.port, user=mysql.user, password=mysql.password
        )
        connection.query(f"USE `{mysql.database}`")
        connection.close()

    return Server(
        "mariadb",
        stack,
        lambda: [
            need("mariadbd", "mariadb-server"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={folder}/data",
            f"--socket={socket}",
            f"--pid-file={folder}/mariadbd.pid",
            f"--port={mysql.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=256M",
            "--innodb-log-file-size=256M",
        ],
        (mysql.port,),
        probe,
        prepare,
    )


def _socket(folder: Path) -> str:
    # A socket's path holds 107 bytes at most.
    path = str(folder / "mariadb.sock")
    name = hashlib.sha256(path.encode()).hexdigest()[:12]
    return path if len(path) < 100 else f"{tempfile.gettempdir()}/elfaust-{name}.sock"


def _install(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            need("mariadb-install-db", "mariadb-server"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={folder}/data",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={getpass.getuser()}",
            "--skip-test-db",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"MariaDB's folder was not made: {done.stderr.strip()[-500:]}")


def _grant(settings: Settings, socket: str) -> None:
    mysql = settings.mysql
    root = MySQLdb.connect(unix_socket=socket, user=getpass.getuser())
    with root.cursor() as cursor:
        user = (mysql.user, "127.0.0.1")
        cursor.execute("CREATE USER IF NOT EXISTS %s@%s", user)
        cursor.execute("ALTER USER %s@%s IDENTIFIED BY %s", (*user, mysql.password))
        cursor.execute("GRANT ALL ON *.* TO %s@%s", user)
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{mysql.database}`")
    root.close()
