"""Graphite: carbon-cache, graphite-web under gunicorn, and StatsD in front of them."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import requests

from elfaust.devstack.graphite_files import (
    FLUSH_SECONDS,
    load_dashboard,
    make_folders,
    statsd_config,
    write_carbon,
    write_web,
)
from elfaust.devstack.graphite_packages import folder as packages_folder
from elfaust.devstack.graphite_packages import installed, node
from elfaust.devstack.server import HOST, NotReadyError, Server, refuse_used, run_tool
from elfaust.graphite.charts import NAME
from elfaust.settings import Settings

#: Seconds for one request that asks whether a server is ready.
ASK_SECONDS = 10


def graphite(settings: Settings, stack: Path) -> list[Server]:
    """Return carbon-cache, graphite-web and StatsD, at the ports of the settings."""
    return [_carbon(settings, stack), _web(settings, stack), _statsd(settings, stack)]


def _carbon(settings: Settings, stack: Path) -> Server:
    ports = settings.carbon.port, settings.stack.carbon_query_port
    folder = _folder(stack)
    program = f"{packages_folder()}/venv/bin/carbon-cache.py"

    def prepare() -> None:
        installed()
        make_folders(folder)
        # A server that was killed leaves it behind.
        (folder / "carbon-cache-a.pid").unlink(missing_ok=True)
        write_carbon(settings, folder)

    return Server(
        "carbon",
        stack,
        lambda: [_python(), program, f"--config={folder}/conf/carbon.conf", "--nodaemon", "start"],
        ports,
        lambda: _connect(*ports),
        prepare,
        {"PYTHONWARNINGS": "ignore"},
    )


def _web(settings: Settings, stack: Path) -> Server:
    port, folder = settings.stack.graphite_port, _folder(stack)
    environ = {
        "GRAPHITE_SETTINGS_MODULE": "elfaust_graphite",
        "DJANGO_SETTINGS_MODULE": "graphite.settings",
        "PYTHONPATH": str(folder / "conf"),
        "PYTHONWARNINGS": "ignore",
    }
    gunicorn = [_python(), "-m", "gunicorn", "--workers=2", f"--bind={HOST}:{port}"]

    def prepare() -> None:
        installed()
        make_folders(folder)
        write_web(settings, folder, packages_folder())
        if not (folder / "graphite.db").exists():
            _make_database(stack / "logs" / "graphite.log", environ)
        load_dashboard(settings, folder)

    return Server(
        "graphite",
        stack,
        lambda: [*gunicorn, "--log-level=warning", "graphite.wsgi"],
        (port,),
        lambda: _render(settings),
        prepare,
        environ,
    )


def _statsd(settings: Settings, stack: Path) -> Server:
    port, home = settings.stack.statsd_admin_port, packages_folder()
    program = f"{home}/statsd/node_modules/statsd/stats.js"
    config = _folder(stack) / "conf" / "statsd.json"

    def prepare() -> None:
        installed()
        make_folders(_folder(stack))
        refuse_used("statsd", settings.statsd.port, socket.SOCK_DGRAM)
        config.write_text(statsd_config(settings))
        # It flushes each so many seconds after its start. Carbon keeps the last flush of each slot
        # of its archive, so one in the last second of a slot, a little late, hides the one before.
        time.sleep((FLUSH_SECONDS * 1.4 - time.time()) % FLUSH_SECONDS)

    return Server(
        "statsd",
        stack,
        lambda: [str(node(home)), program, str(config)],
        (port,),
        lambda: _health(port),
        prepare,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return the addresses of Graphite's servers, as `elfaust stack env` prints them."""
    return {
        "GRAPHITE_URL": _url(settings),
        "STATSD_HOST": HOST,
        "STATSD_PORT": str(settings.statsd.port),
        "CARBON_HOST": HOST,
        "CARBON_PORT": str(settings.carbon.port),
    }


def with_charts(settings: Settings) -> Settings:
    """Return the settings with which workers send to the local servers."""
    return replace(
        settings,
        statsd=replace(settings.statsd, host=HOST),
        carbon=replace(settings.carbon, host=HOST, graphite=_url(settings)),
    )


def charts_url(settings: Settings) -> str:
    """Return the address of the dashboard."""
    return f"{_url(settings)}/dashboard/{NAME}"


def _url(settings: Settings) -> str:
    return f"http://{HOST}:{settings.stack.graphite_port}"


def _folder(stack: Path) -> Path:
    return stack / "graphite"


def _python() -> str:
    return f"{packages_folder()}/venv/bin/python"


def _make_database(log: Path, environ: dict[str, str]) -> None:
    variables = [f"{name}={value}" for name, value in environ.items()]
    command = ["/usr/bin/env", *variables, _python(), "-m", "django", "migrate", "--run-syncdb"]
    run_tool("making graphite-web's database", command, log)


def _connect(*ports: int) -> None:
    for port in ports:
        socket.create_connection((HOST, port), ASK_SECONDS).close()


def _render(settings: Settings) -> None:
    url = f"{_url(settings)}/render?target=carbon.*&format=json"
    with requests.Session() as session:
        session.get(url, timeout=ASK_SECONDS).raise_for_status()


def _health(port: int) -> None:
    with closing(socket.create_connection((HOST, port), ASK_SECONDS)) as asked:
        asked.sendall(b"health\n")
        if not asked.recv(100).startswith(b"health: up"):
            raise NotReadyError("StatsD says that it is not up")
