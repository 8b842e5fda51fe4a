"""The times of capsules: seconds or milliseconds since 1970, ISO 8601, MediaWiki's 14 digits.

All are in UTC. EventLogging's events carry times in any of these forms.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

#: Numbers above this are milliseconds (EventLogging's rule).
MILLISECONDS_ABOVE = 10**12
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)


def iso8601(timestamp: float) -> str:
    """Return seconds or milliseconds since 1970 as `2020-09-13T12:26:40Z`.

    Raises ValueError for a time that no calendar has.
    """
    try:
        seconds = timestamp / 1000 if timestamp > MILLISECONDS_ABOVE else timestamp
        return _iso8601_of_seconds(seconds)
    except (OverflowError, OSError, TypeError) as error:
        raise ValueError(f"{timestamp!r:.80} is no time") from error


@lru_cache(maxsize=4_096)
def _iso8601_of_seconds(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_utc(text: str) -> str:
    """Return a time of ISO 8601 as `2013-01-21T18:10:34Z`, in UTC, without fractions of a second.

    A time without an offset is taken for UTC. Raises ValueError for a text that is no time.
    """
    if UTC_TIME.match(text) and is_time(text):
        return text
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except OverflowError as error:
        raise ValueError(f"{text} is before or after all years of UTC") from error


@lru_cache(maxsize=4_096)
def is_time(text: str) -> bool:
    """Tell whether a text is a time of ISO 8601 that also exists in UTC."""
    try:
        parsed = datetime.fromisoformat(text)
        (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def unix_seconds(text: str) -> int:
    """Return `2013-01-21T18:10:34`, in UTC, with a `Z` or without, as seconds since 1970.

    Raises ValueError for a text that is no time, and TypeError for anything but a text.
    """
    if not isinstance(text, str):
        raise TypeError(f"{text!r:.80} is no time")
    return int(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp())


def fourteen_digits(timestamp: float) -> str:
    """Return seconds or milliseconds since 1970 as MediaWiki writes times: `20200913122640`.

    Raises ValueError for a time that no calendar has.
    """
    try:
        seconds = timestamp / 1000 if timestamp > MILLISECONDS_ABOVE else timestamp
        time = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("it is no time") from error
    # strftime writes the year 1 in one digit.
    return f"{time.year:04}{time:%m%d%H%M%S}"
