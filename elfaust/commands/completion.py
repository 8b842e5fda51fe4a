"""elfaust completion SHELL: what a shell needs to complete commands, schemas, topics and roles.

Nothing is asked of a server: schemas are those of `schemas.folder`, topics those that they have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

if TYPE_CHECKING:
    from elfaust.settings import Settings

SHELLS = ("bash", "zsh", "fish")
#: The variable in which click's scripts pass what is typed.
VARIABLE = "_ELFAUST_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script of SHELL, to be sourced by it.

    It completes commands, options, roles, schemas with their revisions, and topics.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(click.Group("elfaust"), {}, "elfaust", VARIABLE)
    click.echo(script.source())


class Known(click.ParamType):
    """Any text; those that are known are offered for completion."""

    name = "text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return the text as it is."""
        return value

    def known(self, settings: Settings, ctx: click.Context) -> Iterable[str]:
        """Return what is offered; an argument before this one may decide it."""
        raise NotImplementedError

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return what begins with `incomplete`; nothing where the settings cannot be read."""
        try:
            offered = sorted(self.known(_settings(ctx), ctx))
        except Exception:
            # A shell shows what is printed here in the middle of a line.
            return []
        return [CompletionItem(text) for text in offered if text.startswith(incomplete)]


class _Server(Known):
    name = "server"

    def known(self, settings: Settings, ctx: click.Context) -> Iterable[str]:
        from elfaust.devstack.stack import Stack

        return [server.name for server in Stack(settings).status()]


class _Workers(Known):
    name = "workers"

    def known(self, settings: Settings, ctx: click.Context) -> Iterable[str]:
        from elfaust.roles import ROLES

        return [f"{role}=" for role in ROLES]


class _Topic(Known):
    name = "topic"

    def known(self, settings: Settings, ctx: click.Context) -> Iterable[str]:
        from elfaust.names import TopicNames

        names = TopicNames(settings)
        return {*names.raw, names.error, *(names.event(key) for key in _keys(settings))}


class _Schema(Known):
    name = "schema"

    def known(self, settings: Settings, ctx: click.Context) -> Iterable[str]:
        return {key.schema for key in _keys(settings)}


class _Revision(click.types.IntParamType):
    """A revision; those of the schema that was named are offered."""

    name = "integer"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the revisions of the schema before it that begin with `incomplete`."""
        try:
            known = [k for k in _keys(_settings(ctx)) if k.schema == ctx.params.get("name")]
        except Exception:
            return []
        numbers = [str(key.revision) for key in sorted(known)]
        return [CompletionItem(number) for number in numbers if number.startswith(incomplete)]


def _settings(ctx: click.Context) -> Settings:
    # Nothing ran: click only reads what was typed.
    from elfaust.settings import load

    typed: dict[str, Any] = ctx.find_root().params
    return load(typed.get("conf"), profile=typed.get("profile"))


def _keys(settings: Settings) -> Iterable[Any]:
    from elfaust.schema.lookup.folder import SchemaFolder

    return SchemaFolder(settings.schemas.folder).known()


TOPIC, SCHEMA, REVISION = _Topic(), _Schema(), _Revision()
SERVER, WORKERS = _Server(), _Workers()
