"""What the pipeline adds to an event: uuid, time, parsed user agent."""

from __future__ import annotations

import hashlib
import re
import uuid
from functools import lru_cache
from typing import Any

import ua_parser

from elfaust.errors import EventFault
from elfaust.events.wording import cure, why_unreadable
from elfaust.json_text import encode
from elfaust.schema.dialect import Dialect
from elfaust.times import iso8601, unix_seconds
from elfaust.words import hints

#: User agents longer than this are dropped: matching them stalled processors (T200630).
MAX_USER_AGENT = 800
#: A user agent with one of these anywhere is a bot's, if no device of it is known. These and the
#: next are EventLogging's (`bot_ua_pattern` of its utils.py, from refinery-source's Webrequest).
BOT_WORDS = (
    "bot", "spider", "WordPress", "AppEngine", "AppleDictionaryService", "Python-urllib",
    "python-requests", "Google-HTTP-Java-Client", "[Ff]acebook", "[Yy]ahoo", "RockPeaks", "http",
)  # fmt: skip
#: And one that begins with one of these.
BOT_STARTS = (
    "goo wikipedia", "MediaWikiCrawler-Google", "wikiwix-bot", "Java", "curl", "PHP", "Faraday",
    "HTTPC", "Ruby", r"\.NET", "Python", "Apache", "Scrapy", "PycURL", "libwww", "Zend", "wget",
    "nodemw", "WinHttpRaw", "Twisted", r"com\.eusoft", "Lagotto", "Peggo", "Recuweb", "check_http",
    "Magnus", "MLD", "Jakarta", "find-link", r"J\. River", "projectplan9", "ADmantX", "httpunit",
    "LWP", "iNaturalist", "WikiDemo", "FSResearchIt", "livedoor", "Microsoft Monitoring",
    "MediaWiki", "User:", "User_talk:", "github", "tools.wmflabs.org", "Blackboard Safeassign",
    "Damn Small XSS", r"\S+@\S+\.[a-zA-Z]{2,3}",
)  # fmt: skip
BOT = re.compile(f"(?:.*(?:{'|'.join(BOT_WORDS)}).*|(?:{'|'.join(BOT_STARTS)}).*)$")
APP = re.compile(r"^WikipediaApp/(\S+)")
NAMESPACE = uuid.NAMESPACE_URL.bytes


def complete(capsule: dict[str, Any], dialect: Dialect) -> str | None:
    """Add the uuid, parse the user agent and leave out what a dialect withholds, in place.

    Returns the user agent as it was sent, None where it was no text or stays in its place. Raises
    ValueError for a seqId that is no integer and KeyError where host, number or time, of which the
    uuid is made, are missing.
    """
    # The event may name its own host and number; they are cast as the line's are.
    capsule["recvFrom"] = str(capsule["recvFrom"])
    capsule["seqId"] = int(capsule["seqId"])
    if dialect.uuid_time == "timestamp" and "timestamp" not in capsule:
        capsule["timestamp"] = unix_seconds(capsule.pop("dt"))
    capsule["uuid"] = event_uuid(capsule, dialect)
    for name in dialect.withheld:
        # What is no text is left to the capsule's schema, which refuses it.
        if isinstance(capsule.get(name), str):
            del capsule[name]
    agent = capsule.get("userAgent")
    if not isinstance(agent, str) or not dialect.parses_user_agent:
        return None
    capsule["userAgent"] = dict(parse_user_agent(agent[: MAX_USER_AGENT + 1]))
    return agent


def faulty_identity_field(capsule: dict[str, Any], dialect: Dialect) -> str:
    """Return the field for which `complete` has raised: host, number or time."""
    try:
        str(capsule["recvFrom"]).encode()
    except (KeyError, ValueError):
        return "recvFrom"
    try:
        int(capsule["seqId"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return "seqId"
    if dialect.uuid_time == "dt" and capsule.get("dt"):
        return "dt"
    return "timestamp" if "timestamp" in capsule else "dt"


def event_uuid(capsule: dict[str, Any], dialect: Dialect) -> str:
    """Return uuid5 of `event://<recvFrom>/?seqId=<n>&<time>` as 32 hex digits.

    The time is `dt=<ISO>Z` or the first ten characters of `timestamp=<seconds>`, as the dialect
    has it. The same line has the same uuid whenever it is read, which makes a replay harmless.
    """
    if dialect.uuid_time == "timestamp":
        time = f"timestamp={capsule['timestamp']!s:.10}"
    else:
        time = f"dt={capsule.get('dt') or iso8601(capsule['timestamp'])}"
    url = f"event://{capsule['recvFrom']}/?seqId={capsule['seqId']}&{time}"
    # hashlib at a third of the cost of uuid.uuid5; version 5 and the variant set by hand.
    digest = bytearray(hashlib.sha1(NAMESPACE + url.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return digest.hex()


def written(capsule: dict[str, Any]) -> bytes:
    """Return a capsule as JSON; raises EventFault, code `processor`, for what is not UTF-8."""
    try:
        return encode(capsule)
    except ValueError as error:
        # Only the fields beside the JSON can still hold text that is not UTF-8.
        cause = why_unreadable(error)
        raise EventFault(
            "processor",
            f"not UTF-8: {error}",
            hint=cure(error, hints.UNREADABLE, cause),
            cause=cause,
        ) from error


@lru_cache(maxsize=65_536)
def parse_user_agent(agent: str) -> dict[str, Any]:
    """Return a user agent by the keys of EventLogging's userAgent map; cached."""
    if len(agent) > MAX_USER_AGENT:
        agent = ""
    parsed = ua_parser.parse(agent)
    browser, system, device = parsed.user_agent, parsed.os, parsed.device
    family = device.family if device else "Other"
    app = APP.match(agent)
    return {
        "device_family": family,
        "browser_family": browser.family if browser else "Other",
        "browser_major": browser.major if browser else None,
        "browser_minor": browser.minor if browser else None,
        "os_family": system.family if system else "Other",
        "os_major": system.major if system else None,
        "os_minor": system.minor if system else None,
        "wmf_app_version": app[1] if app else "-",
        "is_bot": is_bot(family, agent),
        "is_mediawiki": "mediawiki" in agent.lower(),
    }


def is_bot(device_family: str, agent: str) -> bool:
    """Tell whether a user agent is a bot's, by EventLogging's rule.

    A pattern counts only where no device is known: a phone named CUBOT is none.
    """
    known = device_family != "Other"
    return device_family == "Spider" if known else BOT.match(agent.strip('"')) is not None
