"""Fuzz target of the line parser and the capsule, guided by coverage (atheris).

`make fuzz-lines SECONDS=600` runs it. Any bytes give a verdict that can be written, no exception,
and client-side lines the same as EventLogging's plain way gives (elfaust/trial/reference_judge.py).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["elfaust"]):
    from elfaust.events.verdict import Judge
    from elfaust.schema.lookup.registry import Registry
    from elfaust.settings import Settings
    from elfaust.sinks.stores import enabled_stores
    from elfaust.testing import make_record
    from elfaust.trial.recorded import recorded_lines

import orjson

from elfaust.trial.reference_judge import ReferenceJudge

SETTINGS = Settings()
REGISTRY = Registry(SETTINGS.schemas)
STORES = enabled_stores(SETTINGS).values()
JUDGES = [
    Judge("", REGISTRY, SETTINGS, STORES),
    Judge(SETTINGS.processor.server_format, REGISTRY, SETTINGS, STORES),
    Judge('%{%FT%T}t "%{User-agent}i" %n %l %o %h %{a}s %u %j', REGISTRY, SETTINGS, STORES),
]
REFERENCE = ReferenceJudge(REGISTRY)
LOOP = asyncio.new_event_loop()


def judge(data: bytes) -> None:
    """Judge what follows the first byte by the format that it picks."""
    if not data:
        return
    which, line = data[0] % len(JUDGES), data[1:]
    record = make_record(line, 0, 1_600_000_000_000)
    [verdict] = LOOP.run_until_complete(JUDGES[which].judge([record], "fuzz/0"))
    assert isinstance(orjson.loads(verdict.value)["event"], dict)
    if which == 0:
        expected = REFERENCE.judge(line).code
        assert (verdict.code or "valid") == expected, (expected, verdict.fault, line)


def main() -> None:
    """Start from recorded lines and run until libFuzzer's options say stop."""
    with tempfile.TemporaryDirectory() as seeds:
        for number, (kind, line) in enumerate(recorded_lines(2_000)):
            (Path(seeds) / str(number)).write_bytes(bytes([kind == "server"]) + line)
        options = ["-max_len=4096", "-verbosity=1", "-print_final_stats=1", *sys.argv[1:]]
        atheris.Setup([sys.argv[0], *options, seeds], judge)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
