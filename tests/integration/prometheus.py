"""A real Prometheus that reads running workers, where its program is there.

It comes with Debian's package prometheus; ELFAUST_TEST_PROMETHEUS is its path elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from elfaust.dashboards.files import files_for
from elfaust.settings import Settings

PROGRAM = os.environ.get("ELFAUST_TEST_PROMETHEUS") or shutil.which("prometheus")
PATIENCE = 60.0


def read_by_prometheus(settings: Settings, folder: Path, port: int) -> None:
    """Have Prometheus read the workers of this machine by the files that elfaust writes for it.

    Every target must answer, and every rule be evaluated; Prometheus ends then.
    """
    assert PROGRAM is not None
    folder.mkdir()
    for name, text in files_for("prometheus", settings).items():
        (folder / name).write_text(text.replace("15s", "1s"))
    command = [
        PROGRAM,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        api = f"http://127.0.0.1:{port}/api/v1"
        _until(api, "targets", lambda data: [one["health"] for one in data["activeTargets"]], "up")
        rules = _until(api, "rules", _health_of_rules, "ok")
        assert len(rules) > 20
        [answer] = requests.get(f"{api}/query?query=max(elfaust_schemas_judged)", timeout=5).json()[
            "data"
        ]["result"]
        assert float(answer["value"][1]) >= 1
    finally:
        process.terminate()
        process.wait()


def _health_of_rules(data: Any) -> list[str]:
    return [rule["health"] for group in data["groups"] for rule in group["rules"]]


def _until(api: str, what: str, health: Any, wanted: str) -> list[str]:
    """Wait until all that Prometheus says of something is as wanted, and return it."""
    deadline = time.monotonic() + PATIENCE
    found: list[str] = []
    while not found or set(found) != {wanted}:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
        try:
            found = health(requests.get(f"{api}/{what}", timeout=5).json()["data"])
        except (requests.ConnectionError, ValueError):
            found = []
    return found
