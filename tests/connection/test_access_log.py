"""The access log: one record for each answer, when it is complete, on the logger "fastresp.access"."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest
from connection.tools import Late, answer_late, message, post, settle, wait_for_no_connection


def handle(request, responder):
    if request.path == "/chunks":
        responder.write_begin_chunked("text/plain")
        responder.write_end_chunked(b"abc")
    elif request.path == "/missing":
        responder.write(404)
    else:
        responder.write(b"hello", "text/plain")


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "fastresp.access")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "fastresp.access"]


def test_off_by_default(serve, connect, lines):
    client = connect(serve(handle))
    client.get()
    client.answer()
    assert lines() == []


def test_one_line_an_answer(serve, connect, lines):
    server = serve(handle, access_log=True, date_header=False)
    client = connect(server)
    port = client.socket.getsockname()[1]
    client.send(message("GET", "/a?b=%20c") + message("HEAD", "/missing") + post("/chunks", b"body"))
    client.get("/last", "Connection: close", version="1.0")
    raw = client.rest()
    wait_for_no_connection(server)
    found = lines()
    assert [line.rpartition(" ")[0] for line in found] == [
        f'127.0.0.1:{port} "GET /a?b=%20c HTTP/1.1" 200',
        f'127.0.0.1:{port} "HEAD /missing HTTP/1.1" 404',
        f'127.0.0.1:{port} "POST /chunks HTTP/1.1" 200',
        f'127.0.0.1:{port} "GET /last HTTP/1.0" 200',
    ]
    sizes = [int(line.rpartition(" ")[2]) for line in found]
    assert sum(sizes) == len(raw)


def test_pipelined_late_answers_in_their_order(serve, connect, lines):
    async def late(request, responder):
        handle(request, responder)

    server = serve(late, access_log=True)
    client = connect(server)
    client.send(b"".join(message("GET", f"/{number}") for number in range(20)))
    for _ in range(20):
        client.answer()
    client.socket.close()
    wait_for_no_connection(server)
    assert [re.search(r'"GET /(\d+) ', line)[1] for line in lines()] == [str(number) for number in range(20)]


@pytest.mark.parametrize("is_async", [True, False])
def test_requests_that_are_refused_in_their_content(serve, connect, lines, is_async):
    async def late(request, responder):
        await request.read()

    server = serve(late if is_async else handle, access_log=True)
    client = connect(server)
    port = client.socket.getsockname()[1]
    client.send(message("POST", "/refused", "Transfer-Encoding: chunked", body=b"4\r\nbody\r\n"))
    settle(server)
    client.send(b"rubbish\r\n")
    answer = client.answer()
    assert answer.status == 400
    client.rest()
    wait_for_no_connection(server)
    (line,) = lines()
    assert re.fullmatch(rf'127\.0\.0\.1:{port} "POST /refused HTTP/1\.1" 400 \d+', line)


class TestClientsThatLeave:
    """Each request has its line, also one whose client left."""

    def test_in_the_middle(self, serve, connect, lines):
        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"x" * 100)
            while not responder.is_response_canceled:
                await responder.drain()
                await asyncio.sleep(0.001)

        server = serve(handle, access_log=True)
        client = connect(server)
        port = client.socket.getsockname()[1]
        client.get("/stream")
        client.until(b"x\r\n")
        client.reset()
        wait_for_no_connection(server)
        (line,) = lines()
        size = re.fullmatch(rf'127\.0\.0\.1:{port} "GET /stream HTTP/1\.1" 200 (\d+)', line)[1]
        assert int(size) > 100

    def test_before_the_answer(self, serve, connect, lines):
        late = Late()
        server = serve(late, access_log=True)
        client = connect(server)
        port = client.socket.getsockname()[1]
        client.send(message("GET", "/a") + message("GET", "/b"))
        (_, responder), (_, second) = late.calls.take(2)
        answer_late(server, second, "not its turn")
        client.reset()
        wait_for_no_connection(server)
        assert responder.is_response_canceled
        assert lines() == [f'127.0.0.1:{port} "GET /{name} HTTP/1.1" 499 0' for name in "ab"]


def test_a_target_can_not_forge_a_line(serve, connect, lines):
    server = serve(handle, access_log=True)
    client = connect(server)
    client.get('/"x"%0d%0afake', "Connection: close")
    client.rest()
    wait_for_no_connection(server)
    for line in lines():
        assert "\n" not in line
        assert "\r" not in line
