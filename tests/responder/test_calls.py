"""The table of calls: what each form of write() puts on the wire, for each kind of argument."""

from __future__ import annotations

import array
import enum
import mmap
from http import HTTPStatus

import pytest
from responder.messages import message

from fastresp import Headers, Json, StatusCode

EMPTY = (b"content-type: application/x-empty", b"content-length: 0")
OCTETS = b"\x00\x01abc\xff"


class MyStatus(enum.IntEnum):
    MISSING = 404


class Text(str):
    """A str of somebody else's."""


class Octets(bytes):
    """Bytes of somebody else's."""


class Items(dict):
    """A dict of somebody else's."""


def anonymous_mmap() -> mmap.mmap:
    mapped = mmap.mmap(-1, 4)
    mapped.write(b"map!")
    mapped.seek(0)
    return mapped


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (StatusCode.Ok, b"200 OK"),
        (StatusCode.NotFound, b"404 Not Found"),
        (HTTPStatus.NOT_FOUND, b"404 Not Found"),
        (404, b"404 Not Found"),
        (MyStatus.MISSING, b"404 Not Found"),
        (299, b"299 "),
        (999, b"999 "),
    ],
)
@pytest.mark.parametrize("keyword", [False, True])
def test_status(stage, status, line, keyword):
    stage(lambda _, responder: responder.write(status=status) if keyword else responder.write(status))
    assert stage.kept() == message(line, *EMPTY)


def test_nothing(stage):
    stage(lambda _, responder: responder.write())
    assert stage.kept() == message(b"200 OK", *EMPTY)


PAIRS = [("X-One", "1"), ("x-two", "b\xe9")]
FIELDS = {
    "headers": Headers(PAIRS),
    "mapping": dict(PAIRS),
    "pairs": PAIRS,
    "tuple of lists": tuple([name, value] for name, value in PAIRS),
    "bytes": [(b"X-One", b"1"), (b"x-two", b"b\xe9")],
    "bytes in a mapping": {b"X-One": b"1", b"x-two": b"b\xe9"},
    "mixed": [("X-One", b"1"), (b"x-two", "b\xe9")],
    "subclasses": Items([(Text("X-One"), Octets(b"1")), (Octets(b"x-two"), Text("b\xe9"))]),
    "white space around the value": [("X-One", " \t1"), ("x-two", b"b\xe9 \t ")],
}
LINES = (b"X-One: 1", b"x-two: b\xe9")


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_headers(stage, fields):
    def handler(request, responder):
        match request.path:
            case "/keyword":
                responder.write(headers=fields)
            case "/keyword/status":
                responder.write(headers=fields, status=201)
            case "/data":
                responder.write(b"data", fields)
            case "/data/status":
                responder.write(b"data", fields, 201)
            case "/data/keyword":
                responder.write(b"data", headers=fields, status=201)
            case "/document":
                responder.write({"a": 1}, fields, 201)
            case "/type":
                responder.write(b"data", "a/b", 201, headers=fields)
            case "/begin":
                responder.write_begin_chunked(fields, 201)
                responder.write_end_chunked()

    stage(handler)
    ask = stage.client()

    def answer(target):
        ask.get(target)
        answer = ask.answer()
        return answer.status, [b": ".join(field) for field in answer.fields], answer.body

    assert answer("/keyword") == (200, [*LINES, b"content-length: 0"], b"")
    assert answer("/keyword/status") == (201, [*LINES, b"content-length: 0"], b"")
    assert answer("/data") == (200, [*LINES, b"content-length: 4"], b"data")
    assert answer("/data/status") == (201, [*LINES, b"content-length: 4"], b"data")
    assert answer("/data/keyword") == (201, [*LINES, b"content-length: 4"], b"data")
    json = [b"content-type: application/json", b"content-length: 7"]
    assert answer("/document") == (201, [*LINES, *json], b'{"a":1}')
    assert answer("/type") == (201, [*LINES, b"content-type: a/b", b"content-length: 4"], b"data")
    assert answer("/begin") == (201, [*LINES, b"transfer-encoding: chunked"], b"")


