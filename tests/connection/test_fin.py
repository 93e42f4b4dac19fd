"""A handler that asks is told of a client's FIN at once, before and in the middle of its answer; that still arrives."""

from __future__ import annotations

import asyncio

import pytest
from client import TIMEOUT
from connection.fake import Wire
from connection.test_drain import close
from connection.tools import Gate, Inbox, Late, in_loop, message, wait_for_no_connection


@pytest.mark.parametrize("begun", [False, True], ids=["before", "in the middle"])
class TestTold:
    def test_a_plain_handler(self, serve, connect, begun):
        late, told = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        in_loop(server, responder.on_close, told.put)
        if begun:
            in_loop(server, responder.write_begin_chunked, "text/plain")
            in_loop(server, responder.write_chunk, "one ")
            client.until(b"one \r\n")
        client.half_close()
        told.get()
        assert responder.is_response_canceled is False
        if begun:
            in_loop(server, responder.write_chunk, "two")
            in_loop(server, responder.write_end_chunked)
            assert client.rest() == b"3\r\ntwo\r\n0\r\n\r\n"
        else:
            in_loop(server, responder.write, "whole")
            assert client.answer().body == b"whole"
            assert client.rest() == b""
        assert told.count == 1
        wait_for_no_connection(server)

    def test_a_coroutine_that_waits_for_it(self, serve, connect, begun):
        ready = Inbox()

        async def handle(request, responder):
            left = asyncio.Event()
            responder.on_close(left.set)
            if begun:
                responder.write_begin_chunked("text/plain")
                responder.write_chunk("one ")
            ready.put()
            await left.wait()
            assert responder.is_response_canceled is False
            if begun:
                responder.write_end_chunked("end")
            else:
                responder.write("end")

        server = serve(handle)
        client = connect(server)
        client.get()
        ready.get()
        client.half_close()
        assert client.answer().body == (b"one end" if begun else b"end")
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_all_that_are_pipelined(self, serve, connect, begun):
        gate, told, ready = Gate(), Inbox(), Inbox()

        async def handle(request, responder):
            responder.on_close(told.put)
            if begun:
                responder.write_begin_chunked("text/plain")
            ready.put()
            await gate.passed()
            if begun:
                responder.write_end_chunked(request.path)
            else:
                responder.write(request.path)

        server = serve(handle)
        client = connect(server)
        client.send(b"".join(message("GET", f"/{number}") for number in range(5)))
        ready.take(5)
        client.half_close()
        told.take(5)
        gate.open()
        for number in range(5):
            assert client.answer().body == b"/%d" % number
        assert client.rest() == b""
        assert told.count == 5

    def test_the_end_of_the_server_is_not_held_up(self, serve, connect, begun):
        ready = Inbox()

        async def handle(request, responder):
            left = asyncio.Event()
            responder.on_close(left.set)
            if begun:
                responder.write_begin_chunked("text/plain")
                responder.write_chunk("one")
            ready.put()
            await left.wait()
            responder.write_end_chunked() if begun else responder.write("end")

        server = serve(handle)
        client = connect(server)
        client.get()
        ready.get()
        closing = asyncio.run_coroutine_threadsafe(server.close(60.0), server._loop)
        client.half_close()
        closing.result(10)
        assert client.rest().endswith(b"0\r\n\r\n" if begun else b"end")


@pytest.mark.parametrize("how", ["grace", "write_timeout"])
def test_an_answer_that_the_end_delimits_is_not_cut_in_silence(serve, connect, log, how):
    """To HTTP/1.0 the end of the connection is that of a chunked answer: one that comes too early has to be a reset."""

    def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_end_chunked(b"x" * 30_000_000)

    server = serve(handle, write_timeout=0.2 if how == "write_timeout" else 30.0)
    client = connect(server)
    client.get(version="1.0")
    client.until(b"\r\n\r\n")
    if how == "grace":
        close(server, 0.0).result(TIMEOUT)
        log.expect("cut at the end of grace: ", " bytes of an answer to 127.0.0.1:")
    else:
        wait_for_no_connection(server)
    assert client.is_reset()


def test_a_reset_takes_no_earlier_answer_along(twin, log):
    """The second one is cut, which to HTTP/1.0 only a reset tells; the first was complete in the same read."""

    def handle(request, responder):
        if request.path == "/whole":
            responder.write(b"whole", "text/plain")
        else:
            responder.write_begin_chunked("text/plain")
            raise LookupError("in the middle")

    async def main():
        wire = Wire(twin, handle)
        wire.feed(message("GET", "/whole") + message("GET", "/cut", version="1.0"))
        assert wire.transport.aborted
        assert wire.transport.sent.startswith(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nwhole"
        )
        wire.lose()

    asyncio.run(main())
    log.expect("the handler failed on GET /cut")
