"""The folder of schemas, `<Name>/<revision>.json`, which somebody else fills and may spoil."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from elfaust.records import END_OF_REVISIONS, SchemaKey
from elfaust.schema.lookup.parsing import MAX_SCHEMA_BYTES
from elfaust.settings import Schemas

#: Schemas that come with the package; in a checkout they are those at the top.
EXAMPLES = Path(__file__).parents[1] / "examples"
#: Before a name becomes a path, a URL, a topic or a table.
NAME = re.compile(r"\A[A-Za-z0-9_-]{1,63}\Z")
REVISION = re.compile(r"[1-9][0-9]{0,18}")


def is_possible(key: SchemaKey) -> bool:
    """Tell whether a key can be that of any schema."""
    return 0 < key.revision < END_OF_REVISIONS and NAME.match(key.schema) is not None


class SchemaFolder:
    """Reads `schemas.folder`; the default one, where it is not there, is that of the examples."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder)
        if folder == Schemas().folder and not self.path.is_dir():
            self.path = EXAMPLES.resolve()

    def known(self) -> list[SchemaKey]:
        """Return the schema revisions that have a file."""
        files = (file for file in self.path.glob("*/*.json") if REVISION.fullmatch(file.stem))
        keys = (SchemaKey(file.parent.name, int(file.stem)) for file in files)
        return sorted(filter(is_possible, keys))

    def read(self, key: SchemaKey) -> bytes | None:
        """Return a file, cut soon after MAX_SCHEMA_BYTES, None where there is none.

        Raises IsADirectoryError for what is no file in its place, another OSError where that cannot
        be reported: no rights, too many open files, a broken disk.
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
