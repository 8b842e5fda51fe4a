"""Texts and the values that they stand for."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from pydantic.dataclasses import dataclass

from elfaust.settings import SECTIONS
from elfaust.settings.values import (
    CONFIG,
    MOST_SECONDS,
    MOST_WHOLE,
    Flag,
    FromZero,
    PlainOrEmpty,
    Whole,
    fields_of,
    setting,
    wanted,
)


@dataclass(frozen=True, config=CONFIG)
class Table:
    flag: Flag = setting(True, "Flag.")
    count: Whole = setting(1, "Count.")
    share: Annotated[FromZero, Field(le=1)] = setting(0.5, "Share.")
    anything: PlainOrEmpty = setting("", "Anything.")


def convert(section: Any, key: str, text: str) -> Any:
    """Return the value of a setting that a text gives."""
    return getattr(section(**{key: text}), key)


@pytest.mark.parametrize(("text", "value"), [("on", True), ("0", False), (" TRUE ", True)])
def test_words_for_true_and_false(text: str, value: bool) -> None:
    assert convert(Table, "flag", text) is value


@pytest.mark.parametrize("text", ["1.01", "-0.1", "1e999", "nan", "", "one"])
def test_numbers_out_of_bounds_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        convert(Table, "share", text)


@given(number=st.integers(1, MOST_WHOLE))
def test_every_number_above_0_is_itself(number: int) -> None:
    assert convert(Table, "count", str(number)) == number


@given(number=st.floats(min_value=0, max_value=1))
def test_the_text_of_a_number_gives_it_back(number: float) -> None:
    assert convert(Table, "share", str(number)) == number


def test_wanted_says_the_bounds() -> None:
    declared = fields_of(Table)
    assert wanted(declared["flag"]) == "true or false"
    assert wanted(declared["count"]) == "a whole number above 0, at most 1000000000000"
    assert wanted(declared["share"]) == "a number from 0 to 1"
    assert wanted(declared["anything"]).startswith("empty or a text on one line, without quotes")
    kafka = fields_of(SECTIONS["kafka"])
    assert wanted(kafka["max_poll_records"]) == "a whole number above 0, at most 10000"
    assert wanted(kafka["compression"]) == "one of none, gzip, snappy, lz4, zstd"
    assert wanted(kafka["app_id"]).endswith(", with {role} once each")


HOURS = "{schema}_{revision}/{year}-{month}-{day}-{hour}"
FOLDERS = "a b/{schema}_{revision}/{year}/{month}/{day}/{hour}"


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("topics.event", "é_{schema}_{revision}", "e.{schema}-{revision}"),
        ("topics.event", "{schema:9}_{revision}", "{schema}{revision}"),
        ("topics.event", "{schema!r}_{revision}", "{revision}_{schema}"),
        ("topics.raw_client", "..", "a.b"),
        ("topics.raw_client", "a/b", "a" * 249),
        ("topics.error", "a" * 250, "a"),
        ("kafka.app_id", "{role:99}", "a-{role}"),
        ("kafka.bootstrap", ",", "a:1,b:2 , [::1]:9092"),
        ("kafka.bootstrap", ":9092", "localhost:9092"),
        ("kafka.bootstrap", "a:0", "a:1"),
        ("kafka.bootstrap", "a:65536", "a:65535"),
        ("kafka.bootstrap", "http://a:1", "a:59999"),
        ("hdfs.url", "namenode:9870", "http://namenode:9870"),
        ("hdfs.url", "http://a:99999", "https://a;http://b:9870/"),
        ("hdfs.url", "http://", "http://[::1]:9870"),
        ("hdfs.path", "{schema}_{revision}/../{year}{month}{day}{hour}", HOURS),
        ("schemas.wiki_url", "meta.example.org/w/api.php", "https://meta.example.org/w/api.php"),
        ("forwarder.topic", "a b", "a-b"),
        ("hdfs.root", "relative", "/a/b.c/"),
        ("hdfs.root", "wmf/x", "/wmf/x"),
        ("hdfs.root", "/a:b", "/a-b"),
        ("schemas.folder", "'schemas'", "it's here"),
        ("workers.state", "# none", "/var/lib/elfaust#1"),
        ("processor.client_format", "%q # of 2018", "%q#%l"),
        ("processor.server_format", '"%j"', '"%j" "%u"'),
        ("hdfs.root", "/a/../b", "/a"),
        ("hdfs.root", "/a # b", "/a b"),
        ("hdfs.path", "x:{schema}{revision}{year}{month}{day}{hour}", FOLDERS),
        ("mysql.table", "{revision:9999999999}{schema}", "{schema}_{revision}"),
        ("mysql.table", "{revision}{schema} # old", "{schema}-{revision}"),
        ("mysql.host", "db1;", "::1"),
        ("mysql.user", "'me'", "me@host"),
        ("mysql.database", "log # events", "log"),
        ("hdfs.user", "me #", "me"),
        ("web.host", "0.0.0.0 # all", "0.0.0.0"),
        ("forwarder.host", " ", "localhost"),
    ],
)
def test_what_servers_do_not_take_is_no_setting(name: str, bad: str, good: str) -> None:
    section, _, key = name.partition(".")
    default = fields_of(SECTIONS[section])[key].default
    assert convert(SECTIONS[section], key, good) == good
    assert convert(SECTIONS[section], key, default) == default
    with pytest.raises(ValidationError):
        convert(SECTIONS[section], key, bad)


NUMBERS = [
    (name, key)
    for name, section in SECTIONS.items()
    for key, field in fields_of(section).items()
    if field.annotation in (int, float)
]


@pytest.mark.parametrize(("name", "key"), NUMBERS)
def test_every_number_has_an_end(name: str, key: str) -> None:
    section = SECTIONS[name]
    for text in ("1e300", "9" * 400, "1000000000001", "inf", "nan"):
        with pytest.raises(ValidationError):
            convert(section, key, text)
    field = fields_of(section)[key]
    most = wanted(field).split()[-1]
    assert int(most) <= (MOST_SECONDS if field.annotation is float else MOST_WHOLE)
    assert convert(section, key, most) == int(most)
    with pytest.raises(ValidationError):
        convert(section, key, str(int(most) + 1))
