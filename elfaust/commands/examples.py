"""What `--help` shows first: examples of each command, and what each is for."""

from __future__ import annotations

from inspect import cleandoc

import click

#: By command, without `elfaust`.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("dev", "try events without a server"),
        ("stack up", "local Kafka, HDFS and MariaDB"),
        ("up", "one worker of each role"),
        ("run --events 20000", "send recorded lines, then add them up"),
        ("status", "who works, who waits, how far behind"),
        ("validate events.log", "what is wrong with my events?"),
        ("--profile beta config show", "settings of another profile"),
    ),
    "dev": (
        ("dev", "what is sent to http://127.0.0.1:8192/, with its verdict"),
        ("dev --schema-dir schemas --port 9090 --open", "by your schemas, and in a browser"),
    ),
    "run": (
        ("run", "200 lines a second, until Ctrl-C"),
        ("run --events 20000", "so many, then the account"),
        ("run --with graphite", "with charts"),
    ),
    "stack": (
        ("stack up", "Kafka, HDFS and MariaDB on this machine"),
        ("stack status --json", "which of them run"),
        ("stack down", "stop them, and keep their data"),
    ),
    "stack up": (("stack up --with graphite", "with carbon-cache, graphite-web, StatsD"),),
    "stack down": (("stack down", "stop the servers, and keep their data"),),
    "stack status": (("stack status", "exits 1 if one does not run"),),
    "stack env": (('eval "$(elfaust stack env)"', "their addresses for a shell"),),
    "stack logs": (("stack logs kafka", "the log of one server"),),
    "stack destroy": (("stack destroy", "stop the servers, and remove their data"),),
    "up": (
        ("up", "one worker of each role"),
        ("up --workers mysql=2 --workers forwarder=0", "two of mysql, no forwarder"),
    ),
    "worker": (
        ("worker mysql", "one more worker of mysql, on the next free port"),
        ("worker hdfs --web-port 7001", "with its web view on this port"),
    ),
    "status": (
        ("status", "each role, its workers, lag and rows"),
        ("status --watch", "again every two seconds"),
    ),
    "lag": (
        ("lag", "how far each role is behind"),
        ("lag --role mysql --watch", "of one role, again and again"),
        ("lag --until-zero --timeout 10m", "wait, in a script that deploys"),
    ),
    "errors": (
        ("errors", "of the last ten minutes"),
        ("errors --since 2h --schema Edit", "of one schema, of two hours"),
    ),
    "tail": (
        ("tail", "events and errors as they come"),
        ("tail --errors --schema Edit --since 10m", "why events of a schema are red"),
        ("tail --json --since 1h --no-follow", "what has come, for a program"),
    ),
    "account": (
        ("account", "where every line is"),
        ("account --json", "for a program"),
    ),
    "audit": (("audit", "exits 1 if an event is lost, twice or changed"),),
    "doctor": (("doctor", "what keeps elfaust from running, and the cure"),),
    "check": (("check", "for Icinga, Nagios or cron"),),
    "dashboards": (("dashboards prometheus --out alerts", "alert rules, and what to scrape"),),
    "validate": (
        ("validate events.log", "every fault of each line"),
        ("validate --json -", "lines of stdin, for a program"),
    ),
    "send": (
        ("send events.log", "JSON events or raw lines, into the raw topics"),
        ("send --to beacon -", "as a browser does, to the intake of the settings"),
        ("send --to udp events.log", "to the forwarder"),
    ),
    "schema": (
        ("schema list", "what schemas there are"),
        ("schema lint", "what will cause trouble"),
        ("schema diff Edit 17 18", "what a new revision changes"),
    ),
    "schema init": (("schema init", "the example schemas, to begin with"),),
    "schema list": (
        ("schema list", "name, revision, topic, table and description of each"),
        ("schema list '*timing' --json", "those of some names, for a program"),
    ),
    "schema show": (("schema show Edit", "the newest revision"),),
    "schema ddl": (("schema ddl Edit 18", "its CREATE TABLE"),),
    "schema lint": (
        ("schema lint", "all schemas"),
        ("schema lint Edit 18 --json", "one of them"),
    ),
    "schema diff": (("schema diff Edit 17 18", "exits 1 if a change breaks something"),),
    "hive": (
        ("hive status", "what is missing in Hive, or differs"),
        ("hive sync", "make it"),
    ),
    "hive ddl": (("hive ddl Edit", "the statements of its tables and its view"),),
    "hive sync": (
        ("hive sync --dry-run", "what would be made"),
        ("hive sync --repair", "and drop partitions whose folders are gone"),
    ),
    "hive status": (("hive status --json", "for a program"),),
    "query": (
        ("query 'SELECT wiki, count(*) FROM edit GROUP BY wiki'", "as a table"),
        ("query --csv - > edits.csv", "the question of stdin, into a file"),
        ("query --json --limit 10 'SELECT event FROM edit_13457736'", "rows as JSON"),
        ("query --engine duckdb 'SELECT max(dt) FROM edit'", "from the files, without Hive"),
    ),
    "tables": (
        ("tables", "schema, tables in MySQL and Hive, rows, first and last event"),
        ("tables '*timing' --json", "of some schemas, for a program"),
        ("tables Edit", "each column, as MySQL and Hive have it"),
    ),
    "freshness": (
        ("freshness", "the last event, and the last file, of each table"),
        ("freshness Edit --json", "of one schema, for a program"),
    ),
    "load": (
        ("load --mix SaveTiming --rate 200", "half a minute of one schema, into Kafka"),
        ("load --mix Edit:17:3,Save --invalid 0.05 --json", "two of them, one in twenty not valid"),
        ("load --mix Edit --to beacon", "as browsers send them, to the intake of the settings"),
    ),
    "bench": (
        ("bench --events 100000", "end to end"),
        ("bench --judge", "the verdict alone, without servers"),
        ("bench --stage processor", "the processor alone: CPU, events and memory, beside Faust's"),
        ("bench --stage processor --invalid 0 --invalid 100", "and what refused lines cost"),
    ),
    "config": (
        ("config show", "every setting, and where it comes from"),
        ("--profile production config show --json", "those of another profile"),
    ),
    "config init": (("config init", "a commented faust.conf in this folder"),),
    "config show": (("config show --json", "for a program"),),
    "completion": (
        ('eval "$(elfaust completion bash)"', "in .bashrc"),
        ("completion fish > ~/.config/fish/completions/elfaust.fish", "for fish"),
    ),
}


def with_examples(command: click.Command, path: str) -> click.Command:
    """Have the help of a command, and of those below it, begin with its examples."""
    if path in EXAMPLES and (shown := as_text(path)) not in (command.help or ""):
        command.help = f"{shown}\n\n{cleandoc(command.help or '')}"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            with_examples(inner, f"{path} {name}")
    return command


def as_text(path: str) -> str:
    """Return the examples of a command as lines that click does not wrap."""
    lines = [
        (text if "elfaust " in text else f"elfaust {text}", why) for text, why in EXAMPLES[path]
    ]
    width = max(len(text) for text, _ in lines)
    return "\n".join(["\b", *(f"{text:<{width}}  {why}" for text, why in lines)])
