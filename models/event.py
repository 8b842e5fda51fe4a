"""What the topics of schema revisions and the error topic hold: event capsules."""

from __future__ import annotations

from typing import Any

import faust


class EventCapsule(faust.Record, serializer="json", coerce=False):  # type: ignore[misc,call-arg]
    """An event in its capsule, as EventLogging's EventCapsule schema has it."""

    event: dict[str, Any]
    schema: str
    revision: int
    uuid: str
    wiki: str = ""
    webHost: str | None = None  # noqa: N815 - the capsule's own name
    recvFrom: str | None = None  # noqa: N815 - the capsule's own name
    seqId: int | None = None  # noqa: N815 - the capsule's own name
    dt: str | None = None
    timestamp: int | None = None
    userAgent: Any = None  # noqa: N815 - the capsule's own name
    ip: str | None = None


class EventError(EventCapsule):
    """An event that was refused.

    `event` holds rawEvent, message, code (processor, validation or consumer), schema and revision.
    """

    @property
    def code(self) -> str:
        """Which stage refused the event."""
        return str(self.event["code"])
