"""Where lines are sent for trials: raw topics of Kafka, a forwarder's UDP port, a beacon's URL."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, NamedTuple, Protocol

import aiohttp
from yarl import URL

from elfaust import __version__
from elfaust.delivery.broker_errors import translating_errors
from elfaust.delivery.publisher import Publisher, publishing
from elfaust.events.event_error import HOST
from elfaust.events.items import DECODER, Item
from elfaust.events.writing import LineWriter, unspaced
from elfaust.records import Outgoing
from elfaust.schema.dialect import DIALECTS
from elfaust.settings import Settings
from elfaust.settings.flow import RAW_KINDS
from elfaust.times import iso8601

TARGETS = ("kafka", "udp", "beacon")
CLIENT, SERVER = RAW_KINDS
AGENT = f"elfaust/{__version__}"
#: What a datagram can hold, bytes.
MAX_DATAGRAM = 65_507
#: How long a beacon may take, seconds; and how many are in flight at once.
BEACON_SECONDS, BEACONS_AT_ONCE = 10.0, 100
#: The header in which an intake says whether an event is valid.
VALID = "Requested-Event-Valid"
#: What became of lines, in words; of beacons it is the status of their answer.
ACKNOWLEDGED, UNCONFIRMED, UNANSWERED = "acknowledged", "sent", "not answered"


class CannotHold(ValueError):
    """An event or line that cannot be sent to a target, and why."""


class Line(NamedTuple):
    """A raw line and its kind, `client` or `server`; of a beacon, the part behind its URL."""

    kind: str
    value: bytes


class Target(Protocol):
    """Takes lines: at most `together` of them in one call, and `at_once` calls at a time."""

    together: int
    at_once: int

    async def send(self, lines: Sequence[Line]) -> str:
        """Send lines; return what became of them, the same for all."""


class Kafka:
    """The raw topics of the settings, each line to the next lane."""

    together, at_once = 1_000, 1

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._topics, self._lanes = settings.raw_topics, settings.topics.lanes
        self._publisher = publisher
        self._sent = 0

    async def send(self, lines: Sequence[Line]) -> str:
        """Send lines and wait for Kafka; raises Unacknowledged, and TooLong for a long one."""
        now = int(time.time() * 1000)
        numbered = enumerate(lines, self._sent)
        self._sent += len(lines)
        topics = self._topics
        await self._publisher.publish(
            [Outgoing(topics[of.kind], n % self._lanes, of.value, now) for n, of in numbered]
        )
        return ACKNOWLEDGED


class Udp:
    """A forwarder's UDP port, a datagram for each line; nobody says whether one has arrived."""

    together, at_once = 20, 1

    def __init__(self, address: tuple[str, int]) -> None:
        found = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        self.socket = socket.socket(*found[:2])
        self._address = found[4]

    async def send(self, lines: Sequence[Line]) -> str:
        """Send lines, and give the loop of a forwarder the time to take them."""
        for line in lines:
            self.socket.sendto(line.value + b"\n", self._address)
        await asyncio.sleep(0.002)
        return UNCONFIRMED


class Beacon:
    """The URL of an HTTP intake, asked as browsers do: a GET for each event."""

    together, at_once = 1, BEACONS_AT_ONCE

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        #: How many events were valid, "1", and not, "0", by who judges them, as in profile beta.
        self.judged = Counter[str]()

    async def send(self, lines: Sequence[Line]) -> str:
        """Send one event; return the status of its answer."""
        [line] = lines
        url = URL(self._url + line.value.decode(), encoded=True)
        try:
            async with self._session.get(url, allow_redirects=False) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return UNANSWERED
        if (valid := answer.headers.get(VALID)) is not None:
            self.judged[valid] += 1
        return str(answer.status)


@asynccontextmanager
async def reached(settings: Settings, to: str, url: str) -> AsyncIterator[Target]:
    """Give the target of a name of TARGETS; raises ServerAway where Kafka is."""
    if to == "kafka":
        with translating_errors(settings.kafka):
            async with publishing(settings) as publisher:
                yield Kafka(settings, publisher)
    elif to == "udp":
        udp = Udp((settings.forwarder.host, settings.forwarder.port))
        with udp.socket:
            yield udp
    else:
        connector = aiohttp.TCPConnector(limit=BEACONS_AT_ONCE)
        patience = aiohttp.ClientTimeout(total=BEACON_SECONDS)
        headers = {"User-Agent": AGENT}
        async with aiohttp.ClientSession(
            connector=connector, timeout=patience, headers=headers
        ) as session:
            yield Beacon(session, url)


def is_taken(outcome: str) -> bool:
    """Tell whether an outcome says that lines were sent, and acknowledged where anybody does."""
    return outcome in (ACKNOWLEDGED, UNCONFIRMED) or outcome.startswith("2")


class Writers:
    """Makes of events and raw lines what a target takes; numbers go up with each event.

    `host` is the `recvFrom` of the events, and with their numbers makes their uuids: it is one that
    no other process has.
    """

    def __init__(self, settings: Settings, to: str, kind: str | None, host: str) -> None:
        forwarded = settings.forwarder.topic == settings.raw_topics[SERVER]
        self.kind = kind or (SERVER if to == "udp" and forwarded else CLIENT)
        self._to, self._host, self._numbers = to, host, count(1)
        own = settings.line_formats[self.kind]
        form = own or DIALECTS[settings.schemas.compatibility].client_format
        self._writer = LineWriter("%q", ()) if to == "beacon" else LineWriter(form)
        self._most = settings.processor.max_line_bytes
        if to == "udp":
            self._most = min(self._most, MAX_DATAGRAM - 1)

    def line(self, item: Item) -> Line:
        """Return an item as a line of the target; raises CannotHold."""
        if item.fault:
            raise CannotHold(item.fault)
        line = self._raw(item.text) if item.event is None else self.of(item.text, item.event)
        if len(line.value) > self._most:
            where = "a datagram holds" if self._most < MAX_DATAGRAM else "the processor takes"
            raise CannotHold(f"it has {len(line.value):,} bytes, and {where} {self._most:,}")
        return line

    def of(self, text: str, event: Mapping[str, Any]) -> Line:
        """Return an event, as JSON text and as the object that it is, as a line."""
        fields: dict[str, str | int] = {
            "recvFrom": self._host,
            "seqId": next(self._numbers),
            "dt": iso8601(int(time.time())),
            "userAgent": AGENT,
        }
        return Line(self.kind, self._writer.write(text, event, fields))

    def _raw(self, text: str) -> Line:
        kind = SERVER if text.lstrip()[:1].isdigit() else CLIENT
        if self._to != "beacon":
            text = _without_blanks(text) if kind == SERVER else text
            try:
                return Line(kind, text.encode())
            except UnicodeEncodeError as error:
                raise CannotHold(f"it is not UTF-8 from character {error.start + 1} on") from error
        query = text.split(maxsplit=1)[0]
        if not query.startswith("?") or not query.isascii():
            raise CannotHold("a beacon is a JSON event, or a raw line that begins with its query")
        return Line(kind, query.encode())


def _without_blanks(text: str) -> str:
    """Return a server-side line whose JSON, if it is any, has no blanks that would end it."""
    head, brace, inner = text.partition("{")
    try:
        DECODER.decode(brace + inner)
    except (ValueError, RecursionError):
        return text
    return head + unspaced(brace + inner)


def own_host(token: str) -> str:
    """Return a `recvFrom` that is told from others by a token."""
    return f"{HOST}-{token}"
