"""Whether a worker works: `GET /ready/` or `/-/ready` of every role, for balancers and people.

    200 {"role": str, "ready": true,  "waits_for": [],    "held": [why], ...}
    503 {"role": str, "ready": false, "waits_for": [why], "held": [why], ...}

    ...: "since": {why: Unix seconds}, "unforeseen": {code: n}, "unnamed": {schema revision: n},
         "lost": {"kernel" or "spool": n}

`waits_for` names the server that is away, `held` the tables and partitions whose events wait by
themselves; `since` says when each of these was first seen. `unforeseen` counts the records on
which elfaust itself failed since the worker began, by the code of their EventErrors; `unnamed` the
keys of events in MySQL that have no column there; `lost` the datagrams that a forwarder has
received and lost, by who could not keep them.
"""

from __future__ import annotations

import asyncio
from typing import Any

from elfaust.boundary import counted
from elfaust.sinks.mysql import unnamed
from elfaust.workers.readiness import of_server
from elfaust.workers.since import Since
from elfaust.workers.worker import Worker

#: Longest wait for Kafka's answer, seconds: whoever asks for readiness does not wait long.
KAFKA_SECONDS = 2.0
#: Seconds between two looks at what is waited for, whether anybody asks or not.
LOOK_SECONDS = 1.0


def register(worker: Worker) -> None:
    """Add the page to a role's worker."""
    since = Since()

    def held() -> list[str]:
        return [why for holds in worker.held for why in holds()]

    async def look() -> None:
        while True:
            since.of([*worker.readiness.waits, *held()])
            await asyncio.sleep(LOOK_SECONDS)

    async def ready(view: Any, request: Any) -> Any:
        waits = worker.readiness.waits or await _kafka(worker)
        holds = held()
        body = {"role": worker.role, "ready": not waits, "waits_for": waits, "held": holds}
        body |= {"since": since.of([*waits, *holds])}
        body |= {"unforeseen": counted(), "unnamed": unnamed.counted(), "lost": worker.lost()}
        return view.json(body, status=503 if waits else 200)

    worker.run_beside(look)
    worker.page("/ready/", name="ready")(ready)
    worker.page("/-/ready", name="ready-as-prometheus-asks")(ready)


async def _kafka(worker: Worker) -> list[str]:
    try:
        async with asyncio.timeout(KAFKA_SECONDS):
            await worker.admin.names()
    except Exception as error:
        return [of_server(f"Kafka {worker.settings.kafka.bootstrap}", error)]
    return []
