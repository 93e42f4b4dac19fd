"""Nothing gets onto the wire through a field: wherever text enters, what is no token or no field value is refused.

After each refusal the handler answers: the client sees that answer, and not a byte of what was refused.
"""

from __future__ import annotations

import io

import pytest
from responder.messages import OK, chunks, fine, message

from fastresp import HeaderError, Headers, Response

NAMES = {
    "empty": "",
    "space": "x y",
    "space before": " x",
    "space behind": "x ",
    "colon": "x:",
    "CR": "x\ry",
    "LF": "x\ny",
    "CR LF": "x\r\ny",
    "a whole field": "x: y\r\nz",
    "NUL": "x\0",
    "TAB": "x\t",
    "DEL": "x\x7f",
    "separator": "x(y)",
    "quote": 'x"',
    "Latin-1": "x\xe9",
    "beyond Latin-1": "x\u20ac",
}
VALUES = {
    "CR": "a\rb",
    "LF": "a\nb",
    "CR LF": "a\r\nb",
    "a whole field": "a\r\nx-evil: 1",
    "an end of the head": "a\r\n\r\n<html>",
    "CR LF at the end": "a\r\n",
    "LF at the start": "\na",
    "folding": "a\r\n b",
    "NUL": "a\0b",
    "control": "a\x01b",
    "escape": "a\x1bb",
    "vertical TAB": "\x0ba",
    "form feed": "a\x0c",
    "DEL": "a\x7f",
}
BEYOND = {"beyond Latin-1": "\u20ac", "CR LF in disguise": "a\u010d\u010ab", "surrogate": "\ud800"}


def octets(texts):
    return {f"{name}, bytes": text.encode("latin-1") for name, text in texts.items() if text.isascii()}


ALL_NAMES = {**NAMES, **octets(NAMES), "Latin-1, bytes": b"x\xe9"}
ALL_VALUES = {**VALUES, **BEYOND, **octets(VALUES)}


def shown(text):
    return repr(text.decode("latin-1") if isinstance(text, bytes) else text)


def is_refused(call, field):
    with pytest.raises(HeaderError) as caught:
        call()
    assert type(caught.value) is HeaderError
    assert isinstance(caught.value, ValueError)
    assert field in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\r" not in str(caught.value)


def every_call(responder, fields):
    """All the calls of a responder that take header fields."""
    return [
        lambda: responder.write(headers=fields),
        lambda: responder.write(b"data", fields),
        lambda: responder.write("text", headers=fields),
        lambda: responder.write(b"data", "a/b", headers=fields),
        lambda: responder.write(b"d" * 100_000, fields),
        lambda: responder.write({"a": 1}, fields),
        lambda: responder.write(io.BytesIO(b"data"), fields),
        lambda: responder.write(b"", fields, 204),
        lambda: responder.write(b"", fields, 304),
        lambda: responder.write(b"", fields, 102),
        lambda: responder.write(headers=fields, status=103),
        lambda: responder.write_begin_chunked(fields),
        lambda: responder.write_begin_chunked(fields, ["x-t"]),
    ]


@pytest.mark.parametrize("name", ALL_NAMES.values(), ids=ALL_NAMES)
def test_names(stage, name):
    def handler(_, responder):
        for fields in ([(name, "1")], {name: "1"}, [("fine", "1"), (name, b"1")]):
            for call in every_call(responder, fields):
                is_refused(call, shown(name) if name else "empty")
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("value", ALL_VALUES.values(), ids=ALL_VALUES)
@pytest.mark.parametrize("name", ["x-name", b"Content-Type", "connection"])
def test_values(stage, name, value):
    def handler(_, responder):
        for fields in ([(name, value)], {name: value}, [("fine", "1"), (name, value)]):
            for call in every_call(responder, fields):
                is_refused(call, shown(name))
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("mime", ALL_VALUES.values(), ids=ALL_VALUES)
def test_mime_types(stage, mime):
    def handler(_, responder):
        calls = [
            lambda: responder.write(b"data", mime),
            lambda: responder.write("text", mime),
            lambda: responder.write(b"data", mime_type=mime),
            lambda: responder.write(b"data", mime, 404),
            lambda: responder.write(b"d" * 100_000, mime),
            lambda: responder.write(b"data", mime, headers={"a": "b"}),
            lambda: responder.write({"a": 1}, mime),
            lambda: responder.write(io.BytesIO(b"data"), mime),
            lambda: responder.write(io.BytesIO(b"d" * 300_000), mime),
            lambda: responder.write_begin_chunked(mime),
            lambda: responder.write_begin_chunked(mime, 201),
            lambda: Response(b"data", mime_type=mime),
        ]
        for call in calls:
            is_refused(call, "content-type")
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("name", ALL_NAMES.values(), ids=ALL_NAMES)
def test_trailer_names_at_the_begin(stage, name):
    def handler(_, responder):
        is_refused(lambda: responder.write_begin_chunked({}, [name]), shown(name) if name else "empty")
        is_refused(lambda: responder.write_begin_chunked("a/b", ["x-t", name]), shown(name) if name else "empty")
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("name", ALL_NAMES.values(), ids=ALL_NAMES)
def test_trailer_names_at_the_end(stage, name):
    def handler(_, responder):
        responder.write_begin_chunked({}, ["x-t"])
        responder.write_chunk(b"a")
        is_refused(lambda: responder.write_end_chunked(b"b", [(name, "1")]), shown(name) if name else "empty")
        is_refused(lambda: responder.write_end_chunked(trailers={"x-t": "1", name: "1"}), "")
        responder.write_end_chunked(b"c", {"x-t": "1"})

    stage(handler)
    head = message(b"200 OK", b"trailer: x-t", b"transfer-encoding: chunked")
    assert stage.kept() == head + chunks(b"a", b"c", trailers=(b"x-t: 1",))


