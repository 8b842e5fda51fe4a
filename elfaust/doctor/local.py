"""Checks that need no server: settings, schemas and folders, and the schema wiki."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from elfaust.checks import ANSWER_SECONDS, Check, Subject
from elfaust.devstack.ports import taken
from elfaust.events.core import is_missing, way_of
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Schemas, Settings, of_profile, state_folder
from elfaust.settings.apart import APART, shared
from elfaust.settings.intake import Intake
from elfaust.sinks.parquet.folder_owners import folder_name, owner_name
from elfaust.words.http import why
from elfaust.workers.state import web_port

#: Addresses by which a machine names itself.
LOOPBACK = ("127.", "localhost", "::1", "[::1]")
#: Bytes that should be free for workers: an hour of lines while Kafka is away.
ROOM = 1024**3


def machine(settings: Settings) -> Subject:
    """Return the checks of the settings and folders."""
    intake = settings.intake
    asked = {
        "intake": intake.on,
        "spool of intake": intake.on and intake.spool,
        "view": settings.web.view,
    }
    others = ("judge", "state folder", "spool", *(name for name, on in asked.items() if on))
    return Subject("settings", others, _machine, "correct the settings")


def schemas(settings: Settings) -> Subject:
    """Return the checks of the schemas."""
    others = ("schema wiki",) if settings.schemas.wiki_url else ()
    return Subject("schemas", others, _schemas, "correct schemas.folder")


def _machine(settings: Settings) -> Iterator[Check]:
    yield from check_settings(settings)
    yield check_judge(settings)
    folder = state_folder(settings)
    yield check_folder("state folder", folder)
    yield check_folder("spool", folder / "forwarder" / settings.forwarder.spool)
    if settings.intake.on:
        yield check_intake(settings.intake)
        if settings.intake.spool:
            yield check_folder("spool of intake", folder / "intake" / "spool")
    if settings.web.view:
        yield check_view(settings)


def check_settings(settings: Settings) -> Iterator[Check]:
    """Yield where the settings come from, and a failure or warning for each that cannot work."""
    conf = settings.conf or "no faust.conf, defaults alone"
    yield Check("settings", "ok", f"profile {settings.profile}, {conf}")
    yield from _topics(settings)
    if settings.profile == APART:
        yield _apart(settings)
    if settings.profile == "production":
        yield from _production(settings)


def _topics(settings: Settings) -> Iterator[Check]:
    topics = TopicNames(settings)
    if settings.forwarder.topic not in topics.raw:
        detail = f"forwarder.topic {settings.forwarder.topic} is not a topic that processors read"
        yield Check("settings", "fail", detail, f"set it to {' or '.join(topics.raw)}")


def _apart(settings: Settings) -> Check:
    if both := list(shared(settings, of_profile(settings, "production"))):
        return Check("settings", "fail", both[0], "give the profile a name of its own")
    detail = f"no name, folder or port is production's, as {settings.conf} has them"
    return Check("settings", "ok", detail)


def _production(settings: Settings) -> Iterator[Check]:
    if not settings.mysql.password:
        cure = "set ELFAUST_MYSQL_PASSWORD, or mysql.password_file to a file that holds it"
        yield Check("settings", "warn", "mysql.password is empty in production", cure)
    hosts = {
        "kafka.bootstrap": settings.kafka.bootstrap.split(","),
        "mysql.host": [settings.mysql.host],
        "hdfs.url": [urlsplit(url).hostname or "" for url in settings.hdfs.url.split(";")],
    }
    if settings.hdfs.storage == "local":
        del hosts["hdfs.url"]
    for name, named in hosts.items():
        if any(host.strip().startswith(LOOPBACK) for host in named):
            detail = f"{name} is this machine itself in production"
            yield Check("settings", "warn", detail, f"set {name} to the servers' address")


def check_judge(settings: Settings) -> Check:
    """Check that the judge of plain lines that `processor.judge` asks for can be used."""
    way = way_of(settings)
    if is_missing(settings, way):
        cure = "run make core, or set processor.judge to auto: until then no processor starts"
        return Check("judge", "fail", f"processor.judge is rust: {way.why}", cure)
    return Check("judge", "ok", str(way))


def check_folder(name: str, folder: Path) -> Check:
    """Check that files can be written to a folder, or where a worker will make it, and its room."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"elfaust")
    except OSError as error:
        cure = f"give the workers' user the right to write to {there}, or set workers.state"
        return Check(name, "fail", f"{folder} cannot be written: {error.strerror}", cure)
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / ROOM:.1f} GiB free"
    if free < ROOM:
        return Check(name, "warn", detail, "make room: lines wait there while Kafka is away")
    return Check(name, "ok", detail)


