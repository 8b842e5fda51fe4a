"""A worker and its role put together: `elfaust worker ROLE` and `faust -A elfaust.app worker`.

Faust's own command line finds the app of ELFAUST_ROLE here.
"""

from __future__ import annotations

import os
from typing import Any

from elfaust.errors import SettingsError
from elfaust.quiet import keep_quiet
from elfaust.roles import ROLES
from elfaust.roles import load as load_named
from elfaust.settings import Settings, load
from elfaust.web.hosts import only_known_hosts
from elfaust.workers.garbage import collect_each_minute, collect_rarely
from elfaust.workers.measured import register as register_measured
from elfaust.workers.ready import register as register_ready
from elfaust.workers.worker import Worker


def create_app(role: str, settings: Settings) -> Worker:
    """Return the worker of a role, its agents registered.

    Raises SettingsError for a role that does not exist.
    """
    if role not in ROLES:
        raise SettingsError(f"no role {role!r}; roles are {', '.join(ROLES)}")
    keep_quiet()
    worker = Worker(role, settings)
    worker.on_before_shutdown.connect(worker.drain, weak=False)
    register_ready(worker)
    register_measured(worker)
    worker.web.web_app.middlewares.append(only_known_hosts(settings))
    load_named(ROLES[role].register)(worker)
    collect_each_minute(worker)
    collect_rarely()
    return worker


def __getattr__(name: str) -> Any:
    # Building it on import would give every importer of this module an app.
    if name == "app":
        globals()["app"] = create_app(os.environ.get("ELFAUST_ROLE", ""), load())
        return globals()["app"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
