"""elfaust worker ROLE: one worker process of a role, in the foreground."""

from __future__ import annotations

import socket
from typing import Any

import click

from elfaust.devstack.ports import taken
from elfaust.errors import ElfaustError, SettingsError
from elfaust.roles import ROLES
from elfaust.settings import Settings
from elfaust.workers import starts
from elfaust.workers.state import alive, announce, web_port
from elfaust.workers.supervised import OPTION, end_with


@click.command()
@click.argument("role", type=click.Choice(tuple(ROLES)))
@click.option(
    "--web-port",
    "port",
    type=click.IntRange(1, 65_535),
    help="Port of the worker's web view; by default that of its role.",
)
@click.option(OPTION, type=int, hidden=True, help="End once this process is not the parent.")
@click.pass_obj
def command(settings: Settings, role: str, port: int | None, supervisor: int | None) -> None:
    """Run one worker of ROLE in the foreground until it is stopped.

    Beside others of its role it takes the next port for its web view. After SIGTERM or Ctrl-C it
    writes what it holds, acknowledges that, and exits 0. SIGHUP opens its log anew; SIGUSR2 has it
    log everything, until the next SIGUSR2.
    """
    import uvloop

    from elfaust.app import create_app
    from elfaust.delivery.connections import closed_is_broken
    from elfaust.workers.process import Process

    if supervisor is not None:
        end_with(supervisor, settings.workers.drain_seconds)
    uvloop.install()
    closed_is_broken()
    port = port or next_port(settings, role)
    _check_ports(settings, role, port)
    app = create_app(role, settings)
    app.conf.web_port = port
    starts.note(settings, role, port)
    file = announce(settings, role, port)

    async def ready(*_: Any, **__: Any) -> None:
        announce(settings, role, port, ready=True)

    app.on_partitions_assigned.connect(ready, weak=False)
    try:
        Process(app).execute_from_commandline()
    except SystemExit as end:
        # Faust exits 1 whatever has ended it.
        if isinstance(app.crash_reason, ElfaustError):
            raise app.crash_reason from end
        raise
    finally:
        file.unlink(missing_ok=True)


def _check_ports(settings: Settings, role: str, port: int) -> None:
    """Raise SettingsError for a port that is taken: Faust would end with a traceback."""
    if why := taken(settings.web.host, port):
        raise SettingsError(_unbound(settings, port, why))
    udp = settings.forwarder
    receives = role == "forwarder" and udp.source == "udp"
    if receives and (why := taken(udp.host, udp.port, socket.SOCK_DGRAM)):
        where = f"forwarder.host {udp.host}, UDP port {udp.port}"
        raise SettingsError(f"{where}: {why}: set forwarder.port")
    intake = settings.intake
    if role == "intake" and (why := taken(intake.host, intake.port)):
        where = f"intake.host {intake.host}, port {intake.port}"
        raise SettingsError(f"{where}: {why}: set intake.port")


def _unbound(settings: Settings, port: int, why: str) -> str:
    return f"web.host {settings.web.host}, port {port}: {why}: set web.port, or --web-port"


def next_port(settings: Settings, role: str) -> int:
    """Return the first port of a role that is free.

    Raises SettingsError where as many workers of the role run as have something to do.
    """
    host = settings.web.host
    for instance in range(1 if ROLES[role].alone else settings.topics.lanes):
        port = web_port(settings, role, instance)
        if not taken(host, port):
            return port
    pids = [str(worker.pid) for worker in alive(settings) if worker.role == role]
    if not pids:
        raise SettingsError(_unbound(settings, port, taken(host, port)))
    bound = "one" if ROLES[role].alone else f"topics.lanes, {settings.topics.lanes},"
    raise SettingsError(
        f"workers of {role} that run here: {len(pids)} (pid {', '.join(pids)}); more than {bound} "
        "have nothing to do: stop one, or set workers.state and web.port for others beside them"
    )
