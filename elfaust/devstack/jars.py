"""The servers' jars, fetched once by Maven into a cache that all state folders share."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elfaust.devstack.packages import need
from elfaust.errors import StackError

POM = Path(__file__).with_name("pom.xml")


def cache_home() -> Path:
    """Return the folder of all that state folders share."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "elfaust"


def cache() -> Path:
    """Return the folder of the jars that belong to this pom.xml."""
    return cache_home() / hashlib.sha256(POM.read_bytes()).hexdigest()[:16]


def jars(profile: str) -> Path:
    """Return the folder of a profile's jars (`kafka`, `hadoop`, `hive`); fetch it if it is missing.

    The folder is never half full. Beside the jars it has the folder `scripts` of what came as an
    archive. Raises StackError when Java or Maven is
    missing or Maven fails.
    """
    folder = cache() / profile
    if folder.is_dir():
        return folder
    need("java")
    need("mvn")
    try:
        with alone(folder.parent):
            if not folder.is_dir():
                _fill(profile, folder)
    except OSError as error:
        raise StackError(f"the jars of {profile} cannot be kept in {folder}: {error}") from error
    return folder


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Hold the lock of a folder in the cache: two Mavens must not write to it at the same time."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill(profile: str, folder: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=f"{profile}-", dir=folder.parent))
    try:
        _fetch(profile, temporary)
        if not any(temporary.glob("*.jar")):
            raise StackError(f"Maven fetched no jar for {profile}")
        for archive in temporary.glob("*.tar.gz"):
            _keep_scripts(archive)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _keep_scripts(archive: Path) -> None:
    """Have the archive's folder `scripts` in the place of the archive."""
    with tarfile.open(archive) as tar:
        for member in tar:
            _, _, name = member.name.partition("/")
            if member.isfile() and name.startswith("scripts/"):
                tar.extract(member.replace(name=name), archive.parent, filter="data")
    archive.unlink()


def _fetch(profile: str, folder: Path) -> None:
    command = [need("mvn"), "--quiet", "--batch-mode", "--strict-checksums", "--file", str(POM)]
    command += [f"--activate-profiles={profile}", "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise StackError(f"Maven could not fetch the {profile} jars: {' '.join(lines[:2])}")
