"""The files with which carbon-cache, graphite-web and StatsD are started.

Counts stay sums when they are rolled up, and the finest archive covers every minute whose number
may still change: of a coarser archive Whisper keeps the last point that it got, not their sum.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from elfaust.devstack.server import HOST
from elfaust.graphite.charts import NAME, dashboard
from elfaust.settings import Settings

#: Days that the finest archive covers at least.
DAYS = 8
#: Seconds between two flushes of StatsD.
FLUSH_SECONDS = 10
CARBON_CONF = """\
[cache]
STORAGE_DIR = {folder}
CONF_DIR = {folder}/conf
LOG_DIR = {folder}/log
PID_DIR = {folder}
LOCAL_DATA_DIR = {folder}/whisper
LINE_RECEIVER_INTERFACE = {host}
LINE_RECEIVER_PORT = {line}
PICKLE_RECEIVER_PORT = 0
CACHE_QUERY_INTERFACE = {host}
CACHE_QUERY_PORT = {query}
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CACHE_SIZE = inf
LOG_UPDATES = False
LOG_CREATES = False
"""
SCHEMAS_CONF = """\
[statsd]
pattern = {statsd}
retentions = {flush}s:6h,1m:{days}d,1h:2y

[everything]
pattern = .*
retentions = 1m:{days}d,1h:2y
"""
AGGREGATION_CONF = """\
[rates]
pattern = \\.rate$
xFilesFactor = 0
aggregationMethod = average

[levels]
pattern = \\.(lag_events|lag_seconds|acknowledged_total)$
xFilesFactor = 0
aggregationMethod = max

[counts]
pattern = .*
xFilesFactor = 0
aggregationMethod = sum
"""
WEB_SETTINGS = """\
SECRET_KEY = {secret!r}
ALLOWED_HOSTS = ["{host}", "localhost"]
TIME_ZONE = "UTC"
WEBAPP_DIR = {packages!r} + "/venv/webapp"
STORAGE_DIR = {folder!r}
CONF_DIR = {folder!r} + "/conf"
WHISPER_DIR = {folder!r} + "/whisper"
STANDARD_DIRS = [WHISPER_DIR]
LOG_DIR = {folder!r} + "/log"
INDEX_FILE = {folder!r} + "/index"
# The newest points are in carbon-cache's memory alone.
CARBONLINK_HOSTS = ["{host}:{query}"]
DEFAULT_CACHE_DURATION = 0
FIND_CACHE_DURATION = 0
FIND_TOLERANCE = 0
WHITENOISE_USE_FINDERS = True
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {folder!r} + "/graphite.db"}}
}}
"""


def make_folders(folder: Path) -> None:
    """Make the folders of Graphite's servers."""
    for name in ("conf", "whisper", "log"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def write_carbon(settings: Settings, folder: Path) -> None:
    """Write the files of carbon-cache."""
    days = max(DAYS, settings.throughput.keep_minutes // 1440 + 1)
    ports = {"line": settings.carbon.port, "query": settings.stack.carbon_query_port}
    conf = folder / "conf"
    (conf / "carbon.conf").write_text(CARBON_CONF.format(folder=folder, host=HOST, **ports))
    (conf / "storage-schemas.conf").write_text(
        SCHEMAS_CONF.format(days=days, flush=FLUSH_SECONDS, statsd=r"\.(rate|count)$")
    )
    (conf / "storage-aggregation.conf").write_text(AGGREGATION_CONF)


def write_web(settings: Settings, folder: Path, home: Path) -> None:
    """Write the settings of graphite-web, whose packages are in `home`."""
    text = WEB_SETTINGS.format(
        secret=secrets.token_hex(32),
        packages=str(home),
        folder=str(folder),
        host=HOST,
        query=settings.stack.carbon_query_port,
    )
    (folder / "conf" / "elfaust_graphite.py").write_text(text)


def statsd_config(settings: Settings) -> str:
    """Return the configuration of StatsD."""
    return json.dumps(
        {
            "address": HOST,
            "port": settings.statsd.port,
            "mgmt_address": HOST,
            "mgmt_port": settings.stack.statsd_admin_port,
            "graphiteHost": HOST,
            "graphitePort": settings.carbon.port,
            "flushInterval": FLUSH_SECONDS * 1000,
            # Names of counters that come no more would be sent as 0 for ever.
            "deleteIdleStats": True,
            # Gives `<name>.rate` and `<name>.count`, as dashboards of EventLogging ask.
            "graphite": {
                "legacyNamespace": False,
                "globalPrefix": "",
                "prefixCounter": "",
                "prefixTimer": "",
                "prefixGauge": "",
                "prefixSet": "",
            },
        }
    )


def load_dashboard(settings: Settings, folder: Path) -> None:
    """Have the dashboard in graphite-web's database, as it is by these settings."""
    with closing(sqlite3.connect(folder / "graphite.db")) as database, database:
        database.execute(
            "INSERT OR REPLACE INTO dashboard_dashboard (name, state) VALUES (?, ?)",
            (NAME, json.dumps(dashboard(settings))),
        )
