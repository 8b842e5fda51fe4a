"""What DuckDB may be asked: one SELECT, as DuckDB's parser reads it, of tables that it is given.

DuckDB itself turns the statement into a tree (json_serialize_sql). Every node of it must be of a
kind that is listed here, so what nobody has thought of is refused. The second wall is the engine's:
it can open no file (duck.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from elfaust.query.refused import Failed, Refused, check_text

QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
RELATIONS = {"EMPTY", "BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "TABLE_FUNCTION"}
MODIFIERS = {"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"}
DIRECTIONS = {"ORDER_DEFAULT", "ASCENDING", "DESCENDING"}
KINDS = QUERIES | RELATIONS | MODIFIERS | DIRECTIONS
EXPRESSIONS = {
    *("BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT"),
    *("FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY"),
    *("TYPE", "WINDOW"),
}
#: Functions that may stand where a table does: they make rows of their arguments.
TABLE_FUNCTIONS = {"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"}
#: Functions whose answers change, and nothing else by them.
CHANGING = {"error", "gen_random_uuid", "random", "uuid", "uuidv4", "uuidv7"}
#: Functions of the parser alone.
PARSED = {"grouping", "grouping_id", "unnest", "try"}
#: Functions that tell of the session, or run a text.
SPECIAL = re.compile(r"current_setting|getvariable|json_(de)?serialize_.*|pg_.*|has_.*_privilege")
#: Functions of the engine that give the same for the same arguments, or within one query.
PURE = """
    SELECT DISTINCT function_name FROM duckdb_functions()
    WHERE internal AND (
        function_type = 'aggregate'
        OR (function_type IN ('scalar', 'macro') AND coalesce(stability, '') <> 'VOLATILE')
    )
"""
#: A name that WITH may give: nothing of the engine's, and no path.
PLAIN = re.compile(r"(?!duckdb_|pg_|pragma_|sqlite_)[a-z_][a-z0-9_]*")


class DuckGuard:
    """Judges statements, by a connection that parses them; it is used for nothing else."""

    def __init__(self, connection: Any, database: str) -> None:
        self._connection = connection
        self._database = database.lower()
        rows = connection.execute(PURE).fetchall()
        names = {name.lower() for (name,) in rows}
        self._functions = (
            {name for name in names if not SPECIAL.fullmatch(name)} | CHANGING | PARSED
        )

    def tables(self, sql: str, known: Iterable[str]) -> set[str]:
        """Return which of the known tables, in lower case, a statement asks.

        Raises Refused for whatever is no single SELECT of such tables alone, Failed for what is no
        SQL.
        """
        nodes = list(_nodes(self._parsed(sql)))
        own = {entry["key"].lower() for node in nodes for entry in _ctes(node)}
        found, there = set(), set(known)
        for node in nodes:
            if table := self._checked(node):
                found.add(table)
        # A name of WITH may stand for a table elsewhere in the statement: such a table is made too.
        if unknown := sorted(found - there - own):
            raise Refused(f"there is no table {unknown[0]!r:.80}; `elfaust tables` lists them")
        if hidden := sorted(name for name in own if not PLAIN.fullmatch(name)):
            raise Refused(f"{hidden[0]!r:.80} is no name for a part of WITH")
        return found & there

    def _parsed(self, sql: str) -> Any:
        check_text(sql)
        statements = self._statements(sql)
        kinds = [statement.type.name for statement in statements]
        if kinds != ["SELECT"]:
            raise Refused(f"it is no single SELECT, but {' and '.join(kinds).lower() or 'nothing'}")
        [(text,)] = self._connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
        try:
            tree = json.loads(text)
        except RecursionError as error:
            raise Refused("it is nested too deeply") from error
        if tree.get("error"):
            raise Refused(f"DuckDB's parser says: {tree.get('error_message')}")
        if len(tree["statements"]) != 1:
            raise Refused("it is more than one statement")
        return tree["statements"]

    def _statements(self, sql: str) -> Any:
        try:
            return self._connection.extract_statements(sql)
        except duckdb.Error as error:
            raise Failed(str(error)) from error

    def _checked(self, node: dict[str, Any]) -> str:
        """Return the table that a node of the tree asks, "" for any other. Raises Refused."""
        kind = node.get("class")
        if kind is not None:
            if kind not in EXPRESSIONS:
                raise Refused(f"{str(kind).lower()} is no part of a SELECT of tables")
            if kind in ("FUNCTION", "WINDOW") and "function_name" in node:
                self._check_function(node, self._functions, window=kind == "WINDOW")
            return ""
        kind = node.get("type")
        if isinstance(kind, str) and kind not in KINDS and not kind.endswith("_TYPE_INFO"):
            raise Refused(f"{kind.lower()} is no part of a SELECT of tables")
        return self._table(node) if kind == "BASE_TABLE" else ""

    def _check_function(self, node: dict[str, Any], known: set[str], *, window: bool) -> None:
        name = str(node["function_name"])
        path = [*node.get("qualified_name", {}).get("path", [])]
        if node.get("schema") or node.get("catalog") or len(path) > 1:
            raise Refused(f"function {name!r:.80} is called by more than its name")
        if name.lower() not in known and not window:
            raise Refused(f"function {name!r:.80} is none of those that only make a value")

    def _table(self, node: dict[str, Any]) -> str:
        path = [str(part).lower() for part in node["qualified_name"]["path"]]
        if node.get("at_clause") is not None:
            raise Refused("AT names a version of a table, which have none")
        if len(path) == 2 and path[0] == self._database:
            return path[1]
        if len(path) != 1:
            name = ".".join(path)
            raise Refused(f"{name!r:.80} is no table of database {self._database}")
        return path[0]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a tree but the functions of table functions, which are judged here."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
            continue
        if not isinstance(part, dict):
            continue
        if part.get("type") == "TABLE_FUNCTION" and "class" not in part:
            waiting += [_arguments(part["function"])]
            waiting += [value for key, value in part.items() if key != "function"]
        else:
            # Of a constant the value is the user's own.
            waiting += [value for key, value in part.items() if not _is_constant(part, key)]
        yield part


def _is_constant(part: dict[str, Any], key: str) -> bool:
    return part.get("class") == "CONSTANT" and key in ("value", "literal")


def _arguments(function: dict[str, Any]) -> Any:
    """Return what a table function is given. Raises Refused where it is not one of a few."""
    name = str(function.get("function_name", ""))
    qualified = function.get("schema") or function.get("catalog")
    if function.get("class") != "FUNCTION" or qualified or name.lower() not in TABLE_FUNCTIONS:
        raise Refused(f"function {name!r:.80} is none of {', '.join(sorted(TABLE_FUNCTIONS))}")
    return [value for key, value in function.items() if key != "qualified_name"]


def _ctes(node: dict[str, Any]) -> list[dict[str, Any]]:
    entries = (node.get("cte_map") or {}).get("map") or []
    return [entry for entry in entries if isinstance(entry, dict)]
