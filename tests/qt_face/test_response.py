"""QHttpServerResponse: its constructors and methods, and as it arrives."""

from __future__ import annotations

import pytest

from fastresp import HeaderError, StatusCode
from fastresp.qt import QHttpHeaders, QHttpServerResponder, QHttpServerResponse

Status = QHttpServerResponder.StatusCode


@pytest.mark.parametrize(
    ("arguments", "status", "kind", "data"),
    [
        ((Status.NoContent,), 204, b"application/x-empty", b""),
        ((404,), 404, b"application/x-empty", b""),
        (("text",), 200, b"text/plain; charset=utf-8", b"text"),
        (("text", Status.Created), 201, b"text/plain; charset=utf-8", b"text"),
        ((b"data",), 200, b"application/octet-stream", b"data"),
        ((b"data", 201), 201, b"application/octet-stream", b"data"),
        (({"b": 1, "a": [2]},), 200, b"application/json", b'{"b":1,"a":[2]}'),
        (([1, "2"], Status.Accepted), 202, b"application/json", b'[1,"2"]'),
        ((b"a/b", b"data"), 200, b"a/b", b"data"),
        (("a/b", "data", 299), 299, b"a/b", b"data"),
        ((b"", b"data"), 200, b"", b"data"),
    ],
)
def test_constructors(get, arguments, status, kind, data):
    response = QHttpServerResponse(*arguments)
    assert (response.statusCode(), response.mimeType(), response.data()) == (status, kind, data)
    answer = get(lambda responder: responder.sendResponse(response))
    assert (answer.status, answer.body) == (status, data)
    assert answer.all(b"content-type") == ([kind] if kind else [])


def test_the_status_is_a_member():
    assert QHttpServerResponse(404).statusCode() is StatusCode.NotFound
    assert QHttpServerResponse.StatusCode is QHttpServerResponder.StatusCode
    assert QHttpServerResponse("x", status=Status.Created).statusCode() is Status.Created


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((99,), ValueError),
        ((True,), TypeError),
        ((200, 201), TypeError),
        ((b"x", b"y", "200"), TypeError),
        (({}, b"y"), TypeError),
        ((None,), TypeError),
        ((b"a/b\r\nx: y", b"z"), HeaderError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error):
        QHttpServerResponse(*arguments)


def test_from_file(tmp_path, get):
    path = tmp_path / "data.json"
    path.write_bytes(b"{}")
    response = QHttpServerResponse.fromFile(str(path))
    assert (response.statusCode(), response.mimeType(), response.data()) == (200, b"application/json", b"{}")
    assert get(lambda responder: responder.sendResponse(response)).body == b"{}"
    missing = QHttpServerResponse.fromFile(tmp_path / "nothing")
    assert (missing.statusCode(), missing.mimeType()) == (404, b"application/x-empty")


def test_headers(get):
    response = QHttpServerResponse(b"x")
    headers = response.headers()
    assert headers.toListOfPairs() == [(b"content-type", b"application/octet-stream")]
    headers.append("A", "1")
    assert response.headers().size() == 1  # a copy
    response.setHeaders(headers)
    assert response.headers() == headers
    answer = get(lambda responder: responder.sendResponse(response))
    assert answer.fields[1] == (b"a", b"1")
    response.setHeaders(QHttpHeaders())
    assert response.headers().isEmpty()
    assert response.mimeType() == b""
    assert get(lambda responder: responder.sendResponse(response)).fields == [(b"content-length", b"1")]


def test_swap():
    one, two = QHttpServerResponse(b"one", 201), QHttpServerResponse(b"two")
    one.swap(two)
    assert (one.data(), one.statusCode(), two.data(), two.statusCode()) == (b"two", 200, b"one", 201)
    with pytest.raises(TypeError, match="dict"):
        one.swap({})
