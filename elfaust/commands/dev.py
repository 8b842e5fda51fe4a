"""elfaust dev: events tried without a server, each shown with its cure."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import webbrowser
from dataclasses import replace

import click

from elfaust.commands.tail import CAUSE_CHARS, as_text
from elfaust.dev.memory import Memory
from elfaust.dev.pipeline import Pipeline, Told
from elfaust.dev.printer import Log, Printer
from elfaust.dev.said import Said
from elfaust.dev.schemas import Schemas
from elfaust.dev.server import Server
from elfaust.errors import EventFault, SettingsError
from elfaust.intake.application import EVENTS
from elfaust.logs.masking import masked
from elfaust.names import readable_name
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.settings.flow import Forwarder
from elfaust.sources.udp_socket import UdpSocket

#: Faults of an event that are shown beside the first.
MOST_FAULTS = 10


@click.command()
@click.option(
    "--schema-dir",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of schemas instead of schemas.folder.",
)
@click.option(
    "--port", type=click.IntRange(1, 65_535), help="Listen on this port instead of intake.port."
)
@click.option("--open", "opens", is_flag=True, help="Open the view in a browser.")
@click.pass_obj
def command(settings: Settings, schema_dir: str | None, port: int | None, opens: bool) -> None:
    """Take events at one address, and show each with its verdict, here and in a browser.

    It needs no Kafka and no other server, and stores nothing. Schemas are read again when their
    file changes. Ends with Ctrl-C.
    """
    folder = schema_dir or settings.schemas.folder
    settings = replace(
        settings,
        profile="dev",
        schemas=replace(settings.schemas, folder=folder, reload=True),
        intake=replace(settings.intake, port=port or settings.intake.port),
    )
    # A terminal shows colours, unless NO_COLOR says otherwise.
    asyncio.run(_Terminal(False if os.environ.get("NO_COLOR") else None).serve(settings, opens))


class _Terminal:
    """Prints what happens, until Ctrl-C."""

    def __init__(self, color: bool | None) -> None:
        self._printer = Printer(color)
        self._over = asyncio.Event()

    async def serve(self, settings: Settings, opens: bool) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._over.set)
        logging.getLogger().addHandler(log := Log(self._printer))
        try:
            await self._serve(settings, opens)
        finally:
            await asyncio.to_thread(self._printer.close)
            logging.getLogger().removeHandler(log)

    async def _serve(self, settings: Settings, opens: bool) -> None:
        registry, memory = Registry.of_workers(settings), Memory(settings)
        schemas = Schemas(settings, registry)
        if not schemas.folder.is_dir():
            raise SettingsError(f"schemas.folder {schemas.folder} is no folder: see --schema-dir")
        pipeline = Pipeline(settings, registry, memory, self.told)
        server = Server(settings, pipeline, memory, self.said)
        await server.start()
        udp = await self.listen(settings.forwarder, pipeline)
        works = (schemas.watch(self.said), pipeline.run(), self._over.wait())
        running = [asyncio.create_task(work) for work in works]
        try:
            for said in schemas.look():
                self.said(said)
            self.greet(settings, schemas, udp)
            if opens:
                await asyncio.to_thread(self.open, settings.intake.url)
            ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in running:
                task.cancel()
            if udp is not None:
                udp.close()
            await server.stop()
            await registry.close()

    async def listen(self, at: Forwarder, pipeline: Pipeline) -> UdpSocket | None:
        """Take server-side lines by UDP, if no forwarder does."""
        try:
            return await UdpSocket.open(at.host, at.port, pipeline.received)
        except OSError as error:
            why = f"no lines by UDP: {at.host}:{at.port}: {error.strerror}"
            self.said(Said(why, is_trouble=True))
            return None

    def greet(self, settings: Settings, schemas: Schemas, udp: UdpSocket | None) -> None:
        at, path, forwarder = settings.intake.url, settings.intake.path, settings.forwarder
        self._printer.say(click.style(f"elfaust dev: {at} shows what comes", bold=True))
        self._printer.say(f"  beacons  {at.rstrip('/')}{path}?{{percent-encoded JSON}};")
        self._printer.say(f"  JSON     curl -d '{{\"schema\": ...}}' {at.rstrip('/')}{EVENTS}")
        if udp is not None:
            self._printer.say(f"  UDP      server-side lines to {forwarder.host}:{forwarder.port}")
        number, folder = len(schemas), schemas.folder
        self._printer.say(f"  schemas  {folder}, {number} of them, read again when they change")
        self._printer.say("  Ctrl-C ends it")

    def open(self, address: str) -> None:
        if not webbrowser.open(address):
            self._printer.say(f"There is no browser to open here: look at {address}")

    def told(self, told: Told) -> None:
        """Show an event: its verdict as `elfaust tail` does, every other fault, what is long."""
        self._printer.say(as_text(told.seen))
        for fault in told.faults[1:MOST_FAULTS]:
            self._printer.say(_also(fault))
        if told.warning:
            self._printer.say(click.style(f"  {told.warning}", fg="yellow"))

    def said(self, said: Said) -> None:
        """Show what is to say of a schema's file, or of a request."""
        self._printer.say(
            click.style(readable_name(said.text), fg="red" if said.is_trouble else "cyan")
        )


def _also(fault: EventFault) -> str:
    place = f" at {readable_name(fault.path)}" if fault.path else ""
    text = f"  also{place}: {readable_name(masked(fault.cause[:CAUSE_CHARS]))}"
    if fault.hint:
        text += f"\n  {click.style(readable_name(fault.hint), fg='green')}"
    return text
