"""Plain events: what a raw line would add is made up, what is there stays."""

from __future__ import annotations

import pytest

from elfaust.errors import EventFault
from elfaust.events.plain_json import PlainJsonParser


def test_what_is_missing_is_made_up() -> None:
    events = PlainJsonParser(100)
    first, second = events.parse(b'{"a": 1}'), events.parse(b'{"timestamp": 5, "seqId": 9}')
    assert first.pop("dt").endswith("Z")
    assert first == {"recvFrom": "localhost", "seqId": 1, "a": 1}
    assert second == {"recvFrom": "localhost", "seqId": 9, "timestamp": 5}


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff", b'{"a":1,"b":2,"c":3}'])
def test_what_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(EventFault) as refused:
        PlainJsonParser(2).parse(line)
    assert refused.value.code == "processor"
