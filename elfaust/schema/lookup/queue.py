"""Schemas that wait to be looked up: the most wanted first, the least wanted fall out."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field

from elfaust.records import SchemaKey

#: Schemas that are kept: clients can make up any number of names.
MAX_QUEUED = 10_000
#: Seconds after which a schema that nobody has asked for again is not tried again.
FORGET_SECONDS = 600.0


@dataclass(slots=True)
class Request:
    """How often and when a schema was asked for, how often tried, and what came of it last."""

    times: int = 1
    asked: float = field(default_factory=time.monotonic)
    tries: int = 0
    reason: str = ""


class LookupQueue:
    """Keys by how often they were asked for, in powers of two; of these the oldest first.

    A key waits, is under way (`take`), or pauses (`pause`).
    """

    def __init__(self, most: int = MAX_QUEUED) -> None:
        """Keep so many keys at most."""
        self._most = most
        self._requests: dict[SchemaKey, Request] = {}
        #: Those that wait, by the bits of how often they were asked for.
        self._waiting: list[dict[SchemaKey, None]] = [{} for _ in range(64)]
        self._pausing: list[tuple[float, SchemaKey]] = []

    def __len__(self) -> int:
        return len(self._requests)

    def get(self, key: SchemaKey) -> Request | None:
        """Return what is known of a key, None where it is not kept."""
        return self._requests.get(key)

    def add(self, key: SchemaKey) -> None:
        """Count one more wish for a key.

        Where too many are kept, one that is new takes the place of the oldest that was asked for
        once, if there is any.
        """
        request = self._requests.get(key)
        if request is None:
            if len(self._requests) < self._most or self._drop_least():
                self._requests[key] = Request()
                self._waiting[1][key] = None
            return
        before, after = request.times.bit_length(), (request.times + 1).bit_length()
        request.times += 1
        request.asked = time.monotonic()
        if before != after and key in self._waiting[before]:
            del self._waiting[before][key]
            self._waiting[after][key] = None

    def take(self, now: float) -> SchemaKey | None:
        """Return the most wanted key, which is under way from here on; None where none waits."""
        while self._pausing and self._pausing[0][0] <= now:
            _, key = heapq.heappop(self._pausing)
            self._waiting[self._requests[key].times.bit_length()][key] = None
        for waiting in reversed(self._waiting):
            if waiting:
                key = next(iter(waiting))
                del waiting[key]
                return key
        return None

    def pause(self, key: SchemaKey, until: float) -> None:
        """Have a key that was under way wait until a time."""
        heapq.heappush(self._pausing, (until, key))

    def failed(self, key: SchemaKey, reason: str) -> int:
        """Note that a key that is under way was tried in vain; return how often it was.

        Returns 0 where nobody has asked for it for so long that it is forgotten.
        """
        request = self._requests[key]
        if time.monotonic() - request.asked > FORGET_SECONDS:
            del self._requests[key]
            return 0
        request.tries, request.reason = request.tries + 1, reason
        return request.tries

    def next_end(self) -> float | None:
        """Return when the next pause ends, None where no key pauses."""
        return self._pausing[0][0] if self._pausing else None

    def done(self, key: SchemaKey) -> None:
        """Forget a key that was under way."""
        del self._requests[key]

    def _drop_least(self) -> bool:
        waiting = self._waiting[1]
        if not waiting:
            return False
        key = next(iter(waiting))
        del waiting[key], self._requests[key]
        return True
