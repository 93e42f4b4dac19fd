"""The answers to one read are laid into one buffer, which all connections use in turn: none gets another's bytes."""

from __future__ import annotations

import asyncio
import signal

import pytest
from connection.fake import Transport, Wire, turns
from connection.tools import Late, message
from hypothesis import given
from hypothesis import strategies as st

from fastresp import Response
from fastresp.errors import ResponderStateError

READY = Response("ready")


def chunked(responder):
    responder.write_begin_chunked("text/plain")
    responder.write_chunk("some ")
    responder.write_end_chunked("chunks")


def in_two(responder):
    responder.write(103, headers={"link": "</a>"})
    responder.write(b"after a hint", "text/plain")


def broken(responder):
    responder.write_begin_chunked("text/plain")
    responder.write_chunk("half of ")
    raise RuntimeError("on purpose")


ANSWERS = {
    "small": lambda responder: responder.write(b"small", "text/plain"),
    "other": lambda responder: responder.write(b"{}", "application/json"),
    "fields": lambda responder: responder.write(b"with fields", {"content-type": "text/plain", "x-a": "b"}),
    "empty": lambda responder: responder.write(204),
    "missing": lambda responder: responder.write(404),
    "document": lambda responder: responder.write({"a": [1, 2, 3]}),
    "ready": lambda responder: responder.send_response(READY),
    "chunked": chunked,
    "in_two": in_two,
    "5000": lambda responder: responder.write(b"5" * 5000, "text/plain"),
    "60000": lambda responder: responder.write(b"6" * 60000, "text/plain"),
    "70000": lambda responder: responder.write(b"7" * 70000, "text/plain"),
    "200000": lambda responder: responder.write(b"2" * 200_000, "text/plain"),
}


def handle(request, responder):
    ANSWERS[request.path[1:]](responder)


class Crowd(Wire):
    """A connection, and others of the same server."""

    def other(self) -> tuple:
        protocol = type(self.protocol)(self.service)
        transport = Transport()
        protocol.connection_made(transport)
        return protocol, transport


@given(
    asked=st.lists(st.tuples(st.sampled_from(["GET", "HEAD"]), st.sampled_from(sorted(ANSWERS))), max_size=40),
)
def test_the_same_bytes_as_one_by_one(twin, asked):
    requests = [message(method, f"/{name}") for method, name in asked]

    async def main() -> None:
        together, alone = Wire(twin, handle), Wire(twin, handle)
        together.feed(b"".join(requests))
        await turns(100)
        for request in requests:
            alone.feed(request)
        assert together.transport.sent == alone.transport.sent

    asyncio.run(main())


def test_one_that_answers_for_another(twin):
    """In the middle of a read, a handler answers what another connection has been waiting for."""
    late = Late()

    def handler(request, responder):
        if request.path == "/late":
            late(request, responder)
            return
        responder.write(request.target, "text/plain")
        if request.path == "/2":
            late.calls.take(1)[0][1].write(b"at last", "text/plain")

    async def main() -> None:
        crowd = Crowd(twin, handler)
        other, transport = crowd.other()
        other.data_received(message("GET", "/late"))
        crowd.feed(b"".join(message("GET", f"/{number}") for number in range(4)))
        assert [answer[-2:] for answer in crowd.transport.sent.split(b"HTTP/1.1 200 OK")[1:]] == [
            b"/0",
            b"/1",
            b"/2",
            b"/3",
        ]
        assert transport.sent.count(b"HTTP/1.1") == 1
        assert transport.sent.endswith(b"at last")

    asyncio.run(main())


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_one_that_is_interrupted(twin, error, log):
    """What was answered goes to whom it was for, and no later."""

    def handler(request, responder):
        if request.path == "/interrupt":
            raise error
        responder.write(request.target, "text/plain")

    async def main() -> None:
        crowd = Crowd(twin, handler)
        other, transport = crowd.other()
        crowd.feed(message("GET", "/a") + message("GET", "/b") + message("GET", "/interrupt"))
        log.expect("the handler failed on GET /interrupt", error.__name__)
        sent = crowd.transport.sent
        assert sent.count(b"HTTP/1.1") == 3
        assert b"/b" in sent
        other.data_received(message("GET", "/c"))
        assert transport.sent.count(b"HTTP/1.1") == 1
        assert transport.sent.endswith(b"/c")
        assert crowd.transport.sent == sent

    asyncio.run(main())


