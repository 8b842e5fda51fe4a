"""One change between two revisions of a schema, and the part of both in which it is."""

from __future__ import annotations

from typing import Any, NamedTuple

from elfaust.schema.changes.keywords import ABSENT
from elfaust.schema.changes.parts import Part


class Change(NamedTuple):
    """One change: where, what, whether it breaks producers or readers, whether that is `sure`."""

    path: str
    message: str
    breaking: bool
    sure: bool = True

    @property
    def kind(self) -> str:
        """What it is in the words of `elfaust schema diff`."""
        if not self.sure:
            return "changed: look yourself"
        return "breaking" if self.breaking else "compatible"


class Pair(NamedTuple):
    """A part of a schema in two revisions."""

    path: str
    was: Part
    now: Part
    #: Whether it is a property that has a name.
    is_named: bool = False

    @property
    def drafts(self) -> tuple[str, ...]:
        """The drafts of the revisions, one if they are of the same."""
        return tuple(dict.fromkeys((self.was.draft, self.now.draft)))

    def of(self, keyword: str) -> tuple[Any, Any]:
        """Return a keyword's values, ABSENT where there is none or the draft does not know it."""
        return self.was.get(keyword, ABSENT), self.now.get(keyword, ABSENT)

    def part(self, name: str, was: Any, now: Any, is_named: bool = False) -> Pair:
        """Return a part of both; `name` is what it adds to the path."""
        return Pair(f"{self.path}{name}", self.was.part(was), self.now.part(now), is_named)


def unsure(path: str, message: str) -> Change:
    """Return a change of which only a person can tell whether it breaks anybody."""
    return Change(path, message, breaking=True, sure=False)
