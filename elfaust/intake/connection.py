"""A connection: requests on it that are no HTTP are told in a line, and answered as others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import (
    BadHttpMethod,
    ContentEncodingError,
    HttpProcessingError,
    InvalidURLError,
    LineTooLong,
)
from aiohttp.web_protocol import RequestPayloadError

from elfaust.intake.answers import said

#: What is wrong with a request, for whoever has sent it; the first that fits.
WORDS: tuple[tuple[type[HttpProcessingError], str], ...] = (
    (ContentEncodingError, "a Content-Encoding other than gzip and deflate is not read"),
    (LineTooLong, "its address or a header is too long"),
    (InvalidURLError, "its address has characters that have to be percent-encoded"),
    (BadHttpMethod, "it does not begin as HTTP does; if its address has https://, use http://"),
)
NO_HTTP = "no HTTP that can be read"


class Connection(web.RequestHandler):
    """Reads requests, and has them answered by the application of its server."""

    __slots__ = ("_refused",)

    def __init__(self, server: web.Server, refused: Callable[[str], None], **how: Any) -> None:
        """Tell by `refused` what is wrong with a request; `how` are settings of aiohttp's."""
        super().__init__(server, **how)
        self._refused = refused

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what is the fault of this program; what a client has done was answered, or told."""
        error = kw.get("exc_info")
        is_gone = self.transport is None and isinstance(error, ConnectionError)
        if not is_gone and not isinstance(error, RequestPayloadError):
            super().log_exception(*args, **kw)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that no handler could."""
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size:
            return super().handle_error(request, status, exc, message)
        why = f"{NO_HTTP}: {_why(exc)}"
        self._refused(why)
        answer = said(status, why)
        answer.force_close()
        answer.headers[hdrs.CACHE_CONTROL] = "no-store"
        # Whose page has sent it is not known.
        answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        return answer


def _why(error: HttpProcessingError) -> str:
    for kind, words in WORDS:
        if isinstance(error, kind):
            return words
    # Below its first line stand the bytes that were sent, as Python writes them.
    return error.message.strip().split("\n")[0].rstrip(": ")
