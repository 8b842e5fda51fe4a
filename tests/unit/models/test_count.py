"""A count survives the way through its changelog."""

from __future__ import annotations

import orjson

from elfaust.models.count import Count


def test_count_is_what_the_table_holds() -> None:
    fields = {"count": 2, "last": 99, "positions": {"eventlogging-client-side": 7}}
    written = Count.from_data(fields).dumps()
    assert fields.items() <= orjson.loads(written).items()
    # Entries of old have no more fields than these.
    nothing = {"refused": 0, "ranges": {}, "minutes": [], "refused_minutes": []}
    assert Count.loads(orjson.dumps(fields)).asdict() == {**fields, **nothing}
    assert Count.loads(written).asdict() == {**fields, **nothing}
    more = {
        "refused": 2,
        "ranges": {"eventlogging-client-side": [4, 5, 9, 10]},
        "minutes": [1, *[0] * 59],
        "refused_minutes": [1, *[0] * 59],
    }
    assert Count.loads(Count(**fields, **more).dumps()).asdict() == {**fields, **more}
