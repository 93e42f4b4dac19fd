"""Bodies that a plain handler finds complete: framed by length or in chunks (RFC 9112, sections 6 and 7.1)."""

from __future__ import annotations

import functools
import hashlib
import itertools
import threading
import tracemalloc

import pytest
from connection.tools import Inbox, chunked, message, post, settle, wait_for_no_connection
from hypothesis import given
from hypothesis import strategies as st

from fastresp.errors import BodyError

MIB = 1024 * 1024


def echo(request, responder):
    responder.write(request.body, "text/plain")


def digest(request, responder):
    responder.write(f"{len(request.body)} {hashlib.sha256(request.body).hexdigest()}")


async def read_and_digest(request, responder):
    await request.read()
    digest(request, responder)


@functools.cache
def pattern(size: int) -> bytes:
    """Bytes that tell where they stand."""
    return b"".join(b"%07d\n" % number for number in range(size // 8 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, 100, 4095, 4096, 65536, 262145, 3 * MIB])
class TestSizes:
    def test_content_length(self, serve, connect, size):
        client = connect(serve(echo))
        body = pattern(size)
        for _ in range(2):
            client.send(post("/", body))
            assert client.answer().body == body

    def test_chunked(self, serve, connect, size):
        client = connect(serve(echo))
        body = pattern(size)
        cuts = [*range(0, size, max(1, size // 7)), size]
        client.send(chunked("/", *(body[a:b] for a, b in itertools.pairwise(cuts) if b > a)))
        assert client.answer().body == body
        client.get()
        assert client.answer().body == b""


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_20_mib(serve, connect, framing):
    client = connect(serve(digest))
    body = pattern(20 * MIB)
    expected = f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()
    if framing == "length":
        client.send(post("/", body))
    else:
        client.send(chunked("/", *(body[start : start + 70001] for start in range(0, len(body), 70001))))
    assert client.answer().body == expected
    client.send(post("/", b"small"))
    assert client.answer().body.startswith(b"5 ")


def test_20_mib_there_and_back(serve, connect):
    client = connect(serve(echo))
    body = pattern(20 * MIB)
    sender = threading.Thread(target=client.send, args=(post("/", body),))
    sender.start()
    assert client.answer().body == body
    sender.join(10)
    assert not sender.is_alive()


def test_no_framing_means_no_body(serve, connect):
    client = connect(serve(echo))
    client.send(message("POST", "/"))
    assert client.answer().body == b""


def test_the_body_of_a_get(serve, connect):
    client = connect(serve(echo))
    client.send(message("GET", "/", "Content-Length: 4", body=b"body") + message("GET", "/"))
    assert [client.answer().body for _ in range(2)] == [b"body", b""]


def test_http_1_0(serve, connect):
    client = connect(serve(echo))
    client.send(message("POST", "/", "Content-Length: 4", version="1.0", body=b"body"))
    assert client.answer().body == b"body"
    assert client.rest() == b""


def test_a_plain_handler_is_called_when_all_is_there(serve, connect):
    calls = Inbox()

    def handle(request, responder):
        calls.put()
        echo(request, responder)

    server = serve(handle)
    client = connect(server)
    client.send(post("/", b"0123456789")[:-1])
    settle(server)
    assert calls.count == 0
    client.send(b"9")
    assert client.answer().body == b"0123456789"
    assert calls.count == 1


def test_read_works_on_what_is_there(serve, connect):
    """A plain function may hand its request to a coroutine: `read` and `async for` give what `body` has."""

    def handle(request, responder):
        async def later():
            responder.write([(await request.read()).decode(), [piece.decode() async for piece in request]])

        return later()

    client = connect(serve(handle))
    client.send(post("/", b"body"))
    assert client.answer().body == b'["body",["body"]]'


class TestTrailers:
    def test_are_there(self, serve, connect):
        def handle(request, responder):
            responder.write([[name, value] for name, value in request.trailers])

        client = connect(serve(handle))
        client.send(chunked("/", b"body", trailers="X-Sum:  1 \r\nx-sum: 2\r\nX-Other: three\r\n"))
        assert client.answer().body == b'[["X-Sum","1"],["x-sum","2"],["X-Other","three"]]'
        client.send(chunked("/", b"body"))
        assert client.answer().body == b"[]"
        client.send(post("/", b"body"))
        assert client.answer().body == b"[]"

    @pytest.mark.parametrize(
        "name",
        [
            "Content-Length", "Transfer-Encoding", "Host", "Trailer", "Content-Encoding", "Content-Type",
            "Content-Range", "Authorization", "Cookie", "Set-Cookie", "TE", "Connection", "Expect", "Cache-Control",
        ],
    )  # fmt: skip
    def test_forbidden_ones_are_dropped(self, serve, connect, name):
        def handle(request, responder):
            responder.write({"trailers": len(request.trailers), "sum": request.trailers.value("x-sum")})

        client = connect(serve(handle))
        client.send(chunked("/", b"body", trailers=f"{name}: 5\r\nX-Sum: 1\r\n"))
        assert client.answer().body == b'{"trailers":1,"sum":"1"}'
        client.send(chunked("/", b"body"))
        assert client.answer().body == b'{"trailers":0,"sum":null}'

    def test_never_become_headers(self, serve, connect):
        def handle(request, responder):
            responder.write(str(request.headers.value("x-sum")))

        client = connect(serve(handle))
        client.send(chunked("/", b"body", trailers="X-Sum: 1\r\n"))
        assert client.answer().body == b"None"

    def test_a_bad_one_is_refused(self, serve, connect):
        client = connect(serve(echo))
        client.send(chunked("/", b"body", trailers="X Sum: 1\r\n"))
        assert client.answer().status == 400
        assert client.rest() == b""


class TestTooLarge:
    def test_length_is_refused_before_it_is_read(self, serve, connect):
        calls = Inbox()
        client = connect(serve(lambda request, responder: calls.put(), max_body_size=1000))
        client.send(message("POST", "/", "Content-Length: 1001"))
        answer = client.answer()
        assert answer.status_line == b"HTTP/1.1 413 Content Too Large"
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""
        assert calls.count == 0

    def test_chunks_are_refused_when_they_pass_it(self, serve, connect):
        calls = Inbox()
        client = connect(serve(lambda request, responder: calls.put(), max_body_size=1000))
        client.send(message("POST", "/", "Transfer-Encoding: chunked") + b"3e8\r\n" + b"x" * 1000 + b"\r\n1\r\n")
        assert client.answer().status == 413
        assert client.rest() == b""
        assert calls.count == 0

    def test_just_fits(self, serve, connect):
        client = connect(serve(echo, max_body_size=1000))
        client.send(post("/", b"x" * 1000) + chunked("/", b"y" * 999, b"z"))
        assert client.answer().body == b"x" * 1000
        assert client.answer().body == b"y" * 999 + b"z"

    def test_a_client_that_sends_all_the_same(self, serve, connect):
        """It gets its answer, whole, though it goes on sending for a while."""
        client = connect(serve(echo, max_body_size=1000))
        client.send(message("POST", "/", "Content-Length: 200000", body=b"x" * 200000))
        answer = client.answer()
        assert answer.status == 413
        assert client.rest() == b""


class TestReceiver:
    """A large body is read into memory of its own; what stands around it is not."""

    @pytest.mark.parametrize("framing", [post, chunked])
    @pytest.mark.parametrize("handler", [digest, read_and_digest])
    def test_among_small_ones(self, serve, connect, framing, handler):
        client = connect(serve(handler))
        bodies = [b"a", pattern(MIB), b"b", pattern(3 * MIB), pattern(300_000), b"", pattern(2 * MIB), b"c"]
        client.send(b"".join(framing("/", body) if body else message("GET", "/") for body in bodies))
        for body in bodies:
            assert client.answer().body == f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()

    @pytest.mark.parametrize("step", [1000, 524288, 524289])
    def test_read_by_a_coroutine_in_small_and_full_pieces(self, serve, connect, step):
        async def handle(request, responder):
            seen = hashlib.sha256()
            async for piece in request:
                assert type(piece) is bytes
                seen.update(piece)
            responder.write(seen.hexdigest())

        server = serve(handle)
        client = connect(server)
        body = pattern(2 * MIB)
        for _ in range(2):
            client.send(post("/", body)[: -len(body)])
            for start in range(0, len(body), step):
                client.send(body[start : start + step])
            assert client.answer().body == hashlib.sha256(body).hexdigest().encode()

    def test_the_client_leaves_in_the_middle(self, serve, connect):
        inbox = Inbox()

        async def handle(request, responder):
            try:
                await request.read()
            except BodyError as error:
                inbox.put(str(error))
                raise

        server = serve(handle)
        client = connect(server)
        client.send(post("/", pattern(2 * MIB))[:MIB])
        settle(server)
        client.socket.close()
        assert "before the end" in inbox.get()
        wait_for_no_connection(server)

    @pytest.mark.parametrize("handler", [digest, read_and_digest])
    @pytest.mark.parametrize("step", [1000, 65536, 262001])
    def test_wanted_whole_in_pieces(self, serve, connect, handler, step):
        client = connect(serve(handler))
        body = pattern(2 * MIB)
        for _ in range(2):
            client.send(post("/", body)[: -len(body)])
            for start in range(0, len(body), step):
                client.send(body[start : start + step])
            assert client.answer().body == f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()

    @pytest.mark.parametrize("handler", [digest, read_and_digest])
    def test_a_client_that_stops_in_the_middle(self, serve, connect, handler):
        server = serve(handler, body_timeout=0.1)
        client = connect(server)
        client.send(post("/", pattern(2 * MIB))[:MIB])
        assert client.answer().status == 408
        client.socket.close()
        wait_for_no_connection(server)

    def test_a_body_that_is_refused_in_the_middle(self, serve, connect):
        client = connect(serve(digest))
        client.send(chunked("/", pattern(MIB))[:-7] + b"bad")
        assert client.answer().status == 400


class TestWhole:
    """What puts a body together."""

    @given(
        pieces=st.lists(st.binary(min_size=1, max_size=100_000), max_size=8), more=st.sampled_from([-1, 0, 1, 10**6])
    )
    def test_is_its_pieces(self, twin, pieces, more):
        data = b"".join(pieces)
        it = twin("net.receiver").new_whole(-1 if more < 0 else len(data) + more)
        for piece in pieces:
            it.add(piece)
        assert it.take() == data

    def test_announcing_costs_nothing(self, twin):
        tracemalloc.start()
        try:
            it = twin("net.receiver").new_whole(1 << 40)
            it.add(bytes(MIB))
            assert tracemalloc.get_traced_memory()[1] < 10 * MIB
        finally:
            tracemalloc.stop()
