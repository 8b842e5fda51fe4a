"""A record's boundary: ours is told and counted apart, a broken handler ends the worker."""

from __future__ import annotations

import logging

import pytest

from elfaust.boundary import check_batch, counted, log, unforeseen
from elfaust.errors import EventFault, Unforeseen


def fault(error: Exception) -> Unforeseen:
    return Unforeseen(error, "processor", "Edit", 1)


def test_ours_is_counted_and_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a kind it is logged once a minute: another test may have had it.
    monkeypatch.setattr(log, "filters", [])
    before = counted().get("consumer", 0)
    try:
        raise ZeroDivisionError("of a record")
    except ZeroDivisionError as error:
        with caplog.at_level(logging.ERROR):
            found = unforeseen(error, "consumer", "Edit", 1)
    assert (found.code, found.schema, found.revision) == ("consumer", "Edit", 1)
    assert "ZeroDivisionError('of a record')" in found.message
    assert "elfaust's fault" in found.hint
    assert counted()["consumer"] == before + 1
    assert any("Traceback" in (record.exc_text or "") for record in caplog.records)


def test_memory_that_has_run_out_is_no_fault_of_a_record() -> None:
    with pytest.raises(MemoryError):
        unforeseen(MemoryError(), "processor")


def test_a_handler_that_fails_on_what_is_right_ends_the_worker() -> None:
    def broken() -> None:
        raise KeyError("canary")

    with pytest.raises(ZeroDivisionError, match="first"):
        check_batch([fault(ZeroDivisionError("first")), fault(KeyError("second"))], broken)


def test_a_batch_of_nothing_but_bad_records_does_not_end_the_worker() -> None:
    check_batch([fault(ZeroDivisionError())], lambda: None)


@pytest.mark.parametrize("other", [None, EventFault("processor", "no JSON")])
def test_one_record_that_was_handled_shows_that_the_handler_works(other: EventFault | None) -> None:
    def never() -> None:
        raise AssertionError("not asked")

    check_batch([fault(ZeroDivisionError()), other], never)
    check_batch([], never)
