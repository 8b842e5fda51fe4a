"""A schema revision, and what a registry may know of one."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST, Dialect
from elfaust.schema.validation.capsule_validator import CapsuleValidator


class Schema:
    """One schema revision.

    `event` is the schema of the event as its authors wrote it, `dialect` the rules of what stands
    around the event.
    """

    def __init__(self, key: SchemaKey, event: dict[str, Any], dialect: Dialect = LATEST) -> None:
        self.key = key
        self.event = event
        self.dialect = dialect

    @cached_property
    def validator(self) -> CapsuleValidator:
        """The validator of capsules whose event is of this schema revision."""
        return CapsuleValidator(self.event, self.dialect)


class Kind(Enum):
    """What is known of a schema.

    FOUND: it is there. MISSING: nobody has it. UNFIT: it is there, and no event can be validated by
    it. ASKING: there is no answer yet. All but the last are definite.
    """

    FOUND = "found"
    MISSING = "missing"
    UNFIT = "unfit"
    ASKING = "asking"


class State(NamedTuple):
    """What is known of a schema: a `schema` where it is found, else the `reason` why not."""

    kind: Kind
    schema: Schema | None = None
    reason: str = ""
    #: Whether there is a file in its place that is no schema.
    is_broken: bool = False


NOWHERE = State(Kind.MISSING, reason="not in the repository")
#: On this machine it is not; the wiki tells.
UNTOLD = State(Kind.ASKING)
