"""The compiled judge of plain lines, elfaust_core: used where it is installed and fits.

It is a package of its own, in core/; nothing needs it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from elfaust.errors import SettingsError
from elfaust.settings import Settings

PACKAGE = "elfaust_core"
#: What the core's `PROTOCOL` has to be: of its functions, and of what they mean.
PROTOCOL = 1
HOW = "make core builds it (docs/operating.md, Compiled judge)"

#: The draft of a schema as jsonschema-rs has it, and the schema as JSON.
Source = tuple[str, str]


class CoreJudge(Protocol):
    """The core's judge of the lines of a dialect."""

    def add(
        self,
        schema: str,
        revision: int,
        tag: Any,
        capsule: Source,
        event: Source | None,
        storable: int,
    ) -> None:
        """Judge lines of a schema revision from now on, up to `storable` bytes of any value.

        Raises ValueError for a schema that cannot be compiled.
        """

    def remove(self, schema: str, revision: int) -> None:
        """Judge no more lines of a schema revision."""

    def judge(self, line: bytes) -> tuple[Any, bytes] | None:
        """Return the tag of a line's schema and its event, None where Python decides.

        Raises `Panicked` where it fails.
        """


class Core(Protocol):
    """The module elfaust_core."""

    PROTOCOL: int
    Panicked: type[Exception]
    #: Of a dialect, processor.max_line_bytes, processor.max_keys, the bytes of a text that no store
    #: cuts, and what makes JSON of a user agent, None where Python decides.
    Judge: Callable[[str, int, int, int, Callable[[bytes], bytes | None]], CoreJudge]
    __version__: str


class Way(NamedTuple):
    """Which way plain lines are judged: by a core or, without one, in Python; and why."""

    core: Core | None
    why: str

    @property
    def name(self) -> str:
        """What it is called in the setting processor.judge."""
        return "python" if self.core is None else "rust"

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


def way_of(settings: Settings) -> Way:
    """Return the way that processor.judge and what is installed come to."""
    if settings.processor.judge == "python":
        return Way(None, "processor.judge says so")
    try:
        core: Any = importlib.import_module(PACKAGE)
        found, version = core.PROTOCOL, core.__version__
    except Exception as error:
        # What an extension raises as it is loaded is its own affair: nothing needs this one.
        if isinstance(error, ModuleNotFoundError) and error.name == PACKAGE:
            return Way(None, f"{PACKAGE} is not installed; {HOW}")
        return Way(None, f"{PACKAGE} cannot be loaded: {error}; {HOW}")
    if found != PROTOCOL:
        return Way(None, f"{PACKAGE} has protocol {found}, this elfaust needs {PROTOCOL}; {HOW}")
    return Way(core, f"{PACKAGE} {version}")


def core_of(settings: Settings) -> Core | None:
    """Return the core where it is used.

    Raises SettingsError where processor.judge asks for it and it cannot be.
    """
    way = way_of(settings)
    if is_missing(settings, way):
        place = settings.origins.get("processor.judge", "default")
        raise SettingsError(f"{place}: processor.judge = 'rust': {way.why}")
    return way.core


def is_missing(settings: Settings, way: Way) -> bool:
    """Tell whether processor.judge asks for a core that cannot be used: no processor starts."""
    return way.core is None and settings.processor.judge == "rust"
