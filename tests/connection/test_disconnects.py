"""Clients that leave, at every step: the handler can know, everything is let go, and the log stays empty."""

from __future__ import annotations

import asyncio
import io

import pytest
from connection.tools import Gate, Inbox, Late, answer_late, in_loop, message, post, settle, wait_for_no_connection

from fastresp.errors import BodyError

LEAVING = pytest.mark.parametrize("leave", ["close", "reset"])


def go(client, how: str) -> None:
    if how == "reset":
        client.reset()
    else:
        client.socket.close()


def hello(request, responder):
    responder.write(b"hello", "text/plain")


def test_a_reset_hides_no_address(serve, connect):
    """Of a client that is gone before it is accepted, the system gives what it has sent, and not who it was."""
    addresses = []

    def handle(request, responder):
        addresses.append(request.remote_address)
        responder.write(b"hello", "text/plain")

    def hold_up():
        for _ in range(5):
            client = connect(server)
            client.send(message("GET", "/") * 4)
            client.reset()

    server = serve(handle, rate_limit_per_second=1000)
    in_loop(server, hold_up)
    wait_for_no_connection(server)
    assert all(isinstance(address, tuple) for address in addresses)


@LEAVING
class TestBeforeTheHandler:
    def test_without_a_word(self, serve, connect, leave):
        server = serve(hello)
        client = connect(server)
        settle(server)
        go(client, leave)
        wait_for_no_connection(server)

    def test_idle(self, serve, connect, leave):
        server = serve(hello)
        client = connect(server)
        client.get()
        assert client.answer().body == b"hello"
        go(client, leave)
        wait_for_no_connection(server)

    def test_in_the_middle_of_a_head(self, serve, connect, leave):
        calls = Inbox()
        server = serve(lambda request, responder: calls.put())
        client = connect(server)
        client.send(b"GET / HTTP/1.1\r\nHost: te")
        settle(server)
        go(client, leave)
        wait_for_no_connection(server)
        assert calls.count == 0

    def test_in_the_middle_of_a_collected_body(self, serve, connect, leave):
        calls = Inbox()
        server = serve(lambda request, responder: calls.put())
        client = connect(server)
        client.send(message("POST", "/", "Content-Length: 1000000", body=b"x" * 100000))
        settle(server)
        go(client, leave)
        wait_for_no_connection(server)
        assert calls.count == 0


@LEAVING
class TestWhileReading:
    @pytest.mark.parametrize("how", ["read", "iteration"])
    @pytest.mark.parametrize("caught", [True, False])
    def test_body_error(self, serve, connect, leave, how, caught):
        started, errors = Inbox(), Inbox()

        async def handle(request, responder):
            started.put()
            try:
                if how == "read":
                    await request.read()
                else:
                    async for _ in request:
                        pass
            except BodyError as error:
                errors.put(error)
                if not caught:
                    raise
                responder.write(500)

        server = serve(handle)
        client = connect(server)
        client.send(message("POST", "/", "Content-Length: 1000000", body=b"x" * 1000))
        started.get()
        go(client, leave)
        assert isinstance(errors.get(), BodyError)
        wait_for_no_connection(server)
        assert errors.count == 1

    def test_a_handler_that_waits_for_something_else(self, serve, connect, leave):
        """A FIN does not say that the client is gone; but a body cut short does."""
        started, gate, canceled = Inbox(), Gate(), Inbox()

        async def handle(request, responder):
            started.put()
            await gate.passed()
            canceled.put(responder.is_response_canceled)
            with pytest.raises(BodyError):
                await request.read()
            canceled.put(responder.is_response_canceled)

        server = serve(handle)
        client = connect(server)
        client.send(message("POST", "/", "Content-Length: 1000000", body=b"x" * 1000))
        started.get()
        go(client, leave)
        wait_for_no_connection(server)
        gate.open()
        assert canceled.take(2) == [True, True]


