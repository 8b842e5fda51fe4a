"""Line formats of the settings that cannot be compiled."""

from __future__ import annotations

import dataclasses

import pytest

from elfaust.errors import SettingsError
from elfaust.events.formats import check_formats
from elfaust.settings import Processor, Settings

ORIGINS = {"processor.client_format": "faust.conf [processor]"}


@pytest.mark.parametrize(
    ("line_format", "reason"),
    [
        ("%q %q", "the field capsule stands twice"),
        ("%z", "no specifier %z"),
        ("%u", "needs one %q or %j"),
        ("%q %s", "%s needs a name"),
    ],
)
def test_a_format_that_is_none_is_told_with_its_place_and_reason(
    line_format: str, reason: str
) -> None:
    settings = Settings(processor=Processor(client_format=line_format), origins=ORIGINS)
    with pytest.raises(SettingsError) as caught:
        check_formats(settings)
    start = f"faust.conf [processor]: processor.client_format = {line_format!r} is not"
    assert str(caught.value).startswith(start)
    assert reason in str(caught.value)
    assert "docs/reference.md, Line formats" in str(caught.value)


def test_each_format_that_is_none_has_a_line() -> None:
    settings = Settings(processor=Processor(client_format="%z", server_format="%{a}d"))
    with pytest.raises(SettingsError) as caught:
        check_formats(settings)
    assert [line.split()[1] for line in str(caught.value).splitlines()] == [
        "processor.client_format",
        "processor.server_format",
    ]


def test_formats_that_can_be_compiled_are_right() -> None:
    settings = Settings()
    check_formats(settings)
    given = dataclasses.replace(settings.processor, client_format="%j %h", server_format="%j")
    check_formats(dataclasses.replace(settings, processor=given))
