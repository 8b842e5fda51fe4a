"""elfaust stack: real servers for development on this machine."""

from __future__ import annotations

import json

import click

from elfaust.commands.completion import SERVER
from elfaust.devstack.server import StartError
from elfaust.devstack.stack import EXTRAS, Stack, assignments
from elfaust.settings import Settings


def tell(line: str) -> None:
    """Print a line of progress on stderr."""
    click.echo(line, err=True)


@click.group()
def command() -> None:
    """Start, stop and inspect Kafka, HDFS and MariaDB on this machine, and Graphite.

    Their data is in one folder, .stack (ELFAUST_STACK_DIR moves it), and survives `down` and `up`.
    """


@command.command()
@click.option(
    "--with",
    "extras",
    type=click.Choice(EXTRAS),
    multiple=True,
    help="Also start these servers; the stack then has them until destroy.",
)
@click.pass_obj
def up(settings: Settings, extras: tuple[str, ...]) -> None:
    """Start the servers; return when each has answered a request."""
    stack = Stack(settings, tell, extras)
    try:
        stack.up()
    except StartError as error:
        for line in error.tail:
            click.echo(f"| {line}", err=True)
        raise
    for server in stack.status():
        click.echo(f"{server.name:<10} port {server.port}", err=True)


@command.command()
@click.pass_obj
def down(settings: Settings) -> None:
    """Stop the servers and keep their data."""
    Stack(settings, tell).down()


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Show which servers run; exit 1 if one does not."""
    servers = Stack(settings).status()
    if as_json:
        rows = [{**server._asdict(), "running": server.running} for server in servers]
        click.echo(json.dumps({"servers": rows}))
    else:
        for server in servers:
            state = f"runs, pid {server.pid}" if server.running else "does not run"
            click.echo(f"{server.name:<10} port {server.port:<6} {state}")
    raise SystemExit(0 if all(server.running for server in servers) else 1)


@command.command()
@click.pass_obj
def env(settings: Settings) -> None:
    """Print the servers' addresses as shell assignments."""
    click.echo(assignments(Stack(settings).env()))


@command.command()
@click.argument("name", type=SERVER)
@click.pass_obj
def logs(settings: Settings, name: str) -> None:
    """Print the log of server NAME."""
    log = Stack(settings).logs(name)
    click.echo(log.read_text(errors="replace") if log.exists() else "", nl=False)


@command.command()
@click.pass_obj
def destroy(settings: Settings) -> None:
    """Stop the servers and remove their data."""
    Stack(settings, tell).destroy()
