"""All faults at random, overlapping, under a load of lines of all kinds: `make chaos RANDOM=30`."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests.chaos import campaign
from tests.chaos.campaign import Mixed, Wanted
from tests.conftest import execute, remove_topics, renamed, writing_often

#: Minutes that the long campaign takes; without them there is none.
MINUTES = float(os.environ.get("ELFAUST_TEST_RANDOM", "0"))
SEED = int(os.environ.get("ELFAUST_TEST_SEED", "7"))
KILLS = float(os.environ.get("ELFAUST_TEST_KILLS", "24"))
RATE = float(os.environ.get("ELFAUST_TEST_RATE", "200"))
WORKERS = int(os.environ.get("ELFAUST_TEST_WORKERS", "2"))


class Place:
    """Where a campaign runs: its settings, servers and folder. What has `failed` is kept."""

    def __init__(self, settings: Settings, stack: Stack, folder: Path) -> None:
        self.settings, self.stack, self.folder = settings, stack, folder
        self.failed = True


@pytest.fixture
def place(stack: Stack, stack_settings: Settings) -> Iterator[Place]:
    """A place of names that only this campaign uses; it stays where the campaign fails."""
    prefix = f"r{uuid.uuid4().hex[:8]}"
    folder = Path(stack_settings.stack.dir).resolve() / "campaigns" / prefix
    folder.mkdir(parents=True)
    settings = renamed(stack_settings, prefix, folder)
    settings = campaign.settings_of(writing_often(settings), folder)
    database = settings.mysql.database
    execute(settings, f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4")
    place = Place(settings, stack, folder)
    yield place
    stack.up()
    if place.failed:
        return
    execute(settings, f"DROP DATABASE `{database}`")
    asyncio.run(remove_topics(settings, prefix))
    url = f"{settings.hdfs.url}/webhdfs/v1{settings.hdfs.root}?op=DELETE&recursive=true"
    requests.delete(f"{url}&user.name={settings.hdfs.user}", timeout=60).raise_for_status()
    campaign.forget(folder)


def mixed(place: Place, wanted: Wanted) -> Mixed:
    """Run a campaign; what fails says where all of it is."""
    settings, folder = place.settings, place.folder
    try:
        result = campaign.run(settings, place.stack, folder, wanted, campaign.said(folder))
    except BaseException as error:
        campaign.keep(settings, folder, [repr(error)])
        print(f"kept for a look: {folder} (environ, faults.log, workers*/logs)")
        raise
    if result.wrong:
        campaign.keep(settings, folder, result.wrong)
        print(f"kept for a look: {folder} (environ, faults.log, workers*/logs)")
    place.failed = bool(result.wrong)
    return result


@pytest.mark.timeout(1_800)
def test_a_minute_and_a_half_of_all_faults_loses_and_doubles_nothing(
    place: Place, note_mixed: Callable[[Mixed], None]
) -> None:
    # Kafka would have to be moved to a disk of its own, and back.
    note_mixed(mixed(place, Wanted(seed=18, minutes=1.5, without=("Kafka's disk full",))))


@pytest.mark.long
@pytest.mark.skipif(not MINUTES, reason="make chaos RANDOM=30 says how long")
@pytest.mark.timeout(MINUTES * 60 + 3_600)
def test_all_faults_lose_and_double_nothing(
    place: Place, note_mixed: Callable[[Mixed], None]
) -> None:
    note_mixed(mixed(place, Wanted(SEED, MINUTES, KILLS, RATE, WORKERS)))
