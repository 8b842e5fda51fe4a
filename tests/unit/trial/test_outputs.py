"""Outputs: the topics of all schemas and of errors are what is counted."""

from __future__ import annotations

from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.trial.outputs import Outputs


async def test_what_is_counted_are_the_topics_of_all_schemas_and_of_errors() -> None:
    settings = Settings()
    outputs = Outputs(settings)
    await outputs.__aexit__()
    known = Registry(settings.schemas).known()
    assert len(outputs.topics) == len(known) + 1 > 20
    assert outputs.topics[-1] == settings.topics.error
