"""Ports that are free, and those that are not."""

from __future__ import annotations

import socket

import pytest

from elfaust.devstack.ports import taken


def test_a_port_is_taken_as_long_as_somebody_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert taken("127.0.0.1", port) == "address already in use"
    assert taken("127.0.0.1", port) == ""


def test_a_port_of_udp_is_another() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert taken("127.0.0.1", port, socket.SOCK_DGRAM) == "address already in use"
    assert taken("127.0.0.1", port, socket.SOCK_DGRAM) == ""


def test_an_address_of_another_machine_is_none_of_ours() -> None:
    assert taken("192.0.2.1", 8_000) == "cannot assign requested address"


def test_a_port_of_an_address_of_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as listener:
        try:
            listener.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on this machine")
        listener.listen()
        port = listener.getsockname()[1]
        assert taken("::1", port) == "address already in use"
    assert taken("::1", port) == ""


@pytest.mark.parametrize("host", ["no.such.host.invalid", "x" * 64 + ".org"])
def test_a_host_without_an_address(host: str) -> None:
    assert taken(host, 8_000)
