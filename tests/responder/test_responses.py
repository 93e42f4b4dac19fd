"""Response: a value that is sent any number of times, by any number of connections, and stays what it is."""

from __future__ import annotations

import array
import os

import pytest
from responder.messages import GET, HEAD, message, request

from fastresp import Headers, Json, Response, StatusCode

BINARY = b"content-type: application/octet-stream"
TEXT = b"content-type: text/plain; charset=utf-8"
JSON = b"content-type: application/json"
EMPTY = b"content-type: application/x-empty"

FORMS = {
    "nothing": (lambda: Response(), b"200 OK", BINARY, b""),
    "bytes": (lambda: Response(b"abc"), b"200 OK", BINARY, b"abc"),
    "bytearray": (lambda: Response(bytearray(b"abc")), b"200 OK", BINARY, b"abc"),
    "memoryview": (lambda: Response(memoryview(b"xabc")[1:]), b"200 OK", BINARY, b"abc"),
    "array": (lambda: Response(array.array("I", [0x64636261])), b"200 OK", BINARY, b"abcd"),
    "text": (lambda: Response("\u20ac"), b"200 OK", TEXT, b"\xe2\x82\xac"),
    "dict": (lambda: Response({"a": [1, None]}), b"200 OK", JSON, b'{"a":[1,null]}'),
    "list": (lambda: Response([]), b"200 OK", JSON, b"[]"),
    "Json": (lambda: Response(Json("a")), b"200 OK", JSON, b'"a"'),
    "status": (lambda: Response(404), b"404 Not Found", EMPTY, b""),
    "StatusCode": (lambda: Response(StatusCode.Forbidden), b"403 Forbidden", EMPTY, b""),
    "data and status": (lambda: Response(b"abc", 201), b"201 Created", BINARY, b"abc"),
    "data, status by name": (lambda: Response(b"abc", status=201), b"201 Created", BINARY, b"abc"),
    "data and type": (lambda: Response(b"abc", mime_type="a/b"), b"200 OK", b"content-type: a/b", b"abc"),
    "data and type as bytes": (lambda: Response(b"abc", mime_type=b"a/b"), b"200 OK", b"content-type: a/b", b"abc"),
    "text and type": (lambda: Response("abc", mime_type="a/b"), b"200 OK", b"content-type: a/b", b"abc"),
    "document and type": (
        lambda: Response({"a": 1}, 400, mime_type="application/problem+json"),
        b"400 Bad Request",
        b"content-type: application/problem+json",
        b'{"a":1}',
    ),
    "large": (lambda: Response(b"x" * 200_000), b"200 OK", BINARY, b"x" * 200_000),
}


@pytest.mark.parametrize(("make", "line", "kind", "body"), FORMS.values(), ids=FORMS)
def test_form(stage, make, line, kind, body):
    response = make()
    stage(lambda _, responder: responder.send_response(response))
    answer = message(line, kind, b"content-length: %d" % len(body), body=body)
    client = stage.client()
    for question in (GET, GET, HEAD, GET):
        client.send(question)
        expected = answer[: len(answer) - len(body)] if question == HEAD else answer
        assert client.exactly(len(expected)) == expected
    assert stage.kept(GET + HEAD + GET) == answer + answer[: len(answer) - len(body)] + answer
    close = answer.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)
    assert stage.ended(request(version="1.0")) == close
    assert stage.kept() == answer


@pytest.mark.parametrize(("make", "line", "kind", "body"), FORMS.values(), ids=FORMS)
def test_properties(make, line, kind, body):
    response = make()
    assert response.data == body
    assert type(response.data) is bytes
    assert response.status_code == int(line[:3])
    assert isinstance(response.status_code, StatusCode)
    assert response.mime_type == kind.partition(b": ")[2].decode()
    assert response.headers == Headers({"content-type": response.mime_type})


@pytest.mark.parametrize(
    "headers", [Headers([("A", "1"), ("b", "2")]), {"A": "1", "b": "2"}, [("A", b"1"), (b"b", "2")]]
)
def test_headers(stage, headers):
    stage(lambda _, responder: responder.send_response(Response(b"abc", headers=headers)))
    assert stage.kept() == message(b"200 OK", b"A: 1", b"b: 2", BINARY, b"content-length: 3", body=b"abc")
    assert len(headers) == 2


def test_a_content_type_among_the_headers_wins(stage):
    response = Response(b"abc", mime_type="a/b", headers={"Content-Type": "c/d"})
    assert response.mime_type == "c/d"
    stage(lambda _, responder: responder.send_response(response))
    assert stage.kept() == message(b"200 OK", b"Content-Type: c/d", b"content-length: 3", body=b"abc")


def test_an_unregistered_status():
    assert Response(299).status_code == 299
    assert type(Response(299).status_code) is int


def test_a_mutable_buffer_is_the_callers_again(stage):
    data = bytearray(b"abc")
    response = Response(data)
    data[:] = b"xyz"
    del data[:]
    stage(lambda _, responder: responder.send_response(response))
    assert stage.kept() == message(b"200 OK", BINARY, b"content-length: 3", body=b"abc")


