"""What a capsule may hold: times, numbers and lengths that every store can take, checked once.

The judge refuses the rest with code `consumer`, as EventLogging's consumers did, after the verdict
by the schema: whoever reads events may rely on these bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elfaust.errors import EventFault
from elfaust.schema.dialect import Dialect
from elfaust.times import is_time, iso8601
from elfaust.words.causes import shown

#: Integers are signed and of 64 bits in Kafka's, MySQL's and Parquet's readers alike.
PAST_64_BITS = 2**63
#: A time of ISO 8601 is not longer: 2020-09-13T12:26:40.123456+00:00 has 32 characters.
MOMENT_CHARS = 40
#: Longest text of a capsule's field that no column bounds, characters.
TEXT_CHARS = 1_024
AN_EVENT = "Send $.event as an object, its properties by name."
A_MOMENT = "Send $.dt as a time in UTC, such as 2020-09-13T12:26:40Z."
A_TIMESTAMP = "Send $.timestamp in seconds or milliseconds since 1970, in UTC."


def check_bounds(capsule: dict[str, Any], size: int, dialect: Dialect, calm: bool = False) -> None:
    """Refuse a capsule that has passed its schema and that no store can hold.

    `size` is at least the length of its longest text, `calm` whether it is known that its numbers
    are within 64 bits. Raises EventFault, code `consumer`, with the path of the fault.
    """
    for fault in bound_faults(capsule, size, dialect, calm):
        raise fault


def bound_faults(
    capsule: dict[str, Any], size: int, dialect: Dialect, calm: bool = False
) -> Iterator[EventFault]:
    """Yield every fault of a capsule, the one that `check_bounds` raises first."""
    if not isinstance(capsule["event"], dict):
        # Draft 3 schemas without a type let anything pass.
        yield _fault(f"{shown(capsule['event'])} is not an object", "event", AN_EVENT)
    moment = capsule.get("dt")
    if moment:
        if len(moment) > MOMENT_CHARS or not is_time(moment):
            yield _fault(f"{moment:.80} is not a valid time", "dt", A_MOMENT)
    elif not _is_timestamp(capsule["timestamp"]):
        message = f"{capsule['timestamp']!s:.80} is not a valid time"
        yield _fault(message, "timestamp", A_TIMESTAMP)
    if not calm:
        yield from _numbers(capsule)
    if size > min(TEXT_CHARS, dialect.string_length):
        yield from length_faults(capsule, dialect)


def _is_timestamp(timestamp: Any) -> bool:
    try:
        return is_time(iso8601(timestamp))
    except ValueError:
        return False


def _numbers(capsule: dict[str, Any]) -> Iterator[EventFault]:
    for name in ("seqId", "timestamp"):
        number = capsule.get(name)
        if number is not None and not -PAST_64_BITS <= number < PAST_64_BITS:
            yield _fault(f"{number!s:.80} passes 64 bits", name, f"Send $.{name} in 64 bits.")


def length_faults(capsule: dict[str, Any], dialect: Dialect) -> Iterator[EventFault]:
    """Yield the faults of texts that are too long, the event's own apart."""
    for name, value in capsule.items():
        # Browsers choose the length of a user agent: no event is refused for it.
        if name in ("event", "userAgent") or not isinstance(value, str):
            continue
        limit = dialect.string_length if name in dialect.columns else TEXT_CHARS
        if len(value) > limit:
            message = f"{len(value)} characters are more than {limit}"
            yield _fault(message, name, f"Send $.{name} with {limit} characters or less.")


def _fault(message: str, name: str, hint: str) -> EventFault:
    return EventFault("consumer", f"$.{name}: {message}", path=f"$.{name}", hint=hint)
