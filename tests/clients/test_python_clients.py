"""httpx, requests, aiohttp's client and http.client read every answer, on connections that they keep."""

from __future__ import annotations

import asyncio
import http.client

import aiohttp
import httpx
import pytest
import requests
from clients.application import ANSWERS, LARGE


def expect_fault(log) -> None:
    log.expect("ZeroDivisionError")


def pieces():
    for start in range(0, len(LARGE), 10000):
        yield LARGE[start : start + 10000]


class TestHttpx:
    @pytest.fixture
    def client(self, base):
        with httpx.Client(base_url=base, trust_env=False, timeout=20) as client:
            yield client

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_every_answer(self, client, log, method):
        for path, expected in ANSWERS.items():
            response = client.request(method, path)
            assert response.status_code == expected.status
            assert response.headers.get("content-type") == expected.mime_type
            assert response.content == (b"" if method == "HEAD" else expected.body)
        expect_fault(log)

    @pytest.mark.parametrize("body", [b"", b"body", LARGE])
    def test_post(self, client, body):
        for _ in range(3):
            assert client.post("/echo", content=body).content == body

    def test_chunked_post(self, client):
        for _ in range(3):
            assert client.post("/echo", content=pieces()).content == LARGE

    def test_expect(self, client):
        assert client.post("/echo", content=b"body", headers={"Expect": "100-continue"}).content == b"body"

    def test_streamed_answer(self, client):
        with client.stream("GET", "/device") as response:
            assert b"".join(response.iter_raw()) == ANSWERS["/device"].body

    def test_answer_that_is_not_read(self, client):
        with client.stream("GET", "/large") as response:
            assert response.status_code == 200
        assert client.get("/bytes").content == b"bytes"


class TestRequests:
    @pytest.fixture
    def session(self):
        with requests.Session() as session:
            session.trust_env = False
            yield session

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_every_answer(self, session, base, log, method):
        for path, expected in ANSWERS.items():
            if expected.interim:
                continue  # http.client, below it, takes any interim answer but 100 for the final one
            response = session.request(method, base + path, timeout=20)
            assert response.status_code == expected.status
            assert response.headers.get("content-type") == expected.mime_type
            assert response.content == (b"" if method == "HEAD" else expected.body)
        expect_fault(log)

    @pytest.mark.parametrize("body", [b"body", LARGE])
    def test_post(self, session, base, body):
        for _ in range(3):
            assert session.post(base + "/echo", data=body, timeout=20).content == body

    def test_chunked_post(self, session, base):
        for _ in range(3):
            assert session.post(base + "/echo", data=pieces(), timeout=20).content == LARGE

    def test_form_and_query(self, session, base):
        response = session.post(base + "/echo", data={"a": "1 2", "b": "\u00e9"}, params={"q": "x y"}, timeout=20)
        assert response.content == b"a=1+2&b=%C3%A9"


class TestHttpClient:
    @pytest.fixture
    def connection(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        yield connection
        connection.close()

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_every_answer(self, connection, log, method):
        """One connection: http.client would open another without a word, so the socket is compared."""
        connection.connect()
        sock = connection.sock
        for path, expected in ANSWERS.items():
            if expected.interim:
                continue  # http.client takes any interim answer but 100 for the final one
            connection.request(method, path)
            response = connection.getresponse()
            assert response.status == expected.status
            assert response.getheader("content-type") == expected.mime_type
            assert response.read() == (b"" if method == "HEAD" else expected.body)
            assert connection.sock is sock
        expect_fault(log)

    @pytest.mark.parametrize("body", [b"", b"body", LARGE])
    def test_post(self, connection, body):
        for _ in range(3):
            connection.request("POST", "/echo", body)
            assert connection.getresponse().read() == body

    def test_chunked_post(self, connection):
        for _ in range(3):
            connection.request("POST", "/echo", pieces(), encode_chunked=True)
            assert connection.getresponse().read() == LARGE

    def test_expect(self, connection):
        """It sends the body without waiting, and skips the 100 if there is one."""
        connection.request("POST", "/echo", b"body", {"Expect": "100-continue"})
        assert connection.getresponse().read() == b"body"


class TestAiohttp:
    @pytest.fixture
    def talk(self, base):
        """Runs a coroutine function with a session."""

        def run(function):
            async def main():
                timeout = aiohttp.ClientTimeout(total=20)
                connector = aiohttp.TCPConnector(limit=8)
                async with aiohttp.ClientSession(base, timeout=timeout, connector=connector) as session:
                    return await function(session)

            return asyncio.run(main())

        return run

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_every_answer(self, talk, log, method):
        async def walk(session):
            for path, expected in ANSWERS.items():
                async with session.request(method, path) as response:
                    assert response.status == expected.status
                    assert response.headers.get("content-type") == expected.mime_type
                    assert await response.read() == (b"" if method == "HEAD" else expected.body)

        talk(walk)
        expect_fault(log)

    @pytest.mark.parametrize("body", [b"", b"body", LARGE])
    def test_post(self, talk, body):
        async def post(session):
            for _ in range(3):
                async with session.post("/echo", data=body) as response:
                    assert await response.read() == body

        talk(post)

    def test_chunked_post_that_waits_for_100(self, talk):
        async def send():
            for piece in pieces():
                yield piece

        async def post(session):
            for _ in range(3):
                async with session.post("/echo", data=send(), expect100=True) as response:
                    assert await response.read() == LARGE

        talk(post)

    def test_many_at_once(self, talk):
        async def one(session, path):
            async with session.get(path) as response:
                return await response.read()

        async def all_of_them(session):
            paths = [path for path in ANSWERS if path != "/fault"] * 8
            bodies = await asyncio.gather(*(one(session, path) for path in paths))
            assert bodies == [ANSWERS[path].body for path in paths]

        talk(all_of_them)
