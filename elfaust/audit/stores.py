"""What the audits of all schema revisions share."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import NamedTuple

from elfaust.audit.files import Listing
from elfaust.audit.table import Rows
from elfaust.settings import Settings
from elfaust.storage import Storage

#: How far each sink has acknowledged a lane: role, topic, lane.
Acknowledged = Mapping[tuple[str, str, int], int]
#: Where the records that a role has refused came from: topic, lane, offset.
Refused = Mapping[str, set[tuple[str, int, int]]]


class Stores(NamedTuple):
    """The stores, what is in them, and what was said of it; no `rows` where MySQL keeps none."""

    settings: Settings
    rows: Rows | None
    storage: Storage
    listing: Listing
    threads: Executor
    acknowledged: Acknowledged
    refused: Refused
