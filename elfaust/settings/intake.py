"""Settings of the HTTP intake."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from elfaust.settings.values import (
    CONFIG,
    Flag,
    Machine,
    Port,
    Seconds,
    Text,
    Whole,
    setting,
)

_PATH = Text(
    "a path of letters, digits, '.', '_', '~' and '-' that begins with '/', but not with /v1/",
    r"(?!/v1(/|\Z))(/[A-Za-z0-9._~-]+)+",
)
_HEADER = Text("the name of a header", r"[A-Za-z0-9-]+", empty=True)


@dataclass(frozen=True, config=CONFIG)
class Intake:
    on: Flag = setting(
        False,
        "If true, the role intake runs, which takes events by HTTP and sends them to the raw "
        "client-side topic.",
    )
    host: Machine = setting("127.0.0.1", "The intake listens on this address.")
    port: Port = setting(8192, "The intake listens on this TCP port.")
    public: Flag = setting(
        False,
        "If true, intake.host may be an address that other machines reach; whoever reaches it may "
        "send events.",
    )
    path: Annotated[str, _PATH] = setting(
        "/beacon/event",
        "The intake takes beacons at this path, at the same with .gif, and at /event.gif; blockers "
        "of advertisements may refuse the default one.",
    )
    acks: Flag = setting(
        True,
        "If true, the intake answers when Kafka, or the disk of intake.spool, has acknowledged an "
        "event; if false, at once, and events may be lost.",
    )
    spool: Flag = setting(
        False,
        "If true, the intake writes lines to the folder intake/spool of workers.state, answers "
        "when the disk keeps them, and sends them to Kafka from there: it takes events while Kafka "
        "is away.",
    )
    spool_bytes: Whole = setting(
        1_000_000_000,
        "The spool of the intake has at most this many bytes that are not in Kafka; requests "
        "beyond that get a 503.",
    )
    client_header: Annotated[str, _HEADER] = setting(
        "",
        "The client's address is read from this header, which the proxy in front must set itself; "
        "if empty, it is that of the connection.",
    )
    url_bytes: Annotated[Whole, Field(le=1_000_000)] = setting(
        16_384, "The address of a beacon has at most this many bytes; a longer one is refused."
    )
    header_bytes: Annotated[Whole, Field(le=1_000_000)] = setting(
        8_190, "A header has at most this many bytes; a request with a longer one is refused."
    )
    body_bytes: Annotated[Whole, Field(le=100_000_000)] = setting(
        262_144, "The body of a request has at most this many bytes; a longer one is refused."
    )
    max_events: Whole = setting(
        1_000, "A request has at most this many events; one with more is refused."
    )
    in_flight: Whole = setting(
        1_000, "At most this many requests are answered at the same time; others get a 503."
    )
    connections: Whole = setting(
        4_000, "At most this many connections are open; others get a 503 and are closed."
    )
    memory_bytes: Whole = setting(
        16_000_000,
        "Lines that Kafka has not acknowledged have at most this many bytes in memory, and so have "
        "the bodies of requests that are answered; requests beyond that get a 503.",
    )
    answer_seconds: Annotated[Seconds, Field(le=60)] = setting(
        4.5,
        "A request that is not acknowledged after this many seconds gets a 503, and one that has "
        "not come a 408.",
    )

    @property
    def url(self) -> str:
        """Where the intake is, with a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def beacon(self) -> str:
        """Where the intake takes beacons."""
        return f"{self.url.rstrip('/')}{self.path}"
