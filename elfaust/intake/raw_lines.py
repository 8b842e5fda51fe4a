"""Raw client-side lines as varnishkafka writes them, by the format in which they are parsed.

Whatever a client sends, the fields of a line are the intake's own. EventLogging lays the fields of
an event over those of its line, so an event that has one of them, or a uuid, is written without it:
no client names another's event, or has its own taken for a double of it.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes

from elfaust.errors import SettingsError
from elfaust.events.beacons import purpose_of
from elfaust.events.writing import LineWriter
from elfaust.intake.as_sent import dumps
from elfaust.json_text import MAX_KEYS, decode_query

#: What an event's identity is made of in either dialect, whichever of it the format has.
IDENTITY = ("recvFrom", "seqId", "uuid", "dt", "timestamp", "clientIp", "ip", "userAgent")
#: Characters of a request line that stand as they are; the rest would end a field of the line.
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
#: Longest name of a host in `recvFrom`.
HOST_CHARS = 64
#: Fields of a line that hold a client's address, or its user agent, in lower case.
ADDRESSES, AGENTS = ("ip", "clientip", "x-client-ip"), ("useragent", "user-agent")
#: What varnish writes where there is nothing.
NOTHING = "-"


class Client(NamedTuple):
    """Who has sent a request: its address and user agent, each as the request has it or "".

    `purpose` is what its `Sec-Purpose` says.
    """

    address: str
    user_agent: str
    purpose: str = ""


class RawLines:
    """Writes the lines of one process: it has a `recvFrom` of its own, and counts from 1.

    No number outlives the process, so there is none that could be lost, copied or restored.
    """

    def __init__(
        self,
        line_format: str,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Write lines of a format.

        Raises SettingsError for a format in which no query stands.
        """
        writer = LineWriter(line_format, ())
        if not writer.is_query:
            raise SettingsError(
                f"processor.client_format {line_format!r} has no %q: the role intake needs one"
            )
        self._writer = writer
        self._taken = {*IDENTITY, *(name for name, _ in writer.fields)} - {"capsule", "omitted"}
        self._max_keys = max_keys
        self._clock = clock
        self._numbers = count(1)
        host = re.sub(r"[^!-~]", "_", socket.gethostname())[-HOST_CHARS:]
        #: What the events of this process have been received by; a purpose follows, if any.
        self.recv_from = f"{host}-{secrets.token_hex(6)}"

    def of_query(self, query: str, client: Client) -> bytes:
        """Return the line of a beacon; `query` is what its address has behind the `?`."""
        try:
            event = decode_query(f"?{query}", self._max_keys)
        except (ValueError, RecursionError):
            # The processor cannot read it either, and says why.
            event = None
        if isinstance(event, dict) and not self._taken.isdisjoint(event):
            return self.of_event(event, client)
        data = query.encode("utf-8", "surrogateescape")
        sent = f"?{quote_from_bytes(data, safe=PRINTABLE)}"
        return self._writer.fill(sent, self._fields(client))

    def of_event(self, event: dict[str, Any], client: Client) -> bytes:
        """Return the line of an event that was sent as JSON, as `as_sent.loads` has it.

        Raises RecursionError for an event that is nested too deep.
        """
        own = {key: value for key, value in event.items() if key not in self._taken}
        return self._writer.write(dumps(own), own, self._fields(client))

    def _fields(self, client: Client) -> dict[str, str | int]:
        """Return the fields of the next line."""
        number, address, agent = next(self._numbers), _address(client.address), _quoted(client)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        purpose = purpose_of(client.purpose)
        mark = purpose and f"-{purpose}"
        fields: dict[str, str | int] = {"recvFrom": f"{self.recv_from}{mark}", "dt": moment}
        for name, letter in self._writer.fields:
            if letter == "d":
                fields[name] = number
            elif letter == "h" or (letter == "i" and name.lower() in ADDRESSES):
                fields[name] = address
            elif letter == "u" or (letter == "i" and name.lower() in AGENTS):
                fields[name] = agent
        return fields


@lru_cache(maxsize=1_024)
def _address(text: str) -> str:
    """Return an address, and nothing else that a header may have been given."""
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return NOTHING


def _quoted(client: Client) -> str:
    """Return a user agent as varnishkafka's format has it, in quotes and without line ends."""
    agent = "".join(char if char.isprintable() else " " for char in client.user_agent)
    return f'"{agent or NOTHING}"'