class TestWhileHandling:
    def test_late_responder(self, serve, connect):
        late, closed = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        assert in_loop(server, lambda: responder.is_response_canceled) is False
        in_loop(server, responder.on_close, closed.put)
        client.reset()
        closed.get()
        assert in_loop(server, lambda: responder.is_response_canceled) is True
        wait_for_no_connection(server)
        assert closed.count == 1

    def test_every_call_is_silent_then(self, serve, connect):
        late, closed = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        in_loop(server, responder.on_close, closed.put)
        client.reset()
        closed.get()
        device = io.BytesIO(b"content")

        def calls():
            responder.write_chunk(b"x")
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"x")
            responder.write_end_chunked(b"x", {"x-y": "z"})
            responder.write(102)
            responder.write(b"x", "text/plain")
            responder.write(device, "text/plain")
            responder.write(500)
            responder.on_close(closed.put)

        in_loop(server, calls)
        assert device.closed
        assert closed.count == 2
        asyncio.run_coroutine_threadsafe(responder.drain(), server._loop).result(10)
        assert responder.is_response_canceled is True

    def test_the_request_is_still_there(self, serve, connect):
        late, closed = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.send(post("/path?q=1", b"body", "X: 1"))
        request, responder = late.calls.get()
        in_loop(server, responder.on_close, closed.put)
        address = client.socket.getsockname()
        client.reset()
        closed.get()

        def look():
            return request.path, request.query["q"], request.headers["x"], request.body, request.remote_address

        assert in_loop(server, look) == ("/path", "1", "1", b"body", address)

    def test_all_that_are_pipelined(self, serve, connect):
        late, closed = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.send(message("GET", "/") * 5)
        responders = [responder for _, responder in late.calls.take(5)]
        in_loop(server, responders[3].write, b"ready", "text/plain")
        for number in (0, 1, 2, 4):
            in_loop(server, responders[number].on_close, closed.put)
        client.reset()
        closed.take(4)
        assert [responders[number].is_response_canceled for number in (0, 1, 2, 4)] == [True] * 4
        wait_for_no_connection(server)

    def test_coroutine(self, serve, connect):
        started, gate, found = Inbox(), Gate(), Inbox()

        async def handle(request, responder):
            responder.on_close(lambda: started.put("closed"))
            started.put("started")
            await gate.passed()
            found.put(responder.is_response_canceled)
            responder.write(b"too late", "text/plain")

        server = serve(handle)
        client = connect(server)
        client.get()
        assert started.get() == "started"
        client.reset()
        assert started.get() == "closed"
        wait_for_no_connection(server)
        gate.open()
        assert found.get() is True

    def test_a_fin_is_told_at_once(self, serve, connect):
        """A FIN may be half a close: whoever asked is told, and what is answered is sent."""
        late, closed = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        in_loop(server, responder.on_close, closed.put)
        client.half_close()
        closed.get()
        assert responder.is_response_canceled is False
        in_loop(server, responder.on_close, closed.put)
        assert closed.count == 2  # at once, now that it is known
        answer_late(server, responder, "still read")
        assert client.answer().body == b"still read"
        assert client.rest() == b""
        assert closed.count == 2
        wait_for_no_connection(server)

    def test_nothing_is_sent_to_ask_whether_a_client_is_there(self, serve, connect):
        late = Late()
        server = serve(late, head_timeout=0.1)  # how often the server looks follows the shortest time-out
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        client.half_close()
        looked = Inbox()
        in_loop(server, server._loop.call_later, 0.3, looked.put)
        looked.get()
        answer_late(server, responder, "done")
        assert client.answer().status == 200

    def test_after_the_answer_nothing_is_canceled(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        answer_late(server, responder, "done")
        assert client.answer().body == b"done"
        client.reset()
        wait_for_no_connection(server)
        assert responder.is_response_canceled is False

    def test_on_close_is_called_after_a_whole_answer_too(self, serve, connect):
        closed = Inbox()

        def handle(request, responder):
            responder.on_close(lambda: closed.put(responder.is_response_canceled))
            responder.write(b"hello", "text/plain")

        client = connect(serve(handle))
        client.get()
        assert client.answer().body == b"hello"
        assert closed.get() is False
        assert closed.count == 1

    def test_a_failing_callback_is_logged_and_the_others_run(self, serve, connect, log):
        closed = Inbox()

        def fail():
            raise RuntimeError("on purpose")

        def handle(request, responder):
            responder.on_close(fail)
            responder.on_close(closed.put)
            responder.write(b"hello", "text/plain")

        client = connect(serve(handle))
        client.get()
        assert client.answer().body == b"hello"
        closed.get()
        log.expect("on_close", "RuntimeError: on purpose")


def test_many_that_come_and_go(serve, connect):
    server = serve(hello)
    for number in range(200):
        client = connect(server)
        if number % 2:
            client.get()
        go(client, "reset" if number % 3 else "close")
    wait_for_no_connection(server)
    client = connect(server)
    client.get()
    assert client.answer().body == b"hello"
