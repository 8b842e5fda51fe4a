"""What is said of a fault, as an EventFault; remembered, for most faults come again."""

from __future__ import annotations

from elfaust.errors import EventFault
from elfaust.schema.validation.worst_fault import Fault, Path
from elfaust.words.causes import cause
from elfaust.words.hints import Misfit, hint, path_of

#: Faults of a schema that are remembered at once, and characters of their messages and paths.
MOST, MOST_CHARS = 100, 200


def fault_of(error: Misfit, at: tuple[str, ...], more: str = "") -> EventFault:
    """Return the fault that an error, of `jsonschema` or as it has them, describes."""
    path = path_of(error, at)
    why, cure = cause(error, path) + more, hint(error, path)
    return EventFault("validation", error.message + more, path=path, hint=cure, cause=why)


class FaultWords:
    """Says of the faults that WorstFault finds by one schema what `fault_of` says of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, ...], Path, str], tuple[str, str, str]] = {}

    def of(self, worst: Fault, at: tuple[str, ...]) -> EventFault:
        """Return a fault; `at` is where in the capsule the value stands that was searched."""
        # By one schema a place has one rule of a kind, and the message shows all of a value.
        key = at, worst.absolute_path, worst.message
        words = self._known.get(key)
        if words is not None:
            return EventFault("validation", worst.message, "unknown", -1, *words)
        fault = fault_of(worst, at)
        if len(worst.message) + len(fault.path) <= MOST_CHARS:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = fault.path, fault.hint, fault.cause
        return fault
