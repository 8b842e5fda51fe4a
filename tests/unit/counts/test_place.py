"""Keys of the changelog: what each version wrote is read, and written the same again."""

from __future__ import annotations

import pytest

from elfaust.counts.entry import CountKey
from elfaust.counts.place import PLAIN, QUOTED, Place, decode, place_of

TOTAL = CountKey(3, "t", "a|b", 7, "", None)
WRITER = "0123456789ab"


@pytest.mark.parametrize("writer", [WRITER, PLAIN, QUOTED])
@pytest.mark.parametrize("key", [TOTAL, TOTAL._replace(hour=5), TOTAL._replace(minute=5)])
def test_a_key_is_read_as_it_was_written(key: CountKey, writer: str) -> None:
    place = place_of(key)
    assert place.key == key
    assert decode(place.encode(writer)) == (place, writer)


def test_keys_can_be_read_by_people() -> None:
    place = place_of(TOTAL._replace(hour=480_000))
    assert place.encode(WRITER) == b"3|t|a%7Cb|7||h480000|0123456789ab"
    assert place.encode(QUOTED) == b'"3|t|a%7Cb|7||h480000"'
    check = Place(3, "h480000", "")
    assert check.encode(WRITER) == b"3|check|h480000|0123456789ab"
    assert decode(check.encode(WRITER)) == (check, WRITER)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\xff",
        b"3|t|S|7||all|",
        b"3|t|S|7||all|not a writer",
        b"3|t|S|7||noon|0123456789ab",
        b"3|t|S|x||all|0123456789ab",
        b"-1|t|S|7||all|0123456789ab",
        b"3|cheque|all|0123456789ab",
        b"3|check|noon|0123456789ab",
        b"3|check|all",
        b"3|t|S|7||all|0123456789ab|more",
        b"+3|t|S|7||all|0123456789ab",
        b"03|t|S|7||all|0123456789ab",
        b"1_3|t|S|7||all",
        b"3|t|S|+7||all|0123456789ab",
        b"3|t|a b|7||all|0123456789ab",
        b"3|t|S|7||h05|0123456789ab",
        b"3|t|S|7||+5",
        b"3|check|h_5|0123456789ab",
        b'"3|t|S|7||all',
        b'"3|t|S|7||all|0123456789ab"',
    ],
)
def test_what_no_version_wrote_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode(key)
