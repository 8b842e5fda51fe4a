"""How many keys of stored events have no column in MySQL: shown by /ready/ and `elfaust status`."""

from __future__ import annotations

import threading
from collections import Counter

from elfaust.records import SchemaKey
from elfaust.sinks.mysql.rows import RowMaker

_counting = threading.Lock()
_counted: Counter[str] = Counter()


def tell_unnamed(key: SchemaKey, maker: RowMaker) -> None:
    """Count the keys without a column of the rows made since the last call."""
    if maker.unnamed:
        with _counting:
            _counted[f"{key.schema}_{key.revision}"] += maker.unnamed
        maker.unnamed = 0


def counted() -> dict[str, int]:
    """Return how many such keys this process has met, by schema revision."""
    with _counting:
        return dict(_counted)
