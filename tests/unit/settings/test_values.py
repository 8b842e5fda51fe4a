"""Texts and the values that they stand for."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.settings import Settings, setting
from elfaust.settings.values import MOST_SECONDS, MOST_WHOLE, Item, convert, wanted


@dataclasses.dataclass
class Table:
    flag: bool = setting(True, "Flag.")
    count: int = setting(1, "Count.")
    share: float = setting(0.5, "Share.", least=0, most=1)
    anything: str = setting("", "Anything.")


ITEMS: dict[str, Item] = {item.name: item for item in dataclasses.fields(Table)}


@pytest.mark.parametrize(("text", "value"), [("on", True), ("0", False), (" TRUE ", True)])
def test_words_for_true_and_false(text: str, value: bool) -> None:
    assert convert(ITEMS["flag"], text) is value


@pytest.mark.parametrize("text", ["1.01", "-0.1", "1e999", "nan", "", "one"])
def test_numbers_out_of_bounds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        convert(ITEMS["share"], text)


@given(number=st.integers(1, MOST_WHOLE))
def test_every_number_above_0_is_itself(number: int) -> None:
    assert convert(ITEMS["count"], str(number)) == number


@given(number=st.floats(min_value=0, max_value=1))
def test_the_text_of_a_number_gives_it_back(number: float) -> None:
    assert convert(ITEMS["share"], str(number)) == number


def test_wanted_says_the_bounds() -> None:
    assert wanted(ITEMS["flag"]) == "true or false"
    assert wanted(ITEMS["count"]) == "a whole number above 0, at most 1000000000000"
    assert wanted(ITEMS["share"]) == "a number from 0 to 1"
    assert wanted(ITEMS["anything"]) == "a text on one line"
    assert wanted(OF_SETTINGS["kafka.max_poll_records"]) == "a whole number above 0, at most 10000"


HOURS = "{schema}_{revision}/{year}-{month}-{day}-{hour}"
OF_SETTINGS: dict[str, Item] = {
    f"{name}.{item.name}": item
    for name, section in vars(Settings()).items()
    if dataclasses.is_dataclass(section)
    for item in dataclasses.fields(section)
}


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
    item = OF_SETTINGS[name]
    assert convert(item, good) == good
    assert convert(item, str(item.default)) == item.default
    with pytest.raises(ValueError, match=r".*"):
        convert(item, bad)


NUMBERS = [item for item in OF_SETTINGS.values() if type(item.default) in (int, float)]


@pytest.mark.parametrize("item", NUMBERS, ids=lambda item: item.name)
def test_every_number_has_an_end(item: Item) -> None:
    for text in ("1e300", "9" * 400, "1000000000001", "inf"):
        with pytest.raises(ValueError, match=r".*"):
            convert(item, text)
    most = item.metadata.get("most", MOST_SECONDS if type(item.default) is float else MOST_WHOLE)
    assert convert(item, str(most)) == most
    with pytest.raises(ValueError, match=r".*"):
        convert(item, str(most + 1))
