"""MariaDB with a data folder of its own."""

from __future__ import annotations

import getpass
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import MySQLdb
from MySQLdb.cursors import Cursor

from elfaust.devstack.packages import need
from elfaust.devstack.server import HOST, Server, run_tool
from elfaust.settings import PROFILES, Settings, of_profile

#: A socket's path holds 107 bytes at most.
SOCKET_BYTES = 107
#: Seconds that a connection may take which asks whether MariaDB is ready.
ASK_SECONDS = 5


def mariadb(settings: Settings, stack: Path) -> Server:
    """Return the server that answers at `mysql.host` and `mysql.port`."""
    folder = stack / "mariadb"
    socket = socket_path(folder)

    def prepare() -> None:
        # A server that was killed leaves it behind.
        Path(socket).unlink(missing_ok=True)
        if not (folder / "data" / "mysql").exists():
            _install(folder, stack / "logs" / "mariadb.log")

    def probe() -> None:
        _grant(settings, folder)
        _select(settings)

    return Server(
        "mariadb",
        stack,
        lambda: _command(folder, socket, settings.mysql.port),
        (settings.mysql.port,),
        probe,
        prepare,
        not_there=(OSError, MySQLdb.OperationalError),
    )


def _command(folder: Path, socket: str, port: int) -> list[str]:
    return [
        need("mariadbd"),
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={folder}/data",
        f"--socket={socket}",
        f"--pid-file={folder}/mariadbd.pid",
        f"--port={port}",
        f"--bind-address={HOST}",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--local-infile=ON",
        "--character-set-server=utf8mb4",
        "--default-time-zone=+00:00",
        "--max-allowed-packet=64M",
        "--innodb-buffer-pool-size=256M",
        "--innodb-log-file-size=256M",
    ]


def socket_path(folder: Path) -> str:
    """Return where the socket is: in `folder`, or under a short name in the temporary folder."""
    path = str(folder / "mariadb.sock")
    if len(path.encode()) <= SOCKET_BYTES:
        return path
    name = hashlib.sha256(path.encode()).hexdigest()[:12]
    return f"{tempfile.gettempdir()}/elfaust-{name}.sock"


def _install(folder: Path, log: Path) -> None:
    """Make the data folder under another name first, so that it is either complete or missing."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    need("my_print_defaults")
    command = [
        need("mariadb-install-db"),
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={fresh}",
        "--auth-root-authentication-method=socket",
        f"--auth-root-socket-user={getpass.getuser()}",
        "--skip-test-db",
    ]
    run_tool("making MariaDB's data folder", command, log)
    fresh.rename(folder / "data")


@contextmanager
def as_root(folder: Path) -> Iterator[Cursor]:
    """Yield a cursor of MariaDB's root, who is whoever started the server."""
    socket = socket_path(folder)
    root = MySQLdb.connect(unix_socket=socket, user=getpass.getuser(), connect_timeout=ASK_SECONDS)
    with closing(root), root.cursor() as cursor:
        yield cursor


def _grant(settings: Settings, folder: Path) -> None:
    """Make the user of the settings, with every right, and the databases that are not there."""
    mysql = settings.mysql
    user = (mysql.user, HOST)
    with as_root(folder) as cursor:
        cursor.execute("CREATE USER IF NOT EXISTS %s@%s", user)
        cursor.execute("ALTER USER %s@%s IDENTIFIED BY %s", (*user, mysql.password))
        cursor.execute("GRANT ALL ON *.* TO %s@%s", user)
        for name in _databases(settings):
            quoted = name.replace("`", "``")
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{quoted}` CHARACTER SET utf8mb4")


def _databases(settings: Settings) -> set[str]:
    """Return the databases of the settings and of every profile of their file."""
    profiles = PROFILES if settings.conf else ()
    of_file = {of_profile(settings, profile).mysql.database for profile in profiles}
    return {settings.mysql.database, *of_file}


def _select(settings: Settings) -> None:
    mysql = settings.mysql
    connection = MySQLdb.connect(
        host=mysql.host,
        port=mysql.port,
        user=mysql.user,
        password=mysql.password,
        database=mysql.database,
        connect_timeout=ASK_SECONDS,
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
