"""The local servers together: Kafka, HDFS and MariaDB in one state folder."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from elfaust.devstack.hdfs import hdfs
from elfaust.devstack.kafka import kafka
from elfaust.devstack.mariadb import mariadb
from elfaust.devstack.server import Server
from elfaust.errors import StackError
from elfaust.settings import Settings


class ServerStatus(NamedTuple):
    """One server: its first port, and its process if we started one that runs."""

    name: str
    port: int
    pid: int

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.pid != 0


class Stack:
    """Real servers on this machine; what they hold survives `down` and `up`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(settings.stack.dir).resolve()
        self.servers: list[Server] = [
            kafka(settings, self._folder),
            *hdfs(settings, self._folder),
            mariadb(settings, self._folder),
        ]

    def up(self) -> None:
        """Start what does not run, side by side, and wait until each answers a real request.

        Raises StackError for the first that did not come up; that one is stopped again.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._each(self._up)

    def _up(self, server: Server) -> None:
        try:
            server.start()
            server.wait_ready(self._settings.stack.start_timeout)
        except StackError:
            server.stop()
            raise

    def down(self) -> None:
        """Stop the servers that we started."""
        self._each(Server.stop)

    def destroy(self) -> None:
        """Stop the servers and remove all that they hold."""
        self.down()
        shutil.rmtree(self._folder, ignore_errors=True)

    def status(self) -> list[ServerStatus]:
        """Return each server with its port and process."""
        return [ServerStatus(s.name, s.ports[0], s.pid()) for s in self.servers]

    def server(self, name: str) -> Server:
        """Return a server by name.

        Raises StackError when there is none of that name.
        """
        for server in self.servers:
            if server.name == name:
                return server
        names = ", ".join(server.name for server in self.servers)
        raise StackError(f"no server {name!r}; servers are {names}")

    def env(self) -> dict[str, str]:
        """Return the addresses of the servers, as `elfaust stack env` prints them."""
        settings, mysql = self._settings, self._settings.mysql
        return {
            "KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
            "MYSQL_HOST": mysql.host,
            "MYSQL_PORT": str(mysql.port),
            "MYSQL_USER": mysql.user,
            "MYSQL_PASSWORD": mysql.password,
            "MYSQL_DATABASE": mysql.database,
            "WEBHDFS_URL": settings.hdfs.url,
            "WEB_URL": f"http://{settings.web.host}:{settings.web.port}/throughput/",
        }

    def _each(self, call: Callable[[Server], None]) -> None:
        with ThreadPoolExecutor(len(self.servers)) as threads:
            for done in [threads.submit(call, server) for server in self.servers]:
                done.result()


def assignments(env: dict[str, str]) -> str:
    """Return variables as lines that a shell can evaluate."""
    return "\n".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