@pytest.mark.parametrize("value", ALL_VALUES.values(), ids=ALL_VALUES)
def test_trailer_values(stage, value):
    def handler(_, responder):
        responder.write_begin_chunked({}, ["x-t"])
        is_refused(lambda: responder.write_end_chunked(b"b", [("x-t", value)]), "x-t")
        is_refused(lambda: responder.write_end_chunked(trailers={"x-t": value}), "x-t")
        responder.write_end_chunked(b"c", {"X-T": " 1\t"})

    stage(handler)
    head = message(b"200 OK", b"trailer: x-t", b"transfer-encoding: chunked")
    assert stage.kept() == head + chunks(b"c", trailers=(b"X-T: 1",))


@pytest.mark.parametrize("name", ALL_NAMES.values(), ids=ALL_NAMES)
def test_names_of_values_that_are_kept(name):
    text = shown(name) if name else "empty"
    is_refused(lambda: Response(b"", headers={name: "1"}), text)
    headers = Headers({"a": "1"})
    is_refused(lambda: headers.append(name, "1"), text)
    is_refused(lambda: headers.insert(0, name, "1"), text)
    is_refused(lambda: headers.replace_or_append(name, "1"), text)
    response = Response(b"")
    is_refused(lambda: setattr(response, "headers", {name: "1"}), text)
    is_refused(lambda: response.headers.append(name, "1"), text)
    assert list(headers) == [("a", "1")]


@pytest.mark.parametrize("value", ALL_VALUES.values(), ids=ALL_VALUES)
def test_values_that_are_kept(value):
    is_refused(lambda: Response(b"", headers={"x-name": value}), "x-name")
    headers = Headers({"x-name": "1"})
    is_refused(lambda: headers.append("x-name", value), "x-name")
    is_refused(lambda: headers.insert(0, "x-name", value), "x-name")
    is_refused(lambda: headers.replace_or_append("x-name", value), "x-name")
    assert list(headers) == [("x-name", "1")]


def test_what_a_value_may_hold(stage):
    value = bytes(octet for octet in range(256) if octet in (9, *range(0x20, 0x7F), *range(0x80, 0x100)))
    stage(lambda _, responder: responder.write(Headers([("x-v", value), ("x-e", ""), ("x-s", " \t ")])))
    answer = message(b"200 OK", b"x-v: " + value.strip(b" \t"), b"x-e: ", b"x-s: ", b"content-length: 0")
    assert stage.kept() == answer


def test_a_header_error_after_the_begin_leaves_the_answer_to_be_ended(stage):
    def handler(_, responder):
        responder.write_begin_chunked("a/b", ["x-t"])
        is_refused(lambda: responder.write_end_chunked(b"lost", {"x-t": "\r\n0\r\n\r\n"}), "x-t")
        responder.write_chunk(b"still")
        responder.write_end_chunked(b"here")

    stage(handler)
    fields = (b"content-type: a/b", b"trailer: x-t", b"transfer-encoding: chunked")
    assert stage.kept() == message(b"200 OK", *fields) + chunks(b"still", b"here")


def test_a_bad_path_is_not_shown(stage):
    def handler(request, responder):
        is_refused(lambda: responder.write({"a": 1}, {"x-path": request.path}), "x-path")
        fine(responder)

    stage(handler)
    assert stage.kept(b"GET /%0d%0ax:%20y HTTP/1.1\r\nHost: test\r\n\r\n") == OK
