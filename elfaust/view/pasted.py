"""What somebody pastes or sends: items of a text, so many as are judged at once."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from itertools import islice

from aiohttp import web

from elfaust.events.items import Item, items_of
from elfaust.intake.bodies import MULTIPART, URL_ENCODED, fields_of

#: Events that are judged of one paste.
MAX_ITEMS = 1_000


UNREADABLE = "It cannot be read as its headers say: send text, JSON, or a form with a field `text`."
TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
#: Seconds in which a body has to be there.
BODY_SECONDS = 10.0


class Unclear(ValueError):
    """What was pasted holds nothing that can be judged, or too much; `status` is HTTP's."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


def pasted(text: str) -> list[Item]:
    """Return what stands in a text; raises Unclear."""
    found = list(islice(items_of(text, queries=True), MAX_ITEMS + 1))
    if not found:
        raise Unclear("Paste a beacon's address, a raw line, or an event as JSON.")
    if len(found) > MAX_ITEMS:
        raise Unclear(f"These are more events than are judged at once, {MAX_ITEMS:,}.")
    return found


async def posted(request: web.Request) -> str:
    """Return the text of a form, or the whole body.

    Raises Unclear for what is no form, is too long or too slow.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if request.content_type in (URL_ENCODED, MULTIPART):
                return next(iter(await fields_of(request, "text")), "")
            return (await request.read()).decode("utf-8", "replace")
    except TimeoutError as error:
        raise Unclear("It did not all come in time.", 408) from error
    except web.HTTPException as error:
        why = "It is too long: paste less." if error.status == TOO_LARGE else error.reason
        raise Unclear(why, error.status) from error
    except Exception as error:
        # What reads bodies raises whatever its parts do, of a body that is not what it says it is.
        raise Unclear(UNREADABLE) from error
