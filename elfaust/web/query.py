"""Which schemas the start page shows, in which order: all of it stands in the page's address.

?sort=errors&order=asc&find=Edit&show=wrong&unknown=1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from elfaust.web.board import SchemaNow

#: What schemas are sorted by, and whether the largest is first unless said otherwise.
SORTS: Mapping[str, tuple[Callable[[SchemaNow], Any], bool]] = {
    "wrong": (lambda schema: schema.badness, True),
    "schema": (lambda schema: (schema.schema.lower(), schema.revision), False),
    "valid": (lambda schema: schema.valid_per_second, True),
    "errors": (lambda schema: schema.errors_per_second, True),
    "share": (lambda schema: schema.share, True),
    "lag": (lambda schema: _lag(schema), True),
    "lines": (lambda schema: schema.lines, True),
    "last": (lambda schema: schema.last_event, True),
}
#: Longest text that is looked for.
MOST_FIND = 100


def _lag(schema: SchemaNow) -> tuple[float, int]:
    worst = schema.worst_lag
    return (worst[1].seconds, worst[1].events) if worst else (-1.0, -1)


@dataclass(frozen=True)
class Query:
    """What an address asks for; each field is "" for what is usual."""

    sort: str = ""
    order: str = ""
    find: str = ""
    show: str = ""
    unknown: str = ""

    @property
    def by(self) -> str:
        """What is sorted by."""
        return self.sort or "wrong"

    @property
    def descending(self) -> bool:
        """Whether the largest is first."""
        return self.order == "desc" if self.order else SORTS[self.by][1]

    def address(self, **changes: str) -> str:
        """Return the address of the page with some fields changed, relative to the page."""
        fields = asdict(replace(self, **changes))
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"?{query}" if query else "./"

    def sorted_by(self, column: str) -> str:
        """Return the address that a column's title leads to: sorted by it, or the other way."""
        usual = SORTS[column][1]
        turned = column == self.by and self.descending == usual
        order = ("asc" if usual else "desc") if turned else ""
        return self.address(sort="" if column == "wrong" else column, order=order)

    def pick(self, schemas: Iterable[SchemaNow]) -> list[SchemaNow]:
        """Return those of some schemas that are asked for, sorted."""
        find = self.find.lower()
        found = [
            schema
            for schema in schemas
            if find in f"{schema.schema}_{schema.revision}".lower()
            and (schema.badness or self.show != "wrong")
        ]
        by_name = sorted(found, key=SORTS["schema"][0])
        return sorted(by_name, key=SORTS[self.by][0], reverse=self.descending)


def parse(asked: Mapping[str, str]) -> Query:
    """Return what the query of an address asks for; what nobody can ask for is as usual."""

    def one_of(name: str, *values: str) -> str:
        return asked.get(name, "") if asked.get(name) in values else ""

    return Query(
        one_of("sort", *SORTS),
        one_of("order", "asc", "desc"),
        asked.get("find", "").strip()[:MOST_FIND],
        one_of("show", "wrong"),
        one_of("unknown", "1"),
    )
