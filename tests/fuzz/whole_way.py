"""Fuzz of the whole way: random schemas, lines and Kafka records through all of elfaust.

`make fuzz SECONDS=600` runs it. Judge, rows, Parquet, counts, audit and the people's tools get each
case in one process. No exception may leave a record's boundary, and every record has one outcome.
A fault is printed with its seed, its number and the smallest case that shows it, a JSON file that

    python -m tests.fuzz.whole_way --case <file>

runs again.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.cases import Case, make_case
from tests.fuzz.faults import Fault, Faults, TooLong
from tests.fuzz.minimal import minimal
from tests.fuzz.way import Way

#: CPU that one record may take, a batch of them with its schemas' compilation too.
CPU_SECONDS = 2.0
#: What the process may grow by after its first minute, MiB.
MAX_GROWTH = 400
#: How long a fault's case is made smaller.
SMALLER_SECONDS = 10.0


class Ran(NamedTuple):
    """What came of a case."""

    faults: list[Fault]
    seen: dict[str, int]

    @property
    def harmful(self) -> list[Fault]:
        """The faults that no record's boundary has caught."""
        return [fault for fault in self.faults if not fault.caught]


def run(case: Case, cpu_seconds: float = CPU_SECONDS) -> Ran:
    """Take a case the whole way."""
    faults = Faults(cpu_seconds)
    with tempfile.TemporaryDirectory() as folder:
        way = Way(case, Path(folder), faults)
        way.run()
    return Ran(faults.found, way.seen)


def cases(seed: int, seconds: float) -> Iterator[tuple[int, Case]]:
    """Yield the cases of a seed with their numbers for so long."""
    until = time.monotonic() + seconds
    for number in count():
        if time.monotonic() > until:
            return
        yield number, make_case(seed, number)


def shown(fault: Fault) -> str:
    """Return a fault for people."""
    return "".join(traceback.format_exception(fault.error)).strip()


def small(case: Case, fault: Fault, cpu_seconds: float, seconds: float) -> Case:
    """Return the smallest case found that shows a fault."""

    def shows(other: Case) -> bool:
        return fault.signature in {f.signature for f in run(other, cpu_seconds).faults}

    return minimal(case, shows, seconds)


def fuzz(
    seed: int, seconds: float, known: Collection[str], folder: Path, cpu_seconds: float
) -> int:
    """Run for so long and print each fault once; return how many there were."""
    found: set[str] = set()
    seen: Counter[str] = Counter()
    ran, first = 0, 0
    for number, case in cases(seed, seconds):
        # A fault of a library's own code ends the process: this file says at which case.
        (folder / "running").write_text(f"--seed {seed} --number {number}\n")
        result = run(case, cpu_seconds)
        seen.update(result.seen)
        ran += 1
        for fault in result.faults:
            if fault.signature in found or fault.signature in known:
                continue
            found.add(fault.signature)
            print(f"\n=== {fault.signature}\nseed {seed}, number {number}, step {fault.step}")
            print(shown(fault), flush=True)
            file = folder / f"{seed}-{number}-{len(found)}.json"
            slow = 6 if isinstance(fault.error, TooLong) else 1
            less = small(case, fault, cpu_seconds, slow * SMALLER_SECONDS)
            file.write_text(less.as_json())
            print(f"--- {file}\n{less}", flush=True)
        if ran == 500:
            first = memory()
        if ran > 500 and memory() - first > MAX_GROWTH:
            print(f"\n=== memory grew from {first} to {memory()} MiB in {ran} cases")
            return len(found) + 1
    print(f"\nseed {seed}: {ran} cases, {len(found)} faults, {memory()} MiB, {dict(seen)}")
    return len(found)


def memory() -> int:
    """Return the most memory that the process has had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--number", type=int, help="this case alone")
    parser.add_argument("--case", type=Path, help="the case of this file alone")
    parser.add_argument("--known", type=Path, help="signatures to leave out, one a line")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--cpu", type=float, default=CPU_SECONDS)
    given = parser.parse_args()
    faulthandler.enable()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if given.case or given.number is not None:
        case = (
            Case.from_json(given.case.read_text())
            if given.case
            else make_case(given.seed, given.number)
        )
        ran = run(case, given.cpu)
        for fault in ran.faults:
            print(f"=== {fault.signature}\n{shown(fault)}\n")
        print(ran.seen)
        return min(1, len(ran.faults))
    given.out.mkdir(parents=True, exist_ok=True)
    known = set(given.known.read_text().splitlines()) if given.known else set()
    return min(1, fuzz(given.seed, given.seconds, known, given.out, given.cpu))


if __name__ == "__main__":
    sys.exit(main())