class Interrupt(KeyboardInterrupt):
    pass


@pytest.mark.parametrize("error", [KeyboardInterrupt, Interrupt])
def test_an_interrupt_that_goes_on(twin, error, log, monkeypatch):
    """Where the program has no signal handler, it leaves the loop; its request has failed, and no other."""

    def handler(request, responder):
        if request.path == "/interrupt":
            raise error
        responder.write(request.target, "text/plain")

    async def main() -> None:
        crowd = Crowd(twin, handler)
        with monkeypatch.context() as patch:
            patch.setattr(signal, "getsignal", lambda number: signal.default_int_handler)
            crowd.feed(b"".join(message("GET", path) for path in ["/a", "/interrupt", "/b"]))
        parts.extend(crowd.transport.sent.split(b"HTTP/1.1 "))
        await turns()
        parts.clear()  # it has not left the loop

    parts: list[bytes] = []
    with pytest.raises(error):
        asyncio.run(main())
    log.expect("the handler failed on GET /interrupt", error.__name__)
    assert [part[:3] for part in parts[1:]] == [b"200", b"500", b"200"]
    assert parts[3].endswith(b"/b")


class Failing(Transport):
    """Its loop is closed: a write raises."""

    def write(self, data):
        raise RuntimeError("on purpose")


def test_one_whose_write_fails(twin):
    """Its responder has nobody to answer any more, and never answers another's request."""
    late = Late()

    async def main() -> None:
        crowd = Crowd(twin, late, transport=Failing())
        crowd.feed(message("GET", "/a"))
        [(_, failed)] = late.calls.take(1)
        with pytest.raises(RuntimeError, match="on purpose"):
            failed.write(b"a", "text/plain")
        other, transport = crowd.other()
        other.data_received(message("GET", "/b"))
        with pytest.raises(ResponderStateError):
            failed.write(b"again", "text/plain")
        assert not transport.sent
        [(_, responder)] = late.calls.take(1)
        responder.write(b"b", "text/plain")
        assert transport.sent.endswith(b"\r\n\r\nb")
        assert transport.sent.count(b"HTTP/1.1") == 1

    asyncio.run(main())


@pytest.mark.parametrize("way", ["aborts", "loses", "breaks off"])
def test_one_that_ends_in_the_middle(twin, way, log):
    """What it had gathered is dropped with it, and is nobody's."""

    def handler(request, responder):
        if request.path == "/end":
            if way == "aborts":
                crowd.protocol.abort()
                responder.write(404)
            elif way == "loses":
                crowd.lose()
            else:
                broken(responder)
        else:
            responder.write(request.target, "text/plain")

    async def main() -> None:
        nonlocal crowd
        crowd = Crowd(twin, handler)
        other, transport = crowd.other()
        crowd.feed(message("GET", "/a") + message("GET", "/b") + message("GET", "/end") + message("GET", "/d"))
        assert b"/d" not in crowd.transport.sent
        if way == "breaks off":
            assert crowd.transport.sent.count(b"HTTP/1.1") == 3
        else:
            assert not crowd.transport.sent
        other.data_received(message("GET", "/c"))
        assert transport.sent.count(b"HTTP/1.1") == 1
        assert transport.sent.endswith(b"/c")

    crowd = None
    asyncio.run(main())
    if way == "breaks off":
        log.expect("GET /end", "RuntimeError: on purpose")
