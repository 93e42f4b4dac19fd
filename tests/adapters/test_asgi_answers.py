"""ASGI: what an application sends, as bytes on the wire."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress

import pytest
from adapters.asgi_applications import answering, body, length, start

PLAIN = (b"content-type", b"text/plain")


class TestWhole:
    def test_one_piece_has_its_length(self, asgi):
        client = asgi(answering(start(201, PLAIN), body(b"made")))
        client.get()
        assert client.until(b"made") == (
            b"HTTP/1.1 201 Created\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nmade"
        )

    def test_fields_keep_order_spelling_and_repetition(self, asgi):
        fields = [(b"set-cookie", b"a=1"), (b"X-Upper", b"1"), (b"set-cookie", b"b=2"), length(2)]
        client = asgi(answering(start(200, *fields), body(b"ok")))
        client.get()
        assert client.answer().fields == fields

    def test_keys_that_it_does_not_know(self, asgi):
        client = asgi(answering({**start(200), "of": "another version"}, {**body(b"ok"), "of": "another version"}))
        client.get()
        assert client.answer().body == b"ok"

    def test_no_fields_no_content(self, asgi):
        client = asgi(answering({"type": "http.response.start", "status": 200}, {"type": "http.response.body"}))
        client.get()
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    @pytest.mark.parametrize("data", [bytearray(b"data"), memoryview(b"data")])
    def test_other_buffers(self, asgi, data):
        client = asgi(answering(start(), body(data)))
        client.get()
        assert client.answer().body == b"data"

    def test_fields_of_any_iterable(self, asgi):
        client = asgi(answering(start() | {"headers": ([b"x", b"1"] for _ in range(1))}, body(b"ok")))
        client.get()
        assert client.answer().fields[0] == (b"x", b"1")

    @pytest.mark.parametrize("field", [("x", b"1"), (b"x", "1"), ("x", "1")])
    def test_fields_that_are_text(self, asgi, field):
        raised = []

        async def app(scope, receive, send):
            if scope["type"] == "http":
                try:
                    await send(start(200, field))
                except TypeError as error:
                    raised.append(str(error))
                await send(start())
                await send(body(b"instead"))

        client = asgi(app)
        client.get()
        assert client.answer().body == b"instead"
        assert "are bytes in ASGI" in raised[0]

    def test_lengths_that_say_the_same(self, asgi):
        field = length(2)
        for other in [(b"Content-Length", b" 2"), field]:
            client = asgi(answering(start(200, field, other), body(b"ok")))
            client.get()
            answer = client.answer()
            assert (answer.fields, answer.body) == ([field], b"ok")

    def test_lengths_that_do_not(self, asgi, log):
        client = asgi(answering(start(200, length(2), length(3)), body(b"ok")))
        client.get()
        assert client.answer().status == 500
        log.wait_for("content-length")

    def test_a_large_one(self, asgi):
        data = bytes(range(256)) * 8192
        client = asgi(answering(start(200, length(len(data))), body(data)))
        client.get()
        assert client.answer().body == data

    def test_framing_is_the_servers(self, asgi):
        client = asgi(answering(start(200, (b"Transfer-Encoding", b"chunked"), PLAIN), body(b"ok")))
        client.get()
        assert client.answer().fields == [PLAIN, length(2)]

    def test_connection_close(self, asgi):
        client = asgi(answering(start(200, (b"connection", b"close")), body(b"bye")))
        client.get()
        assert client.rest().endswith(b"bye")

    def test_pipelined_requests_are_answered_in_order(self, asgi):
        gates = {"/1": asyncio.Event(), "/2": asyncio.Event()}

        async def app(scope, receive, send):
            path = scope["path"]
            if path == "/3":
                gates["/2"].set()
            elif scope["type"] == "http":
                await gates[path].wait()
                if path == "/2":
                    gates["/1"].set()
            await send(start())
            await send(body(path.encode(), more=path == "/2"))
            if path == "/2":
                await send(body())

        client = asgi(app)
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n" % n for n in (1, 2, 3)))
        assert [client.answer().body for _ in range(3)] == [b"/1", b"/2", b"/3"]


class TestPieces:
    def test_without_a_length_they_are_chunks(self, asgi):
        client = asgi(answering(start(200, PLAIN), body(b"one", more=True), body(more=True), body(b"two")))
        client.get()
        answer = client.answer()
        assert answer.fields == [PLAIN, (b"transfer-encoding", b"chunked")]
        assert answer.chunks == [b"one", b"two"]

    @pytest.mark.parametrize("last", [b"two", b""])
    def test_with_a_length_they_have_it(self, asgi, last):
        client = asgi(answering(start(200, length(6)), body(b"one", more=True), *_tail(last)))
        client.get()
        client.get()
        for _ in range(2):
            answer = client.answer()
            assert answer.fields == [length(6)]
            assert answer.body == b"onetwo"

    def test_a_first_piece_that_is_all(self, asgi):
        client = asgi(answering(start(200, length(3)), body(b"one", more=True), body()))
        client.get()
        assert client.answer().body == b"one"
        client.get()
        assert client.answer().fields == [length(3)]

    def test_all_of_it_without_a_last_event(self, asgi):
        client = asgi(answering(start(200, length(6)), body(b"one", more=True), body(b"two", more=True)))
        client.get()
        client.get()
        assert [client.answer().body, client.answer().body] == [b"onetwo", b"onetwo"]

    @pytest.mark.parametrize("fields", [[], [length(6)]])
    def test_each_piece_leaves_at_once(self, asgi, fields):
        go = asyncio.Event()
        loops = []

        async def app(scope, receive, send):
            loops.append(asyncio.get_running_loop())
            if scope["type"] == "http":
                await send(start(200, *fields))
                await send(body(b"one", more=True))
                await go.wait()
                await send(body(b"two"))

        client = asgi(app)
        client.get()
        client.until(b"one")
        loops[-1].call_soon_threadsafe(go.set)
        client.until(b"two")

    def test_each_piece_leaves_before_what_blocks_behind_it(self, asgi):
        """A generator around a synchronous client, say: its own client sees each piece, alone or in pairs."""
        has_come = [threading.Event() for _ in range(4)]

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            await send(start())
            for number, event in enumerate(has_come):
                await send(body(b"event %d" % number, more=True))
                await send(body(b"data %d" % number, more=True))
                assert event.wait(10)  # and the loop with it
            await send(body())

        client = asgi(app)
        client.get()
        for number, event in enumerate(has_come):
            client.until(b"data %d\r\n" % number)
            time.sleep(0.002)  # longer than a burst may pause
            event.set()
        client.until(b"0\r\n\r\n")

    def test_to_http_10_they_end_with_the_connection(self, asgi):
        client = asgi(answering(start(), body(b"one", more=True), body(b"two")))
        client.get(version="1.0")
        head, _, content = client.rest().partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert content == b"onetwo"

    @pytest.mark.parametrize("fields", [[], [length(32 << 20)]])
    def test_a_slow_client_holds_the_application_back(self, asgi, fields):
        sent = []
        stalled, ended = threading.Event(), threading.Event()

        async def app(scope, receive, send):
            if scope["type"] != "http":
                return
            await send(start(200, *fields))
            for number in range(32):
                sending = asyncio.ensure_future(send(body(bytes(1 << 20), more=number < 31)))
                turns = 0
                while not sending.done() and turns < 200:  # nothing but the client can take longer
                    turns += 1
                    await asyncio.sleep(0)
                if not sending.done():
                    stalled.set()
                await sending
                sent.append(number)
            ended.set()

        client = asgi(app)
        client.get("/", "connection: close")
        assert stalled.wait(10)
        assert len(sent) < 24
        received = 0
        while data := client.socket.recv(1 << 20):
            received += len(data)
        assert received > 32 << 20
        assert ended.wait(10)
        assert len(sent) == 32

    def test_a_send_that_is_cancelled_loses_nothing_that_it_has_handed_over(self, asgi):
        cancelled = []
        stalled = threading.Event()

        async def app(scope, receive, send):
            if scope["type"] != "http":
                return
            await send(start(200, length(33 << 20)))
            for number in range(32):
                sending = asyncio.ensure_future(send(body(bytes([number]) * (1 << 20), more=True)))
                turns = 0
                while not sending.done() and turns < 200:
                    turns += 1
                    await asyncio.sleep(0)
                if not sending.done():
                    if cancelled:
                        stalled.set()  # and the client begins to read
                    else:
                        cancelled.append(sending.cancel())
                with suppress(asyncio.CancelledError):
                    await sending
            await send(body(bytes([32]) * (1 << 20)))

        client = asgi(app)
        client.get()
        assert stalled.wait(10)
        client.until(b"\r\n\r\n")
        received = bytearray(client.buffer)
        while len(received) < 33 << 20 and (data := client.socket.recv(1 << 20)):
            received += data
        assert received[:: 1 << 20] == bytes(range(33))

    def test_several_tasks_may_send(self, asgi):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send(start(200, length(400)))
                await asyncio.gather(*(send(body(bytes([65 + n]) * 100, more=True)) for n in range(4)))
                await send(body())

        client = asgi(app)
        client.get()
        assert sorted(client.answer().body) == sorted(b"A" * 100 + b"B" * 100 + b"C" * 100 + b"D" * 100)


def _tail(last: bytes) -> list[dict]:
    return [body(b"two")] if last else [body(b"two", more=True), body()]


class TestNoContent:
    @pytest.mark.parametrize("pieces", [[body(b"hello")], [body()], [body(b"he", more=True), body(b"llo")]])
    def test_head_with_a_length(self, asgi, pieces):
        client = asgi(answering(start(200, length(5)), *pieces))
        client.get(method="HEAD")
        assert client.answer("HEAD").fields == [length(5)]
        client.get(method="HEAD")
        assert client.answer("HEAD").status == 200

    @pytest.mark.parametrize(
        ("pieces", "framing"),
        [
            ([body(b"hello")], length(5)),
            ([body()], (b"transfer-encoding", b"chunked")),
            ([body(b"he", more=True), body(b"llo")], (b"transfer-encoding", b"chunked")),
        ],
    )
    def test_head_without_one(self, asgi, pieces, framing):
        """An empty answer to HEAD must not say that GET would have been empty."""
        client = asgi(answering(start(), *pieces))
        client.get(method="HEAD")
        assert client.answer("HEAD").fields == [framing]
        client.get(method="HEAD")
        assert client.answer("HEAD").status == 200

    @pytest.mark.parametrize("status", [204, 304])
    @pytest.mark.parametrize("fields", [[], [length(5)]])
    @pytest.mark.parametrize("pieces", [[body()], [body(b"hello")], [body(b"hel", more=True), body(b"lo")]])
    def test_statuses_without(self, asgi, status, fields, pieces):
        client = asgi(answering(start(status, *fields), *pieces))
        client.get()
        answer = client.answer()
        assert (answer.status, answer.body) == (status, b"")
        assert not answer.all(b"transfer-encoding")
        if status == 204 or (not fields and pieces == [body()]):
            assert not answer.all(b"content-length")
        client.get()
        assert client.answer().status == status
