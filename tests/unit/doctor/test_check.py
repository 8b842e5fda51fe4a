"""Outcomes, the reasons of failed requests, clocks."""

from __future__ import annotations

import pytest
import requests

from elfaust.checks import Check, clock, worst
from elfaust.words.http import why


def test_the_worst_outcome() -> None:
    assert worst([]) == "ok"
    assert worst([Check("a", "warn", ""), Check("b", "ok", "")]) == "warn"
    assert worst([Check("a", "fail", ""), Check("b", "warn", "")]) == "fail"


def test_why_a_request_failed_is_a_few_words() -> None:
    with pytest.raises(requests.ConnectionError) as refused:
        requests.get("http://127.0.0.1:1/", timeout=5)
    assert why(refused.value) == "[Errno 111] Connection refused"
    assert why(requests.ReadTimeout("a long story")) == "no answer in time"
    answer = requests.Response()
    answer.status_code, answer.reason = 403, "Forbidden"
    assert why(requests.HTTPError("for url: http://x", response=answer)) == "answers 403 Forbidden"
    with pytest.raises(requests.RequestException) as unsupported:
        requests.get("host:1", timeout=5)
    assert why(unsupported.value) == "No connection adapters were found for 'host:1'"


@pytest.mark.parametrize(
    ("there", "outcome", "detail"),
    [
        (1000.5, "ok", "at most 2 s"),
        (1002.9, "ok", "at most 2 s"),
        (997.5, "ok", "at most 2 s"),
        (1004.0, "warn", "3.0 s ahead of"),
        (996.0, "warn", "3.0 s behind"),
        (1100.0, "fail", "99.0 s ahead of"),
        (900.0, "fail", "99.0 s behind"),
    ],
)
def test_a_clock(there: float, outcome: str, detail: str) -> None:
    check = clock("clock", (1000.0, 1001.0), there, step=1.0)
    assert check.outcome == outcome
    assert detail in check.detail
    assert bool(check.cure) == (outcome != "ok")
