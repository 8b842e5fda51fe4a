"""All faults at random, overlapping, under a load of lines of all kinds: `make chaos RANDOM=30`."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests
from pymetastore.hive_metastore.ttypes import NoSuchObjectException

from elfaust.devstack.hive import with_hive
from elfaust.devstack.server import Server
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests.chaos import campaign
from tests.chaos.campaign import Mixed, Wanted
from tests.integration.charts import charted, graphite
from tests.servers import execute, metastore, remove_topics
from tests.stack_settings import renamed, writing_often

#: Minutes that the long campaign takes; without them there is none.
MINUTES = float(os.environ.get("ELFAUST_TEST_RANDOM", "0"))
SEED = int(os.environ.get("ELFAUST_TEST_SEED", "7"))
KILLS = float(os.environ.get("ELFAUST_TEST_KILLS", "24"))
RATE = float(os.environ.get("ELFAUST_TEST_RATE", "200"))
WORKERS = int(os.environ.get("ELFAUST_TEST_WORKERS", "2"))
#: Servers besides those of every stack: graphite, hive.
WITH = os.environ.get("ELFAUST_TEST_WITH", "").split()
#: The campaign of `make test`: each server is killed in its plan, and most is done to tables that
#: can be. Kafka and MariaDB would have to be moved to disks of their own, and back.
SHORT = Wanted(
    seed=1807, minutes=1.5, rate=100.0, without=("Kafka's disk full", "MariaDB's disk full")
)
#: Of Graphite's servers, those that workers send to.
CHARTS = ("carbon", "statsd")


class Place:
    """Where a campaign runs: its settings, servers and folder. What has `failed` is kept."""

    def __init__(
        self, settings: Settings, stack: Stack, more: Sequence[Server], folder: Path
    ) -> None:
        self.settings, self.stack, self.more, self.folder = settings, stack, more, folder
        self.failed = True


@pytest.fixture
def place(
    request: pytest.FixtureRequest, stack: Stack, stack_settings: Settings
) -> Iterator[Place]:
    """A place of names that only this campaign uses; it stays where the campaign fails."""
    prefix = f"r{uuid.uuid4().hex[:8]}"
    folder = Path(stack_settings.stack.dir).resolve() / "campaigns" / prefix
    folder.mkdir(parents=True)
    settings, more = renamed(stack_settings, prefix, folder), list[Server]()
    with ExitStack() as opened:
        if "graphite" in WITH:
            charts = opened.enter_context(graphite(stack_settings))
            more += [charts.server(name) for name in CHARTS]
            settings = charted(settings)
        if "hive" in WITH:
            more += request.getfixturevalue("hive_stack").servers
            settings = with_hive(settings)
        settings = campaign.settings_of(writing_often(settings), folder)
        execute(settings, f"CREATE DATABASE `{settings.mysql.database}` CHARACTER SET utf8mb4")
        place = Place(settings, stack, more, folder)
        yield place
        stack.up()
        if not place.failed:
            forget(settings, prefix)
            shutil.rmtree(folder)


def forget(settings: Settings, prefix: str) -> None:
    """Remove what a campaign had on the servers."""
    execute(settings, f"DROP DATABASE `{settings.mysql.database}`")
    asyncio.run(remove_topics(settings, prefix))
    if settings.hive.metastore:
        with metastore(settings) as client, suppress(NoSuchObjectException):
            client.drop_database(settings.hive.database, False, True)
    url = f"{settings.hdfs.url}/webhdfs/v1{settings.hdfs.root}?op=DELETE&recursive=true"
    requests.delete(f"{url}&user.name={settings.hdfs.user}", timeout=60).raise_for_status()


def mixed(place: Place, wanted: Wanted) -> Mixed:
    """Run a campaign; what fails says where all of it is."""
    settings, stack, folder = place.settings, place.stack, place.folder
    try:
        tell = campaign.said(folder)
        result = campaign.run(settings, stack, place.more, folder, wanted, tell)
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
    note_mixed(mixed(place, SHORT))


@pytest.mark.long
@pytest.mark.skipif(not MINUTES, reason="make chaos RANDOM=30 says how long")
@pytest.mark.timeout(MINUTES * 60 + 3_600)
def test_all_faults_lose_and_double_nothing(
    place: Place, note_mixed: Callable[[Mixed], None]
) -> None:
    note_mixed(mixed(place, Wanted(SEED, MINUTES, KILLS, RATE, WORKERS)))