def check_intake(settings: Intake) -> Check:
    """Check that the intake's port is free, or that it is an intake which has it."""

    def is_intake(answer: requests.Response) -> bool:
        # It refuses what has no event, in its own words.
        return answer.status_code in (400, 503) and b'{"error": ' in answer.content

    cure = "set intake.host to an address of this machine and intake.port to a free port"
    where = Place("intake", settings.host, settings.port, settings.url, settings.beacon, cure)
    return _check_port(where, is_intake)


def check_view(settings: Settings) -> Check:
    """Check that the port of the first view is free, or that it is a view which has it."""

    def is_view(answer: requests.Response) -> bool:
        return b'"role":"view"' in answer.content.replace(b" ", b"")

    cure = "set web.port so that it and the ports after it are free, or web.view to false"
    port = web_port(settings, "view")
    url = f"http://{settings.web.at(port)}/"
    return _check_port(
        Place("view", settings.web.host, port, url, f"{url}-/version", cure), is_view
    )


class Place(NamedTuple):
    """Where a role listens, what is asked there, and what to do where another program does."""

    name: str
    host: str
    port: int
    url: str
    asked: str
    cure: str


def _check_port(of: Place, is_ours: Callable[[requests.Response], bool]) -> Check:
    where = f"{of.host}, port {of.port}"
    if not (why_not := taken(of.host, of.port)):
        return Check(of.name, "ok", f"{where} is free")
    with requests.Session() as session, suppress(requests.RequestException):
        session.trust_env = False
        answer = session.get(of.asked, timeout=ANSWER_SECONDS, allow_redirects=False)
        if is_ours(answer):
            return Check(of.name, "ok", f"{of.url} answers")
    return Check(of.name, "fail", f"{where}: {why_not}, and no {of.name} answers", of.cure)


def _schemas(settings: Settings) -> Iterator[Check]:
    yield from check_schemas(settings.schemas)
    if settings.schemas.wiki_url:
        yield check_wiki(settings.schemas)


def check_schemas(settings: Schemas) -> Iterator[Check]:
    """Yield a failure for each schema in the folder that cannot be read, and how many can."""
    registry = Registry(settings)
    known = registry.known()
    if not known and not settings.wiki_url:
        cure = "set schemas.folder to a folder of <Name>/<revision>.json, or schemas.wiki_url"
        yield Check("schemas", "fail", f"no schema in {settings.folder}, and no wiki_url", cure)
        return
    broken = 0
    for key in known:
        if reason := registry.reason(key):
            broken += 1
            name = f"schema {key.schema} {key.revision}"
            yield Check(name, "fail", reason, "mend the file: events of this schema are refused")
    yield from _same_folder(known)
    detail = f"{len(known) - broken} of {len(known)} of {settings.folder} can be read"
    yield Check("schemas", "ok", detail)


def _same_folder(known: Iterable[SchemaKey]) -> Iterator[Check]:
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for key in known:
        folders[folder_name(key)].append(owner_name(key))
    for folder, owners in folders.items():
        if len(owners) > 1:
            detail = f"{' and '.join(owners)} have the Parquet folder {folder}"
            cure = "give all but one another name: their events are in MySQL alone, and errors"
            yield Check("schemas", "fail", detail, cure)


def check_wiki(settings: Schemas) -> Check:
    """Check that the schema wiki answers a request within `schemas.wiki_timeout`."""
    wait = min(settings.wiki_timeout, ANSWER_SECONDS)
    name, query = "schema wiki", {"action": "query", "meta": "siteinfo", "format": "json"}
    try:
        with requests.Session() as session:
            # Workers use no proxy either.
            session.trust_env = False
            answer = session.get(
                settings.wiki_url, params=query, timeout=wait, allow_redirects=False
            )
        answer.raise_for_status()
        said = "" if b'"query"' in answer.content else "is no MediaWiki's api.php"
    except requests.RequestException as error:
        said = why(error)
    if said:
        cure = (
            "correct schemas.wiki_url; until then events of schemas not in the folder are refused"
        )
        return Check(name, "fail", f"{settings.wiki_url}: {said}", cure)
    return Check(name, "ok", settings.wiki_url)
