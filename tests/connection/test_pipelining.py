"""Requests that do not wait for the answers before them (RFC 9112, section 9.3.2): all are answered, in their order."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import Wire, turns
from connection.tools import Gate, Inbox, Late, answer_late, chunked, in_loop, message, post


def mirror(request, responder):
    responder.write(request.target, "text/plain")


def gets(count: int) -> bytes:
    return b"".join(message("GET", f"/{number}") for number in range(count))


class TestOrder:
    @pytest.mark.parametrize("count", [2, 16, 65, 1000])
    def test_in_one_segment(self, serve, connect, count):
        client = connect(serve(mirror))
        client.send(gets(count))
        for number in range(count):
            assert client.answer().body == b"/%d" % number

    @pytest.mark.parametrize("count", [16, 65, 500])
    def test_coroutines(self, serve, connect, count):
        async def handle(request, responder):
            if int(request.path[1:]) % 3 == 0:
                await asyncio.sleep(0)
            mirror(request, responder)

        client = connect(serve(handle))
        client.send(gets(count))
        for number in range(count):
            assert client.answer().body == b"/%d" % number

    def test_later_ones_ready_first(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(gets(10))
        for request, responder in reversed(late.calls.take(10)):
            answer_late(server, responder, request.path)
        for number in range(10):
            assert client.answer().body == b"/%d" % number

    def test_what_is_ready_does_not_wait_for_the_rest(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(gets(3))
        (_, first), (_, second), (_, third) = late.calls.take(3)
        answer_late(server, second, "second")
        answer_late(server, first, "first")
        assert client.answer().body == b"first"
        assert client.answer().body == b"second"
        answer_late(server, third, "third")
        assert client.answer().body == b"third"

    def test_answers_of_all_kinds(self, serve, connect, tmp_path):
        path = tmp_path / "file.txt"
        path.write_bytes(b"file" * 50000)

        async def device():
            for number in range(5):
                await asyncio.sleep(0)
                yield b"%d," % number

        def handle(request, responder):
            kind = request.path[1:]
            if kind == "chunks":
                responder.write_begin_chunked({"content-type": "text/plain"}, ["x-end"])
                for number in range(3):
                    responder.write_chunk(str(number))
                responder.write_end_chunked(b"", {"x-end": "yes"})
            elif kind == "file":
                responder.write(path)
            elif kind == "device":
                responder.write(device(), "text/plain")
            elif kind == "interim":
                responder.write(102)
                responder.write(b"final", "text/plain")
            else:
                responder.write(204)

        client = connect(serve(handle))
        kinds = ["chunks", "file", "none", "device", "interim", "file", "chunks"]
        client.send(b"".join(message("GET", f"/{kind}") for kind in kinds * 3))
        for kind in kinds * 3:
            answer = client.answer()
            if kind == "chunks":
                assert (answer.body, answer.trailers) == (b"012", [(b"x-end", b"yes")])
            elif kind == "file":
                assert answer.body == b"file" * 50000
            elif kind == "device":
                assert answer.body == b"0,1,2,3,4,"
            elif kind == "interim":
                assert answer.status == 102
                assert client.answer().body == b"final"
            else:
                assert answer.status == 204

    def test_chunks_of_a_later_answer_are_kept_back(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(gets(2))
        (_, first), (_, second) = late.calls.take(2)

        def stream():
            second.write_begin_chunked("text/plain")
            second.write_chunk(b"a")
            second.write_chunk(b"b")
            first.write(b"first", "text/plain")
            second.write_end_chunked(b"c")

        server._loop.call_soon_threadsafe(stream)
        assert client.answer().body == b"first"
        assert client.answer().chunks == [b"a", b"b", b"c"]

    def test_interim_answers_of_a_later_one_are_kept_back(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(gets(2))
        (_, first), (_, second) = late.calls.take(2)
        in_loop(server, second.write, 102)
        answer_late(server, first, "first")
        assert client.answer().body == b"first"
        assert client.answer().status == 102
        answer_late(server, second, "second")
        assert client.answer().body == b"second"

    def test_a_handler_that_closes_ends_those_behind_it(self, serve, connect):
        """They are not answered, and their handlers can know; RFC 9112, section 9.6."""
        late, closed = Late(), Inbox()
        server = serve(late)
        client = connect(server)
        client.send(gets(3))
        (_, first), (_, second), (_, third) = late.calls.take(3)
        in_loop(server, third.on_close, closed.put)
        answer_late(server, first, "first")
        in_loop(server, second.write, b"second", {"connection": "close"})
        assert client.answer().body == b"first"
        assert client.answer().body == b"second"
        assert client.rest() == b""
        closed.get()
        assert third.is_response_canceled is True

    def test_head_between_gets(self, serve, connect):
        client = connect(serve(mirror))
        client.send(message("GET", "/a") + message("HEAD", "/bb") + message("GET", "/c"))
        assert client.answer().body == b"/a"
        assert client.answer("HEAD").one(b"content-length") == b"3"
        assert client.answer().body == b"/c"


class TestWrites:
    """On a transport that counts."""

    def test_16_answers_in_one_write(self, twin):
        async def main():
            wire = Wire(twin, mirror)
            wire.feed(gets(16))
            await turns()
            assert len(wire.transport.writes) == 1
            assert wire.transport.sent.count(b"HTTP/1.1 200 OK\r\n") == 16
            wire.lose()

        asyncio.run(main())

    def test_late_answers_of_one_turn_in_one_write(self, twin):
        async def main():
            late = Late()
            wire = Wire(twin, late)
            wire.feed(gets(4))
            for _, responder in reversed(late.calls.take(4)):
                responder.write(b"x", "text/plain")
            await turns()
            assert len(wire.transport.writes) == 1
            assert wire.transport.sent.count(b"HTTP/1.1 200 OK\r\n") == 4
            wire.lose()

        asyncio.run(main())

    def test_head_and_chunks_of_one_turn_in_one_write(self, twin):
        def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"a")
            responder.write_end_chunked(b"b")

        async def main():
            wire = Wire(twin, handle)
            wire.feed(gets(1))
            await turns()
            assert len(wire.transport.writes) == 1
            assert wire.transport.sent.endswith(b"\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
            wire.lose()

        asyncio.run(main())

    def test_unanswered_requests_have_a_limit(self, twin):
        """Reading stops at some number, goes on when answers are complete, and nobody is lost."""

        async def main():
            late = Late()
            wire = Wire(twin, late)
            wire.feed(gets(500))
            await turns()
            assert late.calls.count == 11  # that many answers of 28 KiB could have to be held
            assert not wire.transport.reading
            answered = 0
            while answered < 500:
                _, responder = late.calls.get()
                responder.write(b"%d" % answered, "text/plain")
                answered += 1
                await turns(3)
                assert late.calls.count <= answered + 11
            assert wire.transport.reading
            bodies = [part.partition(b"\r\n\r\n")[2] for part in wire.transport.sent.split(b"HTTP/1.1 200 OK")[1:]]
            assert bodies == [b"%d" % number for number in range(500)]
            wire.lose()

        asyncio.run(main())


class TestSideBySide:
    """RFC 9112, section 9.3.2: a server may handle safe requests in parallel, and those alone."""

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
    def test_safe_ones_run_together(self, serve, connect, method):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(message(method, "/") * 4)
        for _, responder in late.calls.take(4):
            answer_late(server, responder, "x")
        for _ in range(4):
            assert client.answer(method).status == 200

    @pytest.mark.parametrize(
        "unsafe",
        [
            post("/unsafe", b"body"),
            post("/unsafe", b""),
            chunked("/unsafe", b"body"),
            message("PUT", "/unsafe"),
            message("DELETE", "/unsafe"),
            message("PATCH", "/unsafe"),
            message("UNHEARD", "/unsafe"),
            message("GET", "/unsafe", "Content-Length: 4", body=b"body"),
        ],
        ids=["post", "empty-post", "chunked", "put", "delete", "patch", "unknown", "get-with-body"],
    )
    def test_an_unsafe_one_waits_and_is_waited_for(self, twin, unsafe):
        async def main():
            late = Late()
            wire = Wire(twin, late)
            wire.feed(gets(2) + unsafe + gets(2))
            await turns()
            (_, first), (_, second) = late.calls.take(2)
            assert late.calls.count == 2
            first.write(b"0", "text/plain")
            await turns()
            assert late.calls.count == 2
            second.write(b"1", "text/plain")
            await turns()
            assert late.calls.count == 3
            request, third = late.calls.get()
            assert request.path == "/unsafe"
            third.write(b"2", "text/plain")
            await turns()
            assert late.calls.count == 5
            for number, (_, responder) in enumerate(late.calls.take(2)):
                responder.write(b"%d" % (number + 3), "text/plain")
            await turns()
            assert wire.transport.reading
            bodies = [part.partition(b"\r\n\r\n")[2] for part in wire.transport.sent.split(b"HTTP/1.1 200 OK")[1:]]
            assert bodies == [b"0", b"1", b"2", b"3", b"4"]
            wire.lose()

        asyncio.run(main())

    def test_on_a_socket(self, serve, connect):
        gate, running = Gate(), Inbox()

        async def handle(request, responder):
            running.put(request.path)
            if request.path == "/slow":
                await gate.passed()
            responder.write(request.path.encode() + await request.read(), "text/plain")

        client = connect(serve(handle))
        client.send(message("GET", "/slow") + message("GET", "/fast") + post("/post", b"!") + message("GET", "/after"))
        assert running.take(2) == ["/slow", "/fast"]
        assert running.count == 2
        gate.open()
        assert [client.answer().body for _ in range(4)] == [b"/slow", b"/fast", b"/post!", b"/after"]


class TestBadBehindGood:
    def test_good_ones_are_answered_first(self, serve, connect):
        client = connect(serve(mirror))
        client.send(gets(5) + b"GET / HTTP/1.1\r\nHost : x\r\n\r\n" + gets(1))
        for number in range(5):
            answer = client.answer()
            assert (answer.status, answer.body) == (200, b"/%d" % number)
        answer = client.answer()
        assert answer.status == 400
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""

    def test_also_when_they_are_late(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(gets(3) + b"rubbish\r\n\r\n")
        for request, responder in reversed(late.calls.take(3)):
            answer_late(server, responder, request.path)
        assert [client.answer().body for _ in range(3)] == [b"/0", b"/1", b"/2"]
        assert client.answer().status == 400
        assert client.rest() == b""
        assert late.calls.count == 3

    def test_behind_a_close(self, serve, connect):
        client = connect(serve(mirror))
        client.send(gets(1) + message("GET", "/last", "Connection: close") + b"rubbish\r\n\r\n")
        assert client.answer().body == b"/0"
        assert client.answer().body == b"/last"
        assert client.rest() == b""
