"""The schema wiki: one question, and what its answer means."""

from __future__ import annotations

from typing import Any, NamedTuple

import aiohttp

from elfaust.records import SchemaKey
from elfaust.schema.lookup.parsing import (
    MAX_SCHEMA_BYTES,
    NO_SUCH_SCHEMA,
    parse_wiki_schema,
    wiki_error,
)
from elfaust.settings import Schemas

#: Statuses that say that there is no such schema.
GONE = (404, 410)


class Answer(NamedTuple):
    """What the wiki says of a schema.

    `event` is the schema and `body` its bytes, None where it gave none; then `definite` tells
    whether there is none, for only that is an answer, and `away` whether other schemas would fare
    alike now.
    """

    event: dict[str, Any] | None = None
    body: bytes = b""
    reason: str = ""
    definite: bool = False
    away: bool = False


class SchemaWiki:
    """Asks `action=jsonschema` of EventLogging's MediaWiki extension."""

    def __init__(self, settings: Schemas) -> None:
        self._url = settings.wiki_url
        self._timeout = aiohttp.ClientTimeout(total=settings.wiki_timeout)

    def session(self) -> aiohttp.ClientSession:
        """Return a session for questions, to be closed."""
        return aiohttp.ClientSession(timeout=self._timeout)

    async def ask(self, session: aiohttp.ClientSession, key: SchemaKey) -> Answer:
        """Ask for a schema; raises nothing, whatever the wiki does."""
        query = {
            "action": "jsonschema",
            "title": key.schema,
            "revid": str(key.revision),
            "formatversion": "2",
        }
        try:
            async with session.get(self._url, params=query, allow_redirects=False) as answer:
                return meaning(answer.status, await _body(answer.content))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _unclear(str(error) or "timed out", away=True)


def meaning(status: int, body: bytes) -> Answer:
    """Say what an answer means.

    There is no schema where the status is 404 or 410, or 200 or 400 with an `error` that says so
    (`parsing.NO_SUCH_SCHEMA`). What is neither that nor like a schema says nothing.
    """
    if status in GONE:
        return _none(f"status {status}")
    # EventLogging's extension answers 400 for what does not exist.
    if status not in (200, 400):
        return _unclear(f"status {status}", away=True)
    if len(body) > MAX_SCHEMA_BYTES:
        return _unclear(f"larger than {MAX_SCHEMA_BYTES} bytes", away=False)
    if error := wiki_error(body):
        return _none(error) if NO_SUCH_SCHEMA.search(error) else _unclear(error, away=True)
    if status != 200:
        return _unclear(f"status {status}", away=True)
    try:
        return Answer(parse_wiki_schema(body), body)
    except ValueError as error:
        return _unclear(str(error), away=True)


def _none(detail: str) -> Answer:
    return Answer(reason=f"the schema wiki has no such schema: {detail}", definite=True)


def _unclear(detail: str, *, away: bool) -> Answer:
    return Answer(reason=f"the schema wiki gave no usable answer: {detail}", away=away)


async def _body(content: aiohttp.StreamReader) -> bytes:
    """Return a body, cut soon after MAX_SCHEMA_BYTES."""
    body = b""
    while len(body) <= MAX_SCHEMA_BYTES and (chunk := await content.read(MAX_SCHEMA_BYTES + 1)):
        body += chunk
    return body
