"""Faults of tables, disks and modes of servers, each with what ends it; all may overlap others.

MariaDB or the NameNode may be away when one is to begin or to end: both try again.
"""

from __future__ import annotations

import getpass
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import MySQLdb

from elfaust.devstack.mariadb import socket_path
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import quoted
from tests.chaos.faults import Begin, End, Missed
from tests.chaos.proxy import CommitLoser
from tests.servers import dfsadmin

T = TypeVar("T")
#: Seconds within which a fault must begin, and within which it must be undone.
BEGIN_SECONDS, END_SECONDS = 15.0, 240.0
#: Column that keeps the values of an altered one.
KEPT = "kept"
#: Before the name of a table that was moved away, where it would have been dropped.
DROPPED = "dropped_"
#: Sizes of the disks of logs, of MariaDB and of Kafka while they are not full, MiB.
ROOM = {"logs": 512, "mariadb": 4_096, "kafka": 4_096}


class Harm:
    """What can be done to the tables and disks of a campaign.

    `database` and `logs` are folders on file systems of their own, if there are such.
    """

    def __init__(self, settings: Settings, way: CommitLoser) -> None:
        self._settings = settings
        self._way = way
        self._socket = socket_path(Path(settings.stack.dir).resolve() / "mariadb")
        # DFSAdmin takes a second of CPU: one at a time.
        self._dfsadmin = threading.Lock()
        self._drops = 0

    def faults(self) -> dict[str, Begin]:
        """Return all faults by kind, as plan.OTHERS names them."""
        root = self._settings.hdfs.root
        return {
            "column of another type": lambda table: self._altered(table, put_another=True),
            "column gone": lambda table: self._altered(table, put_another=False),
            "table locked": self._locked,
            "table dropped": self._dropped,
            "MariaDB read-only": lambda _: self._told(
                "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"
            ),
            "answer to COMMIT lost": self._lost_answer,
            "HDFS folder full": lambda _: self._of_hdfs(
                ("-setSpaceQuota", "1m", root), ("-clrSpaceQuota", root)
            ),
            "NameNode in safe mode": lambda _: self._of_hdfs(
                ("-safemode", "enter"), ("-safemode", "leave")
            ),
            "disk of logs full": lambda _: full(self.logs, ROOM["logs"]),
            "MariaDB's disk full": lambda _: full(self.database, ROOM["mariadb"]),
            "Kafka's disk full": lambda _: full(self.kafka, ROOM["kafka"]),
        }

    @property
    def logs(self) -> Path:
        """The folder of the first machine's logs."""
        return Path(self._settings.workers.state) / "logs"

    @property
    def database(self) -> Path:
        """The folder of the database's tables."""
        folder = Path(self._settings.stack.dir).resolve() / "mariadb" / "data"
        return folder / self._settings.mysql.database

    @property
    def kafka(self) -> Path:
        """The folder of Kafka's topics."""
        return Path(self._settings.stack.dir).resolve() / "kafka" / "data"

    def asked(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what a statement gives; raises MySQLdb.Error."""
        with closing(self._connected()) as connection, connection.cursor() as cursor:
            cursor.execute("SET lock_wait_timeout = 5")
            cursor.execute(statement)
            connection.commit()
            return list(cursor.fetchall())

    def _connected(self) -> Any:
        return MySQLdb.connect(
            unix_socket=self._socket,
            user=getpass.getuser(),
            database=self._settings.mysql.database,
            connect_timeout=5,
            read_timeout=20,
            write_timeout=20,
        )

    def _columns(self, table: str) -> list[str]:
        return [
            name
            for name, _ in self.asked(
                "SELECT column_name, 1 FROM information_schema.columns WHERE"
                f" table_schema = DATABASE() AND table_name = '{table}'"
            )
        ]

    def _altered(self, table: str, *, put_another: bool) -> End:
        tried: list[str] = []

        def begin() -> str:
            columns = self._columns(table)
            if KEPT in columns and tried:
                # What failed before was the answer.
                return tried[0]
            altered = next((name for name in columns if name.startswith("event_")), "")
            if not altered or KEPT in columns:
                raise Missed("there is no such table, or it is altered")
            tried[:] = [altered]
            more = f", ADD COLUMN {quoted(altered)} INT" if put_another else ""
            away = f"RENAME COLUMN {quoted(altered)} TO {KEPT}{more}"
            self.asked(f"ALTER TABLE {quoted(table)} {away}")
            return altered

        altered = begun(begin)

        def end() -> None:
            columns = self._columns(table)
            if KEPT in columns:
                gone = ""
                if altered in columns:
                    # A number fits where truth values were: what came meanwhile is in it.
                    came = f"{KEPT} = {quoted(altered)} WHERE {quoted(altered)} IS NOT NULL"
                    self.asked(f"UPDATE {quoted(table)} SET {came}")
                    gone = f"DROP COLUMN {quoted(altered)}, "
                back = f"{gone}RENAME COLUMN {KEPT} TO {quoted(altered)}"
                self.asked(f"ALTER TABLE {quoted(table)} {back}")

        return lambda: ended(end)

    def _locked(self, table: str) -> End:
        if not begun(lambda: self._columns(table)):
            raise Missed("there is no such table")
        connection = begun(self._connected)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_wait_timeout = 5")
                cursor.execute(f"LOCK TABLES {quoted(table)} WRITE")
        except MySQLdb.Error as error:
            connection.close()
            raise Missed(str(error)) from error
        return lambda: _close(connection)

    def _dropped(self, table: str) -> End:
        if not begun(lambda: self._columns(table)):
            raise Missed("there is no such table")
        self._drops += 1
        kept = f"{DROPPED}{self._drops}_{table}"
        begun(lambda: self.asked(f"RENAME TABLE {quoted(table)} TO {quoted(kept)}"))
        return lambda: None

    def put_back(self) -> int:
        """Put rows of dropped tables back, but for those that have come again; return how many.

        No row is in the tables twice: their uuid is unique.
        """
        put = 0
        for name, _ in self.asked(
            "SELECT table_name, 1 FROM information_schema.tables WHERE table_schema = DATABASE()"
            f" AND LEFT(table_name, {len(DROPPED)}) = '{DROPPED}'"
        ):
            table = name.removeprefix(DROPPED).partition("_")[2]
            kept = self._columns(name)
            if not self._columns(table):
                # Nothing of it came since.
                self.asked(f"RENAME TABLE {quoted(name)} TO {quoted(table)}")
                [(rows,)] = self.asked(f"SELECT COUNT(*) FROM {quoted(table)}")
                put += rows
                continue
            columns = ", ".join(quoted(column) for column in kept if column != "id")
            missing = f"FROM {quoted(name)} WHERE uuid NOT IN (SELECT uuid FROM {quoted(table)})"
            [(rows,)] = self.asked(f"SELECT COUNT(*) {missing}")
            self.asked(f"INSERT INTO {quoted(table)} ({columns}) SELECT {columns} {missing}")
            self.asked(f"DROP TABLE {quoted(name)}")
            put += rows
        return put

    def _told(self, begin: str, end: str) -> End:
        return whole(lambda: self.asked(begin), lambda: self.asked(end))

    def _lost_answer(self, _: str) -> End:
        before = self._way.lost
        self._way.lose_one()
        deadline = time.monotonic() + BEGIN_SECONDS
        while self._way.lost == before:
            if time.monotonic() > deadline:
                raise Missed("nothing was committed")
            time.sleep(0.05)
        return lambda: None

    def _of_hdfs(self, begin: tuple[str, ...], end: tuple[str, ...]) -> End:
        def say(arguments: tuple[str, ...]) -> None:
            with self._dfsadmin:
                dfsadmin(self._settings, *arguments)

        return whole(lambda: say(begin), lambda: say(end))


def _close(connection: Any) -> None:
    with suppress(MySQLdb.Error):
        connection.close()


def begun(begin: Callable[[], T]) -> T:
    """Return what begins a fault returns, tried again for a while; raises Missed after that."""
    return _tried(begin, BEGIN_SECONDS, Missed)


def whole(begin: Callable[[], object], end: Callable[[], object]) -> End:
    """Begin a fault, or have it ended at once: what failed may be the answer alone."""
    try:
        begun(begin)
    except Missed:
        ended(end)
        raise
    return lambda: ended(end)


def ended(end: Callable[[], object]) -> None:
    """End a fault, however often that takes; raises what is wrong after minutes."""
    _tried(end, END_SECONDS, RuntimeError)


def _tried(call: Callable[[], T], seconds: float, failure: type[Exception]) -> T:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except (MySQLdb.Error, OSError, subprocess.CalledProcessError) as error:
            if time.monotonic() > deadline:
                raise failure(repr(error)) from error
            time.sleep(0.5)


def full(folder: Path, room: int) -> End:
    """Make a disk full that `disk` has mounted."""
    used = shutil.disk_usage(folder).used // 1_048_576 + 1
    _mount("-o", f"remount,size={used}m", str(folder))
    return lambda: ended(lambda: _mount("-o", f"remount,size={room}m", str(folder)))


@contextmanager
def disk(folder: Path, room: int) -> Iterator[None]:
    """Put a folder on a file system of its own, with what is in it, for the length of a block.

    What is in it at the end is put back onto the disk below. Nobody may have its files open at the
    beginning and at the end.
    """
    kept = folder.with_name(f"{folder.name}.kept")
    folder.mkdir(parents=True, exist_ok=True)
    _copy(folder, kept)
    _mount("-t", "tmpfs", "-o", f"size={room}m", "tmpfs", str(folder))
    try:
        _copy(kept, folder)
        shutil.rmtree(kept)
        yield
    finally:
        _copy(folder, kept)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)
        kept.rename(folder)


def _copy(folder: Path, to: Path) -> None:
    # Kafka's indexes are holes for the most part: filled, those of some hundred topics take 60 GB.
    to.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", "--sparse=always", f"{folder}/.", str(to)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
