"""Addresses and user agents of clients, masked wherever they come into a log.

Messages of errors may quote an event. The hosts of the settings are servers and stay readable, and
so does an address with a port: clients are named without one.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Collection
from urllib.parse import quote, unquote

from elfaust.settings import SECTIONS, Settings

ADDRESS, AGENT = "<address>", "<user agent>"
#: What stands for one character in a repr, in JSON, in an address: no part of what follows.
_ESCAPES = r"(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2})"
#: What may be an address; `ipaddress` decides. A part of a longer row of numbers is none.
_V4 = re.compile(
    rf"(?:(?<![0-9.])|(?<=[^0-9]\.)|{_ESCAPES})[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}"
    r"(?![0-9]|\.[0-9]|:[0-9])"
)
#: Behind a name and a colon, an escape or a colour as well; `std::` and its like are none.
_BEFORE_V6 = rf"(?<![0-9A-Za-z:])|(?<=\\[tnr])|(?<=[0-9]m)|(?<=[A-Za-z]{{2}}:)|{_ESCAPES}"
_V6 = re.compile(
    rf"(?:{_BEFORE_V6})[0-9A-Fa-f]{{0,4}}(?:(?::|%3[Aa])[0-9A-Fa-f]{{0,4}}){{2,7}}"
    r"(?:\.[0-9]{1,3}){0,3}(?![0-9A-Za-z:])"
)
#: A product with a version and a comment, as browsers and robots begin: to the end of its quotes,
#: of its field or of its line.
_PRODUCT = r"[^\s'\"/()]{1,60}/\d[^\s'\"()+]{0,40};?[ +]\("
_AGENT = re.compile(
    rf'(?<="){_PRODUCT}(?:\\+.|[^"\\\n])*|(?<=\'){_PRODUCT}(?:\\+.|[^\'\\\n])*'
    rf"|(?:(?<![\w.\\-])|(?<=\\[tnr])){_PRODUCT}(?:(?!\\[tnr])[^\t\n])*"
)
#: What follows the time in a raw line, or in its repr: an address, or what stands for none, and an
#: agent.
_AFTER_TIME = re.compile(r"(\dT\d\d:\d\d:\d\dZ?(\t|\\t))[^\t\n\\]{0,60}(?:\t|\\t)[^\n]*")
#: What follows the address.
_AFTER_ADDRESS = re.compile(rf"({ADDRESS}(?:\t|\\t))(?!{AGENT})[^'\"\t\n]+")
#: The value of a key that names a user agent, in quotes or to the end of its line; percent-encoded
#: as well. Where it is an object, it is what elfaust has made of the agent.
_OF_KEY = re.compile(
    r"((?:userAgent|user_agent|User-Agent)(?:\\*['\"]|%22)?\s*(?:[:=]|%3[Aa])(?:\s|%20|\+)*)"
    r"(?:(?P<quote>\\*['\"]|%22)(?:(?!(?P=quote))(?:\\+.|%5[Cc]%22|[^\n]))*|(?![\s{\[]|%7B)[^\t\n]+)"
)

#: A character as it stands in an address, in JSON, or in a repr.
_PERCENT = re.compile("%[0-9A-Fa-f]{2}")
_ESCAPED = re.compile(r"\\u00([0-7][0-9A-Fa-f])|\\x([0-7][0-9A-Fa-f])")
#: A word in which one of them may be.
_WORD = re.compile(r"\S+")
_MARKS = re.compile(f"({ADDRESS}|{AGENT})")
#: How often a text is decoded: a percent sign may be encoded as well.
_TURNS = 3


def hosts_of(settings: Settings) -> frozenset[str]:
    """Return the addresses that stand in the settings."""
    texts = (
        str(value)
        for section in SECTIONS
        for value in dataclasses.asdict(getattr(settings, section)).values()
    )
    found = (address for text in texts for of in (_V4, _V6) for address in of.findall(text))
    return frozenset(found) | {
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
    }


def masked(text: str, known: Collection[str] = ()) -> str:
    """Return a text without addresses, but for those that are known, and without user agents.

    A word that hides one by the encoding of its characters is decoded, masked, and encoded again.
    """

    def hidden(match: re.Match[str]) -> str:
        word = match[0]
        plain = _decoded(word)
        found = plain if plain == word else _masked(plain, known)
        if found == plain:
            return word
        if not _PERCENT.search(word):
            return found
        # As it was, but that the marks are readable.
        parts = enumerate(_MARKS.split(found))
        return "".join(part if n % 2 else quote(part, safe="?;:,/@!$&'()*+=") for n, part in parts)

    return _WORD.sub(hidden, _masked(text, known))


def _decoded(word: str) -> str:
    for _ in range(_TURNS):
        before = word
        if "%" in word:
            word = unquote(word)
        if "\\" in word:
            word = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), word)
        if word == before:
            break
    return word


def _masked(text: str, known: Collection[str]) -> str:
    def address(match: re.Match[str]) -> str:
        # A colon before it may be the end of its name.
        for before in ("", ":", "%3A", "%3a"):
            plain = re.sub("%3a", ":", match[0].removeprefix(before), flags=re.IGNORECASE)
            try:
                ipaddress.ip_address(plain)
            except ValueError:
                continue
            return match[0] if plain in known else f"{before}{ADDRESS}"
        return match[0]

    text = _AFTER_TIME.sub(rf"\1{ADDRESS}\2{AGENT}", text)
    text = _OF_KEY.sub(lambda found: f"{found[1]}{found['quote'] or ''}{AGENT}", text)
    text = _V4.sub(address, _V6.sub(address, _AGENT.sub(AGENT, text)))
    return _AFTER_ADDRESS.sub(rf"\1{AGENT}", text)
