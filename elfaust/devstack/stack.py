"""The local servers together: Kafka, HDFS, MariaDB; Graphite and Hive if they are asked for."""

from __future__ import annotations

import fcntl
import shlex
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from elfaust.devstack import graphite, hive, packages
from elfaust.devstack.hdfs import hdfs
from elfaust.devstack.kafka import kafka
from elfaust.devstack.mariadb import mariadb
from elfaust.devstack.server import HOST, Server, StartError
from elfaust.errors import StackError
from elfaust.settings import Settings

#: The folders of the stack and of the workers below stack.dir.
FOLDERS = ("kafka", "hdfs", "mariadb", "graphite", "hive", "logs", "workers", "workers-beta")
#: What a stack has only if somebody asks for it; each has a folder of its name.
EXTRAS = ("graphite", "hive")


class ServerStatus(NamedTuple):
    """One server: its first port, and its pid if it runs, else 0."""

    name: str
    port: int
    pid: int

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.pid != 0


class Stack:
    """Real servers on this machine; their data survives `down` and `up`."""

    def __init__(
        self,
        settings: Settings,
        report: Callable[[str], object] = lambda line: None,
        extras: Collection[str] = (),
    ) -> None:
        """`report` gets a line about everything that takes time.

        The stack has those of EXTRAS that are in `extras`, and those that were once started in
        its folder, until `destroy`.
        """
        self._settings = settings
        self._report = report
        self._folder = Path(settings.stack.dir).resolve()
        self.servers: list[Server] = [
            kafka(settings, self._folder),
            *hdfs(settings, self._folder),
            mariadb(settings, self._folder),
        ]
        #: Those of EXTRAS that it has.
        self.extras = [e for e in EXTRAS if e in extras or (self._folder / e).is_dir()]
        if "graphite" in self.extras:
            self.servers += graphite.graphite(settings, self._folder)
        if "hive" in self.extras:
            self.servers += hive.hive(settings, self._folder)

    def up(self) -> None:
        """Start all servers that do not run, at the same time but for those that need others.

        Returns when each is ready. Raises StartError if some did not start. Those are stopped
        again, the others stay.
        """
        refuse_elsewhere(self._settings)
        self._report(f"Starting {', '.join(server.name for server in self.servers)} ...")
        packages.ensure()
        if "hive" in self.extras:
            hive.need_clients()
        with self._alone():
            self._each(self._up, self.servers, lambda server: server.after)

    def _up(self, server: Server, needed: Mapping[str, Future[None]]) -> None:
        wait(needed.values())
        if failed := [name for name, up in needed.items() if up.exception()]:
            raise StartError(f"{server.name} needs {' and '.join(failed)}")
        ran = server.pid()
        try:
            server.start()
            server.wait_ready(self._settings.stack.start_timeout, self._report)
        except BaseException:
            # A server that ran before is left running.
            if not ran:
                server.stop()
            raise

    def down(self) -> None:
        """Stop the servers that we started."""
        if self._folder.is_dir():
            with self._alone():
                self._stop_all()

    def destroy(self) -> None:
        """Stop the servers and remove their data."""
        if self._folder.is_dir():
            with self._alone():
                self._stop_all()
                self._remove()

    def _remove(self) -> None:
        # By name: the folder of the setting may hold other things.
        for name in FOLDERS:
            shutil.rmtree(self._folder / name, ignore_errors=True)
        (self._folder / "lock").unlink()
        if not any(self._folder.iterdir()):
            self._folder.rmdir()

    def status(self) -> list[ServerStatus]:
        """Return each server with its port and process."""
        return [ServerStatus(s.name, s.ports[0], s.pid()) for s in self.servers]

    def server(self, name: str) -> Server:
        """Return a server by name.

        Raises StackError when there is no such server.
        """
        for server in self.servers:
            if server.name == name:
                return server
        names = ", ".join(server.name for server in self.servers)
        raise StackError(f"no server {name!r}; servers are {names}")

    def logs(self, name: str) -> Path:
        """Return the log file of a server. Raises StackError when there is no such server."""
        return self.server(name).log

    def env(self) -> dict[str, str]:
        """Return the addresses of the servers, as `elfaust stack env` prints them."""
        settings, mysql = self._settings, self._settings.mysql
        addresses = {
            "KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
            "MYSQL_HOST": mysql.host,
            "MYSQL_PORT": str(mysql.port),
            "MYSQL_USER": mysql.user,
            "MYSQL_PASSWORD": mysql.password,
            "MYSQL_DATABASE": mysql.database,
            "WEBHDFS_URL": settings.hdfs.url,
            "WEB_URL": f"http://{settings.web.at(settings.web.port)}/throughput/",
            "INTAKE_URL": settings.intake.url,
        }
        if "graphite" in self.extras:
            addresses |= graphite.environment(settings)
        if "hive" in self.extras:
            addresses |= hive.environment(settings)
        return addresses

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder's lock, so that two commands do not start a server twice."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._report(f"Waiting for another command on {self._folder} ...")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _stop_all(self) -> None:
        def users(server: Server) -> list[str]:
            return [other.name for other in self.servers if server.name in other.after]

        def stop(server: Server, needed: Mapping[str, Future[None]]) -> None:
            wait(needed.values())
            server.stop()

        self._each(stop, self.servers[::-1], users)

    def _each(
        self,
        call: Callable[[Server, Mapping[str, Future[None]]], None],
        servers: Sequence[Server],
        after: Callable[[Server], Collection[str]],
    ) -> None:
        """Call for all servers at once, each with the calls for those before it that it is after.

        Raises StartError for all that failed with a StackError.
        """
        calls: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(len(servers)) as threads:
            for server in servers:
                needed = {name: calls[name] for name in after(server) if name in calls}
                calls[server.name] = threads.submit(call, server, needed)
        errors = [error for done in calls.values() if (error := done.exception())]
        failed = [error for error in errors if isinstance(error, StackError)]
        for error in errors:
            if error not in failed:
                raise error
        if failed:
            tails = [line for e in failed if isinstance(e, StartError) for line in e.tail]
            raise StartError("; ".join(str(error) for error in failed), tails) from failed[0]


def refuse_elsewhere(settings: Settings) -> None:
    """Raise StackError when the settings name servers of other machines."""
    named = {
        "kafka.bootstrap": settings.kafka.bootstrap.rpartition(":")[0],
        "mysql.host": settings.mysql.host,
        "hdfs.url": urlsplit(settings.hdfs.url).hostname or "",
    }
    for setting, host in named.items():
        if host != HOST:
            raise StackError(f"local servers listen on {HOST} only, but {setting} names {host!r}")


def assignments(env: dict[str, str]) -> str:
    """Return variables as lines that a shell can evaluate."""
    return "\n".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
