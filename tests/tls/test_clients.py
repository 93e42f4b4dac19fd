"""Clients that people use."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import aiohttp
import httpx
import pytest
from client import TIMEOUT
from connection.test_bodies import pattern
from connection.tools import wait_for_no_connection

BODY = pattern(300000)


def plain(request, responder):
    responder.write(request.body or BODY, {"content-type": "text/plain", "x-path": request.path})


async def coroutine(request, responder):
    plain_body = await request.read()
    responder.write_begin_chunked({"content-type": "text/plain", "x-path": request.path})
    responder.write_chunk(plain_body or BODY)
    await responder.drain()
    responder.write_end_chunked()


@pytest.fixture(params=[plain, coroutine])
def server(request, secure):
    return secure(request.param)


def test_httpx(server, tls):
    with httpx.Client(verify=tls.client, base_url=f"https://localhost:{server.port}", timeout=TIMEOUT) as client:
        for number in range(5):
            assert client.get(f"/{number}").content == BODY
            answer = client.post(f"/{number}", content=BODY * 3)
            assert answer.content == BODY * 3
            assert answer.headers["x-path"] == f"/{number}"
    wait_for_no_connection(server)


def test_aiohttp(server, tls):
    async def main():
        connector = aiohttp.TCPConnector(ssl=tls.client)
        async with aiohttp.ClientSession(f"https://localhost:{server.port}", connector=connector) as client:

            async def talk(number):
                for _ in range(5):
                    async with client.post(f"/{number}", data=BODY) as answer:
                        assert await answer.read() == BODY
                        assert answer.headers["x-path"] == f"/{number}"

            await asyncio.gather(*(talk(number) for number in range(20)))
        await asyncio.sleep(0)

    asyncio.run(main())
    wait_for_no_connection(server)


@pytest.mark.parametrize("option", ["--tlsv1.3", "--tls-max=1.2", "--http2"])
def test_curl(server, tls, tmp_path, option):
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    body = tmp_path / "body"
    body.write_bytes(BODY)
    urls = [f"https://localhost:{server.port}/{number}" for number in range(3)]
    command = ["curl", "-sS", "--fail", "--max-time", "10", "--ipv4", "--cacert", tls.file, *option.split("=")]
    got = subprocess.run([*command, *urls], capture_output=True, check=True).stdout
    assert got == BODY * 3
    got = subprocess.run([*command, "--data-binary", f"@{body}", *urls], capture_output=True, check=True).stdout
    assert got == BODY * 3
    wait_for_no_connection(server)
