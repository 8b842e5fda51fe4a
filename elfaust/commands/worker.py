"""elfaust worker ROLE: one worker process of a role, in the foreground."""

from __future__ import annotations

import socket
from typing import Any

import click
import uvloop

from elfaust.devstack.ports import taken
from elfaust.errors import ElfaustError, SettingsError
from elfaust.roles import ROLES
from elfaust.settings import Settings
from elfaust.workers.state import announce, web_port


@click.command()
@click.argument("role", type=click.Choice(tuple(ROLES)))
@click.option(
    "--web-port",
    "port",
    type=click.IntRange(1, 65_535),
    help="Port of the worker's web view; by default that of its role.",
)
@click.pass_obj
def command(settings: Settings, role: str, port: int | None) -> None:
    """Run one worker of ROLE in the foreground until it is stopped.

    After SIGTERM or Ctrl-C it writes what it holds, acknowledges that, and exits 0.
    """
    import faust

    from elfaust.app import create_app
    from elfaust.delivery.connections import closed_is_broken

    uvloop.install()
    closed_is_broken()
    port = port or web_port(settings, role)
    # Faust would end with a traceback.
    if why := taken(settings.web.host, port):
        raise SettingsError(f"port {port}: {why}: set web.port, or --web-port")
    udp = settings.forwarder
    receives = role == "forwarder" and udp.source == "udp"
    if receives and (why := taken(udp.host, udp.port, socket.SOCK_DGRAM)):
        raise SettingsError(f"UDP port {udp.port}: {why}: set forwarder.port")
    app = create_app(role, settings)
    app.conf.web_port = port
    file = announce(settings, role, port)

    async def ready(*_: Any, **__: Any) -> None:
        announce(settings, role, port, ready=True)

    app.on_partitions_assigned.connect(ready, weak=False)
    worker = faust.Worker(app, loglevel=settings.workers.log_level, redirect_stdouts=False)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        # Faust exits 1 whatever has ended it.
        if isinstance(app.crash_reason, ElfaustError):
            raise app.crash_reason from end
        raise
    finally:
        file.unlink(missing_ok=True)
