"""A reader of one file and what is done to the file, without a forwarder."""

from __future__ import annotations

from pathlib import Path

from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.file import FileSource


class Reader:
    """Reads a file as the forwarder does; `identities` are its sources, in their order."""

    def __init__(
        self,
        path: Path,
        follow: bool = True,
        known: Checkpoint | None = None,
        rotate_seconds: float = 0.0,
    ) -> None:
        self.path = path
        self.source = FileSource(path, follow, rotate_seconds)
        self.checkpoint = self.source.begin(known).checkpoint
        self.identities = [self.checkpoint.identity]

    def read(self, size: int = 100) -> list[bytes]:
        """Read all that there is."""
        found = []
        while True:
            reading = self.source.read(self.checkpoint, size)
            if reading.position != self.checkpoint.position:
                found += [line for _, line in reading.lines]
                self.checkpoint.position, self.checkpoint.inside = reading.position, reading.inside
                self.source.note(self.checkpoint)
                continue
            following = self.source.after(self.checkpoint)
            if following is None:
                return found
            if following is not self.checkpoint:
                self.identities.append(following.identity)
            self.checkpoint = following

    def again(self, follow: bool = True) -> Reader:
        """Return a reader that starts at the checkpoint, as after a kill."""
        self.source.close()
        return Reader(self.path, follow, self.checkpoint)


def add(file: Path, data: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(data)


def rotate(file: Path, data: bytes | None = None) -> None:
    """Rename files as logrotate does, and begin a new one."""
    for number in range(8, 0, -1):
        if (older := file.with_name(f"{file.name}.{number}")).exists():
            older.rename(file.with_name(f"{file.name}.{number + 1}"))
    file.rename(file.with_name(f"{file.name}.1"))
    if data is not None:
        file.write_bytes(data)
