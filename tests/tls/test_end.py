"""The end of a connection, from either side, in the middle of anything."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import threading
from contextlib import suppress

import pytest
from client import TIMEOUT
from connection.test_bodies import pattern
from connection.tools import Inbox, Late, answer_late, in_loop, message, post, wait_for_no_connection
from tls.tools import transports

from fastresp.errors import BodyError

MIB = 1 << 20
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def hello(request, responder):
    responder.write(b"hello", "text/plain")


@pytest.fixture(params=VERSIONS)
def pair(request, secure, contexts, hand_made):
    """A server and a client that have shaken hands: `server, client = pair(handler)`."""

    def start(handler, **config):
        server_context, client_context = contexts(request.param)
        server = secure(handler, server_context, **config)
        client = hand_made(server, client_context)
        client.wire(client.shake_hands())
        client.get("/first")
        return server, client

    return start


def first_hello(handler):
    """The handler, but for the first request."""

    def handle(request, responder):
        return hello(request, responder) if request.path == "/first" else handler(request, responder)

    return handle


class TestOurs:
    def test_close(self, pair):
        server, client = pair(hello)
        assert client.answer().body == b"hello"
        client.get("/", "Connection: close")
        assert client.answer().body == b"hello"
        assert client.rest() == b""
        wait_for_no_connection(server)  # though the client says no close_notify

    def test_behind_a_large_answer(self, pair):
        server, client = pair(first_hello(lambda request, responder: responder.write(pattern(8 * MIB), "text/plain")))
        client.answer()
        client.get("/", "Connection: close")
        assert client.answer().body == pattern(8 * MIB)
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_while_the_client_is_sending(self, pair):
        """What nobody reads must not reset the connection, and take the answer with it."""
        server, client = pair(hello, max_body_size=1000)
        client.answer()
        client.send(message("POST", "/", "Content-Length: 100000"))
        assert client.answer().status == 413
        for _ in range(100):
            client.send(bytes(1000))
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    def test_to_a_client_that_never_stops_sending(self, pair):
        server, client = pair(hello, max_body_size=1000)
        client.answer()
        client.send(message("POST", "/", "Content-Length: 100000000"))
        assert client.answer().status == 413
        endless = client.records(*[bytes(16000)] * 64)
        with pytest.raises(OSError, match=r"(?i)reset|broken pipe"):
            send_for_ever(client, endless)
        wait_for_no_connection(server)

    def test_a_client_that_reads_all_the_time_gets_the_whole_answer(self, pair):
        """However much of its upload comes meanwhile, which nobody reads."""

        async def ignore(request, responder):
            responder.write(pattern(300000) if request.method == "POST" else b"hello", "text/plain")

        server, client = pair(ignore)
        client.answer()
        head = client.records(message("POST", "/", f"Content-Length: {20 * MIB}"))
        upload = head + client.records(*[bytes(16384)] * 1280)
        sending = threading.Thread(target=send_all, args=(client, upload), daemon=True)
        sending.start()
        assert client.answer().body == pattern(300000)
        assert client.rest() == b""
        client.socket.close()
        sending.join(TIMEOUT)
        wait_for_no_connection(server)

    def test_of_the_whole_server(self, pair):
        server, client = pair(hello)
        client.answer()
        closing = asyncio.run_coroutine_threadsafe(server.close(60), server._loop)
        assert client.rest() == b""
        closing.result(TIMEOUT)

    def test_of_the_whole_server_while_it_answers(self, pair):
        late = Late()
        server, client = pair(first_hello(late))
        client.answer()
        client.get()
        _, responder = late.calls.get()
        closing = asyncio.run_coroutine_threadsafe(server.close(60), server._loop)
        answer_late(server, responder, "late, but whole")
        assert client.answer().body == b"late, but whole"
        assert client.rest() == b""
        closing.result(TIMEOUT)

    def test_of_an_idle_connection(self, pair):
        server, client = pair(hello, keep_alive_timeout=0.2)
        assert client.answer().body == b"hello"
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_nothing_is_written_afterwards(self, pair):
        server, client = pair(hello)
        client.answer()
        (transport,) = transports(server)

        def end():
            transport.close()
            transport.close()
            transport.write(b"too late")
            transport.writelines([b"too", b"late"])
            transport.write_eof()
            assert transport.is_closing()

        in_loop(server, end)
        assert client.rest() == b""
        wait_for_no_connection(server)
        in_loop(server, end_calls, transport)


def send_all(client, data):
    with suppress(OSError):  # the server may have ended the connection
        client.wire(data)


def send_for_ever(client, data):
    """Until the server has waited for LINGER seconds."""
    while True:
        client.wire(data)


def end_calls(transport):
    """Calls that come when the connection is lost."""
    transport.write(b"too late")
    transport.pause_reading()
    transport.resume_reading()
    transport.close()
    transport.abort()
    assert transport.get_write_buffer_size() == 0
    assert transport.get_extra_info("peername") is None
    assert transport.get_protocol() is None


class TestTheirs:
    def test_a_close_notify_is_answered(self, pair):
        server, client = pair(hello)
        client.answer()
        client.wire(client.close_notify())
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_a_close_notify_behind_a_request(self, pair):
        server, client = pair(hello)
        client.answer()
        client.wire(client.records(message("GET", "/")) + client.close_notify())
        assert client.answer().body == b"hello"
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_a_close_notify_behind_a_request_with_a_large_answer(self, pair):
        server, client = pair(first_hello(lambda request, responder: responder.write(pattern(8 * MIB), "text/plain")))
        client.answer()
        client.wire(client.records(message("GET", "/")) + client.close_notify())
        assert client.answer().body == pattern(8 * MIB)
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_a_close_notify_of_one_that_reads_nothing_more(self, pair):
        server, client = pair(
            first_hello(lambda request, responder: responder.write(bytes(32 * MIB), "text/plain")), write_timeout=0.2
        )
        client.answer()
        client.wire(client.records(message("GET", "/")) + client.close_notify())
        wait_for_no_connection(server)

    @pytest.mark.parametrize("way", ["close_notify", "end"])
    def test_of_one_that_left_a_little_unread(self, pair, way):
        """Not enough to hold the writer back, and therefore not on the clock of the answer."""
        found, stuck = Inbox(), Inbox()

        async def handle(request, responder):
            if request.path == "/first":
                hello(request, responder)
                return
            transport = found.get()
            responder.write_begin_chunked("text/plain")
            while not transport.get_write_buffer_size():
                responder.write_chunk(bytes(16000))
                await asyncio.sleep(0)
            stuck.put(transport.get_write_buffer_size())
            gone = asyncio.get_running_loop().create_future()
            responder.on_close(lambda: gone.set_result(None))
            await gone

        server, client = pair(handle, write_timeout=0.2)
        client.answer()
        found.put(*transports(server))
        client.get()
        assert stuck.get() < 65536
        leave(client, way)
        wait_for_no_connection(server)

    @pytest.mark.parametrize("way", ["close_notify", "end", "reset"])
    def test_in_a_body(self, pair, way):
        failures = Inbox()

        async def handle(request, responder):
            if request.path == "/first":
                hello(request, responder)
                return
            try:
                await request.read()
            except BodyError as error:
                failures.put(error)
                raise

        server, client = pair(handle)
        client.answer()
        client.send(post("/", b"x" * 1000)[:-10])
        leave(client, way)
        assert "before the end of the request's body" in str(failures.get())
        wait_for_no_connection(server)

    @pytest.mark.parametrize("way", ["close_notify", "end", "reset"])
    def test_in_a_head(self, pair, way):
        server, client = pair(hello)
        client.answer()
        client.send(message("GET", "/")[:-2])
        leave(client, way)
        wait_for_no_connection(server)

    def test_in_a_record(self, pair):
        server, client = pair(hello)
        client.answer()
        client.wire(client.records(message("GET", "/"))[:-1])
        client.half_close()
        assert client.rest() == b""
        wait_for_no_connection(server)

    @pytest.mark.parametrize("way", ["end", "reset"])
    def test_before_the_answer(self, pair, way):
        late = Late()
        server, client = pair(first_hello(late))
        client.answer()
        client.get()
        _, responder = late.calls.get()
        leave(client, way)
        wait_for_no_connection(server)
        assert responder.is_response_canceled is True
        answer_late(server, responder, "too late")

    @pytest.mark.parametrize("way", ["close", "reset"])
    def test_in_an_answer(self, pair, way):
        ended = Inbox()

        async def handle(request, responder):
            if request.path == "/first":
                hello(request, responder)
                return
            responder.on_close(lambda: ended.put(responder.is_response_canceled))
            responder.write_begin_chunked("text/plain")
            while not responder.is_response_canceled:
                responder.write_chunk(pattern(MIB))
                await responder.drain()

        server, client = pair(handle)
        client.answer()
        client.get()
        client.until(b"\r\n\r\n")
        getattr(client.socket if way == "close" else client, way)()
        assert ended.get() is True
        wait_for_no_connection(server)

    def test_the_log_knows_them(self, pair, caplog):
        caplog.set_level(logging.INFO, "fastresp.access")
        late = Late()
        server, client = pair(first_hello(late), access_log=True)
        client.answer()
        client.get("/left")
        _, responder = late.calls.get()
        host, port = client.socket.getsockname()
        client.reset()
        wait_for_no_connection(server)
        assert f'{host}:{port} "GET /left HTTP/1.1" 499 0' in caplog.messages
        answer_late(server, responder, "too late")


def leave(client, way):
    """Goes: with a close_notify, without one, or with a reset."""
    if way == "close_notify":
        client.wire(client.close_notify())
    elif way == "end":
        client.half_close()
    else:
        client.reset()


class TestBrokenRecords:
    def test_a_forged_one(self, pair, remarks):
        server, client = pair(hello)
        client.answer()
        record = bytearray(client.records(message("GET", "/forged")))
        record[-1] ^= 1
        client.wire(bytes(record))
        with pytest.raises(ssl.SSLError, match=r"(?i)alert bad record mac"):
            client.more()
        wait_for_no_connection(server)
        (line,) = remarks()
        assert line.startswith("TLS with 127.0.0.1:")
        assert line.endswith(("decryption failed or bad record mac", "record layer failure"))  # OpenSSL 3.5

    def test_behind_a_good_one(self, pair, remarks):
        server, client = pair(hello)
        client.answer()
        client.wire(client.records(message("GET", "/")) + b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            client.more()
        wait_for_no_connection(server)
        assert len(remarks()) == 1

    def test_in_a_body(self, pair, remarks):
        async def handle(request, responder):
            if request.path == "/first":
                hello(request, responder)
            else:
                await request.read()

        server, client = pair(handle)
        client.answer()
        client.send(post("/", bytes(1000))[:-10])
        client.wire(b"\x17\x03\x03\x00\x40" + bytes(64))
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            client.more()
        wait_for_no_connection(server)
        assert sum(line.startswith("TLS with") for line in remarks()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("how", ["close", "idle", "server"])
def test_the_end_while_a_child_has_copies_of_the_sockets(pair, how):
    """The system tells the client nothing then; the close_notify does."""
    options = {"keep_alive_timeout": 0.2} if how == "idle" else {}
    server, client = pair(hello, **options)
    assert client.answer().body == b"hello"
    reading, writing = os.pipe()
    child = in_loop(server, fork_and_wait, reading, writing)
    os.close(reading)
    try:
        if how == "close":
            client.get("/", "Connection: close")
            assert client.answer().body == b"hello"
        elif how == "server":
            asyncio.run_coroutine_threadsafe(server.close(60), server._loop)
        assert client.rest() == b""
    finally:
        os.close(writing)
        os.waitpid(child, 0)


def fork_and_wait(reading, writing):
    """The child lives until the other end of the pipe is closed."""
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    return child
