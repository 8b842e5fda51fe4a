"""One boundary for each record: whatever one record raises becomes that record's fault.

The judge, the stores and the counter describe the faults that they foresee. Any other error that
one record causes comes here: it is reported as elfaust's own fault and counted separately, and all
other records go on. Only an error that does not concern a single record ends a worker.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from elfaust.errors import EventFault, Unforeseen
from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

_counting = threading.Lock()
_counted: Counter[str] = Counter()


def unforeseen(
    error: Exception, code: str, schema: object = "unknown", revision: object = -1
) -> Unforeseen:
    """Return the fault of a record that nobody foresaw, logged with its traceback and counted.

    Raises the error again where it says nothing of the record: memory that has run out.
    """
    if isinstance(error, MemoryError):
        raise error
    with _counting:
        _counted[code] += 1
    # Once a minute for each place: a flood of such records must not fill the disk.
    failed = f"elfaust failed on a record ({code}) in {_place(error)}: %r"
    log.error(failed, error, exc_info=error, extra={"schema": schema})
    return Unforeseen(error, code, schema, revision)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "no code"


def counted() -> dict[str, int]:
    """Return how many records nobody foresaw in this process, by code."""
    with _counting:
        return dict(_counted)


def check_batch(faults: Sequence[EventFault | None], known_good: Callable[[], object]) -> None:
    """End the worker where not the records of a batch are at fault but what handles them.

    `faults` has one entry for each record. Where nobody foresaw any of them, `known_good` handles a
    record that is right; if that raises too, the error of the first record is raised.
    """
    of_batch = [fault for fault in faults if isinstance(fault, Unforeseen)]
    if not of_batch or len(of_batch) < len(faults):
        return
    try:
        known_good()
    except Exception:
        raise of_batch[0].error from None
