"""The torture's reader says what is wrong, and only that."""

from __future__ import annotations

from typing import Any

import pytest
from torture.reading import Problem, read

ONE = b"HTTP/1.1 200 OK\r\ncontent-type: a/%b\r\ncontent-length: 14\r\n\r\nW%bE%b"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nEt00x00\r\n0\r\n\r\n"


def request(name: str = "t00x00", method: str = "GET", minor: int = 1) -> dict[str, Any]:
    return {"token": name, "method": method, "minor": minor, "kind": "get", "size": 0}


def answer(token: bytes = b"t00x00") -> bytes:
    return ONE % (token, token, token)


TWO = [request(), request("t00x01")]


@pytest.mark.parametrize(
    ("data", "requests", "complete"),
    [
        (b"", TWO, []),
        (answer() + answer(b"t00x01"), TWO, [True, True]),
        (b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + answer(), [request()], [True]),
        (CHUNKED, [request()], [True]),
        (CHUNKED[:-1], [request()], [False]),
        (answer()[:-1], [request()], [False]),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n", [request(method="HEAD"), TWO[1]], [True]),
        (b"HTTP/1.1 204 No Content\r\n\r\n" + answer(b"t00x01"), TWO, [True, True]),
    ],
)  # fmt: skip
def test_right(data: bytes, requests: list[Any], complete: list[bool]) -> None:
    assert [found.complete for found in read(data, requests)] == complete


@pytest.mark.parametrize(
    ("data", "requests"),
    [
        (answer() + answer(), [request()]),  # two heads for one request
        (answer(b"t00x01") + answer(), TWO),  # out of order, or another's
        (answer() + b"x", TWO),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx", [request()]),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n" + CHUNKED.partition(b"\r\n")[2], [request()]),
        (CHUNKED, [request(minor=0)]),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(), [request(minor=0)]),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nWt00x00", [request()]),  # looks complete, and is not
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", [request()]),
        (CHUNKED[:-5] + answer(), [request()]),  # a head within chunks
        (b"HTTP/1.1 200 OK\r\na: b\nc: d\r\ncontent-length: 0\r\n\r\n", [request()]),
        (b"7\r\nEt00x00\r\n" + CHUNKED, [request()]),  # a chunk before its head
        (answer().replace(b"OK\r\n", b"OK\r\nconnection: close\r\n") + answer(b"t00x01"), TWO),  # after the end
    ],
)
def test_wrong(data: bytes, requests: list[Any]) -> None:
    with pytest.raises(Problem):
        read(data, requests, ended=True)


def test_the_end() -> None:
    until_closed = b"HTTP/1.1 200 OK\r\n\r\nWt00x00"
    old = [request(minor=0)]
    with pytest.raises(Problem, match="looks complete"):
        read(until_closed, old, ended=True, clean=True)
    assert not read(until_closed, old, ended=True)[0].complete  # a reset tells
    assert read(until_closed + b"Et00x00", old, ended=True, clean=True)[0].complete
    with pytest.raises(Problem, match="none said so"):
        read(answer(), TWO, ended=True, clean=True, whole=2)
    with pytest.raises(Problem, match="head without its end"):
        read(answer()[:20], TWO, ended=True, clean=True)
    read(answer()[:20], TWO, ended=True, torn=True)
