"""Settings that would give one name to two things are refused, and named."""

from __future__ import annotations

import pytest

from elfaust.errors import SettingsError
from elfaust.settings import load


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"TOPICS_ERROR": "eventlogging-client-side"}, ("topics.raw_client", "topics.error")),
        (
            {"TOPICS_RAW_SERVER": "a", "TOPICS_RAW_CLIENT": "a"},
            ("raw_client and topics.raw_server",),
        ),
        ({"STATSD_RAW": "{kind}", "STATSD_VALID": "{kind}"}, ("statsd.raw", "statsd.valid")),
        (
            {"STATSD_OVERALL": "x.{name}", "STATSD_SCHEMA": "x.{schema}"},
            ("statsd.schema", "overall"),
        ),
        ({"STATSD_SCHEMA": "{schema}_side_events.raw"}, ("statsd.schema", "statsd.raw")),
    ],
)
def test_two_things_of_one_name(variables: dict[str, str], named: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ={f"ELFAUST_{name}": text for name, text in variables.items()})
    assert all(name in str(caught.value) for name in named)


def test_what_names_no_two_things_is_taken() -> None:
    names = {
        "RAW": "{kind}.raw",
        "VALID": "{kind}.valid",
        "OVERALL": "{name}",
        "SCHEMA": "s.{schema}",
    }
    assert load(environ={f"ELFAUST_STATSD_{name}": text for name, text in names.items()})
