"""A lane's commit log: what makes a flush of several files one step.

Files are written under temporary names, listed in the lane's next numbered commit file, and then
renamed. The commit file is made by a rename that fails where the number is taken, so of two owners
of a lane one fails. It holds how far the lane has come, which is what a restart goes on from.

An owner begins with a commit of its own. From then on whatever an earlier owner, or a request that
was believed lost, still does fails at its rename; only then are the files of others dropped.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from elfaust.errors import LaneLost
from elfaust.records import SchemaKey
from elfaust.sinks.parquet.commit_files import (
    DIGITS,
    Commit,
    Progress,
    file_name,
    numbers,
    read_commit,
    to_bytes,
)
from elfaust.storage import Storage

log = logging.getLogger(__name__)

#: Commits kept behind the last one, for people who look.
KEPT = 3
#: Owners that may come in between while a lane is taken over.
RIVALS = 10


@dataclass(frozen=True)
class Pending:
    """A file of a flush: where it will be, and its bytes."""

    final: str
    data: bytes
    #: The schema revision of its events, and their number.
    key: SchemaKey
    rows: int


class CommitLog:
    """The commits of one lane under `root`; open it with `recover`."""

    def __init__(self, storage: Storage, root: str, lane: int) -> None:
        self._storage = storage
        self._lane = lane
        self._commits = f"{root}/_commits/lane={lane}"
        self._temporary = f"{root}/_temporary/lane={lane}"
        #: No other owner writes under these names, nor this one after it lost track.
        self._mine = uuid.uuid4().hex[:12]
        self._number = 0

    def temporary(self, index: int) -> str:
        """Return the temporary path of the n-th file of the next commit."""
        return f"{self._temporary}/{self._number + 1:0{DIGITS}d}-{self._mine}-{index:06d}.parquet"

    def recover(self) -> Progress:
        """Take the lane over: finish its last commit, drop what none lists.

        Returns how far the lane has come. Raises LaneLost when others take it over all the time,
        and CommitTorn, with nothing changed, where the last commit cannot be read.
        """
        for _ in range(RIVALS):
            try:
                progress = self._finish_last()
            except FileNotFoundError:
                # So many others have come since that the commit is forgotten.
                continue
            if self._make(Commit([], progress)):
                self._drop_until(self._number)
                return progress
        raise LaneLost(self._lane, f"{RIVALS} others made commits meanwhile")

    def commit(self, files: list[tuple[str, str]], progress: Progress) -> None:
        """Make files, already under their temporary names, part of the lane, all or none.

        1. Write the commit under a temporary name.
        2. Rename it to the next number: from here on the files count.
        3. Rename the files to their final names.
        4. Forget old commits.

        Raises LaneLost when another owner has made that commit.
        """
        if not self._make(Commit(files, progress)):  # 1, 2
            for temporary, _ in files:
                self._storage.delete(temporary)
            raise LaneLost(self._lane, f"commit {self._number + 1} is not ours")
        for temporary, final in files:  # 3
            if not self._moved(temporary, final):
                raise LaneLost(self._lane, f"{temporary} is gone and {final} is not there")
        for old in self._numbers()[: -1 - KEPT]:  # 4
            self._storage.delete(self._path(old))

    def _drop_until(self, number: int) -> None:
        # Those of higher numbers belong to whoever has taken the lane over since.
        for name in self._storage.list(self._temporary):
            if name[:DIGITS] <= f"{number:0{DIGITS}d}":
                self._storage.delete(f"{self._temporary}/{name}")

    def _numbers(self) -> list[int]:
        return numbers(self._storage, self._commits)

    def _path(self, number: int) -> str:
        return f"{self._commits}/{file_name(number)}"

    def _finish_last(self) -> Progress:
        made = self._numbers()
        if not made:
            return Progress()
        path = self._path(made[-1])
        commit = read_commit(self._storage, path)
        self._number = made[-1]
        for temporary, final in commit.files:
            if not self._moved(temporary, final):
                # It was there once: no owner drops a file that a commit lists.
                log.error("%s of %s is gone; somebody has removed it", final, path)
        return commit.progress

    def _make(self, commit: Commit) -> bool:
        """Make the next commit; False if another owner has made it."""
        number = self._number + 1
        body = to_bytes(number, self._mine, commit)
        draft = f"{self._temporary}/{number:0{DIGITS}d}-{self._mine}.json"
        target = self._path(number)
        self._storage.write(draft, body)
        if not self._storage.rename(draft, target) and not self._is_ours(target, body):
            self._storage.delete(draft)
            return False
        if self._numbers()[-1] != number:
            # The number was free because its commit is forgotten: others are far ahead.
            self._storage.delete(target)
            return False
        self._number = number
        return True

    def _is_ours(self, target: str, body: bytes) -> bool:
        # The rename may be done and its answer lost.
        try:
            return self._storage.read(target) == body
        except FileNotFoundError:
            return False

    def _moved(self, temporary: str, final: str) -> bool:
        """Give a file its final name, or one beside it where something else has that name.

        Returns whether it has one now: its commit is made, and who drops what is temporary must
        not find it there.
        """
        storage = self._storage
        if storage.rename(temporary, final):
            return True
        if storage.exists(temporary) and storage.exists(final):
            # What is under a temporary name was not moved before: somebody else's is in the way.
            aside = f"{final.removesuffix('.parquet')}-{temporary.rpartition('/')[2]}"
            log.error("%s is there and not ours: %s has its events", final, aside)
            return storage.rename(temporary, aside) or storage.exists(aside)
        return storage.exists(final)
