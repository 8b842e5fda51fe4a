"""What is kept with the counts to see that they are whole: what was committed of each entry.

Who counts a lane writes beside its entries what each of them counted when the group committed the
offsets of the records that it counts. Nobody ever counts these records again, so whatever dies and
whoever writes late, the merged entry counts as much from then on (the proof is in
docs/architecture.md, "Counts"). Where an entry that is read counts less, or there is none, Kafka
has lost or somebody has deleted what was there. An entry that counts more tells nothing, and does
not hide another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from elfaust.counts.entry import ALL, HOUR, MOST, from_json

#: Hours that are about to be forgotten are not looked at: clocks of machines differ.
MARGIN_HOURS = 2
#: The one field of a check's value: what each entry counts, by its name.
COUNTS = "counts"
Claims = Mapping[str, int]


class Missing(NamedTuple):
    """An entry that counts less than it did."""

    lane: int
    when: str
    name: str
    have: int
    should: int

    @property
    def lacks(self) -> int:
        """How many are missing at least."""
        return self.should - self.have

    def __str__(self) -> str:
        topic, schema, revision, code = self.name.split("|")
        of = f"{schema} {revision}" + (f", errors {code}" if code else "")
        when = "in all" if self.when == ALL else f"in the hour {self.when.removeprefix(HOUR)}"
        lost = f"{self.have} counted {when}, {self.should} were"
        return f"counts of {topic}, lane {self.lane}, {of}: {lost}"


def is_check(value: object) -> bool:
    """Tell whether JSON is what a writer says that there is."""
    if not isinstance(value, Mapping) or not isinstance(counts := value.get(COUNTS), Mapping):
        return False
    return all(
        name.count("|") == 3 and type(count) is int and 0 <= count < MOST
        for name, count in counts.items()
    )


def to_json(claims: Claims, most_bytes: int) -> bytes:
    """Return what a writer says that there is, of as many entries as fit."""
    counts = dict(claims)
    while len(text := orjson.dumps({COUNTS: counts})) > most_bytes:
        counts = dict(list(counts.items())[: len(counts) // 2])
    return text


def claims(texts: Iterable[bytes]) -> dict[str, int]:
    """Return what there is at least, by what several writers have said."""
    found: dict[str, int] = {}
    for text in texts:
        for name, count in orjson.loads(text)[COUNTS].items():
            found[name] = max(count, found.get(name, 0))
    return found


def missing(
    lane: int,
    entries: Mapping[str, Mapping[str, tuple[tuple[str, bytes], ...]]],
    checks: Mapping[str, Mapping[str, bytes]],
    hours: range,
) -> list[Missing]:
    """Return the entries of a lane that count less than they did, of all time and of `hours`."""
    found = []
    for when, writers in checks.items():
        if when != ALL and int(when.removeprefix(HOUR)) not in hours:
            continue
        names = entries.get(when, {})
        for name, should in claims(writers.values()).items():
            versions = names.get(name)
            have = from_json(versions[0][1])["count"] if versions else 0
            if have < should:
                found.append(Missing(lane, when, name, have, should))
    return found


def looked_at(now: float, keep_hours: int) -> range:
    """Return the hours, from the epoch, whose entries nobody has forgotten at `now`."""
    this, kept = int(now // 3600), max(0, keep_hours - MARGIN_HOURS)
    return range(this - kept, this + kept + 1)