def test_headers_first(stage):
    headers = Headers([("Location", "/there"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    lines = (b"Location: /there", b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"content-length: 0")
    stage(lambda request, responder: responder.write(headers, 302) if request.query else responder.write(headers))
    assert stage.kept() == message(b"200 OK", *lines)
    assert stage.kept(b"GET /?1 HTTP/1.1\r\nHost: test\r\n\r\n") == message(b"302 Found", *lines)


def test_headers_first_with_the_status_by_name(stage):
    stage(lambda _, responder: responder.write(Headers({"a": "b"}), status=404))
    assert stage.kept() == message(b"404 Not Found", b"a: b", b"content-length: 0")


def test_no_headers_at_all(stage):
    stage(lambda _, responder: responder.write(Headers()))
    assert stage.kept() == message(b"200 OK", b"content-length: 0")


DOCUMENTS = {
    "dict": ({"name": "Zo\xeb", "n": [1, 2.5, None, True]}, b'{"name":"Zo\xc3\xab","n":[1,2.5,null,true]}'),
    "empty dict": ({}, b"{}"),
    "list": ([1, "two", {}], b'[1,"two",{}]'),
    "empty list": ([], b"[]"),
    "subclass": (Items(a=1), b'{"a":1}'),
    "Json str": (Json("text"), b'"text"'),
    "Json int": (Json(5), b"5"),
    "Json None": (Json(None), b"null"),
    "Json bool": (Json(False), b"false"),
    "Json list": (Json([1]), b"[1]"),
    "Json tuple": (Json((1, 2)), b"[1,2]"),
}


@pytest.mark.parametrize(("document", "text"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_document(stage, document, text):
    def handler(request, responder):
        match request.path:
            case "/":
                responder.write(document)
            case "/status":
                responder.write(document, 404)
            case "/keyword":
                responder.write(document, status=StatusCode.NotFound)

    fields = (b"content-type: application/json", b"content-length: %d" % len(text))
    stage(handler)
    assert stage.kept() == message(b"200 OK", *fields, body=text)
    for target in (b"/status", b"/keyword"):
        answer = stage.kept(b"GET %b HTTP/1.1\r\nHost: test\r\n\r\n" % target)
        assert answer == message(b"404 Not Found", *fields, body=text)


def test_document_with_headers(stage):
    def handler(request, responder):
        if request.path == "/":
            responder.write({"a": 1}, {"X-A": "1"}, 404)
        else:
            responder.write({"a": 1}, {"X-A": "1", "Content-Type": "application/problem+json"}, 404)

    stage(handler)
    assert stage.kept() == message(
        b"404 Not Found", b"X-A: 1", b"content-type: application/json", b"content-length: 7", body=b'{"a":1}'
    )
    assert stage.kept(b"GET /p HTTP/1.1\r\nHost: test\r\n\r\n") == message(
        b"404 Not Found", b"X-A: 1", b"Content-Type: application/problem+json", b"content-length: 7", body=b'{"a":1}'
    )


def test_a_dict_first_is_a_document_however_it_looks(stage):
    stage(lambda _, responder: responder.write({"Location": "/there"}, 302))
    body = b'{"Location":"/there"}'
    assert stage.kept() == message(b"302 Found", b"content-type: application/json", b"content-length: 21", body=body)


def test_a_list_of_pairs_first_is_a_document(stage):
    stage(lambda _, responder: responder.write([("a", "b")]))
    assert stage.kept() == message(
        b"200 OK", b"content-type: application/json", b"content-length: 11", body=b'[["a","b"]]'
    )


DATA = {
    "bytes": (lambda: OCTETS, OCTETS),
    "empty": (lambda: b"", b""),
    "bytes subclass": (lambda: Octets(OCTETS), OCTETS),
    "bytearray": (lambda: bytearray(OCTETS), OCTETS),
    "memoryview": (lambda: memoryview(OCTETS), OCTETS),
    "slice of a memoryview": (lambda: memoryview(OCTETS)[2:5], b"abc"),
    "array": (lambda: array.array("B", OCTETS), OCTETS),
    "array of wide items": (lambda: array.array("I", [0x64636261] * 2), b"abcdabcd"),
    "memoryview of wide items": (lambda: memoryview(array.array("I", [0x64636261])), b"abcd"),
    "str": (lambda: "Zo\xeb \u20ac", b"Zo\xc3\xab \xe2\x82\xac"),
    "str subclass": (lambda: Text("abc"), b"abc"),
}


@pytest.mark.parametrize(("data", "content"), DATA.values(), ids=DATA)
def test_data(stage, data, content):
    def handler(request, responder):
        match request.path:
            case "/":
                responder.write(data(), "a/b")
            case "/bytes":
                responder.write(data(), b"a/b")
            case "/keyword":
                responder.write(data(), mime_type="a/b")
            case "/status":
                responder.write(data(), "a/b", 404)
            case "/keywords":
                responder.write(data(), mime_type=b"a/b", status=404)

    fields = (b"content-type: a/b", b"content-length: %d" % len(content))
    stage(handler)
    for target in (b"/", b"/bytes", b"/keyword"):
        answer = stage.kept(b"GET %b HTTP/1.1\r\nHost: test\r\n\r\n" % target)
        assert answer == message(b"200 OK", *fields, body=content)
    for target in (b"/status", b"/keywords"):
        answer = stage.kept(b"GET %b HTTP/1.1\r\nHost: test\r\n\r\n" % target)
        assert answer == message(b"404 Not Found", *fields, body=content)


@pytest.mark.parametrize("mime", ["text/plain; charset=latin-1", Text("a/b"), b"a/b", Octets(b"a/b"), "  a/b \t"])
def test_mime_type(stage, mime):
    stage(lambda _, responder: responder.write("x", mime))
    stripped = mime.encode().strip() if isinstance(mime, str) else bytes(mime)
    assert stage.kept() == message(b"200 OK", b"content-type: " + stripped, b"content-length: 1", body=b"x")


def test_a_map_is_data_of_its_own(stage):
    stage(lambda _, responder: responder.write(anonymous_mmap(), "a/b"))
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", b"content-length: 4", body=b"map!")


@pytest.mark.parametrize("status", [200, 404])
def test_text_without_a_type(stage, status):
    stage(lambda _, responder: responder.write("\u20ac", status=status))
    line = b"200 OK" if status == 200 else b"404 Not Found"
    kind = b"content-type: text/plain; charset=utf-8"
    assert stage.kept() == message(line, kind, b"content-length: 3", body=b"\xe2\x82\xac")


@pytest.mark.parametrize("size", [1, 65535, 65536, 65537, 300_000, 3_000_000])
def test_size(stage, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    stage(lambda _, responder: responder.write(data, "a/b"))
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", b"content-length: %d" % size, body=data)


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("view", [lambda data: data, memoryview])
def test_a_mutable_buffer_is_the_callers_again(stage, size, view):
    def handler(_, responder):
        data = bytearray(b"a" * size)
        responder.write(view(data), "a/b")
        data[:] = b"b" * size  # were the answer still to be read from it, this would show
        del data[:]  # and would fail with an export that is left

    stage(handler)
    body = b"a" * size
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", b"content-length: %d" % size, body=body)


def test_a_document_is_the_callers_again(stage):
    def handler(_, responder):
        document = {"a": 1}
        responder.write(document)
        document.clear()

    stage(handler)
    assert stage.kept() == message(b"200 OK", b"content-type: application/json", b"content-length: 7", body=b'{"a":1}')
