"""The folder of schemas, `<Name>/<revision>.json`, which somebody else fills and may spoil."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from elfaust.records import SchemaKey
from elfaust.schema.lookup.body import MAX_SCHEMA_BYTES

#: Before a name becomes a path, a URL, a topic or a table.
NAME = re.compile(r"\A[A-Za-z0-9_-]{1,63}\Z")
#: Revisions are below; what is past it fits no number of a wiki, nor a name of a file.
END_OF_REVISIONS = 2**63
REVISION = re.compile(r"[1-9][0-9]{0,18}")


def is_possible(key: SchemaKey) -> bool:
    """Tell whether a key can be that of any schema."""
    return 0 < key.revision < END_OF_REVISIONS and NAME.match(key.schema) is not None


class SchemaFolder:
    """Reads `schemas.folder`; a relative one that is not there is looked for beside the package."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder)
        if not self.path.is_absolute() and not self.path.is_dir():
            self.path = Path(__file__).resolve().parents[3] / self.path

    def known(self) -> list[SchemaKey]:
        """Return the schema revisions that have a file."""
        files = (file for file in self.path.glob("*/*.json") if REVISION.fullmatch(file.stem))
        keys = (SchemaKey(file.parent.name, int(file.stem)) for file in files)
        return sorted(filter(is_possible, keys))

    def read(self, key: SchemaKey) -> bytes | None:
        """Return a file, cut soon after MAX_SCHEMA_BYTES, None where there is none.

        Raises IsADirectoryError for what is no file in its place, another OSError where that cannot
        be told: no rights, too many open files, a broken disk.
        """
        try:
            opened = _opened(self.path / key.schema / f"{key.revision}.json")
            with os.fdopen(opened, "rb") as file:
                return file.read(MAX_SCHEMA_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None


def _opened(path: Path) -> int:
    """Open a file; a pipe is none, and would wait for who writes to it."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise IsADirectoryError(path)
    return handle
