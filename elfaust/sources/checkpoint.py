"""The checkpoint: how far a source of raw lines has been forwarded, kept in a file.

Each source has an identity, which is part of the name that Kafka's records carry with a position. A
file that was replaced and a spool that was removed begin again under another identity, so that
their lines are not mistaken for lines that were sent before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from elfaust.errors import CheckpointTorn

#: Bytes at a file's beginning, and before its position, by which it is recognised.
HEAD_BYTES = 4_096
TAIL_BYTES = 512
IDENTITY = re.compile(r"[0-9a-f]{12}")


class Marks(NamedTuple):
    """By what a file that has been read up to a position is recognised."""

    position: int = -1
    head_bytes: int = 0
    head: str = ""
    tail: str = ""


@dataclass
class Checkpoint:
    """Everything of the source before `position` is in Kafka.

    `offsets` has for each lane an offset of the raw topic: what Kafka has of the source beyond this
    checkpoint is found from there on. A file is recognised by `head` and `tail`, digests of its
    first `head_bytes` and of the bytes just before `position`, and by its `inode`. `before` has the
    fingerprints of the files beside it that were written before it.
    """

    identity: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    position: int = 0
    #: Whether `position` is inside a line that was cut.
    inside: bool = False
    offsets: dict[int, int] = field(default_factory=dict)
    #: The number of lanes over which the lines from `position` on are spread; 0: topics.lanes.
    lanes: int = 0
    head: str = ""
    head_bytes: int = 0
    tail: str = ""
    inode: str = ""
    before: list[str] = field(default_factory=list)

    def save(self, file: Path, outlast_power: bool = False) -> None:
        """Write it completely or not at all; with `outlast_power` even if the machine loses power.

        Raises OSError when the disk does not take it.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        with temporary.open("w") as out:
            json.dump(asdict(self), out)
            out.flush()
            if outlast_power:
                os.fsync(out.fileno())
        temporary.replace(file)

    def note(self, marks: Marks) -> None:
        """Keep by what the file is recognised."""
        if marks.head_bytes > self.head_bytes:
            self.head, self.head_bytes = marks.head, marks.head_bytes
        self.tail = marks.tail if marks.position == self.position else ""

    def begins(self, source: int) -> bool:
        """Return whether an open file begins with the bytes that were forwarded first."""
        return bool(self.head) and _digest(source, 0, self.head_bytes) == self.head

    def is_of(self, source: int) -> bool:
        """Return whether an open file still has the bytes that were forwarded."""
        return (
            os.fstat(source).st_size >= self.position
            and (not self.head or self.begins(source))
            and (not self.tail or _tail(source, self.position) == self.tail)
        )


def mark(source: int, position: int) -> Marks:
    """Return by what an open file that has been read up to a position is recognised."""
    head_bytes = min(position, HEAD_BYTES)
    return Marks(position, head_bytes, _digest(source, 0, head_bytes), _tail(source, position))


def load(file: Path) -> Checkpoint | None:
    """Return the checkpoint that a file holds; None where there is no file.

    Raises CheckpointTorn for any other content: a loss of power may leave an empty file.
    """
    try:
        return _checkpoint(json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointTorn(str(file), repr(error)) from error


def _checkpoint(saved: dict[str, Any]) -> Checkpoint:
    """Return the checkpoint in JSON; other JSON raises the errors that `load` catches."""
    saved["offsets"] = {int(lane): offset for lane, offset in saved["offsets"].items()}
    checkpoint = Checkpoint(**saved)
    wanted = Checkpoint(offsets={0: 0}, before=[""])
    for name, value in asdict(wanted).items():
        if type(getattr(checkpoint, name)) is not type(value):
            raise TypeError(name)
    if not (
        IDENTITY.fullmatch(checkpoint.identity)
        and checkpoint.position >= 0
        and all(type(offset) is int for offset in checkpoint.offsets.values())
        and all(type(inode) is str for inode in checkpoint.before)
    ):
        raise ValueError(saved)
    return checkpoint


def _digest(source: int, start: int, count: int) -> str:
    return hashlib.sha256(os.pread(source, count, start)).hexdigest()


def _tail(source: int, position: int) -> str:
    start = max(0, position - TAIL_BYTES)
    return _digest(source, start, position - start)
