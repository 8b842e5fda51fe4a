"""Datagrams on real sockets: each is handed over, and what the kernel drops is reported."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from elfaust.sources import udp_socket as module
from elfaust.sources.udp_socket import UdpSocket, drops


async def opened(taken: list[bytes]) -> tuple[UdpSocket, socket.socket]:
    receiving = await UdpSocket.open("127.0.0.1", 0, taken.append)
    sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sending.connect(("127.0.0.1", receiving.port))
    return receiving, sending


async def test_each_datagram_is_handed_over() -> None:
    taken: list[bytes] = []
    receiving, sending = await opened(taken)
    with sending:
        for n in range(100):
            sending.send(b"%d" % n)
        while len(taken) < 100:
            await asyncio.sleep(0)
    receiving.look()
    assert (taken, receiving.trouble) == ([b"%d" % n for n in range(100)], "")
    receiving.close()


async def test_what_comes_faster_than_it_is_read_is_reported_for_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(module, "SOCKET_BYTES", 4_096)
    taken: list[bytes] = []
    receiving, sending = await opened(taken)
    with sending:
        for _ in range(1_000):
            sending.send(b"x" * 1_000)
        receiving.look()
        trouble = receiving.trouble
        while not taken:
            await asyncio.sleep(0)
    assert trouble.startswith(f"{receiving.dropped} datagrams are lost: ")
    assert 900 < receiving.dropped < 1_000
    assert trouble in caplog.text
    monkeypatch.setattr(module, "TROUBLE_SECONDS", -1.0)
    assert receiving.trouble == ""
    receiving.close()


def test_a_socket_that_does_not_exist_has_dropped_nothing() -> None:
    assert drops(-1) == 0
