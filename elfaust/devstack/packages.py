"""Programs that come as Debian packages: finding them, and installing those that are missing.

Needs the standard library alone, so that `python3 -m elfaust.devstack.packages` also prepares a
machine on which elfaust's own dependencies cannot be built yet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from elfaust.errors import StackError

#: Debian's package of each program. MariaDB's -core packages have the programs without the
#: service that `mariadb-server` starts when it is installed.
PACKAGES = {
    "java": "openjdk-17-jre-headless",
    "mvn": "maven",
    "mariadbd": "mariadb-server-core",
    "mariadb-install-db": "mariadb-server-core",
    "my_print_defaults": "mariadb-client-core",
    "mariadb_config": "default-libmysqlclient-dev",
    "pkg-config": "pkg-config",
    "gcc": "gcc",
}
#: What the local servers need; the rest of PACKAGES builds mysqlclient.
SERVER_PROGRAMS = ("java", "mvn", "mariadbd", "mariadb-install-db", "my_print_defaults")
#: Where Debian keeps servers, which may not be on the PATH.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
#: Seconds to wait for another apt-get.
APT_LOCK_SECONDS = 300


def find(program: str) -> str:
    """Return the path of a program; "" if it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    return shutil.which(program, path=path) or ""


def need(program: str) -> str:
    """Return the path of a program, install it if necessary. Raises StackError as `ensure` does."""
    ensure((program,))
    return find(program)


def ensure(programs: Iterable[str] = SERVER_PROGRAMS) -> None:
    """Install the programs that are missing, as root on Debian.

    Raises StackError, which says what to install, for any other user or system or if it fails.
    """
    missing = [program for program in programs if not find(program)]
    if not missing:
        return
    packages = sorted({PACKAGES[program] for program in missing})
    wanted = f"{', '.join(missing)} not found; install Debian's {' '.join(packages)}"
    if not may_install():
        raise StackError(wanted)
    print(f"Installing Debian's {' '.join(packages)} ...", file=sys.stderr)
    install(packages)
    left = [program for program in missing if not find(program)]
    if left:
        raise StackError(f"{wanted} (installed, but there is still no {', '.join(left)})")


def need_package(name: str) -> None:
    """Install a Debian package as root on Debian; raises StackError elsewhere."""
    if not may_install():
        raise StackError(f"install Debian's {name}, or what has the same on this system")
    print(f"Installing Debian's {name} ...", file=sys.stderr)
    install([name])


def may_install() -> bool:
    """Whether this is root on Debian or on a system like it."""
    return os.geteuid() == 0 and is_debian() and bool(find("apt-get"))


def is_debian(release: Path = Path("/etc/os-release")) -> bool:
    """Whether /etc/os-release names Debian, or Debian as what the system is like."""
    try:
        lines = release.read_text().splitlines()
    except OSError:
        return False
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    ids = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return "debian" in ids


def install(packages: Sequence[str]) -> None:
    """Install Debian packages with apt-get, as root. Raises StackError if that fails."""
    apt = ("apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={APT_LOCK_SECONDS}")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run([*apt, "update"], environ)
    _run([*apt, "install", "--no-install-recommends", *packages], environ)


def _run(command: Sequence[str], environ: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise StackError(f"{' '.join(command)}: {lines[-1] if lines else 'failed'}")


def main() -> int:
    """Install all Debian packages that elfaust and its local servers need."""
    try:
        ensure(PACKAGES)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
