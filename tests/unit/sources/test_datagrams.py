"""Datagrams on real sockets: each is handed on, and what the kernel drops is told."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from elfaust.sources import datagrams
from elfaust.sources.datagrams import Socket, drops


async def opened(taken: list[bytes]) -> tuple[Socket, socket.socket]:
    receiving = await Socket.open("127.0.0.1", 0, taken.append)
    address = receiving._transport.get_extra_info("sockname")
    sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sending.connect(address)
    return receiving, sending


async def test_each_datagram_is_handed_on() -> None:
    taken: list[bytes] = []
    receiving, sending = await opened(taken)
    with sending:
        for n in range(100):
            sending.send(b"%d" % n)
        while len(taken) < 100:
            await asyncio.sleep(0)
    receiving.look()
    assert (taken, receiving.told) == ([b"%d" % n for n in range(100)], "")
    receiving.close()


async def test_what_comes_faster_than_it_is_read_is_told_for_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(datagrams, "SOCKET_BYTES", 4_096)
    taken: list[bytes] = []
    receiving, sending = await opened(taken)
    with sending:
        for _ in range(1_000):
            sending.send(b"x" * 1_000)
        receiving.look()
        told = receiving.told
        while not taken:
            await asyncio.sleep(0)
    assert told.startswith(f"{drops(receiving._inode)} datagrams are lost: ")
    assert 900 < drops(receiving._inode) < 1_000
    assert told in caplog.text
    monkeypatch.setattr(datagrams, "TELL_SECONDS", -1.0)
    assert receiving.told == ""
    receiving.close()


def test_a_socket_that_is_not_there_has_dropped_nothing() -> None:
    assert drops(-1) == 0
