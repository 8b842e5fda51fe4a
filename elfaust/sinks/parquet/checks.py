"""Checks of where Parquet goes: HDFS through WebHDFS, or a local folder."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import requests
from hdfs import InsecureClient
from hdfs.util import HdfsError

from elfaust.checks import ANSWER_SECONDS, Check, Subject, clock
from elfaust.errors import ServerAway
from elfaust.settings import Hdfs, Settings
from elfaust.sinks.parquet.commit_files import torn
from elfaust.storage import Storage, open_storage
from elfaust.words.http import why

#: A file that waits for its commit for longer has been left by a worker that died.
LEFT_SECONDS = 3600.0
#: Of a date in HTTP; HDFS sends it twice in one header.
DATE_CHARS = len("Mon, 23 Nov 2026 16:02:12 GMT")
CURES = {
    "safe mode": "hdfs dfsadmin -safemode get; when all DataNodes are there, -safemode leave",
    "permission denied": "hdfs dfs -mkdir -p {root}; hdfs dfs -chown {user} {root}",
    "quota": "hdfs dfs -count -q {root}; raise its quota",
    "read back otherwise": "hdfs fsck {root}",
}


OF_FILES = ("storage left-overs", "storage commits")


class Answer(NamedTuple):
    """A NameNode's answer: the time that it says, and this machine's before and after."""

    here: tuple[float, float]
    there: float


def subject(settings: Settings) -> Subject:
    """Return the checks of the storage."""
    if settings.hdfs.storage == "local":
        return Subject("storage write", OF_FILES, _checks, "correct hdfs.root")
    others = ("storage write", *OF_FILES, "HDFS clock")
    return Subject(_server(settings.hdfs), others, _checks, "start it, or correct hdfs.url")


def _server(hdfs: Hdfs) -> str:
    return f"HDFS {hdfs.url}"


def _checks(settings: Settings) -> Iterator[Check]:
    hdfs = replace(settings.hdfs, timeout=min(settings.hdfs.timeout, ANSWER_SECONDS))
    if hdfs.storage == "local":
        yield check_write(hdfs)
        yield check_left(hdfs)
        yield check_commits(hdfs)
        return
    answer = ask(hdfs)
    yield Check(_server(hdfs), "ok", f"answers {hdfs.user}")
    yield check_write(hdfs)
    yield check_left(hdfs)
    yield check_commits(hdfs)
    yield clock("HDFS clock", answer.here, answer.there, step=1.0)


def ask(hdfs: Hdfs) -> Answer:
    """Ask a NameNode for the root's status; the first of them that gives it answers.

    Raises ServerAway when none does.
    """
    said = "hdfs.url is empty"
    for url in filter(None, hdfs.url.split(";")):
        before = time.time()
        try:
            answer = requests.get(
                f"{url.rstrip('/')}/webhdfs/v1/",
                params={"op": "GETFILESTATUS", "user.name": hdfs.user},
                timeout=hdfs.timeout,
            )
            answer.raise_for_status()
            there = parsedate_to_datetime(answer.headers["Date"][:DATE_CHARS]).timestamp()
        except requests.RequestException as error:
            said = why(error)
        except (KeyError, ValueError) as error:
            said = f"no date in its answer: {error}"
        else:
            return Answer((before, time.time()), there)
    raise ServerAway(_server(hdfs), said)


def check_write(hdfs: Hdfs) -> Check:
    """Tell whether a file can be written where `hdfs.root` is or will be, and read."""
    name = "storage write"
    try:
        folder = _try(open_storage(hdfs), PurePosixPath(hdfs.root))
    except (ServerAway, OSError) as error:
        return Check(name, "fail", _message(error), _cure(hdfs, error))
    return Check(name, "ok", f"written, read and deleted in {folder}")


def _try(storage: Storage, root: PurePosixPath) -> PurePosixPath:
    """Write a small file, read it back and delete it; return its folder, which was there before."""
    folder = next(path for path in (root, *root.parents) if storage.exists(str(path)))
    # What reads Parquet passes over names that begin with `_`.
    file, data = str(folder / f"_doctor-{uuid.uuid4().hex[:12]}"), b"elfaust doctor\n"
    try:
        storage.write(file, data)
        if storage.read(file) != data:
            raise OSError(f"{file} was read back otherwise")
    except (ServerAway, OSError):
        with suppress(ServerAway, OSError):
            storage.delete(file)
        raise
    storage.delete(file)
    return folder


def _message(error: Exception) -> str:
    if not isinstance(error, ServerAway):
        return why(error)
    of_datanode = f"{error.server}: " if error.server.startswith("DataNode") else ""
    return f"{of_datanode}{' '.join(error.detail.split())}"


def _cure(hdfs: Hdfs, error: Exception) -> str:
    if isinstance(error, ServerAway) and error.server.startswith("DataNode"):
        return (
            f"start it, or let this machine reach {error.server.split()[1]}; hdfs dfsadmin -report"
        )
    for sign, cure in CURES.items():
        if sign in str(error).lower():
            return cure.format(root=hdfs.root, user=hdfs.user)
    if hdfs.storage == "local":
        return "correct hdfs.root, or make room and give the workers' user the right to write"
    return "hdfs dfsadmin -report: are there DataNodes, can this machine reach them, is there room?"


def check_left(hdfs: Hdfs) -> Check:
    """Tell whether files wait for their commit that no worker will make."""
    name = "storage left-overs"
    try:
        files = _local_times(hdfs) if hdfs.storage == "local" else _hdfs_times(hdfs)
        old = sum(time.time() - changed > LEFT_SECONDS for changed in files)
    except (requests.RequestException, HdfsError, OSError) as error:
        return Check(name, "fail", _message(error), _cure(hdfs, error))
    if old:
        cure = "start `elfaust worker hdfs`: who takes a lane over removes what was left in it"
        detail = f"{old} files under {_temporary(hdfs)} are older than an hour"
        return Check(name, "warn", detail, cure)
    return Check(name, "ok", f"none under {_temporary(hdfs)}")


def check_commits(hdfs: Hdfs) -> Check:
    """Tell whether the last commit of each lane can be read."""
    name = "storage commits"
    try:
        found = torn(open_storage(hdfs), hdfs.root)
    except (ServerAway, OSError) as error:
        return Check(name, "fail", _message(error), _cure(hdfs, error))
    if found:
        paths = ", ".join(f"{error.path} ({error.detail})" for error in found)
        cure = "docs/operating.md, A torn commit file: the lane waits, and nothing of it is lost"
        return Check(name, "fail", f"cannot be read: {paths}", cure)
    return Check(name, "ok", "the last one of each lane can be read")


def _temporary(hdfs: Hdfs) -> str:
    return f"{hdfs.root.rstrip('/')}/_temporary"


def _local_times(hdfs: Hdfs) -> Iterator[float]:
    """Yield when each temporary file was changed, seconds since the epoch."""
    for file in Path(_temporary(hdfs)).rglob("*"):
        with suppress(FileNotFoundError):
            if file.is_file():
                yield file.stat().st_mtime


def _hdfs_times(hdfs: Hdfs) -> Iterator[float]:
    """Yield when each temporary file was changed, seconds since the epoch."""
    client = InsecureClient(hdfs.url, user=hdfs.user, timeout=hdfs.timeout)
    if client.status(_temporary(hdfs), strict=False) is None:
        return
    for _, _, files in client.walk(_temporary(hdfs), status=True, ignore_missing=True):
        for _, status in files:
            yield status["modificationTime"] / 1000
