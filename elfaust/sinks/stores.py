"""The stores that there are, by role: made of the settings, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from elfaust.roles import ROLES, SINKS, load
from elfaust.settings import Settings
from elfaust.sinks.base import Store


def every_store(settings: Settings, roles: Iterable[str] = SINKS) -> dict[str, Store]:
    """Return the stores of roles, of all that store events unless some are named."""
    return {role: load(ROLES[role].store)(settings) for role in roles}


def enabled_stores(settings: Settings) -> dict[str, Store]:
    """Return the stores that keep events: those of `processor.stores`."""
    return every_store(settings, settings.processor.stores.split())
