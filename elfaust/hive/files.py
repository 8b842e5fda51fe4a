"""Files in the folders of hours that are no Parquet of elfaust's, told by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from elfaust.hive.found import Difference
from elfaust.hive.look import HourFolders, partition_name
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, is_hidden
from elfaust.storage import Storage

#: Of a Parquet file the last bytes, and the least that one can have: magic twice, and the length of
#: a footer.
MAGIC, LEAST = b"PAR1", 12
#: Files that are looked at together.
TOGETHER = 500


def strange_files(
    settings: Settings, storage: Storage, folders: dict[str, HourFolders]
) -> Iterator[Difference]:
    """Yield the files that Hive reads, or fails on, and elfaust has not written whole.

    Of each file the end is read. Raises ServerAway.
    """
    names = FileNames(settings)
    paths = [
        f"{path}/{partition_name(hour)}"
        for path, of in sorted(folders.items())
        for hour in sorted(of.hours)
    ]

    def look(folder: str) -> list[Difference]:
        return list(_in_folder(names, storage, folder))

    with ThreadPoolExecutor(settings.hdfs.writers) as threads:
        for some in _parts(paths):
            for told in threads.map(look, some):
                yield from told


def _parts(paths: list[str]) -> Iterable[list[str]]:
    return (paths[start : start + TOGETHER] for start in range(0, len(paths), TOGETHER))


def _in_folder(names: FileNames, storage: Storage, folder: str) -> Iterator[Difference]:
    for name, size in sorted(storage.files(folder).items()):
        path = f"{folder}/{name}"
        if is_hidden(path):
            continue
        try:
            end = storage.read_part(path, size - len(MAGIC), len(MAGIC)) if size >= LEAST else b""
        except FileNotFoundError:
            # Gone since its folder was listed.
            continue
        if end != MAGIC:
            what = "is no Parquet file, or cut short: queries of its hour fail"
            yield Difference(path, what, "elfaust audit says what is in no other file; move it")
        elif names.is_strange(path):
            what = "was not written by elfaust: queries have its rows"
            yield Difference(path, what, "move it away")