CHANGES = {
    "append": lambda h: h.append("X-New", "1"),
    "replace": lambda h: h.replace_or_append("X-New", "1"),
    "insert": lambda h: h.insert(1, "X-New", "1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("size", [3, 100_000])
def test_headers_changed_between_sends(stage, change, size):
    response = Response(b"x" * size)
    stage(lambda _, responder: responder.send_response(response))
    described = (BINARY, b"content-length: %d" % size)
    assert stage.kept() == message(b"200 OK", *described, body=b"x" * size)
    change(response.headers)
    for _ in range(2):
        answer = message(b"200 OK", BINARY, b"X-New: 1", described[1], body=b"x" * size)
        assert stage.kept() == answer
    response.headers.remove_all("x-new")
    assert stage.kept() == message(b"200 OK", *described, body=b"x" * size)
    response.headers = {"Connection": "close"}
    answer = message(b"200 OK", b"Connection: close", described[1], body=b"x" * size)
    assert stage.ended() == answer
    response.headers.clear()
    assert stage.kept() == message(b"200 OK", described[1], body=b"x" * size)


def test_a_bad_change_is_found_at_each_send(stage):
    response = Response(b"abc")
    response.headers.append("content-length", "4")

    def handler(_, responder):
        with pytest.raises(ValueError, match="content-length"):
            responder.send_response(response)
        response.headers.replace_or_append("content-length", "3")
        responder.send_response(response)
        response.headers.replace_or_append("content-length", "4")

    stage(handler)
    for _ in range(2):
        assert stage.kept() == message(b"200 OK", BINARY, b"content-length: 3", body=b"abc")


def test_own_date_and_server(stage):
    response = Response(b"abc", headers={"Date": "then"})
    stage(lambda _, responder: responder.send_response(response), date_header=True, server_header="me")
    client = stage.client()
    for _ in range(2):
        client.send(GET)
        assert client.answer().fields == [
            (b"Date", b"then"),
            tuple(BINARY.split(b": ")),
            (b"content-length", b"3"),
            (b"server", b"me"),
        ]


def test_many_connections_and_pipelines(stage):
    response = Response(b"abc", headers={"a": "1"})
    stage(lambda _, responder: responder.send_response(response))
    answer = message(b"200 OK", b"a: 1", BINARY, b"content-length: 3", body=b"abc")
    clients = [stage.client() for _ in range(5)]
    for client in clients:
        client.send(GET * 50)
    for client in clients:
        assert client.exactly(len(answer) * 50) == answer * 50


def test_a_response_of_one_server_on_another(stage):
    """What is kept of it must not hold what belongs to one server."""
    response = Response(b"abc")
    stage(lambda _, responder: responder.send_response(response), server_header="one")
    client = stage.client()
    client.send(GET)
    assert client.answer().fields[2:] == [(b"server", b"one")]
    stage(lambda _, responder: responder.send_response(response), server_header="two")
    client = stage.client()
    client.send(GET)
    assert client.answer().fields[2:] == [(b"server", b"two")]


def test_swap(stage):
    first, second = Response(b"one", 201, headers={"a": "1"}), Response("two", 404)

    def handler(asked, responder):
        responder.send_response(first if asked.path == "/1" else second)

    stage(handler)
    one = message(b"201 Created", b"a: 1", BINARY, b"content-length: 3", body=b"one")
    two = message(b"404 Not Found", TEXT, b"content-length: 3", body=b"two")
    ask = request("GET", "/1") + request("GET", "/2")
    assert stage.kept(ask) == one + two
    first.swap(second)
    assert stage.kept(ask) == two + one
    first.swap(first)
    assert stage.kept(ask) == two + one
    with pytest.raises(TypeError, match=r"swap\(\)"):
        first.swap(b"two")
    assert (first.data, second.data) == (b"two", b"one")


FILES = {
    "a.txt": b"text/plain; charset=utf-8",
    "a.html": b"text/html; charset=utf-8",
    "a.json": b"application/json",
    "a.png": b"image/png",
    "a.unknown-kind": b"application/octet-stream",
    "plain": b"application/octet-stream",
    "a.txt.gz": b"application/octet-stream",
}


@pytest.mark.parametrize(("name", "kind"), FILES.items())
@pytest.mark.parametrize("spell", [lambda path: path, str])
def test_from_file(stage, tmp_path, name, kind, spell):
    path = tmp_path / name
    path.write_bytes(b"content")
    response = Response.from_file(spell(path))
    os.unlink(path)
    assert response.status_code == 200
    stage(lambda _, responder: responder.send_response(response))
    answer = message(b"200 OK", b"content-type: " + kind, b"content-length: 7", body=b"content")
    assert stage.kept(GET + GET) == answer * 2


def test_from_a_file_that_is_not_there(stage, tmp_path):
    stage(lambda _, responder: responder.send_response(Response.from_file(tmp_path / "missing.txt")))
    assert stage.kept() == message(b"404 Not Found", EMPTY, b"content-length: 0")
    assert Response.from_file(str(tmp_path)).status_code == 404


@pytest.mark.parametrize("content", [None, 2.5, object(), {1}, (1, 2)], ids=lambda given: type(given).__name__)
def test_no_content_that_it_takes(content):
    with pytest.raises(TypeError):
        Response(content)
