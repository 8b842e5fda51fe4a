"""The command line: `elfaust COMMAND`, each command a module imported when it is asked for.

An error's class has its exit code (errors.py); click ends with 2 for wrong arguments.
"""

from __future__ import annotations

import difflib
import importlib
import io
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from elfaust import __version__
from elfaust.commands.examples import with_examples
from elfaust.commands.outside import as_failure
from elfaust.errors import ElfaustError, SettingsError
from elfaust.quiet import keep_off_stderr, keep_quiet
from elfaust.words.printable import printable

if TYPE_CHECKING:
    from elfaust.settings import Settings

#: Each command `x`, which is `command` in elfaust/commands/x.py, and what `elfaust --help` says of
#: it: a command is imported only to run it.
COMMANDS = {
    "dev": "Take events without any server, and say why each is red.",
    "run": "Run servers and workers, send recorded lines, show an account.",
    "stack": "Start, stop and inspect Kafka, HDFS and MariaDB on this machine.",
    "up": "Run one worker of each role; restart what dies.",
    "worker": "Run one worker of a role in the foreground.",
    "status": "Show workers, lag by topic and role, and rows written.",
    "lag": "Show how far each role is behind; wait until it is not.",
    "errors": "Show which schemas make errors now, by code and path.",
    "tail": "Show events and errors as they come, each with its cure.",
    "account": "Add up lines, records, rows and counts; exit 1 if they differ.",
    "audit": "Check that every event is stored once, unchanged; exit 1 if not.",
    "doctor": "Check whether elfaust can run: settings, servers, tables, folders.",
    "check": "Judge the workers here in one line, as a plugin of Icinga does.",
    "dashboards": "Write alert rules for Prometheus, or a dashboard for Grafana.",
    "validate": "Judge raw lines or JSON events, and say what is wrong with each.",
    "send": "Send JSON events or raw lines to Kafka, UDP or a beacon.",
    "schema": "List schemas and their tables, find problems, compare revisions.",
    "hive": "Make and keep Hive's tables, views and partitions.",
    "query": "Answer a question in SQL, by Hive or from the Parquet files.",
    "tables": "List tables with their names in MySQL and Hive; describe one.",
    "freshness": "Show how new what each table holds is.",
    "load": "Send events made up from schemas, at a rate.",
    "bench": "Measure events per second, end to end.",
    "config": "Show the settings and where each came from.",
    "completion": "Print what bash, zsh or fish needs to complete commands.",
}

#: In a context's `meta`: whether only help was asked for, which needs no settings.
_HELP = "elfaust.help"


class Failure(click.ClickException):
    """An ElfaustError as the command line shows it: a line on stderr and an exit code.

    It may have words of events or of their senders: what a terminal would obey is escaped.
    """

    def __init__(self, error: ElfaustError) -> None:
        # Settings that do not fit have a line each.
        lines = str(error).splitlines() if isinstance(error, SettingsError) else [str(error)]
        super().__init__("\n".join(printable(" ".join(line.split())) for line in lines))
        self.exit_code = error.exit_code


class Unjudged(click.ClickException):
    """An error of `elfaust check` itself, which to Icinga must be no judgement of the workers."""

    exit_code = 3

    def __init__(self, error: Exception) -> None:
        if isinstance(error, click.ClickException):
            super().__init__(error.format_message())
        else:
            super().__init__(repr(error))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print what Icinga shows: it reads stdout, and a bar would begin numbers."""
        line = " ".join(f"ELFAUST UNKNOWN - {self.message}".replace("|", "/").split())
        try:
            click.echo(line)
        except OSError:
            click.echo(line, err=True)


class Interrupted(click.ClickException):
    """Ctrl-C: no finding, and no end in time."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted")


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None if none has that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"elfaust.commands.{cmd_name}").command
        return with_examples(command, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` begin with; for an unknown name, suggest the nearest."""
        name = args[0]
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        if near and name not in COMMANDS:
            ctx.fail(f"No such command {name!r}. Did you mean {near[0]!r}?")
        ctx.meta[_HELP] = any(option in args[1:] for option in ctx.help_option_names)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; turn its ElfaustError into one line and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted from error
        except click.exceptions.Exit:
            raise
        except Exception as error:
            failure = Failure(error) if isinstance(error, ElfaustError) else None
            if ctx.invoked_subcommand == "check":
                raise Unjudged(failure or as_failure(error) or error) from error
            if failure is None:
                raise
            raise failure from error

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; an error of the system or of a server becomes one line too.

        click itself handles a closed pipe.
        """
        if sys.stdin is None:
            # Whoever started the command has closed stdin; the command reads it as empty.
            sys.stdin = Path(os.devnull).open()  # noqa: SIM115
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # Events have characters that not every terminal has.
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().main(*args, **kwargs)
        except Exception as error:
            if (failure := as_failure(error)) is None:
                raise
            failure.show()
            raise SystemExit(failure.exit_code) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--conf", type=click.Path(path_type=Path), help="Read this file instead of faust.conf."
)
@click.option("--profile", metavar="NAME", help="Profile: production, beta, dev.")
@click.version_option(__version__, prog_name="elfaust")
@click.pass_context
def main(ctx: click.Context, conf: Path | None, profile: str | None) -> None:
    """Move EventLogging's events from raw lines in Kafka to MySQL rows and Parquet on HDFS."""
    keep_quiet()
    keep_off_stderr()
    if not ctx.meta[_HELP]:
        ctx.obj = _settings(conf, profile)


with_examples(main, "")


def _settings(conf: Path | None, profile: str | None) -> Settings:
    # Imported here for help and most commands not to wait for what they do not use.
    from elfaust.settings import load

    settings = load(conf, profile=profile)
    if {f"processor.{kind}_format" for kind in settings.line_formats} & settings.origins.keys():
        from elfaust.events.formats import check_formats

        check_formats(settings)
    return settings
