"""Whether a worker works: `GET /ready/` of every role, for load balancers and people.

    200 {"role": str, "ready": true,  "waits_for": [],    "held": [why], ...}
    503 {"role": str, "ready": false, "waits_for": [why], "held": [why], ...}

    ...: "unforeseen": {code: n}, "unnamed": {schema revision: n}

`waits_for` names the server that is away, `held` the tables and partitions whose events wait by
themselves. `unforeseen` counts the records on which elfaust itself failed since the worker began,
by the code of their EventErrors; `unnamed` the keys of events in MySQL that have no column there.
"""

from __future__ import annotations

import asyncio
from typing import Any

from elfaust.boundary import counted
from elfaust.sinks.mysql import unnamed
from elfaust.workers.worker import Worker

#: Longest wait for Kafka's answer, seconds: whoever asks for readiness does not wait long.
KAFKA_SECONDS = 2.0


def register(worker: Worker) -> None:
    """Add the page to a role's worker."""

    @worker.page("/ready/", name="ready")  # type: ignore[untyped-decorator]
    async def ready(view: Any, request: Any) -> Any:
        waits = worker.readiness.waits or await _kafka(worker)
        held = [why for holds in worker.held for why in holds()]
        body = {"role": worker.role, "ready": not waits, "waits_for": waits, "held": held}
        body |= {"unforeseen": counted(), "unnamed": unnamed.counted()}
        return view.json(body, status=503 if waits else 200)


async def _kafka(worker: Worker) -> list[str]:
    try:
        async with asyncio.timeout(KAFKA_SECONDS):
            await worker.admin.names()
    except Exception as error:
        return [f"Kafka {worker.settings.kafka.bootstrap}: {error or 'no answer'}"]
    return []
