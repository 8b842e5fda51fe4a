"""intake: events by HTTP into the raw client-side topic."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from elfaust.errors import SettingsError
from elfaust.intake.application import Intake
from elfaust.intake.gatherer import Gatherer
from elfaust.intake.publishing import publish
from elfaust.intake.raw_lines import RawLines
from elfaust.intake.server import Server
from elfaust.intake.spooler import Spooler
from elfaust.intake.taking import Sender
from elfaust.intake.verdicts import Verdicts
from elfaust.metrics.table import INTAKE_WAITING_BYTES
from elfaust.metrics.values import values
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import state_folder
from elfaust.sinks.stores import enabled_stores
from elfaust.workers.worker import Worker

#: Profiles in which whoever sends a beacon is told whether it is valid.
JUDGED = ("beta", "dev")


def register(worker: Worker) -> None:
    """Register the intake's work with its worker."""
    settings = worker.settings
    processor = settings.processor
    dialect = DIALECTS[settings.schemas.compatibility]
    lines = RawLines(processor.client_format or dialect.client_format, processor.max_keys)
    sender = _sender(worker)
    verdict = None
    if settings.profile in JUDGED:
        registry = Registry.of_workers(settings)
        verdict = Verdicts(settings, registry, enabled_stores(settings).values()).headers
        worker.on_close(registry.close)
    server = Server(settings.intake, Intake(settings, lines, sender, verdict).application())
    values().ask(INTAKE_WAITING_BYTES, lambda: {(): sender.size})

    async def served(app: web.Application) -> AsyncIterator[None]:
        # With the worker's own page, before Kafka has answered.
        await server.start()
        yield
        await server.stop()

    async def drain() -> None:
        await server.stop()
        await sender.stop()

    worker.web.web_app.cleanup_ctx.append(served)
    worker.run_beside(
        lambda: publish(settings, sender, lambda: worker.draining or worker.should_stop)
    )
    worker.on_drain(drain)


def _sender(worker: Worker) -> Sender:
    settings = worker.settings
    if not settings.intake.spool:
        topics = settings.topics
        return Gatherer(topics.raw_client, topics.lanes, settings.intake.memory_bytes)
    folder = state_folder(settings) / "intake" / "spool"
    try:
        spooler = Spooler(settings, folder)
    except OSError as error:
        raise SettingsError(f"intake.spool: {folder}: {error}: set workers.state") from error
    worker.held.append(lambda: spooler.held)
    return spooler
