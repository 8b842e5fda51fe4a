"""Checks that need no server: settings, schemas and folders, and the schema wiki."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests

from elfaust.checks import ANSWER_SECONDS, Check, Subject, why
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Schemas, Settings, state_folder
from elfaust.sinks.parquet.folder_owners import folder_name, owner_name

#: Addresses by which a machine names itself.
LOOPBACK = ("127.", "localhost", "::1", "[::1]")
#: Bytes that should be free for workers: an hour of lines while Kafka is away.
ROOM = 1024**3


def machine(settings: Settings) -> Subject:
    """Return the checks of the settings and folders."""
    return Subject("settings", ("state folder", "spool"), _machine, "correct the settings")


def schemas(settings: Settings) -> Subject:
    """Return the checks of the schemas."""
    others = ("schema wiki",) if settings.schemas.wiki_url else ()
    return Subject("schemas", others, _schemas, "correct schemas.folder")


def _machine(settings: Settings) -> Iterator[Check]:
    yield from check_settings(settings)
    folder = state_folder(settings)
    yield check_folder("state folder", folder)
    yield check_folder("spool", folder / "forwarder" / settings.forwarder.spool)


def check_settings(settings: Settings) -> Iterator[Check]:
    """Yield where the settings come from, and a failure or warning for each that cannot work."""
    conf = settings.conf or "no faust.conf, defaults alone"
    yield Check("settings", "ok", f"profile {settings.profile}, {conf}")
    yield from _topics(settings)
    if settings.profile == "production":
        yield from _production(settings)


def _topics(settings: Settings) -> Iterator[Check]:
    topics = TopicNames(settings)
    if len({*topics.raw, topics.error}) <= len(topics.raw):
        named = ", ".join(f"topics.raw_{kind}" for kind in settings.raw_topics)
        cure = f"give {named} and topics.error names of their own"
        yield Check("settings", "fail", "two of the topics have the same name", cure)
    if settings.forwarder.topic not in topics.raw:
        detail = f"forwarder.topic {settings.forwarder.topic} is not a topic that processors read"
        yield Check("settings", "fail", detail, f"set it to {' or '.join(topics.raw)}")


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
