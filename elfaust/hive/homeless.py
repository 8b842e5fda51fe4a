"""What elfaust has made and keeps no longer: renamed ones, or of folders that are gone."""

from __future__ import annotations

from collections.abc import Container, Iterator

from elfaust.hive.found import Difference, Found, deleting, dropping, is_ours
from elfaust.hive.locations import has_home, path_of
from elfaust.hive.tables import SCHEMA
from elfaust.hive.wanted import Wanted
from elfaust.storage import Storage


def homeless(
    found: Found, wanted: Wanted, folders: Container[str], storage: Storage, home: str
) -> Iterator[Difference]:
    """Yield what is to be told of a table or view whose name no schema revision or schema has.

    `folders` are those of schema revisions that there are. Raises ServerAway.
    """
    if not is_ours(found):
        return
    if found.kind == "VIRTUAL_VIEW":
        what = f"is a view of schema {found.properties[SCHEMA]}, of which no table is left"
        yield Difference(found.name, what, f"DROP VIEW {found.quoted}")
        return
    yield from deleting(found)
    path, name = path_of(found.location), found.name
    if not has_home(found.location, home):
        yield Difference(name, f"reads {found.location}, where elfaust does not look")
    elif table := wanted.tables.get(path):
        what = f"reads {found.location}, as {table.name} does"
        yield Difference(name, what, dropping(found))
    elif path in folders:
        # Why it has no table is told of the folder.
        return
    elif storage.exists(path):
        what = f"reads {found.location}, where hdfs.root and hdfs.path have no schema revision"
        yield Difference(name, what)
    else:
        yield Difference(name, f"reads {found.location}, which is gone", dropping(found))
