"""What is installed from a wheel works in an empty folder: no checkout is near it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.settings import Settings, as_environ
from tests import REPOSITORY

#: What a build reads of a checkout.
SOURCES = ("agents", "elfaust", "models", "schemas")
#: Which workers `up` starts: the forwarder and the processor.
UP = [f"--workers={role}=0" for role in ("mysql", "hdfs", "throughput")]
FILES = ("LICENSE", "README.md", "faust.conf", "pyproject.toml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the checkout, in which no earlier build has left anything."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / name, copy / name, symlinks=True, ignore=ignored)
    for name in FILES:
        shutil.copy(REPOSITORY / name, copy)
    built = copy / "dist"
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", built, copy)
    [file] = built.iterdir()
    return file


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel; what it depends on is that of the environment of the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    [packages] = folder.glob("lib/python*/site-packages")
    run("uv", "pip", "install", "--offline", "--no-deps", "--python", folder / "bin/python", wheel)
    # A .pth of a .pth is not followed, so that the checkout is not on the path.
    (packages / "of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str = "",
    code: int = 0,
) -> str:
    """Run a command to its end, which must have this exit code, and return its stdout."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**(os.environ if env is None else env), "PATH": path},
        input=text,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == code, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def environ(settings: Settings) -> dict[str, str]:
    """Return the environment of a user with these settings, who knows no faust.conf."""
    found = {k: v for k, v in os.environ.items() if not k.startswith(("ELFAUST_", "PYTHON"))}
    given = as_environ(replace(settings, schemas=Settings().schemas, conf=""))
    return found | given


def test_the_wheel_holds_one_package_and_each_file_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"elfaust", "elfaust-0.1.0.dist-info"}
    assert len(names) == len(set(names))
    assert "elfaust/settings/faust.conf" in names
    assert [name for name in names if name.endswith("cases.jsonl")] == ["elfaust/trial/cases.jsonl"]
    examples = {name.removeprefix("elfaust/schema/examples/") for name in names} - set(names)
    schemas = REPOSITORY / "schemas"
    assert examples == {str(file.relative_to(schemas)) for file in schemas.rglob("*.json")}
    folders = {"elfaust": "elfaust", "agents": "elfaust/agents", "models": "elfaust/models"}
    assert {name for name in names if name.endswith(".py")} == {
        f"{there}/{file.relative_to(REPOSITORY / here)}"
        for here, there in folders.items()
        for file in (REPOSITORY / here).rglob("*.py")
    }


def test_what_needs_no_server(bin_folder: Path, empty: Path) -> None:
    def elfaust(*arguments: str, text: str = "", code: int = 0) -> str:
        env = environ(Settings())
        return run(bin_folder / "elfaust", *arguments, cwd=empty, env=env, text=text, code=code)

    where = run(bin_folder / "python", "-c", "import elfaust; print(elfaust.__file__)", cwd=empty)
    assert where.startswith(str(bin_folder.parent))
    shown = json.loads(elfaust("config", "show", "--json"))
    assert shown["conf"].startswith(str(bin_folder.parent))
    assert shown["profile"] == "dev"
    assert "SaveTiming 18481943" in elfaust("schema", "lint")
    line = '{"schema": "SaveTiming", "revision": 18481943, "wiki": "enwiki", "event": {}}'
    assert "validation" in elfaust("validate", text=line, code=1)
    assert "ratio" in elfaust("bench", "--judge", "--events", "1000")
    assert list(empty.iterdir()) == []
    elfaust("config", "init")
    elfaust("schema", "init")
    assert json.loads(elfaust("config", "show", "--json"))["conf"] == "faust.conf"
    for name in ("faust.conf", "schemas/SaveTiming/18481943.json"):
        assert (empty / name).read_bytes() == (REPOSITORY / name).read_bytes()


@pytest.mark.timeout(600)
def test_what_needs_servers(bin_folder: Path, empty: Path, quick: Settings) -> None:
    """The servers run already: `stack up` and `run` find them, and leave them as they are."""
    env = environ(quick)

    def elfaust(*arguments: str) -> str:
        return run(bin_folder / "elfaust", *arguments, cwd=empty, env=env)

    elfaust("stack", "up")
    assert "1000 raw lines: BALANCES" in elfaust("run", "--events", "1000")
    measured = json.loads(elfaust("bench", "--events", "1000", "--naive-events", "100", "--json"))
    assert measured["events"] == 1_000
    assert measured["naive_faust"]["events_per_second"] > 0
    log = empty / "up.log"
    with log.open("w") as out:
        # All roles but the forwarder have just run.
        command = [str(bin_folder / "elfaust"), "up", *UP]
        up = subprocess.Popen(command, cwd=empty, env=env, stderr=out)
    try:
        deadline = time.monotonic() + 120
        while [w["ready"] for w in workers(elfaust("status", "--json"))] != [True, True]:
            assert time.monotonic() < deadline, log.read_text()
    finally:
        up.terminate()
        assert up.wait(100) == 0, log.read_text()
    elfaust("account")


def workers(status: str) -> list[dict[str, object]]:
    """Return the workers that a status names."""
    found: list[dict[str, object]] = json.loads(status)["workers"]
    return found
