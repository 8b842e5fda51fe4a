"""What comes with a new revision of a schema: for who sends its events, and for who reads them.

Beside what the schemas say (diff.py) there is what becomes of them: events that nobody can judge,
or that a store cannot keep, and what a store's readers have no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from elfaust.schema.changes.change import Change, unsure
from elfaust.schema.changes.diff import diff
from elfaust.schema.lint import Linting, lint
from elfaust.schema.lookup.registry import Schema


class Changing(Linting, Protocol):
    """A store, as the comparison of two revisions needs it."""

    def changes(self, old: Schema, new: Schema) -> Iterable[Change]:
        """Return what the store's readers had by one revision, and have by another no more.

        There are none where it can have no events of one of them.
        """


def compare(old: Schema, new: Schema, stores: Collection[Changing]) -> list[Change]:
    """Return the changes from one revision to another, in the order of their paths."""
    errors = [of for of in lint(new, (), stores) if of.level == "error"]
    changes = [Change(error.path, error.message, breaking=True) for error in errors]
    if not _is_fit(new):
        return changes
    if not _is_fit(old):
        return [*changes, unsure("$", "nobody could judge by it before")]
    changes += diff(old.event, new.event)
    changes += [change for store in stores for change in store.changes(old, new)]
    return sorted(changes, key=lambda change: change.path)


def _is_fit(schema: Schema) -> bool:
    try:
        _ = schema.validator
    except ValueError:
        return False
    return True
