"""The plan of a campaign of random faults."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from elfaust.trial.recorded import cases
from tests.chaos.plan import FREEZE, OTHERS, SERVER_REST, Fault, Harmed, kinds, plan
from tests.chaos.test_random import SHORT

WORKERS = [f"{role}-{n}" for role in ("processor", "mysql", "hdfs", "throughput") for n in (0, 1)]
ALL = Harmed(WORKERS, ["kafka", "mariadb", "namenode", "datanode", "wiki"], ["A_1", "B_2"], OTHERS)


def parts(of: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), unique=True)


harmed = st.builds(
    Harmed, parts(WORKERS), parts(list(ALL.servers)), parts(["A_1", "B_2"]), parts(list(OTHERS))
)
seeds, lengths, rates = st.integers(), st.floats(1.0, 600.0), st.integers(0, 60)


@given(seeds, lengths, harmed, rates)
def test_a_seed_gives_the_same_plan_again(seed: int, seconds: float, of: Harmed, rate: int) -> None:
    assert plan(seed, seconds, of, rate) == plan(seed, seconds, of, rate)


@given(seeds, lengths, harmed, rates)
def test_all_that_is_planned_is_there_and_ends_in_time(
    seed: int, seconds: float, of: Harmed, rate: int
) -> None:
    faults = plan(seed, seconds, of, rate)
    there = {*of.workers, *of.servers, *of.tables}
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    for fault in faults:
        assert 0 <= fault.at <= seconds
        assert 0 <= fault.at + fault.seconds <= seconds + 1e-6
        assert there.issuperset(fault.targets)
        assert 1 <= len(set(fault.targets)) <= 3 or fault.kind in of.others


@given(seeds, lengths, harmed, rates)
def test_nothing_is_done_twice_to_one_server_or_table_at_a_time(
    seed: int, seconds: float, of: Harmed, rate: int
) -> None:
    last: dict[str, Fault] = {}
    for fault in plan(seed, seconds, of, rate):
        for target in fault.targets or (fault.kind,):
            if target in of.workers:
                continue
            if before := last.get(target):
                rest = SERVER_REST if target in of.servers else 0.0
                assert before.at + before.seconds + rest <= fault.at + 1e-6
            last[target] = fault


@given(seeds)
def test_a_server_more_changes_nothing_of_the_others(seed: int) -> None:
    less = plan(seed, 300.0, ALL._replace(servers=["kafka"]), 20.0)
    more = plan(seed, 300.0, ALL, 20.0)
    assert less == [f for f in more if f.targets not in [(s,) for s in ALL.servers[1:]]]


def test_a_long_plan_has_all_kinds_as_often_as_they_are_asked_for() -> None:
    found = kinds(plan(7, 25 * 60.0, ALL, 24.0))
    assert 500 <= found["worker killed"] <= 700
    assert set(OTHERS) < found.keys()
    ways = ("killed", "frozen", "told to stop")
    assert {f"{of} {way}" for of in (*ALL.servers, "worker") for way in ways} < found.keys()


def test_workers_are_frozen_long_enough_for_their_group_to_go_on_without_them() -> None:
    frozen = [f.seconds for f in plan(7, 3_000.0, ALL, 24.0) if f.kind == "worker frozen"]
    assert min(frozen[:-9]) >= FREEZE[0]
    assert max(frozen) > 12.0


def test_a_fault_says_what_it_is() -> None:
    fault = Fault(12.34, "worker frozen", ("hdfs-0", "mysql-1"), 5.06)
    assert str(fault) == "   12.3 s  worker frozen: hdfs-0 mysql-1 for 5.1 s"
    assert str(Fault(1.0, "disk of logs full", (), 0.0)) == "    1.0 s  disk of logs full: all"


def test_the_short_campaign_has_what_no_other_test_of_make_test_does_under_load() -> None:
    """Trials of these are long: tests/chaos/test_servers.py and test_tables.py."""
    keys = sorted({line.key for line in cases()[0]})
    tables = [f"{key.schema}_{key.revision}" for key in keys]
    others = [kind for kind in OTHERS if kind not in SHORT.without]
    of = Harmed([*WORKERS, "forwarder-0", "intake-0"], ALL.servers, tables, others)
    planned = plan(SHORT.seed, SHORT.minutes * 60.0, of, SHORT.kills)
    # By then each table is there.
    kinds_of = {fault.kind for fault in planned if fault.at > 25 or fault.kind not in OTHERS}
    named = "column gone", "column of another type", "table locked"
    assert {*named, "MariaDB read-only", "HDFS folder full", "disk of logs full"} <= kinds_of
    assert {"mariadb killed", "namenode killed", "namenode frozen", "kafka killed"} <= kinds_of
    assert {"kafka frozen", "datanode killed"} <= kinds_of
