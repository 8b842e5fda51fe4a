"""The events in the body of a request: JSON, or a form with them in its field `event`."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

from aiohttp import web

from elfaust.intake.as_sent import loads

T = TypeVar("T")

#: The field of a form that has an event, or an array of them; there may be several.
FIELD = "event"
URL_ENCODED, PLAIN = "application/x-www-form-urlencoded", "text/plain"
MULTIPART = "multipart/form-data"
#: Characters of why a library cannot read a body.
WHY_CHARS = 200


async def events_of(request: web.Request, most_fields: int) -> list[Any]:
    """Return the events that a request brings.

    Its `Content-Type` decides only where its body is no JSON: scripts send JSON as text or as a
    form, so that browsers ask nobody before. Raises ValueError and RecursionError for what has no
    events in it.
    """
    if request.content_type == MULTIPART:
        return _in_fields([text.encode() for text in await fields_of(request, FIELD)])
    return events_in(await body_of(request), request.content_type, most_fields)


async def fields_of(request: web.Request, name: str) -> list[str]:
    """Return the texts of a form's fields of a name. Raises ValueError as `body_of`."""
    form = await _read(request.post(), "it is no form")
    return [text for text in form.getall(name, []) if isinstance(text, str)]


async def body_of(request: web.Request) -> bytes:
    """Return a body. Raises ValueError for one that is not what its headers say, or has no end."""
    return await _read(request.read(), "the body cannot be read")


async def _read(reading: Awaitable[T], what: str) -> T:
    try:
        return await reading
    except (web.HTTPException, TimeoutError):
        raise
    except Exception as error:
        # What aiohttp's readers raise is nowhere listed: RuntimeError, LookupError, errors of zlib.
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise
        why = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{what}: {why:.{WHY_CHARS}}") from error


def events_in(body: bytes, content_type: str, most_fields: int) -> list[Any]:
    """Return the events in a body that is no multipart form; raises as `events_of`."""
    body = body.strip()
    if content_type == PLAIN and body.startswith(b"event="):
        return _in_fields([body.partition(b"=")[2]])
    if content_type != URL_ENCODED or body[:1] in (b"{", b"["):
        return _listed(loads(_text(body)))
    if body[:3].upper() in (b"%7B", b"%5B"):
        # As a beacon has it behind the `?`.
        return _listed(loads(_text(unquote_to_bytes(body.rstrip(b";").replace(b"+", b" ")))))
    fields = parse_qsl(
        body.decode("ascii"), errors="strict", keep_blank_values=True, max_num_fields=most_fields
    )
    return _in_fields([text.encode() for name, text in fields if name == FIELD])


def _in_fields(texts: list[bytes]) -> list[Any]:
    if not texts:
        raise ValueError(f"the form has no field {FIELD!r}")
    return [event for text in texts for event in _listed(loads(_text(text)))]


def _text(data: bytes) -> str:
    """Return JSON, which is UTF-8 and nothing else."""
    return data.decode("utf-8-sig")


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
