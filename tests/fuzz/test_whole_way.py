"""The whole way's fuzz for 20 s (ELFAUST_TEST_FUZZ_SECONDS), and what it can see."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from elfaust.counts.entry import CountKey
from elfaust.sinks.mysql.rows import RowMaker
from tests.fuzz.cases import Case, make_case
from tests.fuzz.whole_way import cases, run, shown, small

SECONDS = float(os.environ.get("ELFAUST_TEST_FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("ELFAUST_TEST_FUZZ_SEED", "1"))
#: On a machine of tests nothing is said of time: this one is for what does not end.
CPU_SECONDS = 30.0

# What `re` says of patterns in schemas is for their authors.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.timeout(SECONDS + 200)
def test_no_exception_leaves_the_boundary_of_a_record() -> None:
    seen: Counter[str] = Counter()
    for number, case in cases(SEED, SECONDS):
        ran = run(case, CPU_SECONDS)
        assert not ran.harmful, f"seed {SEED}, number {number}: {shown(ran.harmful[0])}"
        seen.update(ran.seen)
    total = sum(seen[code] for code in ("valid", "validation", "processor"))
    # A generator that only made rubbish would test nothing.
    assert seen["valid"] > total / 5
    assert min(seen["rows"], seen["files"]) > seen["valid"] / 2


def test_a_seed_and_number_give_the_same_case_and_its_file_the_case() -> None:
    case = make_case(7, 3)
    assert case == make_case(7, 3) != make_case(7, 4)
    assert Case.from_json(case.as_json()) == case


def test_an_exception_in_a_step_is_found_and_its_case_made_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = RowMaker.row

    def fails(self: RowMaker, value: bytes) -> object:
        if b"enwiki" in value:
            raise LookupError(value)
        return row(self, value)

    monkeypatch.setattr(RowMaker, "row", fails)
    numbers = (n for n in range(20) if any(_is_lookup(f) for f in run(make_case(SEED, n)).faults))
    case = make_case(SEED, next(numbers))
    fault = next(fault for fault in run(case).faults if _is_lookup(fault))
    less = small(case, fault, CPU_SECONDS, 5)
    assert fault.signature in {found.signature for found in run(less).faults}
    assert len(less.as_json()) < len(case.as_json()) / 4


def test_a_promise_that_is_broken_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountKey, "encode", lambda self: "0|topic|a|1||all")
    found = {fault.signature for fault in run(make_case(SEED, 0)).faults}
    assert "counts: a key of the counts is read as another" in found


def _is_lookup(fault: object) -> bool:
    return isinstance(getattr(fault, "error", None), LookupError) and "LookupError" in str(fault)
