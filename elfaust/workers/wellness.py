"""What the workers of this machine say of themselves, and which are not well."""

from __future__ import annotations

from typing import Any

import requests

from elfaust.settings import Settings
from elfaust.workers.state import alive

#: Longest wait for a worker's word, seconds.
READY_SECONDS = 3.0
#: What is shown of that word.
TOLD = ("ready", "waits_for", "held", "unforeseen", "unnamed")


def said_by(web: str) -> dict[str, Any]:
    """Return what a worker says of its readiness (elfaust/workers/ready.py)."""
    try:
        answer = requests.get(f"{web}ready/", timeout=READY_SECONDS).json()
        return {name: answer[name] for name in TOLD}
    except (requests.RequestException, ValueError, KeyError, TypeError):
        waits = ["an answer of its own"]
        return {"ready": False, "waits_for": waits, "held": [], "unforeseen": {}, "unnamed": {}}


def unwell(settings: Settings) -> list[str]:
    """Return why workers of this machine are not well: they wait for a server, or hold events."""
    found = []
    for worker in alive(settings):
        said = said_by(worker.web)
        if not said["ready"]:
            found.append(f"{worker.role} waits for {'; '.join(said['waits_for'])}")
        found += [f"{worker.role} holds events: {why}" for why in said["held"]]
    return found
