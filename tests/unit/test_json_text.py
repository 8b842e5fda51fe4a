"""JSON's corners: one rule each."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.json_text import MAX_DEPTH, Unreadable, decode_json, decode_odd, decode_query, encode


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("?%22%C3%A9%22;", "\u00e9"),
        ("?%22a%2Bb+c%22;", "a+b c"),
        ("?%22100%25%22;", "100%"),
        ("?%22%252F%22;", "%2F"),
        ("?%22cut%2%22;", "cut%2"),
        ("?%22cut%", None),
        ("?%22%zz%22", "%zz"),
        ("?%22\u00e9%22", "\u00e9"),
    ],
)
def test_percent_escapes_and_plus_signs(query: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match="Unterminated string"):
            decode_query(query)
    else:
        assert decode_query(query) == value


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a":NaN}', "$.a"),
        ('{"a":[1,-1e400]}', "$.a[1]"),
        ('{"a":%s}' % ("9" * 309), "$.a"),
        ('{"a":NaN,"a":1}', ""),
    ],
)
def test_a_number_that_no_store_holds_is_told_with_its_path(text: str, path: str) -> None:
    with pytest.raises(Unreadable) as refused:
        decode_odd(text)
    assert refused.value.path == path


@pytest.mark.parametrize("text", ['{"a":NaN', "\ufeff{}", "[9%s" % ("9" * 309), ""])
def test_what_is_no_json_is_told_before_its_numbers(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        decode_odd(text)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_query_is_decoded_as_urllib_would(text: str) -> None:
    encoded = json.dumps(text, ensure_ascii=False).replace("%", "%25").replace("+", "%2B")
    assert decode_query("?" + encoded.replace("?", "%3F").replace(";", "%3B") + ";") == text
    assert unquote_plus(encoded) == json.dumps(text, ensure_ascii=False)


@given(st.lists(st.sampled_from([*'%%%=+aF09" \t\r\n\1_.\u00e9', "%3D", "%0A", "%20", "%01"])))
def test_whatever_stands_in_a_query_is_decoded_as_urllib_would(parts: list[str]) -> None:
    query = '"' + "".join(parts) + '"'
    try:
        wanted: Any = decode_json(unquote_to_bytes(query.replace("+", " ")))
    except ValueError as error:
        wanted = str(error)
    try:
        found: Any = decode_query(query)
    except ValueError as error:
        found = str(error)
    assert found == wanted


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"1e400", "1e400 is not JSON"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b'"\\ud800"', "surrogates not allowed"),
        (b'"\xed\xa0\x80"', "can't decode byte 0xed"),
        (b'"\xff"', "can't decode byte 0xff"),
        (b'"\x00"', "Invalid control character"),
        (b"1" * 5000, "4300 digits"),
        (b"[" * 100_000, "nested deeper than 40 levels"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode_json(data)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"event": {"a b": [1, %s]}}', "$.event['a b'][1]"),
        ('{"event": %s}', "$.event"),
        ("%s", "$"),
        ('{"a": %s, "a": 1}', ""),
    ],
)
@pytest.mark.parametrize(
    "number", ["1e400", "-1e999", "NaN", "-Infinity", "9" * 309, "-" + "9" * 400, "9" * 5000]
)
def test_a_number_that_is_none_is_told_with_its_place(text: str, path: str, number: str) -> None:
    with pytest.raises(Unreadable) as refused:
        decode_json((text % number).encode())
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'"\\u0000"', "\0"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"9223372036854775808", 2**63),
        (b"-9223372036854775809", -(2**63) - 1),
        (b"1" + b"0" * 30, 10**30),
        (b'{"a":[1,1000000000000000000000]}', {"a": [1, 10**21]}),
        (b"1e30", 1e30),
        (b"-0.0", -0.0),
        (b"1e308", 1e308),
    ],
)
def test_what_is_taken_is_written_as_it_was(data: bytes, value: Any) -> None:
    taken = decode_json(data)
    assert taken == value
    assert type(taken) is type(value)
    assert json.loads(encode(taken)) == value


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


@given(JSON)
def test_every_value_comes_back(value: Any) -> None:
    assert decode_json(json.dumps(value).encode()) == value
    assert decode_json(encode(value)) == value


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_limited(opening: bytes, closing: bytes) -> None:
    deepest = opening * MAX_DEPTH + b"1e30" + closing * MAX_DEPTH
    assert decode_json(encode(decode_json(deepest))) == decode_json(deepest)
    with pytest.raises(ValueError, match="nested deeper than 40 levels"):
        decode_json(opening + deepest + closing)


def test_the_deepest_value_that_can_be_written() -> None:
    assert encode(json.loads("[" * 254 + "]" * 254))
    with pytest.raises(ValueError, match="nested deeper than 254 levels"):
        encode(json.loads("[" * 255 + "]" * 255))


def test_keys_are_limited() -> None:
    assert decode_json(b'{"a":[1,{}]}', 3) == {"a": [1, {}]}
    with pytest.raises(ValueError, match=r"more keys than processor.max_keys, 2"):
        decode_json(b'{"a":[1,{}]}', 2)
