"""The formats of raw lines that the settings give: whether each can be compiled."""

from __future__ import annotations

from elfaust.errors import SettingsError
from elfaust.events.lines import LineParser
from elfaust.settings import Settings


def check_formats(settings: Settings) -> None:
    """Raise SettingsError, with a line for each format of settings that is none.

    Settings are below the language of formats, so that it is checked here and not as they are read.
    """
    faults = []
    for kind, text in settings.line_formats.items():
        name = f"processor.{kind}_format"
        try:
            if text:
                LineParser(text)
        except ValueError as error:
            place = settings.origins.get(name, "default")
            cure = "docs/reference.md, Line formats, has what a format may hold"
            faults.append(f"{place}: {name} = {text!r} is not a line format: {error}; {cure}")
    if faults:
        raise SettingsError("\n".join(faults))
