"""The pages of the view as HTML, made of what is given alone."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

import orjson
from jinja2 import Environment

from elfaust.view.feed import Numbered
from elfaust.view.seen import Seen, when
from elfaust.web.pages import duration, escaping, iso


def render(template: str, **given: Any) -> str:
    """Return a page."""
    return environment().get_template(template).render(**given)


#: Rows for as long as their events are remembered: many who look at once look at the same ones.
_ROWS: WeakKeyDictionary[Seen, str] = WeakKeyDictionary()


def row(one: Seen, number: int) -> str:
    """Return an event, which has one number, as a row of the table."""
    found = _ROWS.get(one)
    if found is None:
        found = _ROWS[one] = render("row.html", one=one, number=number)
    return found


def rows(events: list[Numbered]) -> str:
    """Return events as rows of the table."""
    return "".join(row(one.seen, one.number) for one in events)


@cache
def environment() -> Environment:
    """Return what templates may use; all that they are given is escaped."""
    found = escaping("elfaust.view")
    found.filters |= {
        "count": "{:,}".format,
        "duration": duration,
        "iso": iso,
        "when": lambda time: when(time) or "not known",
        "pretty": pretty,
        "segment": lambda text: quote(text, safe=""),
        "query": lambda fields: urlencode({k: v for k, v in fields.items() if v}),
    }
    return found


def pretty(value: Any) -> str:
    """Return JSON for people; a text as it is."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
