"""The servers' jars, fetched once by Maven into a cache that all state folders share."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from elfaust.errors import StackError

POM = Path(__file__).with_name("pom.xml")


def jars(profile: str) -> Path:
    """Return the folder of a profile's jars (`kafka` or `hadoop`), fetched if it is not there.

    Raises StackError when Java or Maven is missing or Maven fails.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "elfaust"
    folder = cache / hashlib.sha256(POM.read_bytes()).hexdigest()[:16] / profile
    if folder.is_dir():
        return folder
    need("java", "openjdk-17-jre-headless")
    need("mvn", "maven")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        _fetch(profile, temporary)
        # Two set-ups at once: the first rename wins and both have the same jars.
        if not folder.is_dir():
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def need(program: str, package: str) -> str:
    """Return the path of a program.

    Raises StackError, which names the Debian package, when it is missing.
    """
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        raise StackError(f"{program} is missing; install Debian's package {package}")
    return path


def _fetch(profile: str, folder: Path) -> None:
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(POM), f"-P{profile}", "dependency:copy-dependencies"]
        + [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise StackError(f"Maven could not fetch the {profile} jars: {' '.join(lines[:2])}")
