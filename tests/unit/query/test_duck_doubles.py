"""Doubles become the texts of Java's Double.toString."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from random import Random

import duckdb

from elfaust.query.duck_doubles import make_macros

KNOWN = {
    1e20: "1.0E20",
    1e7: "1.0E7",
    9999999.0: "9999999.0",
    123456789.0: "1.23456789E8",
    0.001: "0.001",
    0.00012: "1.2E-4",
    -1.5: "-1.5",
    100.0: "100.0",
    0.0: "0.0",
    1.7976931348623157e308: "1.7976931348623157E308",
    math.nan: "NaN",
    -math.inf: "-Infinity",
}
RANDOM = Random(17)


def java(x: float) -> str:
    """Return what Double.toString of Java 19 returns for a finite number."""
    sign, parts, exponent = Decimal(repr(x)).normalize().as_tuple()
    digits = "".join(map(str, parts))
    power = len(digits) + int(exponent) - 1
    if -3 <= power < 7:
        text = f"{abs(Decimal(repr(x))).normalize():f}"
        return "-" * sign + (text if "." in text else f"{text}.0")
    return f"{'-' * sign}{digits[0]}.{digits[1:] or '0'}E{power}"


def texts(values: list[float]) -> list[str | None]:
    connection = duckdb.connect()
    make_macros(connection.execute)
    found = connection.execute("SELECT java_text(x) FROM (SELECT unnest(?::DOUBLE[]) x)", [values])
    return [text for (text,) in found.fetchall()]


def test_numbers_that_java_was_seen_to_write() -> None:
    # -0.0 and 0.0 are one key.
    assert texts([*KNOWN, -0.0]) == [*KNOWN.values(), "-0.0"]


def test_any_number() -> None:
    bits = [RANDOM.getrandbits(64).to_bytes(8, "little") for _ in range(2_000)]
    values = [struct.unpack("<d", of)[0] for of in bits]
    values += [RANDOM.randint(-(10**9), 10**9) / 10 ** RANDOM.randint(0, 12) for _ in range(2_000)]
    finite = [x for x in values if math.isfinite(x) and x]
    assert texts(finite) == list(map(java, finite))
