"""Calls that mean nothing: each is an error that says what is possible, sends nothing, and can be made good."""

from __future__ import annotations

import array
import inspect
import io

import pytest
from responder.messages import OK, fine

from fastresp import Headers, Json, Responder, Response

OVERLOADS = [
    "write(status)",
    "write(headers, status)",
    "write(document, status)",
    "write(document, headers, status)",
    "write(data, mime_type, status)",
    "write(data, headers, status)",
]


def refused(stage, call, kind, *texts):
    """Has a handler make the call, which must raise `kind` with these texts, and answer in spite of it."""

    def handler(_, responder):
        with pytest.raises(kind) as caught:
            call(responder)
        assert type(caught.value) is kind
        missing = [text for text in texts if text not in str(caught.value)]
        assert not missing, str(caught.value)
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


WRONG = {
    "None": lambda r: r.write(None),
    "None and a type": lambda r: r.write(None, "text/plain"),
    "None and headers": lambda r: r.write(None, {"a": "b"}),
    "None and a status": lambda r: r.write(None, status=200),
    "None by name": lambda r: r.write(None, headers={"a": "b"}),
    "no type": lambda r: r.write(b"x", None),
    "no type and a status": lambda r: r.write(b"x", None, 200),
    "an object": lambda r: r.write(object()),
    "a float": lambda r: r.write(2.5),
    "a set": lambda r: r.write({1}),
    "a tuple": lambda r: r.write((1, 2)),
    "an object and a type": lambda r: r.write(object(), "text/plain"),
    "a status and a type": lambda r: r.write(200, "text/plain"),
    "a status and headers": lambda r: r.write(200, {"a": "b"}),
    "a status twice": lambda r: r.write(200, 200),
    "a status twice, by name": lambda r: r.write(200, status=200),
    "headers twice": lambda r: r.write(Headers(), Headers()),
    "headers twice, by name": lambda r: r.write(Headers(), headers={}),
    "headers and a type": lambda r: r.write(Headers(), "text/plain"),
    "headers and two statuses": lambda r: r.write(Headers(), 200, 200),
    "headers second and by name": lambda r: r.write(b"x", {"a": "b"}, headers={"a": "b"}),
    "data and two statuses": lambda r: r.write("x", 200, 200),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_wrong_overload(stage, call):
    refused(stage, call, TypeError, *OVERLOADS)


STATUSES = {
    "99": (99, ValueError),
    "0": (0, ValueError),
    "-1": (-1, ValueError),
    "1000": (1000, ValueError),
    "a huge int": (10**5000, ValueError),
    "True": (True, TypeError),
    "a float": (200.0, TypeError),
    "a str": ("200", TypeError),
    "bytes": (b"200", TypeError),
    "None": (None, TypeError),
}


@pytest.mark.parametrize(("status", "kind"), STATUSES.values(), ids=STATUSES)
def test_bad_status(stage, status, kind):
    def handler(_, responder):
        calls = [
            lambda: responder.write(status=status),
            lambda: responder.write(Headers(), status=status),
            lambda: responder.write({"a": 1}, status=status),
            lambda: responder.write({"a": 1}, {"a": "b"}, status),
            lambda: responder.write(b"x", "a/b", status),
            lambda: responder.write(b"x", {"a": "b"}, status),
            lambda: responder.write(io.BytesIO(b"x"), "a/b", status),
            lambda: responder.write_begin_chunked("a/b", status=status),
            lambda: responder.write_begin_chunked({"a": "b"}, ["x-t"], status),
            lambda: Response(b"x", status),
        ]
        for call in calls:
            with pytest.raises(kind, match="status") as caught:
                call()
            assert type(caught.value) is kind
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("status", [99, 1000, True])
def test_bad_status_alone(stage, status):
    refused(stage, lambda r: r.write(status), TypeError if status is True else ValueError, "status")


FIELDS = {
    "a str": "abc",
    "bytes": b"abc",
    "an int": 5.5,
    "triples": [("a", "b", "c")],
    "singles": [("a",)],
    "strings of two": ["ab"],
    "None as a value": {"a": None},
    "an int as a value": {"a": 1},
    "a list as a value": {"a": ["b", "c"]},
    "None as a name": [(None, "b")],
    "an int as a name": [(1, "b")],
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_headers_that_are_none(stage, fields):
    def handler(_, responder):
        calls = [
            lambda: responder.write(b"x", headers=fields),
            lambda: responder.write(headers=fields),
            lambda: responder.write({"a": 1}, headers=fields),
            lambda: Response(b"x", headers=fields),
        ]
        if not isinstance(fields, str | bytes):  # which would be a type there
            calls += [
                lambda: responder.write(b"x", fields),
                lambda: responder.write({"a": 1}, fields, 200),
                lambda: responder.write(io.BytesIO(b"x"), fields),
                lambda: responder.write_begin_chunked(fields),
            ]
        for call in calls:
            with pytest.raises(TypeError) as caught:
                call()
            assert type(caught.value) is TypeError
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


BEGINS = {
    "nothing": lambda r: r.write_begin_chunked(),
    "None": lambda r: r.write_begin_chunked(None),
    "a status": lambda r: r.write_begin_chunked(200),
    "two statuses": lambda r: r.write_begin_chunked("a/b", 200, 200),
    "one trailer name": lambda r: r.write_begin_chunked({}, "x-t"),
    "one trailer name as bytes": lambda r: r.write_begin_chunked({}, b"x-t"),
    "None for names": lambda r: r.write_begin_chunked({}, None),
    "None among names": lambda r: r.write_begin_chunked({}, [None]),
    "an int among names": lambda r: r.write_begin_chunked({}, [5]),
}


@pytest.mark.parametrize("call", BEGINS.values(), ids=BEGINS)
def test_wrong_begin(stage, call):
    refused(stage, call, TypeError)


RESPONSES = [None, 200, b"x", {"a": 1}, object()]


@pytest.mark.parametrize("response", RESPONSES, ids=lambda given: type(given).__name__)
def test_no_response(stage, response):
    refused(stage, lambda r: r.send_response(response), TypeError, "send_response()", type(response).__name__)


CHUNKS = {
    "None": (None, TypeError),
    "an int": (5, TypeError),
    "a list": ([b"x"], TypeError),
    "a dict": ({}, TypeError),
    "a device": (io.BytesIO(b"x"), TypeError),
    "not contiguous": (memoryview(b"abcdef")[::2], BufferError),
}


@pytest.mark.parametrize(("data", "kind"), CHUNKS.values(), ids=CHUNKS)
def test_no_chunk(stage, data, kind):
    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        with pytest.raises(kind):
            responder.write_chunk(data)
        with pytest.raises(kind):
            responder.write_end_chunked(data)
        responder.write_end_chunked(b"x")

    stage(handler)
    assert stage.kept().endswith(b"\r\n\r\n1\r\nx\r\n0\r\n\r\n")


@pytest.mark.parametrize("data", [memoryview(b"abcdef")[::2], memoryview(array.array("H", [1, 2, 3]))[::-1]])
def test_data_that_is_not_contiguous(stage, data):
    refused(stage, lambda r: r.write(data, "a/b"), BufferError)


def test_a_document_that_is_not_json(stage):
    refused(stage, lambda r: r.write({"a": object()}), TypeError)


@pytest.mark.parametrize(
    "document", [Json(object()), Json({1, 2}), {b"bytes": 1}], ids=["object", "set", "bytes as a key"]
)
def test_a_document_that_can_not_be_serialised(stage, document):
    refused(stage, lambda r: r.write(document), TypeError)


def test_text_that_is_not_unicode(stage):
    refused(stage, lambda r: r.write("\ud800", "text/plain"), UnicodeEncodeError)


def test_swap_with_something_else(stage):
    for other in (None, 5, object()):
        refused(stage, lambda r, other=other: r.swap(other), TypeError, "swap()", type(other).__name__)


@pytest.mark.parametrize("callback", [None, 5, "text"])
def test_on_close_with_something_else(stage, callback):
    refused(stage, lambda r: r.on_close(callback), TypeError, "on_close()")


def test_is_response_canceled_is_read_only(stage):
    refused(stage, lambda r: setattr(r, "is_response_canceled", True), AttributeError)


def test_nobody_else_makes_a_responder():
    with pytest.raises(TypeError, match="made by the server"):
        Responder()
    assert inspect.iscoroutinefunction(Responder.drain)
