"""Request.raw_headers: the fields as adapters hand them on, octets with names in lower case."""

from __future__ import annotations

import pytest


@pytest.fixture
def raw_headers(serve, connect):
    """What a request with these field lines shows; the handler's list is changed to show that it is the handler's."""

    def ask(*lines: bytes):
        found = []

        def handle(request, responder):
            first = request.raw_headers
            found.append(list(first))
            first.clear()
            assert request.raw_headers == found[0]
            assert len(request.headers) == len(found[0])
            responder.write(204)

        client = connect(serve(handle))
        client.send(b"\r\n".join([b"GET / HTTP/1.1", b"host: test", *lines, b"", b""]))
        assert client.answer().status == 204
        name, value = found[0][0]
        assert (name, value) == (b"host", b"test")
        return found[0][1:]

    return ask


def test_names_are_in_lower_case_and_values_as_sent(raw_headers):
    assert raw_headers(b"X-MiXeD_1: VaLue", b"aCCept:*/*") == [(b"x-mixed_1", b"VaLue"), (b"accept", b"*/*")]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"x:", b""),
        (b"x: ", b""),
        (b"x: \t \t", b""),
        (b"x:v", b"v"),
        (b"x: \t v \t", b"v"),
        (b"x: a \t b ", b"a \t b"),
        (b"x: a:b: c", b"a:b: c"),
        (b"x: caf\xc3\xa9\xff", b"caf\xc3\xa9\xff"),
    ],
)
def test_values_lose_the_white_space_around_them_and_nothing_else(raw_headers, line, value):
    assert raw_headers(line) == [(b"x", value)]


def test_repeated_fields_are_kept_in_order(raw_headers):
    lines = [b"X-A: 1", b"cookie: a=1", b"x-a: 2", b"Cookie: b=2"]
    assert raw_headers(*lines) == [(b"x-a", b"1"), (b"cookie", b"a=1"), (b"x-a", b"2"), (b"cookie", b"b=2")]
