"""Events of a real page of another site: whichever way they are sent, they are lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.intake_served import Served

#: How a page sends an event: `url` is the beacon's address, `event` an object, `text` its JSON.
WAYS = {
    "sendBeacon of an address": "navigator.sendBeacon(address)",
    "sendBeacon of text": "navigator.sendBeacon(url, text)",
    "sendBeacon of a text Blob": "navigator.sendBeacon(url, new Blob([text]))",
    "sendBeacon of a JSON Blob": (
        "navigator.sendBeacon(url, new Blob([text], {type: 'application/json'}))"
    ),
    "sendBeacon of a form": (
        "(form => (form.append('event', text), navigator.sendBeacon(url, form)))(new FormData())"
    ),
    "sendBeacon to v1": "navigator.sendBeacon(v1, new Blob([text], {type: 'application/json'}))",
    "fetch with keepalive": (
        "fetch(v1, {method: 'POST', keepalive: true, credentials: 'include', body: text, "
        "headers: {'Content-Type': 'application/json'}}).then(answer => answer.status === 201)"
    ),
    "fetch of an address": (
        "fetch(address, {keepalive: true}).then("
        "answer => answer.headers.get('Requested-Event-Valid') === '1')"
    ),
    "fetch without CORS": "fetch(address, {mode: 'no-cors'}).then(() => true)",
    "an image": (
        "new Promise(done => { const image = new Image(); image.onerror = () => done(true);"
        "image.src = gif; })"
    ),
    "XHR": (
        "new Promise(done => { const asking = new XMLHttpRequest(); asking.withCredentials = true;"
        "asking.open('POST', v1); asking.setRequestHeader('Content-Type', 'application/json');"
        "asking.onload = () => done(asking.getResponseHeader('Requested-Event-Valid') === '1');"
        "asking.send(text); })"
    ),
    "a form": (
        "(form => { form.action = url; form.event.value = text; form.submit(); return true; })"
        "(document.forms[0])"
    ),
}
SEND = """([intake, event]) => { const text = JSON.stringify(event), url = `${intake}beacon/event`;
    const address = `${url}?${encodeURIComponent(text)};`, v1 = `${intake}v1/events`;
    const gif = `${intake}event.gif?${encodeURIComponent(text)};`; return %s; }"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as servers:
        yield servers


def test_every_way_of_a_page_is_a_line(page: Page, served: Served) -> None:
    page.goto(served.site)
    for count, (way, script) in enumerate(WAYS.items(), 1):
        event = {"schema": "Word", "revision": 1, "wiki": "w", "event": {"word": f"ünï {way}"}}
        assert page.evaluate(SEND % script, [served.intake, event]) is True, way
        line = served.events(count)[-1]
        assert {key: line[key] for key in event} == event
        assert line["ip"] == "127.0.0.1"
        assert json.dumps(line["userAgent"]) != "{}"
        assert line["seqId"] == count
    # The page of the form is where it was: an answer of 204 loads none.
    assert page.frames[1].url == "about:blank"
    seen = len(served.events(0))
    # What a browser keeps is not asked for again: each of two equal images is a line.
    for _ in range(2):
        page.evaluate(SEND % WAYS["an image"], [served.intake, {"event": {"word": "same"}}])
    assert len(served.events(seen + 2)) == seen + 2


def test_what_a_page_sends_as_it_is_left_is_a_line(page: Page, served: Served) -> None:
    page.goto(served.site)
    seen = len(served.events(0))
    event = {"schema": "Word", "revision": 1, "event": {"word": "left"}}
    sending = f"addEventListener('pagehide', () => ({SEND % WAYS['sendBeacon of text']})(sent))"
    page.evaluate(f"sent => {{ {sending} }}", [served.intake, event])
    page.goto("about:blank")
    assert served.events(seen + 1)[-1]["event"] == {"word": "left"}
