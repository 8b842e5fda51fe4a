"""Doubles as the texts that Hive makes of them, which are Java's: `1.0E20`, `1.0E-4`, `10.5`."""

from __future__ import annotations

from collections.abc import Callable

#: Java writes a number without an exponent from 10 to the power -3, and below 10 to the power 7.
LEAST, MOST = -3, 6
#: Macros of DuckDB, each of what the one before it takes apart: sign, text without a sign, digits
#: before and behind the point with the exponent, digits from the first that is not 0 and its power.
MACROS = (
    f"""CREATE OR REPLACE MACRO java_written(sign, digits, power) AS sign || CASE
    WHEN digits = '' THEN '0.0'
    WHEN power BETWEEN 0 AND {MOST} THEN
        rpad(digits[:power + 1], CAST(power + 1 AS INTEGER), '0')
        || '.' || java_digits(digits[power + 2:])
    WHEN power BETWEEN {LEAST} AND -1 THEN '0.' || repeat('0', -power - 1) || digits
    ELSE digits[1] || '.' || java_digits(digits[2:]) || 'E' || power
    END""",
    """CREATE OR REPLACE MACRO java_apart(sign, whole, fraction, exponent) AS java_written(
    sign,
    trim(whole || fraction, '0'),
    exponent + length(ltrim(whole || fraction, '0')) - length(fraction) - 1
    )""",
    """CREATE OR REPLACE MACRO java_split(sign, mantissa, exponent) AS java_apart(
    sign,
    split_part(mantissa, '.', 1),
    split_part(mantissa, '.', 2),
    CAST(coalesce(nullif(replace(exponent, '+', ''), ''), '0') AS INTEGER)
    )""",
    """CREATE OR REPLACE MACRO java_text(x) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN isnan(x) THEN 'NaN'
    WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
    ELSE java_split(
        CASE WHEN signbit(x) THEN '-' ELSE '' END,
        split_part(ltrim(CAST(x AS VARCHAR), '-'), 'e', 1),
        split_part(ltrim(CAST(x AS VARCHAR), '-'), 'e', 2)
    )
    END""",
)
#: What stands behind the point: Java has a digit there.
DIGITS = "CREATE OR REPLACE MACRO java_digits(digits) AS coalesce(nullif(digits, ''), '0')"


def make_macros(execute: Callable[[str], object]) -> None:
    """Make the macro `java_text` where views find it."""
    for text in (DIGITS, *MACROS):
        execute(text)
