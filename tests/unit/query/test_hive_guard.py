"""Statements for Hive, looked at without it: words first, then the tree that Hive gives."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.query.hive_guard import FIRST, check_tree, question
from elfaust.query.refused import Refused

QUESTIONS = (
    "SELECT count(*) FROM edit",
    "  \n select 1 ;\n ; ",
    "WITH a AS (SELECT 1 x) SELECT * FROM a",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "FROM edit SELECT wiki",
    "SELECT 'a;b', \"c;d\", `e;f` FROM edit",
    r"SELECT 'it\'s; DROP TABLE x', 'a\\'",
    "SELECT 'reflect(1)', 'INSERT INTO', '--', '/*' FROM edit",
    "SELECT item FROM edit LATERAL VIEW OUTER explode(event.items) t AS item",
    "SELECT CAST(a AS DECIMAL(10, 2)), a IN (1, 2), EXISTS (SELECT 1) FROM edit WHERE NOT (a = 1)",
    "SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS UNBOUNDED PRECEDING) FROM d",
    "SELECT 😀 FROM x".replace("😀", "`😀`"),
)
OTHERS = (
    "",
    ";",
    "-- SELECT 1",
    "SET x=1",
    "-- a\nSET x=1",
    "/* a */ADD JAR x",
    "EXPLAIN ANALYZE SELECT 1",
    "ANALYZE SELECT 1",
    "INSERT INTO x SELECT 1",
    "FROM x INSERT INTO y SELECT *",
    "WITH a AS (SELECT 1) INSERT INTO x SELECT * FROM a",
    "SELECT TRANSFORM(a) USING 'cat' AS b FROM x",
    "SELECT 1; SELECT 2",
    r"SELECT 'a\\'; DROP TABLE x; --'",
    "SELECT reflect('a', 'b')",
    "SELECT REFLECT  ('a', 'b')",
    "SELECT reflect/**/('a', 'b')",
    "SELECT reflect--\n('a', 'b')",
    "SELECT `reflect`('a', 'b')",
    "SELECT `re``flect`('a', 'b')",
    "SELECT db.reflect('a', 'b')",
    "SELECT java_method('a', 'b')",
    "SELECT in_file('a', '/etc/passwd')",
    "SELECT xpath('a', 'b')",
    "SELECT my_function(1)",
    "SELECT '${env:HOME}'",
    "SELECT '$\\{hiveconf:x}', '${x}'",
    "SELECT 'never ends",
    'SELECT "never ends',
    "SELECT `never ends",
    "SELECT * FROM `a\nb`",
    "SELECT 1 \0",
    "SELECT /*+ ' */ reflect('a', 'b') /* ' */ FROM x",
    'SELECT /*+ " */ java_method("a", "b") /* " */ FROM x',
    "SELECT /*+ ` */ reflect('a') /* ` */ FROM x",
    "SELECT /* /* */ reflect('a') FROM x",
    "SELECT 1 /* never ends",
    "SELECT 1 /*+ never ends",
    "SELECT '\udcff'",
    "SELECT reflect\u00a0('a')",
    "SELECT \u2018a\u2019",
    "SELECT '" + "x" * 100_001 + "'",
)
TREE = """
TOK_QUERY
   TOK_FROM
      TOK_TABREF
         TOK_TABNAME
            edit
   TOK_INSERT
      TOK_DESTINATION
         TOK_DIR
            TOK_TMP_FILE
      TOK_SELECT
         TOK_SELEXPR
            TOK_FUNCTIONSTAR
               count
"""


@pytest.mark.parametrize("sql", QUESTIONS)
def test_a_question_is_sent_as_it_is(sql: str) -> None:
    assert question(sql) == sql.strip().rstrip(" ;\n")


@pytest.mark.parametrize("sql", OTHERS)
def test_what_may_be_more_is_not_sent(sql: str) -> None:
    with pytest.raises(Refused):
        question(sql)


def test_comments_are_left_out() -> None:
    sql = "-- x; y\nSELECT/* '; */1 -- end'\n FROM edit; -- ;"
    assert question(sql).split() == ["SELECT", "1", "FROM", "edit"]
    assert question("SELECT /*+ MAPJOIN(a) */ 1").split() == ["SELECT", "1"]


@given(st.text(alphabet="aS('\"`;-/*+\\ \n${}reflectSELECT1,.", max_size=60))
def test_what_passes_begins_as_a_question_and_is_one(text: str) -> None:
    try:
        sent = question(f"SELECT {text}")
    except Refused:
        return
    assert sent.lower().startswith(FIRST)
    assert "${" not in sent
    # Outside of texts and names Hive finds no comment or hint either.
    assert "/*" not in re.sub(
        r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`", "x", sent, flags=re.S
    )
    # What is sent passes as it is: nothing of it is taken for a comment any more.
    assert question(sent) == sent


def test_the_tree_of_a_question_passes() -> None:
    check_tree(TREE.splitlines(), "event")
    named = TREE.replace("            edit", "            event\n            edit")
    check_tree(named.splitlines(), "event")


@pytest.mark.parametrize(
    "tree",
    [
        "",
        "TOK_CREATETABLE",
        f"TOK_EXPLAIN{TREE}",
        TREE.replace("TOK_QUERY", "TOK_INSERT_INTO"),
        TREE.replace("TOK_TMP_FILE", "'/tmp/x'"),
        TREE.replace("TOK_DIR\n", "TOK_TAB\n"),
        TREE.replace("TOK_DIR\n", "TOK_LOCAL_DIR\n"),
        TREE.replace("TOK_SELEXPR", "TOK_TRANSFORM"),
        TREE.replace("TOK_SELEXPR", "TOK_OF_A_LATER_HIVE"),
        TREE.replace("count", "reflect"),
        TREE.replace("               count\n", ""),
        TREE.replace("            edit", "            other\n            edit"),
        TREE.replace("            edit", "            event\n            edit\n            files"),
    ],
)
def test_any_other_tree_is_refused(tree: str) -> None:
    with pytest.raises(Refused):
        check_tree(tree.splitlines(), "event")
