"""A line's first verdict is the one that its lane's last owner gave, where it gave any."""

from __future__ import annotations

from typing import Any

from elfaust.events.fast_judge import FastJudge
from elfaust.events.verdict import Verdict
from elfaust.lanes.callbacks import LaneCallbacks
from elfaust.lanes.first_verdicts import FirstVerdicts
from elfaust.lanes.notes import Note
from elfaust.lanes.progress import Progress
from elfaust.lanes.waiting_lines import OpenBatch, WaitingLine, WaitingLines
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Kind
from tests.unit.lanes.played import SETTINGS, Knowledge, line

NOTHING: Any = None
A = SchemaKey("A", 1)


def first_verdicts(
    known: Knowledge, decided: dict[int, bool] | None = None, judged_to: int = 0
) -> tuple[FirstVerdicts, WaitingLines]:
    """Return what judges a lane whose last owner decided `decided`, and what waits in it."""
    registry: Any = known
    judge = FastJudge(SETTINGS.line_formats["server"], registry, SETTINGS, [])
    note = Note(decided=decided or {}).encode(0)
    progress = Progress(LaneCallbacks(NOTHING, NOTHING, NOTHING, NOTHING), note)
    waiting = WaitingLines()
    return FirstVerdicts(judge, "t/0", registry, progress, waiting, judged_to), waiting


def test_a_line_of_a_known_schema_is_an_event_and_another_waits() -> None:
    verdicts, _ = first_verdicts(Knowledge(A=Kind.FOUND))
    event = verdicts.of(line(0, "A"))
    assert isinstance(event, Verdict)
    assert event.key == A
    assert not event.code
    assert verdicts.of(line(1, "B")) == SchemaKey("B", 1)


def test_behind_a_line_that_waits_the_others_of_its_schema_wait() -> None:
    known = Knowledge(A=Kind.FOUND, B=Kind.FOUND)
    verdicts, waiting = first_verdicts(known)
    waiting.take(WaitingLine(line(0, "A"), OpenBatch(1, 1, {}, NOTHING), A))
    assert verdicts.of(line(1, "A")) == A
    assert isinstance(verdicts.of(line(2, "B")), Verdict)


def test_what_was_given_up_stays_so_though_its_schema_is_known_now() -> None:
    verdicts, _ = first_verdicts(Knowledge(A=Kind.FOUND), {0: True, 1: False})
    found = [verdicts.of(line(offset, "A")) for offset in range(3)]
    assert [one.code for one in found if isinstance(one, Verdict)] == [
        "unresolved",
        "processor",
        "",
    ]


def test_a_line_that_another_may_have_judged_waits_for_an_answer() -> None:
    bad = line(0, "B", n="no number")._replace(value=b'7 EventLogging {"schema":"B","revision":1}')
    for judged_to in (0, 1):
        found = first_verdicts(Knowledge(), judged_to=judged_to)[0].of(bad)
        assert isinstance(found, SchemaKey) == bool(judged_to)
