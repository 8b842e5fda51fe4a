"""A lane's commit log: what makes a flush of several files one step.

Files are written under temporary names, listed in the lane's next numbered commit file, and then
renamed. The commit file is made by a rename that fails where the number is taken, so of two owners
of a lane one fails. It holds how far the lane has come, which is what a restart goes on from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from elfaust.errors import LaneLost
from elfaust.storage import Storage

#: Commits kept behind the last one, for people who look.
KEPT = 3


@dataclass
class Progress:
    """How far a lane has come.

    `offsets` is the next offset of each topic; `positions`, for each topic, the highest position
    of each source.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pending:
    """A file of a flush: where it will be, and its bytes."""

    final: str
    data: bytes


class CommitLog:
    """The commits of one lane under `root`; open it with `recover`."""

    def __init__(self, storage: Storage, root: str, lane: int) -> None:
        self._storage = storage
        self._lane = lane
        self._commits = f"{root}/_commits/lane={lane}"
        self._temporary = f"{root}/_temporary/lane={lane}"
        self._number = 0

    def temporary(self, index: int) -> str:
        """Return the temporary path of the n-th file of the next commit."""
        return f"{self._temporary}/{self._number + 1:010d}-{index:06d}.parquet"

    def recover(self) -> Progress:
        """Finish the last commit, drop what none lists, and return how far the lane has come."""
        names = [name for name in self._storage.list(self._commits) if name.endswith(".json")]
        progress = Progress()
        if names:
            self._number = int(names[-1].removesuffix(".json"))
            commit = orjson.loads(self._storage.read(f"{self._commits}/{names[-1]}"))
            self._rename_all(commit["files"])
            progress = Progress(commit["offsets"], commit["positions"])
        if self._storage.list(self._temporary):
            self._storage.delete(self._temporary)
        return progress

    def commit(self, files: list[tuple[str, str]], progress: Progress) -> None:
        """Make files, already under their temporary names, part of the lane, all or none.

        1. Write the commit under a temporary name.
        2. Rename it to the next number: from here on the files count.
        3. Rename the files to their final names.
        4. Forget old commits.

        Raises LaneLost when another owner has made that commit.
        """
        number = self._number + 1
        name = f"{number:010d}.json"
        commit = {
            "number": number,
            "files": files,
            "offsets": progress.offsets,
            "positions": progress.positions,
        }
        body = orjson.dumps(commit)
        draft, target = f"{self._temporary}/{name}", f"{self._commits}/{name}"
        self._storage.write(draft, body)  # 1
        if not self._renamed(draft, target, body):  # 2
            raise LaneLost(self._lane, f"commit {number} is not ours")
        self._number = number
        self._rename_all(files)  # 3
        for old in self._storage.list(self._commits)[: -1 - KEPT]:  # 4
            self._storage.delete(f"{self._commits}/{old}")

    def _renamed(self, draft: str, target: str, body: bytes) -> bool:
        storage = self._storage
        if storage.rename(draft, target):
            return True
        # The rename may be done and its answer lost: then the draft is gone, the target ours.
        return not storage.exists(draft) and storage.exists(target) and storage.read(target) == body

    def _rename_all(self, files: list[tuple[str, str]]) -> None:
        for temporary, final in files:
            if not self._storage.rename(temporary, final) and not self._storage.exists(final):
                raise LaneLost(self._lane, f"{temporary} is gone and {final} is not there")
