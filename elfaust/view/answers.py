"""What the view answers with: pages, JSON, and lists to download as NDJSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from aiohttp import web

from elfaust.web import throughput

#: As the start page's, but that its own forms may be sent.
HEADERS = throughput.HEADERS | {
    "Content-Security-Policy": throughput.HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    )
}
#: What begins a cell that a spreadsheet would reckon.
FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20", "\ufeff", "\0")
FORMS = ("html", "json", "ndjson", "csv")


def form_of(request: web.Request) -> str:
    """Return in which form a request wants its answer."""
    form = request.query.get("format", "")
    if form in FORMS:
        return form
    wants = throughput.wants_json(None, request.headers.get("Accept", ""))
    return "json" if wants else "html"


def answer(body: bytes, content_type: str, status: int = 200) -> web.Response:
    """Return an answer as all of the view are: guarded, and kept by nobody."""
    response = web.Response(
        body=body, status=status, content_type=content_type, charset="utf-8", headers=HEADERS
    )
    response.enable_compression()
    return response


def as_json(value: Any, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return answer(orjson.dumps(value), "application/json", status)


def download(rows: Iterable[Mapping[str, Any]], form: str, name: str) -> web.Response:
    """Answer with rows to be kept in a file, as `ndjson` or `csv`."""
    text = ndjson(rows) if form == "ndjson" else as_csv(rows)
    response = answer(text, "application/x-ndjson" if form == "ndjson" else "text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def ndjson(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as one JSON object a line."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV by the keys of the first; no cell is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, row in enumerate(rows):
        if not number:
            writer.writerow(row)
        writer.writerow(map(_cell, row.values()))
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    shown = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{shown}" if shown.startswith(FORMULA) else shown
