"""Rules 1 and 2: the order of a head's fields, and that none of them is doubled."""

from __future__ import annotations

import io
import re
import time
from email.utils import parsedate_to_datetime

import pytest
from responder.messages import GET, KEEP_1_0, OK, chunks, fine, message, request

from fastresp import HeaderError, Headers, Response

OWN = [("Zebra", "1"), ("apple", "2"), ("Zebra", "3"), ("ETag", '"x"')]
OWN_LINES = (b"Zebra: 1", b"apple: 2", b"Zebra: 3", b'ETag: "x"')
DATE = rb"date: (\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT)"

# What a handler calls; what its content is described with; the content.
WAYS = {
    "data": (lambda r, f: r.write(b"abc", "a/b", headers=f), [b"content-type: a/b", b"content-length: 3"], b"abc"),
    "large data": (
        lambda r, f: r.write(b"x" * 70_000, "a/b", headers=f),
        [b"content-type: a/b", b"content-length: 70000"],
        b"x" * 70_000,
    ),
    "document": (
        lambda r, f: r.write([1], f),
        [b"content-type: application/json", b"content-length: 3"],
        b"[1]",
    ),
    "nothing": (lambda r, f: r.write(Headers(f)), [b"content-length: 0"], b""),
    "small device": (
        lambda r, f: r.write(io.BytesIO(b"abc"), "a/b", headers=f),
        [b"content-type: a/b", b"content-length: 3"],
        b"abc",
    ),
    "large device": (
        lambda r, f: r.write(io.BytesIO(b"x" * 400_000), "a/b", headers=f),
        [b"content-type: a/b", b"content-length: 400000"],
        b"x" * 400_000,
    ),
    "response": (
        lambda r, f: r.send_response(Response(b"abc", headers=[*f, ("content-type", "a/b")])),
        [b"content-type: a/b", b"content-length: 3"],
        b"abc",
    ),
    "large response": (
        lambda r, f: r.send_response(Response(b"x" * 70_000, headers=[*f, ("content-type", "a/b")])),
        [b"content-type: a/b", b"content-length: 70000"],
        b"x" * 70_000,
    ),
}


@pytest.mark.parametrize(("call", "described", "content"), WAYS.values(), ids=WAYS)
def test_order(stage, call, described, content):
    stage(lambda _, responder: call(responder, OWN), date_header=True, server_header="me")
    answer = stage.ended(request("GET", "/", "Connection: close"))
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    date = lines[1 + len(OWN_LINES) + len(described)]
    assert re.fullmatch(DATE, date)
    assert lines == [b"HTTP/1.1 200 OK", *OWN_LINES, *described, date, b"server: me", b"connection: close"]
    assert body == content


def test_order_of_a_chunked_answer(stage):
    def handler(_, responder):
        responder.write_begin_chunked(OWN, ["x-a", "x-b"])
        responder.write_end_chunked(b"abc")

    stage(handler, date_header=True, server_header="me")
    head, _, body = stage.ended(request("GET", "/", "Connection: close")).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    date = lines[-3]
    assert re.fullmatch(DATE, date)
    described = [b"trailer: x-a, x-b", b"transfer-encoding: chunked"]
    assert lines == [b"HTTP/1.1 200 OK", *OWN_LINES, *described, date, b"server: me", b"connection: close"]
    assert body == chunks(b"abc")


def test_order_of_a_chunked_answer_with_a_type(stage):
    def handler(_, responder):
        responder.write_begin_chunked("a/b", 201)
        responder.write_end_chunked(b"abc")

    stage(handler)
    fields = (b"content-type: a/b", b"transfer-encoding: chunked")
    assert stage.kept() == message(b"201 Created", *fields) + chunks(b"abc")


def test_order_to_1_0(stage):
    stage(lambda _, responder: fine(responder), server_header="me")
    client = stage.client()
    client.send(KEEP_1_0)
    assert client.exactly(len(OK) + 12 + 24) == message(
        b"200 OK",
        b"content-type: text/plain",
        b"content-length: 2",
        b"server: me",
        b"connection: keep-alive",
        body=b"ok",
    )


def test_the_date_is_of_today(stage):
    stage(lambda _, responder: fine(responder), date_header=True)
    client = stage.client()
    before = int(time.time())
    client.send(GET)
    found = re.fullmatch(DATE, b"date: " + client.answer().one(b"date"))
    assert found
    assert before - 2 <= parsedate_to_datetime(found[1].decode()).timestamp() <= time.time() + 1


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE", b"Content-type"])
@pytest.mark.parametrize(("call", "described", "content"), WAYS.values(), ids=WAYS)
def test_content_type_replaces_ours(stage, name, call, described, content):
    fields = [("a", "1"), (name, "c/d"), ("b", "2")]

    def handler(_, responder):
        if call in (WAYS["response"][0], WAYS["large response"][0]):
            responder.send_response(Response(content, mime_type="a/b", headers=fields))
        else:
            call(responder, fields)

    stage(handler)
    spelled = name if isinstance(name, bytes) else name.encode()
    lines = (b"a: 1", spelled + b": c/d", b"b: 2", described[-1])
    assert stage.kept() == message(b"200 OK", *lines, body=content)


