"""What an answer of the schema wiki means: a schema, that there is none, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.schema.lookup.wiki import meaning


def error(code: str, info: str = "") -> str:
    return json.dumps({"error": {"code": code, "info": info}})


@pytest.mark.parametrize(
    "body",
    [
        # The three that EventLogging's ApiJsonSchema gives.
        error("nosuchrevid", "There is no revision with ID 7."),
        error("invalidtitle", 'Bad title "Edit".'),
        error("revwrongpage", "r7 is not a revision of Edit."),
        error("missingtitle", "The page you specified doesn't exist."),
        error("nosuchrevid", "not a revision of it"),
        error("", "The schema does not exist"),
        '{"error": "not found"}',
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_that_says_so_means_that_there_is_none(status: int, body: str) -> None:
    answer = meaning(status, body.encode())
    assert (answer.event, answer.definite) == (None, True)


@pytest.mark.parametrize(
    "body",
    [
        error("ratelimited", "You have exceeded your rate limit. Please wait some time."),
        error("maxlag", "Waiting for a database server: 5 seconds lagged."),
        error("readonly", "The wiki is currently in read-only mode."),
        error("internal_api_error_DBQueryError", "Table 'revision' doesn't exist"),
        error("internal_api_error_X", "There is no such thing"),
        error("dbunavailable", "The database server was not found"),
        error("unknown_action", "Unrecognized value for parameter action: jsonschema."),
        error("missingparam", "The title parameter was not found"),
        error("readapidenied", "You need read permission to use this module."),
        '{"error": {}}',
        '{"error": null}',
        '{"message": "rate limited"}',
        '{"title": "Edit"}',
        '{"properties": 5}',
        '{"type": "string", "properties": {}}',
        "{}",
        "[]",
        '"Edit"',
        "<html>not found</html>",
        "",
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_what_says_neither_is_no_answer(status: int, body: str) -> None:
    answer = meaning(status, body.encode())
    assert (answer.event, answer.definite, answer.away) == (None, False, True)


@pytest.mark.parametrize(
    "body",
    [
        '{"title": "Edit", "properties": {}}',
        '{"type": "object"}',
        '{"$schema": "http://json-schema.org/draft-07/schema#"}',
        '{"extends": {"properties": {}}}',
        '{"allOf": []}',
    ],
)
def test_what_looks_like_a_schema_is_one(body: str) -> None:
    assert meaning(200, body.encode()).event == json.loads(body)
    assert meaning(400, body.encode()).event is None
    assert meaning(500, body.encode()).definite is False


def test_a_schema_that_is_too_large_is_its_own_trouble() -> None:
    answer = meaning(200, b" " * 1_000_001)
    assert (answer.event, answer.definite, answer.away) == (None, False, False)


@given(
    st.integers(100, 599),
    st.binary()
    | st.recursive(st.none() | st.text(), st.lists).map(
        lambda value: json.dumps({"error": value}).encode()
    ),
)
def test_nothing_that_a_wiki_answers_raises(status: int, body: bytes) -> None:
    answer = meaning(status, body)
    assert answer.reason or answer.event is not None
