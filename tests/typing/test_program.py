"""The program that the checkers have nothing to say about also runs: its types are the truth."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fastresp import Server

PROGRAM = Path(__file__).parent / "programs" / "everything.py"


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    return runpy.run_path(str(PROGRAM))


def test_every_route(program: dict[str, Any], serve: Callable[..., Server]) -> None:
    expected = {
        "/": (200, b"Hello!\n"),
        "/search?word=a&word=b": (200, b'{"words":["a","b"],"first":"a","all":{"word":"a"}}'),
        "/fields": (202, b"/fields"),
        "/source": (200, PROGRAM.read_bytes()),
        "/late": (201, b'"late"'),
        "/upload": (200, b"0 bytes\n"),
        "/echo": (200, b""),
        "/stream": (200, b"one\ntwo\nthree\n"),
        "/ticks": (200, b"tick\n" * 3),
        "/numbers": (200, b"0\n1\n2\n"),
        "/asgi": (200, b"asgi\n"),
        "/wsgi": (200, b"wsgi\n"),
        "/qt": (200, b"qt\n"),
        "/nothing": (404, b""),
    }
    assert {target.partition("?")[0] for target in expected} - {"/nothing"} == program["ROUTES"].keys() - {"/qt/thread"}
    server = serve(program["Application"]())
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        found = {target: client.get(target) for target in expected}
    assert {target: (answer.status_code, answer.content) for target, answer in found.items()} == expected
    assert found["/fields"].headers["x-error"] == "HeaderError"


def test_the_rest(program: dict[str, Any]) -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    assert program["codecs"]() == chunked
    assert program["in_the_background"]() > 0
    asyncio.run(program["in_a_loop"]())
