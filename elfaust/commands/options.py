"""What options of several commands mean: durations, and a look that is repeated."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import click

from elfaust.errors import ServerAway

#: Seconds of each unit.
UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
#: The longest that is taken for a duration, seconds: a year.
LONGEST = 366 * 86_400
#: Seconds between two looks of --watch.
WATCH_SECONDS = 2.0


class Duration(click.ParamType):
    """A duration such as 90s, 10m, 2h or 1d; without a unit, seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd]?)", str(value), re.ASCII)
        seconds = float(found[1]) * UNITS[found[2]] if found else 0.0
        if not 0 < seconds <= LONGEST:
            self.fail(f"{value!r:.80} is no duration such as 90s, 10m, 2h or 1d", param, ctx)
        return seconds


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def watched(look: Callable[[], str], seconds: float = WATCH_SECONDS) -> None:
    """Print what `look` returns again and again until Ctrl-C, in place where this is a terminal.

    A server that is away is told, and asked again.
    """
    terminal = click.get_text_stream("stdout").isatty()
    try:
        while True:
            try:
                shown = look()
            except ServerAway as away:
                shown = f"Error: {away}"
            if terminal:
                click.clear()
            click.echo(shown)
            time.sleep(seconds)
    except KeyboardInterrupt:
        return


def span(seconds: float | None) -> str:
    """Return a number of seconds for people, as `35 s`, `12 m` or `3.5 h`."""
    if seconds is None:
        return "?"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} m" if seconds < 7_200 else f"{seconds / 3600:.1f} h"