def test_content_type_replaces_ours_in_chunks(stage):
    def handler(_, responder):
        responder.write_begin_chunked({"Content-Type": "c/d"})
        responder.write_end_chunked()

    stage(handler)
    fields = (b"Content-Type: c/d", b"transfer-encoding: chunked")
    assert stage.kept() == message(b"200 OK", *fields) + chunks()


@pytest.mark.parametrize("sent", ["answer", "large", "response", "device", "chunks"])
def test_date_and_server_replace_ours(stage, sent):
    fields = [("Date", "then"), ("SERVER", "other")]
    lines = (b"Date: then", b"SERVER: other")

    def handler(_, responder):
        match sent:
            case "answer":
                responder.write(b"abc", fields)
            case "large":
                responder.write(b"x" * 70_000, fields)
            case "response":
                response = Response(b"abc", headers=fields)
                response.headers.remove_all("content-type")
                responder.send_response(response)
            case "device":
                responder.write(io.BytesIO(b"x" * 400_000), fields)
            case "chunks":
                responder.write_begin_chunked(fields)
                responder.write_end_chunked(b"abc")

    stage(handler, date_header=True, server_header="me")
    client = stage.client()
    client.send(GET)
    answer = client.answer()
    content = {"large": b"x" * 70_000, "device": b"x" * 400_000}.get(sent, b"abc")
    framing = b"transfer-encoding: chunked" if sent == "chunks" else b"content-length: %d" % len(content)
    assert [b": ".join(field) for field in answer.fields] == [*lines, framing]
    assert answer.body == content


def test_only_the_date_replaced(stage):
    stage(lambda _, responder: responder.write(Headers({"date": "then"})), date_header=True, server_header="me")
    client = stage.client()
    client.send(GET)
    assert client.head().fields == [(b"date", b"then"), (b"content-length", b"0"), (b"server", b"me")]


CLOSINGS = ["close", "Close", "CLOSE", "x-hop, close", "close,x-hop", " close ", "x-hop ,\tclose , y"]


@pytest.mark.parametrize("value", CLOSINGS)
def test_connection_close_really_closes(stage, value):
    def handler(request, responder):
        fields = {"Connection": value}
        match request.path:
            case "/":
                responder.write(b"abc", fields)
            case "/response":
                responder.send_response(Response(b"abc", headers=fields))
            case "/chunks":
                responder.write_begin_chunked(fields)
                responder.write_end_chunked(b"abc")
            case "/device":
                responder.write(io.BytesIO(b"abc"), fields)

    stage(handler)
    line = b"Connection: " + value.strip().encode()
    length = b"content-length: 3"
    assert stage.ended() == message(b"200 OK", line, length, body=b"abc")
    assert stage.ended(request("GET", "/device")) == message(b"200 OK", line, length, body=b"abc")
    typed = (line, b"content-type: application/octet-stream", length)
    assert stage.ended(request("GET", "/response")) == message(b"200 OK", *typed, body=b"abc")
    coded = (line, b"transfer-encoding: chunked")
    assert stage.ended(request("GET", "/chunks")) == message(b"200 OK", *coded) + chunks(b"abc")


def test_nothing_is_answered_after_close(stage):
    stage(lambda _, responder: responder.write(Headers({"connection": "close"})))
    assert stage.ended(GET + GET) == message(b"200 OK", b"connection: close", b"content-length: 0")


@pytest.mark.parametrize("value", ["x-hop", "closed", "keep-alive", "x-close", ""])
def test_another_connection_field_is_kept_where_the_connection_is(stage, value):
    stage(lambda _, responder: responder.write(Headers({"Connection": value})))
    line = b"Connection: " + value.encode()
    assert stage.kept() == message(b"200 OK", line, b"content-length: 0")


