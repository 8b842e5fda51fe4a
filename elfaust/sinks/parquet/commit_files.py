"""The commit files of lanes: their names, their shape, and reading them. See commits.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from elfaust.errors import CommitTorn
from elfaust.storage import Storage

#: Of a commit's number in names.
DIGITS = 10
NAME = re.compile(rf"([0-9]{{{DIGITS}}})\.json")
#: The last number of all.
END_OF_NUMBERS = 10**DIGITS - 1


@dataclass
class Progress:
    """How far a lane has come.

    `offsets` is the next offset of each topic; `positions`, for each topic, the highest position
    of each source.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)


class Commit(NamedTuple):
    """A commit: temporary and final name of each file, and how far the lane has come with them."""

    files: list[tuple[str, str]]
    progress: Progress


def file_name(number: int) -> str:
    """Return the name of a lane's n-th commit file."""
    return f"{number:0{DIGITS}d}.json"


def numbers(storage: Storage, folder: str) -> list[int]:
    """Return the numbers of the commits in a lane's folder, in their order."""
    names = map(NAME.fullmatch, storage.list(folder))
    return [int(name[1]) for name in names if name]


def to_bytes(number: int, owner: str, commit: Commit) -> bytes:
    """Return the n-th commit file of a lane."""
    progress = {"offsets": commit.progress.offsets, "positions": commit.progress.positions}
    return orjson.dumps({"number": number, "owner": owner, "files": commit.files, **progress})


def read_commit(storage: Storage, path: str) -> Commit:
    """Return a commit; raises FileNotFoundError, and CommitTorn for what is none."""
    try:
        body = storage.read(path)
    except FileNotFoundError:
        if storage.exists(path):
            raise CommitTorn(path, "it is no file") from None
        raise
    if path.endswith(file_name(END_OF_NUMBERS)):
        raise CommitTorn(path, "no commit can follow it")
    try:
        return _commit(orjson.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommitTorn(path, f"{len(body)} bytes: {error}") from error


def _commit(body: Any) -> Commit:
    """Return the commit that JSON holds; raises what JSON of another shape raises."""
    offsets = {_a(str, topic): _a(int, offset) for topic, offset in body["offsets"].items()}
    positions = {
        _a(str, topic): {_a(str, source): _a(int, at) for source, at in of.items()}
        for topic, of in body["positions"].items()
    }
    files = [(_a(str, temporary), _a(str, final)) for temporary, final in body["files"]]
    return Commit(files, Progress(offsets, positions))


def _a(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r:.80} is no {kind.__name__}")
    return value


def _last(storage: Storage, root: str) -> Iterator[str]:
    """Yield the path of the last commit of each lane under `root`."""
    commits = f"{root.rstrip('/')}/_commits"
    for lane in storage.list(commits):
        if made := numbers(storage, f"{commits}/{lane}"):
            yield f"{commits}/{lane}/{file_name(made[-1])}"


def torn(storage: Storage, root: str) -> list[CommitTorn]:
    """Return what is wrong with the last commits of lanes under `root` that cannot be read."""
    found = []
    for path in _last(storage, root):
        try:
            read_commit(storage, path)
        except CommitTorn as error:
            found.append(error)
        except FileNotFoundError:
            pass  # Its lane has made others since.
    return found


def unfinished(storage: Storage, root: str) -> list[str]:
    """Return what is not as a finished commit leaves it, under `root`, of all lanes.

    These are temporary files, and files that the last commit of a lane lists and nobody can find.
    A commit that is `torn` lists none.
    """
    paths = list(storage.walk(f"{root.rstrip('/')}/_temporary"))
    for path in _last(storage, root):
        try:
            files = read_commit(storage, path).files
        except (CommitTorn, FileNotFoundError):
            continue
        paths += [final for _, final in files if not storage.exists(final)]
    return paths
