"""That a forwarder's source has ended and is in Kafka: its worker ends and is not started again."""

from __future__ import annotations

from pathlib import Path

NAME = "finished"


def note(folder: Path, source: str) -> None:
    """Note in the forwarder's folder that all of a source is in Kafka. Raises OSError."""
    (folder / NAME).write_text(source)


def forget(folder: Path) -> None:
    """Forget it: a forwarder begins."""
    (folder / NAME).unlink(missing_ok=True)


def is_finished(folder: Path, source: str) -> bool:
    """Tell whether the last forwarder of the folder has ended as all of a source is in Kafka."""
    try:
        return (folder / NAME).read_text() == source
    except OSError:
        return False
