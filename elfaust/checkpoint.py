"""How far a source of raw lines has been forwarded, kept in a file.

A source has an identity, which is part of the name under which Kafka knows its positions: a file
that was replaced and a spool that was wiped begin again as another source, so that nothing of them
is taken for what was sent before.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: Bytes at a source's beginning by which it is known again.
HEAD_BYTES = 4_096


@dataclass
class Checkpoint:
    """Everything of the source before `position` is in Kafka.

    `offsets` has, by lane, an offset of the raw topic before which all of this source is accounted
    for; `head` is a digest of the source's first `head_bytes`.
    """

    identity: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    position: int = 0
    offsets: dict[int, int] = field(default_factory=dict)
    head: str = ""
    head_bytes: int = 0

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self)))
        temporary.replace(file)

    def note_head(self, source: Path) -> None:
        """Keep what a source begins with, as far as it has been forwarded."""
        if self.head_bytes < HEAD_BYTES:
            self.head_bytes = min(self.position, HEAD_BYTES)
            self.head = digest(source, self.head_bytes)

    def is_of(self, source: Path) -> bool:
        """Tell whether a file still begins with what was forwarded, and is as long."""
        return (
            source.stat().st_size >= self.position and digest(source, self.head_bytes) == self.head
        )


def load(file: Path) -> Checkpoint | None:
    """Return the checkpoint of a file, None where there is none."""
    try:
        saved: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    saved["offsets"] = {int(lane): offset for lane, offset in saved["offsets"].items()}
    return Checkpoint(**saved)


def digest(source: Path, count: int) -> str:
    """Return a digest of a file's first bytes."""
    with source.open("rb") as opened:
        return hashlib.sha256(opened.read(count)).hexdigest()
