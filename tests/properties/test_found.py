"""What the random calls have found, in the smallest form that shows it."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from connection.fake import Wire, turns

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"
CONNECT = b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"


def test_a_fault_after_a_device_is_not_the_next_requests(twin: Any) -> None:
    """Rule 5 of the responder: one answer a request; the first handler's fault must not answer the second request."""

    async def play() -> bytes:
        fault, answer = asyncio.Event(), asyncio.Event()

        async def handler(request: Any, responder: Any) -> None:
            if request.target == b"/one":
                responder.write(io.BytesIO(b"one"), "a/b")
                await fault.wait()
                raise LookupError
            await answer.wait()
            responder.write(b"two", "a/b")

        wire = Wire(twin, handler)
        for target in (b"/one", b"/two"):
            wire.feed(GET % target)
            await turns()
        fault.set()
        await turns()
        answer.set()
        await turns()
        return wire.transport.sent

    with asyncio.Runner() as runner:
        sent = runner.run(play())
    assert b" 500 " not in sent
    assert sent.endswith(b"\r\n\r\ntwo")


def test_a_device_goes_on_when_its_handler_fails(twin: Any) -> None:
    """Rule 10: fastresp owns the device from the call on."""

    async def play() -> Wire:
        async def handler(request: Any, responder: Any) -> None:
            responder.write(io.BytesIO(b"x" * 300000), "a/b")
            raise LookupError

        wire = Wire(twin, handler)
        wire.feed(GET % b"/")
        await turns()
        return wire

    with asyncio.Runner() as runner:
        wire = runner.run(play())
    assert wire.transport.sent.endswith(b"x" * 300000)
    assert not wire.transport.aborted


@pytest.mark.parametrize("size", [3, 300000])
def test_after_a_device_nothing_is_waited_for(twin: Any, size: int) -> None:
    """drain() returns, and on_close() calls, when the answer is over; another request's state is not told."""

    async def play() -> None:
        kept: list[Any] = []
        called: list[int] = []

        def handler(request: Any, responder: Any) -> None:
            kept.append(responder)
            if request.target == b"/device":
                responder.write(io.BytesIO(b"x" * size), "a/b")

        wire = Wire(twin, handler)
        wire.feed(GET % b"/device")
        await turns()
        wire.feed(GET % b"/")
        await turns()
        kept[0].on_close(lambda: called.append(1))
        assert called == [1]
        await asyncio.wait_for(kept[0].drain(), 1)
        wire.lose()
        assert kept[1].is_response_canceled
        assert not kept[0].is_response_canceled
        wire.service.close()

    with asyncio.Runner() as runner:
        runner.run(play())


def test_nothing_is_done_after_an_abort(twin: Any) -> None:
    """Neither is anything written to a connection that is given up, nor is another request of it handled."""
    targets = []

    def handler(request: Any, responder: Any) -> None:
        targets.append(request.target)
        responder.write_begin_chunked("a/b")  # and is dropped

    loop = asyncio.new_event_loop()
    wire = Wire(twin, handler, loop)
    wire.feed(GET.replace(b"1.1", b"1.0") % b"/one")
    loop.run_until_complete(turns())
    assert wire.transport.aborted
    wire = Wire(twin, handler, loop)
    wire.feed(GET.replace(b"1.1\r\n", b"1.0\r\nConnection: keep-alive\r\n") % b"/two" + GET % b"/three")
    loop.run_until_complete(turns())
    assert wire.transport.aborted
    loop.close()
    assert targets == [b"/one", b"/two"]


@pytest.mark.parametrize("call", ["write", "begin", "device"])
@pytest.mark.parametrize("status", [200, 204, 205, 299])
def test_a_tunnel_is_the_end_of_http(twin: Any, call: str, status: int) -> None:
    """RFC 9110, section 9.3.6: no framing in a 2xx to CONNECT, and what the client sends then is no request."""
    targets = []

    def handler(request: Any, responder: Any) -> None:
        targets.append(request.target)
        if call == "write":
            responder.write(b"x", "a/b", status)
        elif call == "device":
            responder.write(io.BytesIO(b"x"), "a/b", status)
        else:
            responder.write_begin_chunked("a/b", status)
            responder.write_end_chunked()

    loop = asyncio.new_event_loop()
    wire = Wire(twin, handler, loop)
    wire.feed(CONNECT)
    if not wire.transport.closed and not wire.transport.ended:
        wire.feed(GET % b"/tunnelled")
    loop.close()
    assert targets == [b"a:1"]
    assert wire.transport.closed or wire.transport.ended
    assert b"content-length" not in wire.transport.sent
    assert b"transfer-encoding" not in wire.transport.sent
