"""The points of a minute, made from the exact counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from elfaust.counts.tally import CODES, UNKNOWN_CODE
from elfaust.counts.view import MinuteCounts
from elfaust.graphite import names
from elfaust.records import SchemaKey

#: Whose series those past the bound share; no schema revision has such a number.
OTHER = SchemaKey("other", -1)


def points(
    counts: MinuteCounts, own: Callable[[SchemaKey], SchemaKey] = lambda key: key
) -> dict[str, int]:
    """Return the number of each series of a minute, by its name.

    Those of all lines and those of each code are there at 0 too: nothing is a number, not a gap.
    `own` says whose series counts a schema revision.
    """
    valid = refused = 0
    series: Counter[str] = Counter()
    errors: Counter[str] = Counter(dict.fromkeys((*CODES, UNKNOWN_CODE), 0))
    for (key, code), (count, of_sinks) in counts.items():
        refused += of_sinks
        if code:
            errors[code] += count
            series[names.errors(own(key), code)] += count
        else:
            valid += count
            series[names.valid(own(key))] += count
    stored = max(0, valid - refused)
    overall = {"raw": stored + errors.total(), "valid": valid, "stored": stored}
    return (
        {names.overall(name): count for name, count in overall.items()}
        | {names.overall_errors(code): count for code, count in errors.items()}
        | series
    )


def lines(prefix: str, minute: int, values: Mapping[str, int]) -> bytes:
    """Return points as Carbon takes them: a line of name, number and Unix seconds each."""
    return "".join(
        f"{prefix}.{name} {value} {minute * 60}\n" for name, value in values.items()
    ).encode()