@pytest.mark.parametrize("value", ["x-hop", "keep-alive", ""])
def test_where_the_server_closes_it_says_close(stage, value):
    def handler(request, responder):
        fields = Headers({"A": "1", "Connection": value, "B": "2"})
        match request.path:
            case "/data":
                responder.write(b"abc", fields)
            case "/response":
                responder.send_response(Response(b"abc", mime_type="a/b", headers=fields))
            case "/chunks":
                responder.write_begin_chunked(fields)
                responder.write_end_chunked(b"abc")
            case "/device":
                responder.write(io.BytesIO(b"abc"), fields)

    stage(handler)
    lines, length = (b"A: 1", b"B: 2"), b"content-length: 3"

    def ended(target):
        return stage.ended(request("GET", target, "Connection: close"))

    close = b"connection: close"
    assert ended("/data") == message(b"200 OK", *lines, length, close, body=b"abc")
    typed = b"content-type: a/b"
    assert ended("/response") == message(b"200 OK", *lines, typed, length, close, body=b"abc")
    assert ended("/chunks") == message(b"200 OK", *lines, b"transfer-encoding: chunked", close) + chunks(b"abc")
    assert ended("/device") == message(b"200 OK", *lines, length, close, body=b"abc")


LENGTH_CALLS = {
    "data": lambda r, f: r.write(b"abc", f),
    "text": lambda r, f: r.write("abc", f),
    "document": lambda r, f: r.write([1], f),
    "device": lambda r, f: r.write(io.BytesIO(b"abc"), f),
    "response": lambda r, f: r.send_response(Response(b"abc", headers=f)),
}


@pytest.mark.parametrize("call", LENGTH_CALLS.values(), ids=LENGTH_CALLS)
def test_content_length_that_is_not_the_contents(stage, call):
    def handler(_, responder):
        for value in ("0", "2", "4", "33", "-3", "+3", "3,3", "3, 3", "0x3", "3.0", "", "three", "9" * 30):
            with pytest.raises(ValueError, match="content-length") as caught:
                call(responder, {"Content-Length": value})
            assert type(caught.value) is ValueError
        with pytest.raises(ValueError, match="content-length"):
            call(responder, [("Content-Length", "3"), ("content-length", "3")])
        with pytest.raises(ValueError, match="content-length"):
            call(responder, [("Content-Length", "3"), ("content-length", "4")])
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("size", [300_000, 3])
def test_content_length_that_is_not_the_devices(stage, size):
    def handler(_, responder):
        for value in (size - 1, size + 1):
            with pytest.raises(ValueError, match="content-length"):
                responder.write(io.BytesIO(b"x" * size), {"content-length": str(value)})
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("call", LENGTH_CALLS.values(), ids=LENGTH_CALLS)
def test_content_length_that_is_right_stands_once_and_where_it_was(stage, call):
    def handler(_, responder):
        call(responder, [("a", "1"), ("Content-Length", "3"), ("Content-Type", "a/b")])

    content = b"[1]" if call is LENGTH_CALLS["document"] else b"abc"
    stage(handler)
    answer = message(b"200 OK", b"a: 1", b"Content-Length: 3", b"Content-Type: a/b", body=content)
    assert stage.kept() == answer


def test_content_length_of_no_content(stage):
    def handler(_, responder):
        with pytest.raises(ValueError, match="content-length"):
            responder.write(Headers({"content-length": "5"}))
        with pytest.raises(ValueError, match="content-length"):
            responder.write_begin_chunked({"content-length": "5"})
        responder.write(Headers({"content-length": "0"}))

    stage(handler)
    assert stage.kept() == message(b"200 OK", b"content-length: 0")


@pytest.mark.parametrize("value", ["chunked", "gzip, chunked", "identity", ""])
def test_transfer_encoding_is_refused(stage, value):
    def handler(_, responder):
        for name in ("transfer-encoding", "Transfer-Encoding", b"TRANSFER-ENCODING"):
            fields = {"a": "1", name: value}
            calls = [
                lambda fields=fields: responder.write(Headers(fields)),
                lambda fields=fields: responder.write(headers=fields, status=204),
                lambda fields=fields: responder.write(headers=fields, status=304),
                lambda fields=fields: responder.write(headers=fields, status=103),
                lambda fields=fields: responder.write_begin_chunked(fields),
                lambda fields=fields: responder.write_begin_chunked(fields, ["x-t"]),
                *(lambda call=call, fields=fields: call(responder, fields) for call in LENGTH_CALLS.values()),
            ]
            for call in calls:
                with pytest.raises(ValueError, match=r"transfer-encoding|frame") as caught:
                    call()
                assert not isinstance(caught.value, HeaderError)
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


def test_transfer_encoding_is_refused_to_head(stage):
    def handler(_, responder):
        with pytest.raises(ValueError, match="transfer-encoding"):
            responder.write(b"abc", {"transfer-encoding": "chunked"})
        fine(responder)

    stage(handler)
    assert stage.kept(request("HEAD")) == OK[:-2]
