"""CREATE statements of tables and views, for people and for beeline; sync itself uses none."""

from __future__ import annotations

from collections.abc import Mapping

from elfaust.hive.tables import Column, Table, View


def create_database(database: str) -> str:
    """Return the CREATE DATABASE of the database."""
    return f"CREATE DATABASE IF NOT EXISTS {_name(database)}"


def create_table(table: Table, database: str) -> str:
    """Return the CREATE EXTERNAL TABLE of a table."""
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {_name(database)}.{_name(table.name)} (\n"
        f"{_columns(table.columns)}\n)\n"
        f"{_comment(table.comment)}"
        f"PARTITIONED BY (\n{_columns(table.partitions)}\n)\n"
        "STORED AS PARQUET\n"
        f"LOCATION {literal(table.location)}\n"
        f"TBLPROPERTIES (\n{_properties(table.properties)}\n)"
    )


def create_view(view: View, database: str) -> str:
    """Return the CREATE OR REPLACE VIEW of a view."""
    columns = ",\n".join(f"  {_name(of.name)}{_of(of)}" for of in view.columns)
    return (
        f"CREATE OR REPLACE VIEW {_name(database)}.{_name(view.name)} (\n{columns}\n)\n"
        f"{_comment(view.comment)}"
        f"TBLPROPERTIES (\n{_properties(view.properties)}\n)\n"
        f"AS\n{view.text}"
    )


def literal(text: str) -> str:
    """Return a text of Hive's SQL; what means something to Hive or to a client is escaped.

    `${...}` is replaced in whole statements before they are parsed, and beeline splits at `;`.
    """
    special = {"'": "\\'", "\\": "\\\\", "$": "\\u0024", ";": "\\u003B"}
    return "'" + "".join(special.get(char, char) for char in text) + "'"


def _name(name: str) -> str:
    return f"`{name}`"


def _columns(columns: tuple[Column, ...]) -> str:
    return ",\n".join(f"  {_name(of.name)} {_quoted(of.type)}{_of(of)}" for of in columns)


def _of(column: Column) -> str:
    return f" COMMENT {literal(column.comment)}" if column.comment else ""


def _quoted(kind: str) -> str:
    """Return a type with the names of its fields quoted: some are words of SQL."""
    out, name = "", ""
    for char in kind:
        if char == ":":
            out, name = f"{out}`{name}`:", ""
        elif char in "<>,":
            out, name = f"{out}{name}{char}", ""
        else:
            name += char
    return out + name


def _comment(text: str) -> str:
    return f"COMMENT {literal(text)}\n" if text else ""


def _properties(properties: Mapping[str, str]) -> str:
    return ",\n".join(f"  {literal(key)} = {literal(of)}" for key, of in properties.items())
