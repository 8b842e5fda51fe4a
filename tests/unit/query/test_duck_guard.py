"""DuckDB is asked SELECTs of tables; whatever else a statement may be is refused unrun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import duckdb
import pytest

from elfaust.query.duck_guard import DuckGuard
from elfaust.query.refused import Failed, Refused

KNOWN = {"edit", "edit_2"}

QUESTIONS = r"""
SELECT 1
SELECT count(*), sum(event.a+1), event.b.c FROM edit WHERE year=2026 AND month IN (1,2) GROUP BY ALL HAVING count(*)>1 ORDER BY 1 DESC NULLS LAST LIMIT 10 OFFSET 1
SELECT * FROM event.edit e JOIN edit_2 f USING (uuid) LEFT JOIN edit g ON g.uuid=e.uuid WHERE e.wiki LIKE 'en%' AND e.wiki NOT ILIKE '%x' AND e.wiki ~ 'x' AND NOT EXISTS (SELECT 1 FROM edit)
WITH a AS (SELECT 1 x), b AS MATERIALIZED (SELECT * FROM a) SELECT * FROM b UNION ALL SELECT 2 EXCEPT SELECT 3
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t WHERE n<5) SELECT * FROM t
SELECT unnest(event.list), len(event.list), event.list[1], list_transform(event.list, x -> x + 1), [y*2 FOR y IN event.list IF y>1] FROM edit
SELECT row_number() OVER (PARTITION BY wiki ORDER BY dt), lag(dt) OVER w, sum(1) FILTER (WHERE true) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM edit WINDOW w AS (ORDER BY dt)
SELECT CAST(dt AS TIMESTAMP), dt::timestamp, try_cast(dt AS INT), extract(hour FROM event_time), date_trunc('hour', event_time), event_time AT TIME ZONE 'UTC', event_time - interval '1 day' FROM edit
SELECT CASE WHEN a=1 THEN 2 ELSE 3 END, coalesce(a,b), nullif(a,b), ifnull(a,b), a IS NULL, a IS DISTINCT FROM b, a BETWEEN 1 AND 2, a IN (SELECT 1), a = ANY(SELECT 1), -a, a||b, a%b, a//b, a**2, if(a,b,c) FROM edit
SELECT event->>'$.x', json_extract_string(event,'$.x'), {'a':1,'b':[1,2]}, map{'x':1}, struct_pack(a:=1), to_json(event) FROM edit
SELECT * EXCLUDE (dt) REPLACE (1 AS wiki), COLUMNS('ev.*') FROM edit QUALIFY row_number() OVER ()=1
FROM edit SELECT wiki
SELECT DISTINCT ON (wiki) wiki FROM edit
SELECT * FROM range(3) r, generate_series(1,2), (VALUES (1),(2)) v(x), unnest([1,2]) u(y)
SELECT e.key, e.value FROM edit, json_each(event_unnamed) e
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a), approx_count_distinct(a), quantile_cont(a,0.9), string_agg(a, ',' ORDER BY a), count(DISTINCT a), arg_max(a,b), mode(a), grouping(a) FROM edit GROUP BY ROLLUP (a)
SELECT strftime(event_time,'%Y'), regexp_replace(a,'x','y','g'), lower(a), current_date, now(), epoch(event_time), substring(a,1,2), position('a' IN b), trim(a), left(a,1), a[1:2], uuid, random() FROM edit
SELECT * FROM edit TABLESAMPLE 10%
SELECT (SELECT max(dt) FROM edit), 1.5e3, 'x''y', $$a;b$$, 'COPY edit TO ''x''', true, NULL, date '2020-01-01', x'ab'
VALUES (1),(2)
TABLE edit
(SELECT 1);
SELECT 1 /* ; */ ; -- DROP
SELECT "schema", Edit."Wiki" FROM "EDIT" AS Edit
SELECT 1::decimal(10,2), 1::struct(a int, b int[])
""".strip().splitlines()  # noqa: E501

OTHERS = r"""
SELECT 1; SELECT 2
SELECT 1; COPY edit TO '/tmp/x'
COPY edit TO '/tmp/x'
EXPLAIN SELECT 1
EXPLAIN ANALYZE SELECT 1
EXPLAIN ANALYZE COPY edit TO '/tmp/x'
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM '/etc/passwd'
SELECT * FROM "x.parquet"
WITH "/etc/passwd" AS (SELECT 1) SELECT * FROM "/etc/passwd"
SELECT * FROM (WITH "a.csv" AS (SELECT 1) SELECT 1), "a.csv"
SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings), duckdb_settings
WITH a AS (INSERT INTO edit VALUES (1) RETURNING *) SELECT * FROM a
WITH a AS (DELETE FROM edit RETURNING *) SELECT * FROM a
WITH a AS (UPDATE edit SET dt=1 RETURNING *) SELECT * FROM a
WITH a AS (COPY edit TO '/tmp/x') SELECT * FROM a
SELECT (WITH a AS (COPY edit TO '/tmp/x') SELECT 1)
SELECT * FROM query('SELECT 1')
SELECT * FROM query_table('edit')
FROM arrow_scan(1,2,3)
FROM python_map_function()
FROM duckdb_settings()
FROM duckdb_settings
FROM information_schema.tables
FROM pg_catalog.pg_tables
FROM sqlite_master
FROM system.main.edit
FROM other.edit
FROM nothing
SELECT current_setting('secret_directory')
SELECT getvariable('a')
SELECT getenv('HOME')
SELECT write_log('x')
SELECT sleep_ms(1000)
SELECT nextval('s')
SELECT main.current_setting('a')
SELECT system.main.write_log('a')
SELECT json_serialize_sql('x')
FROM json_execute_serialized_sql('x')
FROM glob('/*')
FROM parquet_metadata('x')
FROM sniff_csv('x')
FROM read_blob('x')
FROM enable_logging()
FROM checkpoint()
FROM register_external_resource('x')
SET threads=1
RESET threads
PRAGMA version
CALL duckdb_settings()
ATTACH 'x'
USE event
INSTALL httpfs
LOAD httpfs
DESCRIBE edit
SHOW TABLES
FROM (SHOW TABLES)
PIVOT edit ON wiki
SELECT * FROM edit AT (VERSION => 1)
SELECT $1
SELECT ?
CREATE TABLE a AS SELECT 1
DROP VIEW edit
PREPARE a AS SELECT 1
EXECUTE a
BEGIN
CHECKPOINT
EXPORT DATABASE '/tmp/x'
VACUUM
;
-- SELECT 1
""".strip().splitlines()

#: Places of a SELECT in which another may hide.
PLACES = (
    "SELECT ({})",
    "SELECT * FROM edit WHERE ({}) > 1",
    "SELECT * FROM edit ORDER BY ({})",
    "SELECT * FROM edit LIMIT ({})",
    "SELECT * FROM edit GROUP BY ({})",
    "SELECT 1 FROM edit HAVING ({}) = 1",
    "SELECT * FROM edit QUALIFY ({}) = 1",
    "SELECT sum(1) FILTER (WHERE ({})) FROM edit",
    "SELECT max(1) OVER (ORDER BY ({}))",
    "SELECT string_agg('a', 'b' ORDER BY ({}))",
    "VALUES (({}))",
    "SELECT * FROM edit JOIN edit_2 ON ({})",
    "SELECT * FROM range(({}))",
    "SELECT list_transform([1], x -> ({}))",
    "SELECT * REPLACE (({}) AS dt) FROM edit",
    "SELECT DISTINCT ON (({})) 1",
    "WITH RECURSIVE t AS (SELECT 1 UNION ALL ({})) TABLE t",
    "SELECT 1 UNION ({})",
    "SELECT CASE WHEN ({}) THEN 1 END",
    "SELECT [({})], {{'a': ({})}}, 1 IN ({}), CAST(({}) AS INT), ({}) BETWEEN 1 AND 2",
)
HIDDEN = ("FROM glob('*')", "SELECT write_log('x')", "SELECT * FROM 'x.csv'")


@pytest.fixture(scope="module")
def guard() -> Iterator[DuckGuard]:
    connection = duckdb.connect(":memory:")
    yield DuckGuard(connection, "Event")
    connection.close()


@pytest.mark.parametrize("sql", QUESTIONS)
def test_a_question_passes_with_the_tables_that_it_asks(guard: DuckGuard, sql: str) -> None:
    asked = guard.tables(sql, KNOWN)
    assert ("edit" in asked) == (
        "from edit" in sql.lower().replace('"', "").replace("event.", "") or "TABLE edit" in sql
    )


@pytest.mark.parametrize("sql", [*OTHERS, "", "  "])
def test_what_is_no_question_of_tables_is_refused(guard: DuckGuard, sql: str) -> None:
    with pytest.raises(Refused):
        guard.tables(sql, KNOWN)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_it_is_refused_wherever_it_hides(guard: DuckGuard, place: str, hidden: str) -> None:
    with pytest.raises((Refused, Failed), match="refused"):
        guard.tables(place.replace("{}", hidden).replace("{{", "{").replace("}}", "}"), KNOWN)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "+".join(["1"] * 20_000),
        "SELECT " + "[" * 900 + "]" * 900,
        "SELECT " + "(SELECT " * 300 + "1" + ")" * 300,
        "SELECT 1\0; DROP VIEW edit",
        "SELECT '" + "x" * 200_000 + "'",
    ],
)
def test_what_is_endless_ends_nothing(guard: DuckGuard, sql: str) -> None:
    with suppress(Refused, Failed):
        assert guard.tables(sql, KNOWN) == set()
    assert guard.tables("TABLE edit", KNOWN) == {"edit"}
