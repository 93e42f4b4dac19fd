"""What an observer hears of connections and requests."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import Wire, turns
from connection.tools import message

from fastresp.core.observer import Observer

OPENED = ("opened", "127.0.0.1")
CLOSED = ("closed", "127.0.0.1")


class Heard(Observer):
    def __init__(self):
        self.events = []

    def opened(self, remote):
        self.events.append(("opened", remote[0]))

    def closed(self, remote):
        self.events.append(("closed", remote[0]))

    def refused(self, remote, status):
        self.events.append(("refused", remote[0], status))

    def asked(self, request):
        return request.path

    def done(self, request, status, sent, seconds):
        assert seconds >= 0
        self.events.append(("done", request if request is None or type(request) is str else request.path, status, sent))


def play(twin, handler, scene):
    async def main():
        wire = Wire(twin, handler)
        heard = wire.service.observer = Heard()
        wire.protocol = twin("http1.connection").new_connection(wire.service)
        wire.protocol.connection_made(wire.transport)
        await scene(wire)
        wire.lose()
        await turns()
        return heard.events

    return asyncio.run(main())


def test_answers(twin):
    async def scene(wire):
        wire.feed(message("GET", "/a") + message("GET", "/b"))
        await turns()
        assert len(wire.transport.sent) == sum(event[3] for event in wire.service.observer.events[1:])

    events = play(twin, lambda _, responder: responder.write(b"ok", "text/plain"), scene)
    assert [event[:3] for event in events] == [OPENED, ("done", "/a", 200), ("done", "/b", 200), CLOSED]


def test_a_request_that_is_let_go_before_its_turn(twin):
    kept = []

    async def scene(wire):
        wire.feed(message("GET", "/a") + message("GET", "/b"))
        kept.pop(1).write(b"second", "text/plain")
        kept.pop().write(b"first", "text/plain")
        await turns()

    events = play(twin, lambda _, responder: kept.append(responder), scene)
    assert [event[:3] for event in events[1:-1]] == [("done", "/a", 200), ("done", "/b", 200)]


def test_a_client_that_leaves(twin):
    kept = []

    async def scene(wire):
        wire.feed(message("GET", "/a"))

    events = play(twin, lambda _, responder: kept.append(responder), scene)
    kept.clear()
    assert events == [OPENED, ("done", "/a", 499, 0), CLOSED]


@pytest.mark.parametrize(("head", "status"), [(b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/3.0\r\n\r\n", 505)])
def test_a_client_that_is_refused(twin, head, status, caplog):
    async def scene(wire):
        wire.feed(head)
        await turns()

    events = play(twin, lambda _, responder: None, scene)
    assert [event[:3] for event in events] == [OPENED, ("refused", "127.0.0.1", status), ("done", None, status), CLOSED]
