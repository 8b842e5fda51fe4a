"""Beacons on which EventLogging's devserver has spoken: valid or not, and with how many errors.

`tests/data/devserver.jsonl` has what it said, its limit of 900 characters aside. It differs where
an event has fields of its line's (`recvFrom`, `seqId`), which the intake leaves out, where it has
no `event`, and where a number passes 64 bits.
"""

from __future__ import annotations

import json
from dataclasses import replace

from elfaust.intake.raw_lines import Client, RawLines
from elfaust.intake.verdicts import VALID, Verdicts
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from tests import DATA, REPOSITORY
from tests.unit.intake.requests import FORMAT

BEACONS = [json.loads(line) for line in (DATA / "devserver.jsonl").read_text().splitlines()]
CLIENT = Client("127.0.0.1", "Mozilla/5.0")


async def test_the_verdict_is_that_of_eventlogging_s_devserver() -> None:
    base = Settings()
    schemas = replace(base.schemas, folder=str(REPOSITORY / "schemas"), wiki_url="")
    settings = replace(base, profile="dev", schemas=schemas)
    registry = Registry.of_workers(settings)
    verdicts = Verdicts(settings, registry, enabled_stores(settings).values())
    lines = RawLines(FORMAT)
    for beacon in BEACONS:
        told = await verdicts.headers(lines.of_query(beacon["query"], CLIENT))
        assert told[VALID] == str(int(not beacon["errors"])), (beacon, told)
        assert len(told) - 1 == beacon["errors"], (beacon, told)
    await registry.close()
    assert {beacon["errors"] for beacon in BEACONS} >= {0, 1, 2, 3, 4}
