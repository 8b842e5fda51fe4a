"""Roles and topics are what all their workers say, and as old as the oldest word."""

from __future__ import annotations

from elfaust.overview.overview import Overview, RoleNow
from elfaust.overview.worker_said import Lag, Trouble, WorkerSaid


def said(role: str, state: str = "running", pid: int = 1, **more: object) -> WorkerSaid:
    return WorkerSaid(role, pid, f"http://127.0.0.1:{pid}/", state, 100.0, **more)  # type: ignore[arg-type]


def test_a_role_stands_as_its_worst_worker_and_without_one_it_is_absent() -> None:
    workers = (said("mysql"), said("mysql", "held", 2), said("lines"))
    overview = Overview(100.0, ("mysql", "hdfs"), workers)
    states = {role.role: role.state for role in overview.roles}
    assert states == {"mysql": "held", "hdfs": "absent", "lines": "running"}


def test_lags_of_workers_add_up_and_are_as_old_as_the_oldest() -> None:
    first = said("mysql", lag={"a": Lag(3, 1.0, 99.0), "b": Lag(0, 0.0, 99.0)})
    second = said("mysql", pid=2, lag={"a": Lag(4, 7.0, 60.0)})
    overview = Overview(100.0, ("mysql", "processor"), (first, second))
    assert overview.topics["a"] == {"mysql": Lag(7, 7.0, 60.0)}
    assert overview.topics["b"] == {"mysql": Lag(0, 0.0, 99.0)}
    mysql, processor = overview.roles
    assert mysql.lag == Lag(7, 7.0, 60.0)
    assert processor.lag is None


def test_a_trouble_of_two_workers_is_one_since_the_first() -> None:
    waits = [(Trouble(f"MySQL m: {why}", at),) for why, at in (("refused", 50.0), ("gone", 40.0))]
    role = RoleNow("mysql", [said("mysql", waits_for=one) for one in waits])
    assert list(role.troubles.values()) == [Trouble("MySQL m: gone", 40.0)]


def test_the_json() -> None:
    worker = said(
        "mysql", "waiting", 7, waits_for=(Trouble("w", 60.0),), lag={"a": Lag(3, 1.25, 99.0)}
    )
    lag = {"events": 3, "seconds": 1.2, "as_of": "1970-01-01T00:01:39Z"}
    assert Overview(100.0, ("mysql", "hdfs"), (worker,)).as_json() == {
        "looked": "1970-01-01T00:01:40Z",
        "roles": [
            {
                "role": "mysql",
                "state": "waiting",
                "lag": lag,
                "workers": [
                    {
                        "pid": 7,
                        "web": "http://127.0.0.1:7/",
                        "state": "waiting",
                        "ready": False,
                        "as_of": "1970-01-01T00:01:40Z",
                        "waits_for": [{"why": "w", "since": "1970-01-01T00:01:00Z"}],
                        "held": [],
                        "unforeseen": {},
                        "unnamed": {},
                        "error": None,
                    }
                ],
            },
            {"role": "hdfs", "state": "absent", "lag": None, "workers": []},
        ],
        "topics": [{"topic": "a", "lag": {"mysql": lag}}],
    }


def test_who_is_not_well() -> None:
    workers = (
        WorkerSaid("mysql", 1, "w", "waiting", 9.0, (Trouble("a", 1.0), Trouble("b", 1.0))),
        WorkerSaid("hdfs", 2, "w", "held", 9.0, held=(Trouble("table t is locked", 1.0),)),
        WorkerSaid("processor", 3, "w", "silent", error="gone"),
        WorkerSaid("throughput", 4, "w", "running", 9.0, unforeseen={"consumer": 3}),
    )
    assert Overview(9.0, [], workers).unwell == [
        "mysql waits for a; b",
        "hdfs holds events: table t is locked",
        "processor waits for an answer of its own",
    ]
