"""Settings, folders, schemas and the schema wiki."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from elfaust.checks import worst
from elfaust.doctor import local
from elfaust.doctor.local import (
    check_folder,
    check_intake,
    check_judge,
    check_schemas,
    check_settings,
    check_view,
    check_wiki,
)
from elfaust.events.core import PACKAGE
from elfaust.settings import PROFILES, Schemas, Settings, load
from elfaust.workers.state import web_port
from tests.unit.doctor.fakes import wiki
from tests.unit.intake.requests import Kafka, serving
from tests.unit.intake.requests import having as intake

SETTINGS = Settings()


def having(section: str, **values: Any) -> Settings:
    changed = dataclasses.replace(getattr(SETTINGS, section), **values)
    return dataclasses.replace(SETTINGS, **{section: changed})


@pytest.mark.parametrize("profile", PROFILES)
def test_the_settings_that_come_with_elfaust_are_right(profile: str) -> None:
    assert worst(check_settings(load(environ={}, profile=profile))) != "fail"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (having("forwarder", topic="elsewhere"), "forwarder.topic elsewhere is not"),
    ],
)
def test_settings_that_do_not_go_together(settings: Settings, said: str) -> None:
    [check] = [check for check in check_settings(settings) if check.outcome == "fail"]
    assert said in check.detail
    assert check.cure


def test_production_wants_a_password_and_servers_elsewhere() -> None:
    production = dataclasses.replace(SETTINGS, profile="production")
    details = [check.detail for check in check_settings(production) if check.outcome == "warn"]
    assert [detail.split()[0] for detail in details] == [
        "mysql.password",
        "kafka.bootstrap",
        "mysql.host",
        "hdfs.url",
    ]
    elsewhere = dataclasses.replace(
        production,
        kafka=dataclasses.replace(SETTINGS.kafka, bootstrap="kafka1:9092,kafka2:9092"),
        mysql=dataclasses.replace(SETTINGS.mysql, host="db1", password="secret"),
        hdfs=dataclasses.replace(SETTINGS.hdfs, storage="local"),
    )
    [check] = check_settings(elsewhere)
    assert check.outcome == "ok"
    assert "secret" not in str(check)


@pytest.mark.parametrize(("judge", "outcome"), [("auto", "ok"), ("python", "ok"), ("rust", "fail")])
def test_a_judge_that_is_asked_for_and_missing_fails(
    judge: str, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What cannot be imported.
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    check = check_judge(having("processor", judge=judge))
    assert (check.name, check.outcome) == ("judge", outcome)
    assert bool(check.cure) == (outcome == "fail")


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert check_folder("state folder", tmp_path / "a" / "b").outcome == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = check_folder("state folder", tmp_path / "file" / "state")
    assert check.outcome == "fail"
    assert check.detail.endswith("cannot be written: Not a directory")


def test_a_folder_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=local.ROOM // 4)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    check = check_folder("spool", tmp_path)
    assert (check.outcome, check.detail) == ("warn", f"{tmp_path}, 0.2 GiB free")


def test_the_schemas_that_come_with_elfaust_can_be_read() -> None:
    [check] = check_schemas(SETTINGS.schemas)
    assert (check.outcome, check.detail) == ("ok", "28 of 28 of schemas can be read")


def test_a_schema_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "Edit").mkdir()
    (tmp_path / "Edit" / "1.json").write_text('{"properties": {}}')
    (tmp_path / "Edit" / "2.json").write_text("{")
    (tmp_path / "Edit" / "3.json").mkdir()
    broken, folder, all_of_them = check_schemas(Schemas(folder=str(tmp_path)))
    assert (broken.name, broken.outcome) == ("schema Edit 2", "fail")
    assert (folder.name, folder.outcome) == ("schema Edit 3", "fail")
    assert all_of_them.detail == f"1 of 3 of {tmp_path} can be read"


def test_schemas_that_would_share_a_folder_are_told(tmp_path: Path) -> None:
    for name in ("Foo", "foo", "Bar"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.json").write_text('{"properties": {}}')
    (tmp_path / "foo" / "2.json").write_text('{"properties": {}}')
    shared, all_of_them = check_schemas(Schemas(folder=str(tmp_path)))
    assert (shared.outcome, all_of_them.outcome) == ("fail", "ok")
    assert shared.detail == "Foo_1 and foo_1 have the Parquet folder foo_1"


def test_without_schemas_and_wiki_every_event_is_refused(tmp_path: Path) -> None:
    [check] = check_schemas(Schemas(folder=str(tmp_path)))
    assert check.outcome == "fail"
    [check] = check_schemas(Schemas(folder=str(tmp_path), wiki_url="http://wiki/api.php"))
    assert check.outcome == "ok"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"query": {"general": {}}}', ""),
        (200, b"<html>Log in, please</html>", "is no MediaWiki's api.php"),
        (301, b"", "is no MediaWiki's api.php"),
        (503, b"", "answers 503 Service Unavailable"),
    ],
)
def test_a_wiki_s_answer(status: int, body: bytes, said: str) -> None:
    with wiki(status, body) as settings:
        check = check_wiki(settings)
    assert check.outcome == ("fail" if said else "ok")
    assert check.detail == settings.wiki_url + (f": {said}" if said else "")


def test_a_wiki_that_is_away() -> None:
    check = check_wiki(Schemas(wiki_url="http://127.0.0.1:1/api.php"))
    assert check.outcome == "fail"
    assert check.detail.endswith("Connection refused")


def test_the_wiki_is_only_asked_where_there_is_one() -> None:
    assert local.schemas(SETTINGS).others == ()
    assert [check.name for check in local.schemas(SETTINGS).checks(SETTINGS)] == ["schemas"]
    away = having("schemas", wiki_url="http://127.0.0.1:1/api.php")
    names = [check.name for check in local.schemas(away).checks(away)]
    assert names == ["schemas", "schema wiki"]
    assert local.schemas(away).others == ("schema wiki",)


def test_the_machine_s_checks_are_those_it_promises(tmp_path: Path) -> None:
    settings = having("workers", state=str(tmp_path / "state"))
    subject = local.machine(settings)
    names = [check.name for check in subject.checks(settings)]
    assert names == [subject.name, *subject.others]
    assert list(tmp_path.iterdir()) == []


def test_beta_is_told_to_be_apart_from_production() -> None:
    beta = load(environ={}, profile="beta")
    assert any("production's" in check.detail for check in check_settings(beta))
    same = dataclasses.replace(beta, mysql=SETTINGS.mysql)
    [failed] = [check for check in check_settings(same) if check.outcome == "fail"]
    assert failed.detail.startswith("mysql.database = log, as production has it")


async def test_the_intake_s_port_is_free_or_an_intake_s() -> None:
    settings = intake()
    free = await asyncio.to_thread(check_intake, settings.intake)
    async with serving(settings, Kafka()):
        own = await asyncio.to_thread(check_intake, settings.intake)
    assert [(check.outcome, check.detail.split()[-1]) for check in (free, own)] == [
        ("ok", "free"),
        ("ok", "answers"),
    ]


def test_the_view_s_port_is_free_or_a_view_s() -> None:
    # As orjson writes it.
    version = b'{"role":"view","version":"1"}'
    with wiki(200, version) as own, wiki(200, b'{"role": "mysql"}') as other:
        checks = [check_view(view_at(urlsplit(of.wiki_url).port)) for of in (own, other)]
    checks.append(check_view(SETTINGS))
    assert [check.outcome for check in checks] == ["ok", "fail", "ok"]
    assert checks[0].detail.endswith(" answers")
    assert "web.port" in checks[1].cure


def view_at(port: int | None) -> Settings:
    """Return settings whose first view has a port."""
    return having("web", port=(port or 0) - (web_port(SETTINGS, "view") - SETTINGS.web.port))


def test_a_port_of_another_program_is_no_intake_s() -> None:
    with wiki(400, b"{}") as other:
        check = check_intake(intake(port=urlsplit(other.wiki_url).port).intake)
    assert check.outcome == "fail"
    assert "intake.port" in check.cure
