"""The commands that docs/reference.md shows, run as they stand there."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

from elfaust.schema.lookup.folder import EXAMPLES
from tests import REPOSITORY
from tests.unit.dev.test_server import Dev

RUN = re.compile(rf"<!-- run by tests/unit/dev/{Path(__file__).name} -->\n```\n(.*?)```", re.DOTALL)


async def test_the_example_of_curl_finds_its_event(tmp_path: Path) -> None:
    [script] = RUN.findall((REPOSITORY / "docs" / "reference.md").read_text())
    dev = Dev(tmp_path)
    schemas = replace(dev.settings.schemas, folder=str(EXAMPLES))
    dev.settings = replace(dev.settings, schemas=schemas)
    async with dev.serving():
        here = f"set -e; {script}".replace("8192", str(dev.settings.intake.port))
        running = await asyncio.create_subprocess_exec("bash", "-c", here)
        assert await asyncio.wait_for(running.wait(), 60) == 0
    assert [told.seen.path for told in dev.told] == ["$.event.saveTiming"]
