"""A metastore that is not there, hangs, or says no."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymetastore.hive_metastore.ttypes import AlreadyExistsException, MetaException
from thrift.transport.TTransport import TTransportException

from elfaust.errors import ElfaustError, HiveRefuses, ServerAway
from elfaust.hive.client import Call, connected, words
from elfaust.settings.hive import Hive


def hive(*ports: int, timeout: float = 5.0) -> Hive:
    addresses = ",".join(f"thrift://127.0.0.1:{port}" for port in ports)
    return replace(Hive(), metastore=addresses, timeout=timeout)


def raises(error: Exception) -> Callable[[Any], Any]:
    def ask(_: Any) -> Any:
        raise error

    return ask


def test_nobody_there() -> None:
    with pytest.raises(ServerAway, match=r"127\.0\.0\.1:1"), connected(hive(1)):
        pass


def test_of_several_addresses_the_first_that_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with connected(hive(1, port)) as call, pytest.raises(ServerAway, match=f":{port}"):
            call(raises(TTransportException(message="gone")))


def test_one_that_hangs_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        began, slow = time.monotonic(), hive(listening.getsockname()[1], timeout=0.2)
        with connected(slow) as call, pytest.raises(ServerAway):
            call(lambda metastore: metastore.get_all_databases())
        assert time.monotonic() - began < 5


@pytest.fixture
def call() -> Iterator[Call]:
    """What calls somebody who takes connections."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        connected(hive(listening.getsockname()[1])) as open_call,
    ):
        yield open_call


def test_what_is_refused_is_told_in_one_line(call: Call) -> None:
    with pytest.raises(HiveRefuses, match="no room") as refused:
        call(raises(MetaException("no room\n\tat java.lang")))
    assert refused.value.detail == "no room"


def test_an_error_that_is_foreseen_is_none(call: Call) -> None:
    assert call(raises(AlreadyExistsException("it")), "AlreadyExistsException") is None


def test_what_is_no_error_of_thrift_stays(call: Call) -> None:
    with pytest.raises(ZeroDivisionError):
        call(raises(ZeroDivisionError()))


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(ElfaustError, match=r"pip install elfaust\[hive\]"), connected(hive(1)):
        pass


@pytest.mark.parametrize("message", [None, "", " \n "])
def test_an_error_without_words_has_its_name(message: str | None) -> None:
    assert words(MetaException(message)) == "MetaException"
