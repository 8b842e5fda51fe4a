r"""What is picked of events: `schema:Edit code:validation wiki:enwiki "a text"`, all of it at once.

A term is FIELD:VALUE, or a text that stands somewhere in the masked record, whatever its case. A
value or a text with spaces stands in double quotes, in which \" and \\ stand for " and \. A minus
before a term picks what does not have it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakKeyDictionary

from elfaust.view.seen import Seen

FIELDS: dict[str, Callable[[Seen], str]] = {
    "schema": lambda one: one.schema,
    "revision": lambda one: str(one.revision),
    "code": lambda one: one.code,
    "wiki": lambda one: one.wiki,
    "path": lambda one: one.path,
    "uuid": lambda one: one.uuid,
}
#: Longest filter, characters, and most terms of one.
MAX_CHARS, MAX_TERMS = 500, 20
_TERM = re.compile(
    r'(?P<no>-?)(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>(?![A-Za-z_]+:(?:\s|\Z))[^\s"]+))'
)
_END = re.compile(r"\s|\Z")


#: The texts in which is searched, for as long as their events are remembered: many who look at once
#: look at the same ones. One emoji makes a text that is no UTF-8 four times as long.
_FOLDED: WeakKeyDictionary[Seen, bytes] = WeakKeyDictionary()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _folded(one: Seen) -> bytes:
    """Return the text in which is searched."""
    found = _FOLDED.get(one)
    if found is None:
        found = _FOLDED[one] = _utf8(one.text.casefold())
    return found


class FilterError(ValueError):
    """A filter that is none; it says where and what could stand there."""


class Term(NamedTuple):
    """One thing that is asked for; a text where `field` is empty."""

    field: str
    value: str
    is_wanted: bool

    def fits(self, one: Seen) -> bool:
        """Tell whether an event has what is asked for."""
        if self.field:
            found = FIELDS[self.field](one).casefold() == self.value
        else:
            found = _utf8(self.value) in _folded(one)
        return found is self.is_wanted


class Filter(NamedTuple):
    """What an event has to have, and its status, "" for any."""

    terms: tuple[Term, ...] = ()
    status: str = ""

    def fits(self, one: Seen) -> bool:
        """Tell whether an event is picked; texts, which take the longest, are looked for last."""
        return self.status in ("", one.status) and all(term.fits(one) for term in self.terms)


def parse(text: str, status: str = "") -> Filter:
    """Return the filter that a text stands for; raises FilterError."""
    if len(text) > MAX_CHARS:
        raise FilterError(f"a filter has at most {MAX_CHARS} characters, not {len(text)}")
    terms, at = [], 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        terms.append(_term(text, at))
        at = _TERM.match(text, at).end()  # type: ignore[union-attr]
    if len(terms) > MAX_TERMS:
        raise FilterError(f"a filter has at most {MAX_TERMS} terms, not {len(terms)}")
    return Filter(tuple(sorted(terms, key=lambda term: not term.field)), status)


def _term(text: str, at: int) -> Term:
    found = _TERM.match(text, at)
    if found is None or not _END.match(text, found.end()):
        raise FilterError(_why_none(text, at))
    field = (found["field"] or "").lower()
    if field and field not in FIELDS:
        near = difflib.get_close_matches(field, FIELDS, n=1)
        meant = f"did you mean {near[0]}?" if near else f"fields are {', '.join(FIELDS)}"
        quoted = f'; a text with a colon stands in quotes: "{found[0]}"' if not near else ""
        raise FilterError(f"{_place(at)}: there is no field {field!r}; {meant}{quoted}")
    value = found["bare"]
    if value is None:
        value = re.sub(r"\\(.)", r"\1", found["quoted"])
    if field == "revision" and not re.fullmatch(r"-?[0-9]{1,19}", value, re.ASCII):
        raise FilterError(f"{_place(at)}: a revision is a whole number, not {value!r:.60}")
    return Term(field, value.casefold(), not found["no"])


def _why_none(text: str, at: int) -> str:
    word = text[at:].split(None, 1)[0]
    if re.fullmatch(r"-?[A-Za-z_]+:", word):
        return f"{_place(at)}: a value is missing behind {word}"
    if text[at:].replace('\\"', "").count('"') % 2:
        return f'{_place(at)}: a quote is not closed: add a " at its end'
    return f"{_place(at)}: a space is missing before or behind a quoted text"


def _place(at: int) -> str:
    return f"character {at + 1}"
