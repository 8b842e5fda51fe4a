"""A stage's figures: medians of turns, ratios to elfaust, the table, and who did another job."""

from __future__ import annotations

import pytest

from elfaust.trial.contenders import peer
from elfaust.trial.stage import Entry, Moment, Turn
from elfaust.trial.stage_lines import Sent
from elfaust.trial.stage_report import MB, OtherVerdicts, as_table, check, machine, report

BEFORE = {"cpus": 2, "load": 0.5}


def turn(cpu: float, seconds: float = 2.0, memory: int = 100) -> Turn:
    early = Moment(20_000, 0.5, memory * MB)
    return Turn(90_000, 10_000, seconds, early, Moment(100_000, cpu, (memory + 1) * MB))


def entry(name: str, *turns: Turn, percent: int = 10) -> Entry:
    return Entry(peer(f"{name}=true"), percent, Sent("raw", 90_000, 10_000), list(turns))


def test_figures_are_medians_and_ratios_to_elfaust() -> None:
    own = entry("elfaust", turn(2.0, 4.0), turn(9.0, 2.0, 300), turn(3.0, 5.0))
    found = report([own, entry("loop", turn(4.5), turn(4.5))], [10], {}, BEFORE)
    first, loop = found["contenders"]
    assert first["cpu_us_per_event"] == 30.0
    assert first["cpu_us_range"] == [20.0, 90.0]
    assert first["cpu_us_after_a_tenth"] == 31.25
    assert first["events_per_second"] == 25_000
    assert first["memory_mb"] == {"after_a_tenth": 100.0, "after_all": 101.0}
    assert [of["cpu_us_per_event"] for of in first["turns"]] == [20.0, 90.0, 30.0]
    assert (first["events"], first["valid"], first["invalid"]) == (100_000, 90_000, 10_000)
    assert (first["cpu_over_elfaust"], loop["cpu_over_elfaust"]) == (1.0, 1.5)


def test_each_share_of_invalid_lines_is_compared_with_elfausts_own() -> None:
    entries = [
        entry("elfaust", turn(2.0), percent=0),
        entry("loop", turn(4.0), percent=0),
        entry("elfaust", turn(10.0), percent=100),
        entry("loop", turn(5.0), percent=100),
    ]
    found = report(entries, [0, 100], {}, BEFORE)
    assert [row["cpu_over_elfaust"] for row in found["contenders"]] == [1.0, 2.0, 1.0, 0.5]
    assert "loop, 100 % invalid" in as_table(found)


def test_the_table_is_aligned_and_names_who_is_left_out() -> None:
    entries = [entry("elfaust", turn(2.5)), entry("naive Faust", turn(35.0))]
    found = report(entries, [10], {"quix": "install it"}, BEFORE)
    assert as_table(found) == (
        "             us CPU   least-most  after 1/10  x elfaust  events/s  MB, 1/10-all   valid"
        "  invalid\n"
        "elfaust        25.0    25.0-25.0        25.0       1.00    50,000       100-101  90,000"
        "   10,000\n"
        "naive Faust   350.0  350.0-350.0       431.2      14.00    50,000       100-101  90,000"
        "   10,000\n"
        "quix is left out: install it\n"
        "2 CPUs, whose load was 0.5 before"
    )


def test_who_made_other_verdicts_is_told_once_and_by_name() -> None:
    right = entry("elfaust", turn(1.0))
    check([right])
    wrong = entry("loop", *[turn(1.0)._replace(valid=90_001, invalid=9_999)] * 2)
    with pytest.raises(OtherVerdicts) as caught:
        check([right, wrong])
    assert str(caught.value) == (
        "loop made 90001 events and 9999 errors of 90000 valid and 10000 invalid lines"
    )


def test_who_has_begun_lanes_again_has_figures_that_do_not_count() -> None:
    again = entry("elfaust", turn(1.0)._replace(valid=90_700, invalid=9_800))
    with pytest.raises(OtherVerdicts, match=r"of 100000 lines: it lost lanes .* measure anew"):
        check([again])


def test_the_machine_says_its_load() -> None:
    assert machine()["cpus"] >= 1
    assert machine()["load"] >= 0
