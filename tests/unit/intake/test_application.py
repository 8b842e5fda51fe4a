"""What clients are answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from aiohttp import FormData

from elfaust.events.beacons import purpose_by
from elfaust.events.lines import LineParser
from tests.unit.intake.requests import FORMAT, Kafka, at, having, serving

EVENT = {"schema": "Edit", "revision": 7, "event": {"a": 1}, "wiki": "w"}
QUERY = f"{quote(json.dumps(EVENT))};"


@pytest.mark.parametrize("path", ["beacon/event", "beacon/event.gif", "event.gif"])
async def test_a_beacon_is_answered_when_kafka_has_it(path: str) -> None:
    settings, kafka = having(), Kafka()
    async with serving(settings, kafka) as session:
        kafka.answers.clear()
        asking = asyncio.create_task(session.get(at(settings, path, QUERY)))
        await asyncio.sleep(0.05)
        assert not asking.done()
        kafka.answers.set()
        answer = await asking
    assert (answer.status, answer.headers["Cache-Control"]) == (204, "no-store")
    [line] = kafka.lines
    assert line.startswith(f"?{QUERY}\t".encode())
    assert LineParser(FORMAT).parse(line)["ip"] == "127.0.0.1"


async def test_a_beacon_may_be_posted_in_its_address_or_its_body() -> None:
    settings, kafka = having(), Kafka()
    multipart = FormData({"event": json.dumps(EVENT)}, default_to_multipart=True)
    async with serving(settings, kafka) as session:
        for query, body in (
            (QUERY, None),
            ("", json.dumps(EVENT)),
            ("", json.dumps([EVENT])),
            ("", urlencode({"event": json.dumps(EVENT)})),
            ("", multipart),
        ):
            kind = (
                {} if body is multipart else {"Content-Type": "application/x-www-form-urlencoded"}
            )
            to = at(settings, "beacon/event", query)
            answer = await session.post(to, data=body, headers=kind)
            assert (answer.status, await answer.read()) == (204, b"")
        for wrong in (b"", b"a=1", b"[1]"):
            assert (await session.post("event.gif", data=wrong)).status == 400
    assert [LineParser(FORMAT).parse(line)["event"] for line in kafka.lines] == [{"a": 1}] * 5


async def test_what_a_page_sends_that_nobody_sees_is_marked() -> None:
    kafka = Kafka()
    async with serving(having(), kafka) as session:
        for purpose in ("", "prefetch;prerender"):
            headers = {"Sec-Purpose": purpose} if purpose else {}
            await session.get(f"event.gif?{QUERY}", headers=headers)
            await session.post("v1/events", json=EVENT, headers=headers)
    lines = [LineParser(FORMAT).parse(line) for line in kafka.lines]
    marks = [purpose_by(line["recvFrom"]) for line in lines]
    assert marks == ["", "", "prerender", "prerender"]
    assert [line["seqId"] for line in lines] == [1, 2, 3, 4]


@pytest.mark.parametrize("path", ["v1/events", "event.gif"])
async def test_a_form_that_is_none_is_refused(path: str) -> None:
    form = b'--a\r\nContent-Disposition: form-data; name="event\x18"\r\n\r\n{}\r\n--a--\r\n'
    async with serving(having(), Kafka()) as session:
        for kind in ("multipart/form-data", "multipart/form-data; boundary=a"):
            for charset in ("", "; charset=none"):
                head = {"Content-Type": f"{kind}{charset}"}
                for body in (form, form.replace(b"\x18", b"").replace(b"{}", b"\xff"), b"", b"--a"):
                    assert (await session.post(path, data=body, headers=head)).status == 400


@pytest.mark.parametrize("path", ["v1/events", "event.gif"])
async def test_the_verdict_on_one_posted_event_is_told(path: str) -> None:
    async def verdict(line: bytes) -> dict[str, str]:
        return {"Requested-Event-Valid": "1"}

    async with serving(having(), Kafka(), verdict) as session:
        one = await session.post(path, json=EVENT)
        two = await session.post(path, json=[EVENT, EVENT])
    assert one.headers["Access-Control-Expose-Headers"] == "Requested-Event-Valid"
    assert one.headers["Requested-Event-Valid"] == "1"
    assert "Requested-Event-Valid" not in two.headers


async def test_an_event_that_nests_without_end_is_refused_alone() -> None:
    async with serving(having(), Kafka()) as session:
        for depth in range(100, 1_000, 20):
            body = f'[{{"a": 1}}, {{"a": {"[" * depth}{"]" * depth}}}]'
            assert (await session.post("v1/events", data=body)).status in (201, 207, 400)


async def test_two_equal_images_are_two_lines() -> None:
    settings, kafka = having(acks=False), Kafka()
    async with serving(settings, kafka) as session:
        for _ in range(2):
            assert (await session.get(at(settings, "event.gif", QUERY))).status == 204
    assert [LineParser(FORMAT).parse(line)["seqId"] for line in kafka.lines] == [1, 2]


@pytest.mark.parametrize(
    ("body", "status", "outcomes"),
    [
        (EVENT, 201, ["success"]),
        ([EVENT, EVENT], 201, ["success"] * 2),
        ([EVENT, 1], 207, ["success", "invalid"]),
        ([1, "a"], 400, ["invalid"] * 2),
        ([{"a": "x" * 1_000}], 400, ["invalid"]),
        ([EVENT, {"a": "x" * 1_000}], 207, ["success", "invalid"]),
    ],
)
async def test_events_have_an_outcome_each(body: Any, status: int, outcomes: list[str]) -> None:
    kafka = Kafka(most=1_000)
    async with serving(having(), kafka) as session:
        answer = await session.post("v1/events", json=body)
        said = await answer.json()
    assert answer.status == status
    assert [event["status"] for event in said["events"]] == outcomes
    assert [event["index"] for event in said["events"]] == list(range(len(outcomes)))
    assert len(kafka.lines) == outcomes.count("success")


async def test_hasty_events_are_promised_nothing() -> None:
    kafka = Kafka()
    async with serving(having(), kafka) as session:
        answer = await session.post("v1/events?hasty=true", data=json.dumps(EVENT))
        assert answer.status == 202
    assert len(kafka.lines) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b"[" * 20_000, 400),
        (b"x" * 60_000, 413),
        (b"[1,1,1,1]", 413),
    ],
)
async def test_what_holds_no_events_is_refused(body: bytes, status: int) -> None:
    kafka = Kafka()
    async with serving(having(body_bytes=50_000, max_events=3), kafka) as session:
        answer = await session.post("v1/events", data=body)
        assert (answer.status, bool((await answer.json())["error"])) == (status, True)
    assert not kafka.lines


async def test_no_answer_takes_longer_than_it_may() -> None:
    settings, kafka = having(answer_seconds=0.05), Kafka()
    kafka.answers.clear()
    async with serving(settings, kafka) as session:
        one = await session.get(at(settings, "beacon/event", QUERY))
        other = await session.post("v1/events", json=EVENT)
        assert (one.status, other.status) == (503, 503)
        assert one.headers["Retry-After"] == other.headers["Retry-After"] == "5"
        kafka.answers.set()


async def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    async with serving(having(answer_seconds=0.05), Kafka()) as session:
        answer = await session.post("v1/events", data=slowly())
        assert (answer.status, answer.headers["Connection"]) == (408, "close")


async def test_bodies_in_flight_are_bounded_in_bytes() -> None:
    settings = having(memory_bytes=100_000, body_bytes=60_000)

    def body(size: int) -> bytes:
        return b"{}".ljust(size)

    async with serving(settings, Kafka()) as session:
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.intake.port)
        writer.write(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        # What has no length may become as long as a body may be.
        while (await session.post("v1/events", data=body(50_000))).status == 201:
            await asyncio.sleep(0.001)
        assert (await session.post("v1/events", data=body(30_000))).status == 201
        assert (await session.post("v1/events", data=body(60_001))).status == 413
        writer.write(b"2\r\n{}\r\n0\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 201")
        writer.close()
        assert (await session.post("v1/events", data=body(50_000))).status == 201


async def test_requests_in_flight_are_bounded() -> None:
    settings, kafka = having(in_flight=2), Kafka()
    kafka.answers.clear()
    async with serving(settings, kafka) as session:
        asking = [
            asyncio.create_task(session.get(at(settings, "beacon/event", QUERY))) for _ in range(6)
        ]
        done, _ = await asyncio.wait(asking, timeout=2, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 4:
            done, _ = await asyncio.wait(asking, timeout=0.05)
        kafka.answers.set()
        assert sorted([(await task).status for task in asking]) == [204] * 2 + [503] * 4
    assert len(kafka.lines) == 2


ASKED = {"Origin": "https://en.example.org", "Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize("path", ["v1/events", "beacon/event"])
@pytest.mark.parametrize(("profile", "private"), [("production", None), ("beta", "true")])
async def test_browsers_may_send_from_other_sites(
    path: str, profile: str, private: str | None
) -> None:
    async with serving(having(profile), Kafka()) as session:
        asking = {**ASKED, "Access-Control-Request-Private-Network": "true"}
        answer = await session.options(path, headers=asking)
    said = answer.headers
    assert answer.status == 204
    assert said["Access-Control-Allow-Origin"] == "https://en.example.org"
    assert said["Access-Control-Allow-Credentials"] == "true"
    assert said["Access-Control-Allow-Headers"] == "Content-Type"
    assert said["Vary"] == "Origin"
    assert said.get("Access-Control-Allow-Private-Network") == private


async def test_the_origin_is_allowed_on_these_routes_alone() -> None:
    async with serving(having(), Kafka()) as session:
        answer = await session.post("v1/events", json=EVENT, headers=ASKED)
        assert answer.headers["Access-Control-Allow-Origin"] == ASKED["Origin"]
        for method, path in (("GET", "other"), ("HEAD", "beacon/event"), ("GET", "v1/events")):
            other = await session.request(method, path, headers=ASKED)
            assert other.status in (404, 405)
            assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize(
    ("header", "ip"), [("203.0.113.9", "203.0.113.9"), ("a\tb, 10.0.0.1", "-"), ("", "-")]
)
async def test_the_address_is_that_of_the_proxy_s_header(header: str, ip: str) -> None:
    kafka = Kafka()
    async with serving(having(client_header="X-Client-IP"), kafka) as session:
        await session.post("v1/events", json=EVENT, headers={"X-Client-IP": header})
    assert LineParser(FORMAT).parse(kafka.lines[0])["ip"] == ip


async def test_an_address_without_an_event_is_refused() -> None:
    async with serving(having(), Kafka()) as session:
        assert (await session.get("beacon/event")).status == 400


async def test_the_path_is_a_setting() -> None:
    settings, kafka = having(path="/ours"), Kafka()
    async with serving(settings, kafka) as session:
        assert (await session.get(at(settings, "ours", QUERY))).status == 204
        assert (await session.get(at(settings, "beacon/event", QUERY))).status == 404
