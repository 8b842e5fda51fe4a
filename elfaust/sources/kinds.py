"""The kinds of sources that `forwarder.source` can name. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from elfaust.settings import Forwarder
from elfaust.sources.base import LineSource
from elfaust.sources.file import FileSource
from elfaust.sources.stdin import StdinSource
from elfaust.sources.udp import UdpSource

#: By the value of `forwarder.source`, what opens it. The folder is where it may keep its state.
#: Any other value is the path of a file.
KINDS: dict[str, Callable[[Forwarder, Path], LineSource]] = {
    "udp": UdpSource,
    "stdin": StdinSource,
    "-": StdinSource,
}


def open_source(settings: Forwarder, folder: Path) -> LineSource:
    """Return the source that the settings name; its state is in `folder`."""
    if kind := KINDS.get(settings.source):
        return kind(settings, folder)
    return FileSource(Path(settings.source), settings.follow, settings.rotate_seconds)
