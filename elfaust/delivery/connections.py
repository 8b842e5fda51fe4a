"""aiokafka's connections on uvloop: one that is closed is broken, as on asyncio's own loop."""

from __future__ import annotations

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


def closed_is_broken() -> None:
    """Have aiokafka take uvloop's RuntimeError of a closed transport for a broken connection.

    It only knows OSError, which asyncio raises (aiokafka issue 1038, open). The error would end the
    task that keeps its metadata, and whoever asks for new ones would wait for ever.
    """
    send = AIOKafkaConnection.send

    @wraps(send)
    def sending(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return send(self, *args, **kwargs)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(str(error)) from error

    AIOKafkaConnection.send = sending
