"""Ports that are free, and those that are not."""

from __future__ import annotations

import socket

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
